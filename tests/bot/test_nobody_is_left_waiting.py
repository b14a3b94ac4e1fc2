"""What a second review found in the running service: each case once broke a promise."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.console.queue import list_undelivered
from bot.live_content import LiveContent, NothingPublished
from bot.outreach.opening import open_case_of
from bot.simulator.people import Speaker
from storage import cases, customers, staff
from storage.cases import CaseStatus
from storage.content import transcript

# The house with both platforms around it is a fixture of its own folder; here it is used as it is.
from tests.e2e.conftest import *  # noqa: F403
from tests.e2e.house import House, half_way, say
from tests.link_codes import make_link_code

MORI, HANAKO, COMPANY = "0000124", "0000100", "0009001"


def unread(house: House) -> list[Any]:
    return house.rows("SELECT attempts, done_at FROM inbound_event ORDER BY id")


@pytest.mark.parametrize("error", [NothingPublished("gone"), ValueError("a broken body")])
async def test_a_questionnaire_that_cannot_be_read_gives_the_customer_to_a_person(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The look before the transaction raised: 503, the platform delivered again, and so on for ever."""
    customer = house.on_line()
    await half_way(customer, MORI)
    await house.restart()

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(LiveContent, "definition", broken)
    for words in ("はい", "もしもし"):
        await customer.types(words)
    assert house.conversation_of(MORI).owner == "waiting"
    epoch = house.conversation_of(MORI).epoch
    assert [row.attempts for row in unread(house)][-2:] == [1, 1]
    monkeypatch.undo()
    await customer.types("もどる")
    assert house.conversation_of(MORI).owner == "bot"
    assert house.conversation_of(MORI).epoch == epoch + 1
    assert house.case(MORI).status is CaseStatus.ANSWERING
    await customer.answers_all()


@pytest.mark.parametrize("was_read", [False, True])
async def test_a_faq_that_cannot_be_read_loses_no_word(
    house: House, monkeypatch: pytest.MonkeyPatch, was_read: bool
) -> None:
    """Nothing can be said without a FAQ that was never read; with one that was, everything goes on."""
    customer = house.on_telegram()
    await half_way(customer, MORI)
    house.advance(minutes=1)
    if not was_read:
        house.service.live._faq = None

    def broken(*_: object) -> None:
        raise NothingPublished("no FAQ")

    monkeypatch.setattr(LiveContent, "refresh", broken)
    await customer.types("口座はいつまで使えますか")
    assert house.conversation_of(MORI).owner == ("bot" if was_read else "waiting")
    assert [row.attempts for row in unread(house)][-1] == (0 if was_read else 1)
    assert bool(customer.heard) is was_read


async def test_nothing_is_pushed_to_who_has_blocked_us(house: House) -> None:
    """LINE answers 200 to such a push: staff read that it was sent, and nobody had it."""
    customer = house.on_line()
    await half_way(customer, MORI)
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    await customer.does(house.line.unfollow(customer.user_id))
    heard = len(customer.person.received())
    await desk.say(conversation.id, sato, "もしもし")
    await house.settle()
    assert house.outgoing(conversation.id)[-1] == ("staff", "failed")
    assert len(customer.person.received()) == heard
    missed = house.database.run_read(lambda conn: list_undelivered(conn, sato))
    assert [(item.message.kind, item.message.detail) for item in missed] == [("staff", "blocked")]
    await customer.does(house.line.follow(customer.user_id))
    await desk.say(conversation.id, sato, "おかえりなさい")
    await house.settle()
    assert customer.person.last().text == "おかえりなさい"


def forget_of_master(house: House, number: str, name: str) -> None:
    """The next master file has nothing in one column."""
    database = house.database

    def change(conn: Connection) -> None:
        customer_id = customers.find_customer_no(conn, number)
        assert customer_id is not None
        customer = customers.load_customer(conn, database.vault, customer_id)
        assert customer is not None
        row = {**customer.fields, "customer_no": number, name: ""}
        seq = customers.begin_master_version(conn, house.universe, "2" * 64)
        customers.stage_master_rows(conn, database.vault, house.universe, seq, [row])
        customers.finish_master_version(conn, house.universe, seq)

    database.run(change)


@pytest.mark.parametrize("channel", ["line", "telegram"])
@pytest.mark.parametrize("name", ["phone", "birth_date"])
async def test_who_can_never_prove_himself_is_led_to_a_person(house: House, channel: str, name: str) -> None:
    """Without a phone number on record every reply was wrong, and after five the customer was locked out."""
    forget_of_master(house, MORI, name)
    customer = house.on(channel)
    await customer.opens(house.letter(MORI).code)
    lobby = customer.active()
    assert (lobby.kind, lobby.owner, lobby.open_question) == ("lobby", "waiting", "code")
    assert say("handover.waiting") in customer.said
    assert house.letter(MORI).check_number not in customer.everything()
    assert house.audited().count("link.no_factor") == 1
    assert "link.made" not in house.audited()
    assert customer.account().failures == 0


async def test_who_lost_his_factor_meanwhile_is_led_to_a_person_too(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, MORI)
    forget_of_master(house, MORI, "phone")
    house.advance(hours=25)
    await customer.types("こんにちは")
    assert (customer.active().kind, customer.active().owner) == ("lobby", "waiting")
    assert house.audited().count("link.no_factor") == 1


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_a_company_without_a_form_is_led_to_a_person(house: House, channel: str) -> None:
    """Where a bank publishes no questionnaire for companies, there is nothing to prove oneself for in the chat."""
    database = house.database
    database.run(lambda conn: conn.execute(text("DELETE FROM live_content WHERE name = 'corporate'")))
    today = house.universe.now().date()
    opened = open_case_of(database, COMPANY, cause="event", reason="requested", due=today, today=today, actor="test")
    assert opened.opened == 1
    expires_on = (house.universe.now() + timedelta(days=30)).date()
    (case,) = [case for case in database.run_read(cases.list_cases) if case.customer_no == COMPANY]
    _, code = database.run(
        lambda conn: make_link_code(conn, database.vault, house.universe, case.id, expires_on=expires_on)
    )
    customer = house.on(channel)
    await customer.opens(code)
    assert (customer.active().kind, customer.active().owner) == ("lobby", "waiting")
    assert say("handover.waiting") in customer.said
    assert say("handover.bot_failed") not in customer.said
    assert house.audited().count("link.no_form") == 1


async def test_old_sessions_are_removed_once_an_hour(house: House) -> None:
    sato, database = house.staff_member(), house.database

    def sign_in() -> None:
        database.run(
            lambda conn: staff.create_session(
                conn,
                house.universe,
                database.vault,
                sato.id,
                idle=timedelta(minutes=30),
                absolute=timedelta(hours=8),
            )
        )

    def kept() -> int:
        (row,) = house.rows("SELECT count(*) AS n FROM staff_session")
        return int(row.n)

    await house.service.timers.tick()
    sign_in()
    house.advance(minutes=45)
    await house.service.timers.tick()
    assert kept() == 1
    house.advance(minutes=16)
    sign_in()
    await house.service.timers.tick()
    assert kept() == 1
    house.advance(minutes=61)
    await house.service.timers.tick()
    assert kept() == 0


async def test_a_receipt_number_is_never_given_twice(house: House) -> None:
    first = house.on_line()
    await half_way(first, MORI)
    await first.answers_all()
    number = house.conversation_of(MORI).state["receipt_no"]
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}", number)
    assert number in first.everything()
    drawn = iter([*number.split("-"), "AAAAA", "BBBBB"])
    code = house.universe.code
    object.__setattr__(house.universe, "code", lambda length: next(drawn) if length == 5 else code(length))
    second = house.on_telegram()
    await second.links(HANAKO)
    assert house.conversation_of(HANAKO).state["receipt_no"] == "AAAAA-BBBBB"


async def test_a_changed_message_is_not_read_and_the_customer_hears_so_once_an_hour(house: House) -> None:
    """A customer who corrected his bubble believed that he had corrected his answer."""
    customer = house.on_telegram()
    await half_way(customer, MORI)
    asked = customer.active().open_question
    own = next(bubble for bubble in customer.person.bubbles if bubble.speaker is Speaker.PERSON)

    async def edits() -> list[str]:
        await customer.does(house.telegram.edit_text(customer.user_id, own.message_id, "東京都千代田区丸の内1-1"))
        return [bubble.text for bubble in customer.heard]

    assert await edits() == [say("engine.edited")]
    assert await edits() == []
    house.advance(minutes=61)
    assert await edits() == [say("engine.edited")]
    assert customer.active().open_question == asked
    kept = house.database.run_read(lambda conn: transcript(conn, house.database.vault, house.conversation_of(MORI).id))
    assert "丸の内" not in repr([line.body for line in kept])
    await customer.taps("staff")
    house.advance(minutes=61)
    assert await edits() == [], "a person reads along"
    house.check_folds()
