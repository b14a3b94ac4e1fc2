"""What the bot has in mind: where the conversation stands, who may speak, what is timed, what was sent and read.

Promise: it only looks.  The store is read and never written, and the last reply is read once more as the turn read it
(``Preparer``); "delivered" is what the platform's stand-in really showed on this phone, not what the bot believes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from bot.simulator.people import Person
from bot.simulator.stage.mortal import MortalBot
from dialogs.conversation.form import Position
from dialogs.conversation.state import from_json
from dialogs.conversation.understanding import Reading
from dialogs.personal import Personal
from storage import accounts, contacts, content, conversations, hand_overs, snoozes, staff
from storage.accounts import Account
from storage.conversations import Conversation
from storage.images import ImageState
from storage.tables import CampaignMemberRow, ImageRow, InboundRow, OutgoingRow, table_of

_outgoing, _inbound = table_of(OutgoingRow), table_of(InboundRow)
_member, _image = table_of(CampaignMemberRow), table_of(ImageRow)
#: Messages, events and topics that are shown, and events that are looked at.
_MESSAGES, _EVENTS, _TOPICS, _LOADED = 8, 8, 3, 40
#: A turn is over so soon after what it answers.
_A_TURN = timedelta(seconds=1)
#: Signs of a message.
_SHORT = 24
#: States of messages that have another name here.
_OUR_WORDS = {"pending": "queued", "leased": "sending", "cancelled": "dropped"}
_WITHHELD = "[withheld: "


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message to the customer."""

    kind: str
    #: queued, sending, accepted, delivered, unknown, failed, dropped
    state: str
    tries: int
    text: str
    #: When it is tried next, where it waits.
    again_at: datetime | None
    detail: str


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The last message of the customer, and what was made of it."""

    #: The words, a button's label, or the mark of what was kept back.
    text: str
    kind: str
    #: What was recorded because of it: kind, and what it says.
    became: Sequence[tuple[str, str]]
    reading: Reading | None = field(default=None, repr=False)
    #: encoder or light
    tier: str = ""
    #: What it may ask about, best first: topic, its question, its score.
    topics: Sequence[tuple[str, str, float]] = ()


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything that is shown of one phone's conversation."""

    conversation: Conversation
    #: Which question of how many; nothing outside a form.
    place: tuple[int, int] | None
    owner_name: str
    #: Code and moment.
    timers: Sequence[tuple[str, datetime]]
    sent: Sequence[Sent]
    #: Moment, kind, and what it was about; the newest first.
    events: Sequence[tuple[datetime, str, str]]
    heard: Heard | None


class Inspector:
    """Looks at the conversations of the simulated people."""

    def __init__(self, bot: MortalBot) -> None:
        self.bot = bot
        self._database = bot.database
        self._zone = ZoneInfo(bot.settings.time_zone)
        #: Apart from the bot's own, which must not wait for a page.
        self._reader = ThreadPoolExecutor(1, "demo-reading")
        self._read: dict[str, Reading] = {}

    async def look(self, person: Person, channel: str) -> View | None:
        """What is known of this phone; ``None`` before its first message."""
        return await asyncio.get_running_loop().run_in_executor(
            self._reader, lambda: self._database.run_read(lambda conn: self._view(conn, person, channel))
        )

    def _view(self, conn: Connection, person: Person, channel: str) -> View | None:
        vault = self._database.vault
        account = accounts.find_account(conn, vault, channel, Personal(person.user_id))
        active = None if account is None else account.active_conversation_id
        conversation = None if active is None else conversations.load_conversation(conn, vault, active)
        if account is None or conversation is None:
            return None
        events = conversations.load_events(conn, vault, conversation.id, conversation.event_seq - _LOADED)
        member = None if conversation.owner_staff_id is None else staff.load_staff(conn, conversation.owner_staff_id)
        return View(
            conversation=conversation,
            place=self._place(conn, conversation),
            owner_name="" if member is None else member.display_name or member.login,
            timers=sorted(self._timers(conn, conversation), key=lambda timer: timer[1]),
            sent=self._sent(conn, conversation, person),
            events=[(_at(one), one["kind"], _about(one)) for one in reversed(events[-_EVENTS:])],
            heard=self._heard(conn, account, conversation, events),
        )

    def _place(self, conn: Connection, conversation: Conversation) -> tuple[int, int] | None:
        if conversation.kind != "case" or not conversation.state or conversation.questionnaire_sha256 is None:
            return None
        definition = self.bot.service.live.definition(conn, conversation.questionnaire_sha256)
        now = self._database.universe.now().astimezone(self._zone)
        number, left = Position(definition, from_json(conversation.state), now).progress
        return number, number + left

    def _timers(self, conn: Connection, conversation: Conversation) -> list[tuple[str, datetime]]:
        now = self._database.universe.now()
        found: list[tuple[str, datetime | None]] = []
        hand_over = hand_overs.open_hand_over(conn, conversation.id)
        if hand_over is not None and hand_over.timer is not None:
            found.append((hand_over.timer, hand_over.due_at))
        if (put_off := snoozes.load_snooze(conn, conversation, now)) is not None:
            found.append(("snoozed", put_off.until))
        if conversation.case_id is not None:
            here = (_member.c.case_id == conversation.case_id) & _member.c.left_at.is_(None)
            found += [("campaign", at) for at in conn.execute(select(_member.c.due_at).where(here)).scalars()]
            if (promise := contacts.load_promise(conn, conversation.case_id)) is not None:
                found.append(("promise", promise.remind_at))
        kept = (_image.c.conversation_id == conversation.id) & (_image.c.state == ImageState.KEPT.value)
        days = timedelta(days=self.bot.settings.image_days)
        found += [("picture", at + days) for at in conn.execute(select(_image.c.received_at).where(kept)).scalars()]
        return [(name, at) for name, at in found if at is not None]

    def _sent(self, conn: Connection, conversation: Conversation, person: Person) -> list[Sent]:
        now = self._database.universe.now()
        query = select(_outgoing).where(_outgoing.c.conversation_id == conversation.id)
        rows = conn.execute(query.order_by(_outgoing.c.seq.desc()).limit(_MESSAGES)).all()
        words = content.load_contents(conn, self._database.vault, [row.content_id for row in rows])
        shown = {bubble.message_id for bubble in person.bubbles}
        return [
            Sent(
                kind=row.kind,
                state=_state(row, shown),
                tries=row.attempts,
                text=_short(str(words.get(row.content_id, {}).get("text", ""))),
                again_at=row.due_at if row.state == "pending" and row.due_at > now else None,
                detail=_short(row.detail),
            )
            for row in rows
        ]

    def _heard(
        self, conn: Connection, account: Account, conversation: Conversation, events: Sequence[Mapping[str, Any]]
    ) -> Heard | None:
        query = select(_inbound).where(_inbound.c.account_id == account.id, _inbound.c.content_id.is_not(None))
        rows = conn.execute(query.order_by(_inbound.c.received_at.desc(), _inbound.c.id.desc()).limit(2)).all()
        if not rows:
            return None
        row, since = rows[0], rows[0].occurred_at - _A_TURN
        if len(rows) > 1 and rows[1].done_at is not None:
            since = max(since, rows[1].done_at)
        body = content.load_content(conn, self._database.vault, row.content_id) or {}
        text = str(body.get("text") or body.get("label") or body.get("media") or "")
        became = [
            (one["kind"], _about(one))
            for one in events
            if row.done_at is not None and since <= _at(one) <= row.done_at and one["kind"] != "asked"
        ]
        reading, live = None, self.bot.service.live
        if "text" in body and not text.startswith(_WITHHELD) and live.can_understand:
            reading = self._reading(row.content_id, text, conversation.locale)
        topics = live.voice(conversation.locale).topics if reading is not None else {}
        return Heard(
            text=_short(text),
            kind=row.kind,
            became=became,
            reading=reading,
            tier="" if reading is None else live.understanding.tier(conversation.locale),
            topics=[
                (one.topic, topics[one.topic].question if one.topic in topics else "", one.score)
                for one in (() if reading is None else reading.match.ranked[:_TOPICS])
            ],
        )

    def _reading(self, content_id: str, text: str, locale: str) -> Reading:
        found = self._read.get(content_id)
        if found is None:
            found = self.bot.service.live.understanding.read(text, locale, topics=False)
            # The match is looked for here, not while the page is drawn.
            _ = found.match
            self._read = {content_id: found}
        return found


def _at(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])


def _about(event: Mapping[str, Any]) -> str:
    """What an event says, in its own codes."""
    key = event.get("key")
    name = f"{key[0]}[{key[1]}]" if key and key[1] else key[0] if key else ""
    match event["kind"]:
        case "answered":
            return f"{name} = {event['display']}"
        case "refused":
            return f"{name}: {event['problem']}"
        case "faq_shown":
            return f"{', '.join(event['topics'])} ({event['action']}, {event['score']:.2f})"
        case "owner_changed":
            return f"{event['owner']} ({event['reason']})"
        case "lobby_moved":
            return str(event["state"]["step"])
        case "language_changed":
            return str(event["locale"])
        case "secret_kept_back":
            return str(event["secret"])
    return name


def _state(row: Any, shown: set[str]) -> str:
    if row.state == "sent":
        return "delivered" if row.provider_id in shown else "accepted"
    return _OUR_WORDS.get(row.state, str(row.state))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 1]}…"
