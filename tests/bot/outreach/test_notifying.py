"""LINE notification messages by telephone number: guarded like the chat, once, and on to the letter where they fail."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection

from bot.channels.base import Inbound, InboundKind, Outcome, Sent
from bot.live_content import LiveContent
from bot.outreach.campaigning import count, hours_of, make
from bot.outreach.flagging import flag
from bot.outreach.ladder import RATINGS, Ladder, read_ladder, shipped_ladder
from bot.outreach.notifying import MOST_TRIES, hashed_number, mobile_number
from bot.service import make_service
from bot.settings import load_settings
from bot.talk import Rules
from bot.turns import Turns
from dialogs.personal import Personal
from storage.accounts import end_link, live_links, set_account_state
from storage.campaigns import Rule
from storage.cases import CaseStatus
from storage.database import Database
from storage.flags import FlagKind
from storage.notifying.queue import WITHIN, due_notifications, note_delivered
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import MAKER, TOKYO
from tests.bot.outreach.notifying_bank import NotifyingBank, begin, ladder

HASH = hashlib.sha256(b"+819012345678").hexdigest()


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> NotifyingBank:
    return NotifyingBank(database, universe)


def test_who_has_no_account_is_told_by_his_number(bank: NotifyingBank) -> None:
    begin(bank)
    bank.run_until(date(2026, 11, 2))
    (told,) = bank.numbers.told
    assert told[0] == HASH
    assert "みどり銀行です" in told[1]
    assert 16 <= len(told[2]) <= 100
    assert (bank.state(), bank.case("0001").status) == ("accepted", CaseStatus.SENT)
    assert [step[:2] for step in bank.steps("0001")] == [("invitation", "notification")]


def test_accepted_is_not_delivered_and_the_letter_follows_after_a_day(bank: NotifyingBank) -> None:
    begin(bank)
    bank.round()
    bank.run_until(date(2026, 11, 2))
    assert bank.state() == "accepted"
    bank.universe.advance(WITHIN)
    bank.run_until(date(2026, 11, 9))
    assert bank.state() == "undelivered"
    assert [step[1] for step in bank.steps("0001")][:2] == ["notification", "letter"]
    assert len(bank.numbers.told) == 1


def test_what_arrived_ends_the_step(bank: NotifyingBank) -> None:
    begin(bank)
    bank.run_until(date(2026, 11, 2))
    assert bank.deliver()
    assert not bank.deliver(), "told twice, it changes nothing"
    bank.run_until(date(2026, 11, 5))
    assert bank.state() == "delivered"
    assert [step[1] for step in bank.steps("0001")] == ["notification"]
    assert not bank.database.run(lambda conn: note_delivered(conn, bank.universe, "made up"))


@pytest.mark.parametrize("detail", ["422 Failed to send messages", "400 invalid"])
def test_a_number_that_line_does_not_reach_gets_a_letter_at_once(bank: NotifyingBank, detail: str) -> None:
    bank.numbers.answers = [Sent(outcome=Outcome.REJECTED, detail=detail)]
    begin(bank)
    bank.run_until(date(2026, 11, 2))
    assert bank.state() == "unreachable"
    assert [step[1] for step in bank.steps("0001")] == ["letter"]


@pytest.mark.parametrize("phone", ["03-1234-5678", "", "+1 202 555 0100"])
def test_what_is_no_mobile_number_never_leaves(bank: NotifyingBank, phone: str) -> None:
    begin(bank, phone)
    bank.run_until(date(2026, 11, 2))
    assert bank.numbers.told == []
    assert [step[1] for step in bank.steps("0001")] == ["letter"]


def test_trouble_is_tried_again_and_an_uncertain_call_is_not(bank: NotifyingBank) -> None:
    bank.numbers.answers = [Sent(outcome=Outcome.RETRY, detail="429"), Sent(outcome=Outcome.UNCERTAIN)]
    begin(bank)
    bank.run_until(date(2026, 11, 2))
    assert bank.state() == "pending"
    bank.go_to(bank.universe.now() + timedelta(hours=38))
    bank.round()
    assert (bank.state(), len(bank.numbers.told)) == ("unknown", 2)
    bank.round()
    assert len(bank.numbers.told) == 2
    assert bank.deliver()


def test_where_the_setting_is_on_the_default_ladder_tries_the_number_before_the_letter() -> None:
    plain, by_number = shipped_ladder(), shipped_ladder(by_number=True)
    for rating in RATINGS:
        changed = [
            (one.step, two.by)
            for one, two in zip(plain.steps(rating), by_number.steps(rating), strict=True)
            if one != two
        ]
        assert changed == [("invitation", ("chat", "line_notification", "letter"))]
    assert read_ladder(by_number.to_json()) == by_number


@pytest.mark.parametrize(
    ("on", "steps", "told"), [(True, ladder, True), (True, shipped_ladder, False), (False, ladder, False)]
)
def test_the_preview_says_whose_number_is_tried_before_the_letter(
    sqlite_database: Database, universe: FrozenUniverse, on: bool, steps: Callable[[], Ladder], told: bool
) -> None:
    bank = NotifyingBank(sqlite_database, universe, on=on)
    campaign = make(sqlite_database, name="one", rule=Rule(), ladder=steps(), actor=MAKER)
    counted = sqlite_database.run_read(lambda conn: count(conn, sqlite_database, bank.settings, campaign))
    assert counted.by_number is told


def test_without_the_setting_nobodys_number_is_told(database: Database, universe: FrozenUniverse) -> None:
    bank = NotifyingBank(database, universe, on=False)
    begin(bank)
    bank.run_until(date(2026, 11, 2))
    assert bank.numbers.told == []
    assert [step[1] for step in bank.steps("0001")] == ["letter"]


def test_a_flag_after_planning_keeps_it_back(bank: NotifyingBank) -> None:
    begin(bank)
    bank.plan()
    customer = bank.cases["0001"].customer_id
    bank.database.run(
        lambda conn: flag(
            conn, bank.database.vault, bank.universe, customer, FlagKind.DISPUTE, reason="x", actor="clerk"
        )
    )
    bank.send()
    assert bank.numbers.told == []
    assert bank.state() == "pending"


def test_at_night_nothing_leaves(bank: NotifyingBank) -> None:
    begin(bank)
    bank.plan()
    bank.go_to(bank.universe.now() + timedelta(hours=11))
    bank.send()
    assert bank.numbers.told == []
    assert bank.state() == "pending"
    opening = hours_of(ladder(), bank.settings).next_opening(bank.universe.now())
    for at, due in ((opening - timedelta(seconds=1), 0), (opening, 1)):
        assert len(bank.database.run_read(lambda conn, at=at: due_notifications(conn, at, 9))) == due


def test_a_look_that_puts_it_off_is_no_try(bank: NotifyingBank) -> None:
    begin(bank)
    bank.plan()
    bank.move_campaigns("paused")
    for _ in range(MOST_TRIES):
        bank.send()
        bank.universe.advance(timedelta(minutes=10))
    assert bank.numbers.told == []
    bank.move_campaigns("running")
    bank.numbers.answers = [Sent(outcome=Outcome.RETRY, detail="429")]
    bank.send()
    assert (bank.state(), len(bank.numbers.told)) == ("pending", 1)
    bank.universe.advance(timedelta(minutes=1))
    bank.send()
    assert (bank.state(), len(bank.numbers.told)) == ("accepted", 2)


def test_trouble_without_end_is_given_up(bank: NotifyingBank) -> None:
    begin(bank)
    bank.numbers.answers = [Sent(outcome=Outcome.RETRY, detail="500")] * MOST_TRIES
    bank.run_until(date(2026, 11, 2))
    while bank.state() == "pending":
        bank.universe.advance(timedelta(hours=1))
        bank.send()
    assert (bank.state(), len(bank.numbers.told)) == ("failed", MOST_TRIES)


def test_who_links_meanwhile_is_written_to_in_the_chat(bank: NotifyingBank) -> None:
    begin(bank)
    bank.plan()
    bank.link("0001")
    bank.round()
    assert bank.numbers.told == []
    assert bank.state() == "dropped"
    bank.run_until(date(2026, 11, 2))
    assert [step[1] for step in bank.steps("0001")] == ["line"]


def withdraw(bank: NotifyingBank, how: str) -> None:
    account_id = bank.link("0001")

    def run(conn: Connection) -> None:
        if how == "blocked":
            set_account_state(conn, account_id, "blocked")
        else:
            (link,) = live_links(conn, account_id)
            end_link(conn, bank.universe, link.id, "customer")

    bank.database.run(run)


@pytest.mark.parametrize("how", ["blocked", "unlinked"])
def test_who_left_the_chat_gets_the_letter(bank: NotifyingBank, how: str) -> None:
    bank.customers("0001", phone="090-1234-5678", risk_rating="low")
    withdraw(bank, how)
    bank.begin(ladder=ladder())
    bank.run_until(date(2026, 11, 2))
    assert bank.numbers.told == []
    assert [step[1] for step in bank.steps("0001")] == ["letter"]


def test_who_leaves_the_chat_after_planning_is_not_told(bank: NotifyingBank) -> None:
    begin(bank)
    bank.plan()
    withdraw(bank, "blocked")
    bank.run_until(date(2026, 11, 2))
    assert (bank.state(), bank.numbers.told) == ("dropped", [])
    assert [step[1] for step in bank.steps("0001")] == ["letter"]


def test_numbers_are_hashed_in_their_international_form() -> None:
    for written in ("09012345678", "090-1234-5678", "+81 90-1234-5678", "０９０１２３４５６７８"):
        number = mobile_number(written)
        assert number is not None, written
        found = hashed_number(number)
        assert found.reveal() == HASH
        assert HASH not in repr(found)
    assert mobile_number("0312345678") is None


def test_the_platforms_word_comes_by_the_webhook(bank: NotifyingBank) -> None:
    begin(bank)
    bank.run_until(date(2026, 11, 2))
    told = Inbound(
        channel="line",
        event_key="e1",
        kind=InboundKind.DELIVERY,
        user_id=Personal(""),
        occurred_at=bank.universe.now(),
        tag=bank.numbers.told[0][2],
    )
    asyncio.run(Turns(bank.database, LiveContent(facts={}, encoder="off"), Rules(zone=TOKYO)).handle([told]))
    assert bank.state() == "delivered"


def test_a_service_sends_them_only_where_it_may(sqlite_database: Database) -> None:
    for on in (False, True):
        settings = load_settings(line_channel_secret="s" * 32, line_channel_access_token="t", line_notifications=on)
        assert (make_service(sqlite_database, settings, name="one").notifier is not None) == on
