"""The whole service on a loopback port, both platforms' stand-ins around it, and a seeded bank in its store.

Promise: what a test does goes the real way (signed webhook over HTTP, the real adapters, the store, the real
SDKs, the platform's HTTP API), every call and webhook is checked against the official descriptions where they
are at hand, and nothing waits for the clock: sending is stepped by the test.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import aiohttp
from sqlalchemy import Connection, text

from bot.channels.base import Tap
from bot.channels.line.inbound import signature_of
from bot.lobby_state import LobbyState
from bot.service import Service
from bot.settings import Settings
from bot.simulator.people import Bubble, Person, Speaker, Tappable
from bot.simulator.phone import Delivered
from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_telegram import TelegramPlatform
from bot.simulator.seed import SeededLetter
from dialogs.conversation import events as ev
from dialogs.conversation.state import State, apply, from_json, to_json
from dialogs.personal import Personal
from locales import load_catalogue
from storage import accounts, cases, conversations, staff
from storage.cases import Case
from storage.conversations import Conversation
from storage.database import Database
from storage.staff import StaffMember
from storage.universe import FrozenUniverse
from tests.e2e.pace import wait_for_pace
from tests.link_codes import make_link_code

LINE_SECRET = "e2e-line-channel-secret"
LINE_TOKEN = "e2e-line-access-token"
BOT_TOKEN = "1000001:e2e-telegram-bot-token"
BANK_PHONE = "0120-000-000"
BOT_SECRET = "e2e_telegram_secret"

#: The letters of the seeded bank, by customer number.
Letters = dict[str, SeededLetter]


@dataclass(repr=False)
class House:
    """Everything of one test."""

    database: Database
    universe: FrozenUniverse
    letters: Letters
    line: LinePlatform
    telegram: TelegramPlatform
    settings: Settings
    service: Service
    #: Where the webhooks of the running service are.
    webhooks_url: str
    make: Callable[[Database], Service]
    serve: Callable[[Service], Awaitable[str]]
    #: Rounds of sending that one ``settle`` makes at most: more means messages run in a circle.
    most_rounds: int = 60

    # -- the clockwork --------------------------------------------------------------------------

    async def settle(self) -> None:
        """Send until nothing is due at this moment; what only waits for the platform's pace is waited for."""
        for _ in range(self.most_rounds):
            if await self.service.sender.send_due() == 0 and not wait_for_pace(self.database, self.universe):
                return
        raise AssertionError("the sender does not come to rest")

    def advance(self, **parts: float) -> None:
        """Let time pass."""
        self.universe.advance(timedelta(**parts))

    async def restart(self, roles: Iterable[str] = ()) -> None:
        """Another process over the same store: new objects, nothing in memory is carried over."""
        await self.service.stop()
        warm = self.service.live
        self.service = self.make(self.database)
        # What is published does not change; reading the dictionaries again would only cost time.
        self.service.live._faq = warm._faq
        await self.service.start(roles)
        self.webhooks_url = await self.serve(self.service)
        self.line.webhook_url = f"{self.webhooks_url}/line/webhook"
        self.telegram.webhook.url = f"{self.webhooks_url}/telegram/webhook"

    # -- people ---------------------------------------------------------------------------------

    def on_line(self, name: str = "A customer") -> Customer:
        return Customer(self, "line", self.line, self.line.add_person(name, friend=True))

    def on_telegram(self, name: str = "A customer") -> Customer:
        return Customer(self, "telegram", self.telegram, self.telegram.add_person(name, friend=True))

    def on(self, channel: str) -> Customer:
        return self.on_line() if channel == "line" else self.on_telegram()

    def staff_member(self, login: str = "sato", role: str = "operator", display: str | None = None) -> StaffMember:
        def make(conn: Connection) -> StaffMember:
            return staff.add_staff(conn, self.universe, login, role, None, "x", must_change=False, display_name=display)

        return self.database.run(make)

    # -- the store ------------------------------------------------------------------------------

    def letter(self, number: str) -> SeededLetter:
        return self.letters[number]

    def case(self, number: str) -> Case:
        found = self.database.run_read(lambda conn: cases.load_case(conn, self.letters[number].case_id))
        assert found is not None
        return found

    def conversation_of(self, number: str) -> Conversation:
        """The conversation of a customer's case."""

        def load(conn: Connection) -> Conversation:
            found = conversations.conversation_of_case(conn, self.letters[number].case_id)
            assert found is not None, "the case has no conversation"
            conversation = conversations.load_conversation(conn, self.database.vault, found)
            assert conversation is not None
            return conversation

        return self.database.run_read(load)

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Rows of the store, for what no function reads."""
        return self.database.run_read(lambda conn: list(conn.execute(text(query), values)))

    def outgoing(self, conversation_id: str) -> list[tuple[str, str]]:
        """Kind and state of everything queued for a conversation, in order."""
        query = "SELECT kind, state FROM outgoing_message WHERE conversation_id = :c ORDER BY seq"
        return [(row.kind, row.state) for row in self.rows(query, c=conversation_id)]

    def audited(self) -> list[str]:
        """The actions that left an audit row, in order."""
        return [row.action for row in self.rows("SELECT action FROM audit_entry ORDER BY id")]

    def check_folds(self) -> int:
        """Every snapshot must equal the fold of its events; returns how many conversations were looked at."""

        def check(conn: Connection) -> int:
            ids = [row.id for row in conn.execute(text("SELECT id FROM conversation"))]
            for conversation_id in ids:
                conversation = conversations.load_conversation(conn, self.database.vault, conversation_id)
                assert conversation is not None
                recorded = conversations.load_events(conn, self.database.vault, conversation_id)
                if conversation.kind == "case":
                    state = State()
                    for event in recorded:
                        state = apply(state, ev.from_json(event))
                    # One of before that is not touched any more keeps the layout of its time.
                    assert to_json(state) == to_json(from_json(conversation.state))
                    assert (state.owner.value, state.epoch) == (conversation.owner, conversation.epoch)
                elif conversation.state:  # else nobody has said anything there yet
                    moves = [event for event in recorded if event["kind"] == "lobby_moved"]
                    # A change of owner only resets whether the customer was told to wait.
                    told = {"waiting_told": False}
                    assert {**moves[-1]["state"], **told} == {**conversation.state, **told}
                    assert LobbyState.from_json(conversation.state).to_json() == conversation.state
            return len(ids)

        return self.database.run_read(check)


@dataclass(repr=False)
class Customer:
    """One person on one phone, and what the bot says to them."""

    house: House
    channel: str
    platform: LinePlatform | TelegramPlatform
    person: Person
    #: How many bubbles were read before the last act.
    _read: int = 0
    #: Called after each act, when all is sent.
    after_each: Callable[[], Awaitable[None]] | None = None

    @property
    def user_id(self) -> str:
        return self.person.user_id

    # -- acting ---------------------------------------------------------------------------------

    async def does(self, deed: Awaitable[Delivered], *, settle: bool = True) -> list[Bubble]:
        """Act; what the bot then said."""
        self._read = len(self.person.received())
        delivered = await deed
        assert delivered.ok, delivered.statuses
        if settle:
            await self.house.settle()
            if self.after_each is not None:
                await self.after_each()
        return self.heard

    async def types(self, words: str, *, settle: bool = True) -> list[Bubble]:
        return await self.does(self.platform.type_text(self.user_id, words), settle=settle)

    async def taps(self, option: str, *, settle: bool = True) -> list[Bubble]:
        """Tap the newest button with this option."""
        bubble, tappable = self.button(option)
        return await self.does(self.platform.tap(self.user_id, bubble.message_id, tappable.data), settle=settle)

    async def opens(self, code: str) -> list[Bubble]:
        """Follow the letter's link: it types the code on LINE and is the start parameter on Telegram."""
        if isinstance(self.platform, TelegramPlatform):
            return await self.does(self.platform.begin(self.user_id, code))
        return await self.types(code)

    # -- reading --------------------------------------------------------------------------------

    @property
    def heard(self) -> list[Bubble]:
        """What the bot said since the last act."""
        return self.person.received()[self._read :]

    @property
    def said(self) -> str:
        """The same as one text."""
        return "\n".join(bubble.text for bubble in self.heard)

    def everything(self) -> str:
        """All that this phone ever showed of the bank: texts, notifications, labels."""
        parts: list[str] = []
        for bubble in self.person.received():
            parts += [bubble.text, bubble.alt, bubble.sender or ""]
            parts += [tappable.label for tappable in (*bubble.buttons, *bubble.quick_replies)]
        return "\n".join(parts)

    def options(self, bubbles: Sequence[Bubble] | None = None) -> dict[str, tuple[Bubble, Tappable]]:
        """The buttons of the newest prompt that has some; on LINE a long list runs over several bubbles."""
        prompt: tuple[str, str] | None = None
        found: dict[str, tuple[Bubble, Tappable]] = {}
        for bubble in reversed(self.person.bubbles if bubbles is None else bubbles):
            if bubble.speaker is Speaker.PERSON:
                continue
            for tappable in (*bubble.buttons, *bubble.quick_replies):
                tap = Tap.decode(tappable.data)
                if tap is not None and prompt in (None, (tap.conversation_ref, tap.token)):
                    prompt = (tap.conversation_ref, tap.token)
                    found.setdefault(tap.option, (bubble, tappable))
        assert found, "there is nothing to tap"
        return found

    def button(self, option: str) -> tuple[Bubble, Tappable]:
        found = self.options()
        assert option in found, f"no button {option}, but {sorted(found)}"
        return found[option]

    # -- whole stretches ------------------------------------------------------------------------

    async def proves(self, number: str) -> list[Bubble]:
        """The second factor."""
        master = self.house.letter(number).master
        await self.types(master["birth_date"])
        return await self.types(master["phone"][-4:])

    async def links(self, number: str) -> list[Bubble]:
        """From the letter's code to the first question."""
        await self.opens(self.house.letter(number).code)
        await self.taps("same")
        heard = await self.proves(number)
        assert self.house.conversation_of(number).account_id == self.account().id
        return heard

    def account(self) -> accounts.Account:
        database = self.house.database
        found = database.run_read(
            lambda conn: accounts.find_account(conn, database.vault, self.channel, Personal(self.user_id))
        )
        assert found is not None
        return found

    def active(self) -> Conversation:
        """The conversation in which this customer now is."""
        database, account = self.house.database, self.account()
        found = database.run_read(
            lambda conn: conversations.load_conversation(conn, database.vault, account.active_conversation_id or "")
        )
        assert found is not None
        return found

    async def answers(self, **wanted: str) -> list[Bubble]:
        """Answer the open question: the choice that is wanted, else "not changed", "no", the first choice."""
        options = self.options()
        if "submit" in options:
            return await self.taps("submit")
        active = self.active()
        name = active.open_question or ""
        definition = self.house.database.run_read(
            lambda conn: self.house.service.live.definition(conn, active.questionnaire_sha256 or "")
        )
        question = definition.question(name)
        choices = [choice.name for choice in definition.choices[question.list_name]] if question.list_name else []
        answer = {**ANSWERS, **wanted}.get(name)
        if not choices and {"yes", "no"} <= set(options):
            # What was typed is read back.
            return await self.taps("yes")
        if answer is None and "same" in options:
            return await self.taps("same")
        if answer is not None and answer in choices and f"c{choices.index(answer)}" in options:
            heard = await self.taps(f"c{choices.index(answer)}")
        elif answer is not None and not choices:
            heard = await self.types(answer)
        elif "skip" in options:
            heard = await self.taps("skip")
        elif "no" in choices and f"c{choices.index('no')}" in options:
            heard = await self.taps(f"c{choices.index('no')}")
        elif "c0" in options:
            heard = await self.taps("c0")
        else:
            assert "yes" in options, f"{name}: {sorted(options)}"
            heard = await self.taps("yes")
        return heard if "ok" not in self.options() else await self.taps("ok")

    async def answers_all(self, **wanted: str) -> Bubble:
        """To the receipt."""
        for _ in range(80):
            done = "submit" in self.options()
            await self.answers(**wanted)
            if done:
                return self.person.last()
        raise AssertionError("the form does not come to its end")


#: What is answered where something is asked outright and "no" or the first choice would not do.
ANSWERS = {
    "consent": "agree",
    "respondent": "self",
    "own_use": "yes",
    "antisocial": "declared",
    "monthly_amount": "under_100k",
    "foreign_pep": "none",
    "wealth_background": "長年の給与",
}


def say(key: str, locale: str = "ja", **params: str) -> str:
    """An approved sentence, as this bank says it."""
    facts = {"bank_phone": BANK_PHONE, "bank_name": load_catalogue("ja").text("tour.bank_name")}
    return load_catalogue(locale).text(key, **facts, **params)


async def post(url: str, body: bytes | BytesIO, headers: dict[str, str]) -> int:
    """One POST; its status."""
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        await answer.read()
        return answer.status


async def until(condition: Callable[[], bool], patience: float = 5.0) -> None:
    """Wait for something that another task does."""
    for _ in range(round(patience / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


async def post_line(house: House, *events: dict[str, Any], secret: str = LINE_SECRET) -> int:
    body = json.dumps({"destination": house.line.bot_user_id, "events": list(events)}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "x-line-signature": signature_of(secret, body)}
    return await post(f"{house.webhooks_url}/line/webhook", body, headers)


async def post_telegram(house: House, update: dict[str, Any], secret: str = BOT_SECRET) -> int:
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
    return await post(f"{house.webhooks_url}/telegram/webhook", json.dumps(update).encode(), headers)


def new_letter(house: House, number: str, *, expires_in: int = 30) -> str:
    """Another letter for a case: its code."""
    case_id = house.letter(number).case_id
    expires_on = (house.universe.now() + timedelta(days=expires_in)).date()
    _, code = house.database.run(
        lambda conn: make_link_code(conn, house.database.vault, house.universe, case_id, expires_on=expires_on)
    )
    return code


async def half_way(customer: Customer, number: str) -> None:
    """Linked, at a question that offers a masked value."""
    await customer.links(number)
    for _ in range(3):
        await customer.answers()
    assert customer.active().open_question == "address"
