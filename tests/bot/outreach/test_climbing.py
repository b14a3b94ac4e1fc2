"""Every ladder by a clock that is moved by hand, and all that keeps a message from leaving."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.channels.base import Outcome
from bot.outreach import carrying
from bot.outreach.campaigning import pause
from bot.outreach.carrying import path
from bot.outreach.flagging import flag, unflag
from bot.outreach.inviting import Invitations
from bot.outreach.letters import Channels, make_letters
from storage.accounts import end_link, live_links, set_account_state
from storage.campaign_steps import cases_for_letters
from storage.cases import CaseStatus, transitions_of
from storage.database import Database
from storage.flags import FlagKind
from storage.quota import note_quota
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CHECKER, TOKYO, CampaignBank
from tests.storage.reconciliation.seeding import move


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def on(day: str) -> date:
    return date.fromisoformat(day)


def answer(bank: CampaignBank, number: str) -> None:
    """The customer has confirmed his answers."""
    status = bank.case(number).status
    for step in (*path(status, CaseStatus.ANSWERING), CaseStatus.ANSWERED):
        move(bank.database, bank.case(number), step)


# The ladders ------------------------------------------------------------------------------------

HIGH = [
    ("notice", "line", on("2026-11-02")),
    ("invitation", "line", on("2026-11-16")),
    ("reminder_1", "line", on("2026-11-26")),
    ("reminder_2", "letter", on("2026-12-07")),
    ("phone", "phone", on("2026-12-16")),
    # The 31st and the days to 3 January are closed, the 3rd is a Sunday.
    ("visit", "visit", on("2027-01-04")),
    ("restriction", "restriction", on("2027-01-15")),
]
LOWER = [
    ("notice", "line", on("2026-11-02")),
    ("invitation", "line", on("2026-11-16")),
    ("reminder_1", "line", on("2026-11-30")),
    ("reminder_2", "letter", on("2026-12-16")),
    ("phone", "phone", on("2027-01-04")),
    # The day itself is a Saturday.
    ("visit", "visit", on("2027-01-30")),
    # The day itself is a Sunday.
    ("restriction", "restriction", on("2027-02-15")),
]


@pytest.mark.parametrize(("rating", "expected"), [("high", HIGH), ("medium", LOWER), ("low", LOWER), ("", HIGH)])
def test_a_customer_who_never_answers_climbs_the_whole_ladder(
    bank: CampaignBank, rating: str, expected: list[tuple[str, str, date]]
) -> None:
    bank.customers("0001", risk_rating=rating)
    bank.link("0001")
    bank.begin()
    bank.run_until(on("2027-02-20"))
    assert bank.steps("0001") == expected
    texts = [said for _, _, said in bank.arrived()]
    assert len(texts) == len(set(texts)) == 3
    assert all(9 <= at.hour < 20 and at.weekday() != 6 for _, at, _ in bank.arrived())
    assert bank.case("0001").status is CaseStatus.RESTRICTION_CONSIDERED
    moves = bank.database.run_read(lambda conn: transitions_of(conn, bank.cases["0001"].id))
    assert [one.to_status.value for one in moves] == ["10", "15", "20", "50", "51", "35", "80"]
    assert bank.rows("SELECT state FROM campaign")[0].state == "finished"


def test_the_answer_by_day_is_said_and_nothing_personal(bank: CampaignBank) -> None:
    bank.customers("0001")
    bank.link("0001")
    bank.begin()
    bank.run_until(on("2026-11-16"))
    (*_, invitation) = [said for _, _, said in bank.arrived()]
    assert "2026年12月31日" in invitation
    assert "みどり銀行" in invitation
    assert "髙橋" not in invitation
    assert bank.case("0001").check_number not in invitation


def test_a_customer_without_a_chat_gets_a_letter_and_the_days_count_from_it(bank: CampaignBank, tmp_path: Any) -> None:
    bank.customers("0001")
    campaign = bank.begin()
    bank.run_until(on("2026-11-20"))
    assert bank.steps("0001") == [
        ("notice", "none", on("2026-11-02")),
        ("invitation", "letter", on("2026-11-16")),
    ]
    assert bank.case("0001").status is CaseStatus.SELECTED
    wanted = bank.database.run_read(lambda conn: cases_for_letters(conn, campaign.id))
    assert wanted == [bank.cases["0001"].id]
    # The printer takes its time: no reminder before the letter has left.
    bank.run_until(on("2026-12-05"))
    assert len(bank.steps("0001")) == 2

    def letters(name: str, campaign_id: str | None) -> int:
        out = tmp_path / name
        expires_on = on("2027-03-01")
        return make_letters(
            bank.database, out, channels=Channels(), expires_on=expires_on, actor="clerk", campaign_id=campaign_id
        )

    # The campaign decides who gets a letter: whoever makes all others does not make this one.
    assert (letters("others.csv", None), letters("1.csv", campaign.id), letters("2.csv", campaign.id)) == (0, 1, 0)
    assert bank.case("0001").status is CaseStatus.SENT
    assert bank.database.run_read(lambda conn: cases_for_letters(conn, campaign.id)) == []
    bank.run_until(on("2027-01-05"))
    # Thirty days after the 5th of December is the 4th of January.
    assert bank.steps("0001")[2:] == [
        ("reminder_1", "none", on("2026-12-19")),
        ("reminder_2", "letter", on("2027-01-04")),
    ]
    assert bank.database.run_read(lambda conn: cases_for_letters(conn, campaign.id)) == wanted


# What stops it ----------------------------------------------------------------------------------


def test_who_has_answered_hears_nothing_more(bank: CampaignBank) -> None:
    bank.customers("0001", "0002")
    for number in ("0001", "0002"):
        bank.link(number)
    bank.begin()
    bank.run_until(on("2026-11-17"))
    answer(bank, "0001")
    move(bank.database, bank.case("0002"), CaseStatus.REFUSED)
    bank.run_until(on("2027-02-20"))
    assert [len(bank.steps(number)) for number in ("0001", "0002")] == [2, 2]
    assert [bank.member(number)["left_because"] for number in ("0001", "0002")] == ["answered", "refused"]


@pytest.mark.parametrize("when", ["before_planning", "after_queueing"])
def test_an_answer_ten_milliseconds_before_a_reminder_holds_it(bank: CampaignBank, when: str) -> None:
    bank.customers("0001")
    account_id = bank.link("0001")
    bank.begin()
    bank.run_until(on("2026-11-29"))
    bank.go_to(datetime(2026, 11, 30, 9, 0, tzinfo=TOKYO))
    if when == "after_queueing":
        bank.plan()
        assert bank.member("0001")["outgoing_id"] is not None
        bank.universe.advance(timedelta(seconds=2))
    bank.hear(account_id)
    bank.universe.advance(timedelta(milliseconds=10))
    before = len(bank.arrived())
    bank.round()
    assert len(bank.arrived()) == before
    assert bank.member("0001")["next_step"] == 2
    bank.universe.advance(timedelta(minutes=50))
    bank.round()
    assert len(bank.arrived()) == before
    # An hour of silence later the reminder is in place again, once.
    bank.universe.advance(timedelta(minutes=11))
    bank.round()
    bank.round()
    assert len(bank.arrived()) == before + 1


@pytest.mark.slow
def test_what_staff_own_is_left_alone_until_they_are_done(bank: CampaignBank) -> None:
    bank.customers("0001")
    account_id = bank.link("0001")
    bank.begin()
    own = "UPDATE conversation SET owner = :o WHERE account_id = :a"
    bank.plan()
    # Between queueing and sending a person takes over: the message is dropped as it would leave.
    bank.database.run(lambda conn: conn.execute(text(own), {"o": "staff", "a": account_id}))
    bank.send()
    bank.run_until(on("2026-11-05"))
    assert bank.arrived() == []
    assert bank.member("0001")["held_by"] == "staff"
    bank.database.run(lambda conn: conn.execute(text(own), {"o": "bot", "a": account_id}))
    bank.run_until(on("2026-11-06"))
    assert len(bank.arrived()) == 1


def test_a_flag_stops_what_is_queued_and_lets_it_go_on_when_it_is_lifted(bank: CampaignBank) -> None:
    bank.customers("0001", "0002")
    for number in ("0001", "0002"):
        bank.link(number)
    bank.begin()
    bank.plan()
    vault, uni = bank.database.vault, bank.universe
    for number, kind in (("0001", FlagKind.DECEASED), ("0002", FlagKind.DISPUTE)):
        customer_id = bank.cases[number].customer_id
        bank.database.run(
            lambda conn, c=customer_id, k=kind: flag(conn, vault, uni, c, k, reason="x", actor="clerk")  # type: ignore[misc]
        )
    bank.send()
    bank.run_until(on("2026-11-10"))
    assert bank.arrived() == []
    assert bank.member("0001")["left_because"] == "stopped"
    assert bank.member("0002")["held_by"] == "stopped"
    dispute, customer_id = FlagKind.DISPUTE, bank.cases["0002"].customer_id
    bank.database.run(lambda conn: unflag(conn, vault, uni, customer_id, dispute, reason="x", actor="clerk"))
    bank.run_until(on("2026-11-12"))
    assert [user for user, *_ in bank.arrived()] == ["U0002"]


def test_who_blocks_us_or_ends_the_link_gets_a_letter_instead(bank: CampaignBank) -> None:
    numbers = ("0001", "0002", "0003", "0004")
    bank.customers(*numbers)
    for number in numbers:
        bank.link(number)
    bank.begin()
    bank.run_until(on("2026-11-10"))
    assert len(bank.arrived()) == 4
    bank.database.run(lambda conn: set_account_state(conn, bank.accounts["0001"], "blocked"))
    (link, *_) = bank.database.run_read(lambda conn: live_links(conn, bank.accounts["0002"]))
    for one in bank.database.run_read(lambda conn: live_links(conn, bank.accounts["0002"])):
        bank.database.run(lambda conn, one=one: end_link(conn, bank.universe, one.id, "customer"))  # type: ignore[misc]
    # The platform says only now, as the message arrives, that he has blocked us; of another that he is gone.
    bank.line.outcomes = {"U0003": Outcome.BLOCKED, "U0004": Outcome.GONE}
    bank.run_until(on("2026-11-17"))
    assert link.customer_id == bank.cases["0002"].customer_id
    assert [step[1] for step in bank.steps("0001")] == ["line", "letter"]
    assert [step[1] for step in bank.steps("0002")] == ["line", "letter"]
    assert [step[:2] for step in bank.steps("0003")][1:] == [("invitation", "line"), ("invitation", "letter")]
    assert [step[:2] for step in bank.steps("0004")][1:] == [("invitation", "line"), ("invitation", "letter")]
    assert len(bank.arrived()) == 4


def test_when_the_months_messages_are_used_up_letters_go_out(bank: CampaignBank) -> None:
    bank.customers("0001", "0002", "0003")
    bank.link("0001")
    bank.link("0002", "telegram")
    bank.link("0003")
    bank.begin()
    bank.run_until(on("2026-11-10"))
    bank.database.run(lambda conn: note_quota(conn, bank.universe, "line", allowed=500, used=499))
    bank.go_to(datetime(2026, 11, 16, 9, 0, tzinfo=TOKYO))
    bank.line.outcomes = {"U0003": Outcome.QUOTA}
    bank.round()
    bank.database.run(lambda conn: note_quota(conn, bank.universe, "line", allowed=500, used=500))
    bank.round()
    invited = {number: [step[1] for step in bank.steps(number)[1:]] for number in bank.cases}
    assert invited == {"0001": ["line"], "0002": ["telegram"], "0003": ["line", "letter"]}


def test_two_customers_of_one_phone_hear_of_us_once_a_week(bank: CampaignBank) -> None:
    bank.customers("0001", "0002")
    bank.link("0001", of="couple")
    bank.link("0002", of="couple")
    bank.begin()
    bank.run_until(on("2026-11-15"))
    days = [at.date() for _, at, _ in bank.arrived()]
    assert len(days) == 2
    assert (days[1] - days[0]).days >= 7


def test_what_is_still_queued_at_eight_in_the_evening_leaves_on_the_next_morning(bank: CampaignBank) -> None:
    bank.customers("0001")
    bank.link("0001")
    bank.go_to(datetime(2026, 12, 30, 19, 59, tzinfo=TOKYO))
    bank.begin()
    bank.plan()
    bank.universe.advance(timedelta(minutes=1))
    bank.send()
    assert bank.arrived() == []
    assert [row.detail for row in bank.rows("SELECT detail FROM outgoing_message")] == ["hours"]
    bank.run_until(on("2027-01-10"))
    # The year's end, a holiday and a Sunday later.
    assert [at for _, at, _ in bank.arrived()] == [datetime(2027, 1, 4, 9, 0, tzinfo=TOKYO)]


# Crashes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("deed", "deaths"), [("invite", (7, 14)), ("queue", (2, 4))])
def test_a_killed_process_is_followed_by_one_that_sends_each_message_once(
    bank: CampaignBank, monkeypatch: pytest.MonkeyPatch, deed: str, deaths: tuple[int, ...]
) -> None:
    numbers = [f"{number:04}" for number in range(1, 13)]
    bank.customers(*numbers)
    for number in numbers:
        bank.link(number)
    bank.begin()
    real, calls = getattr(Invitations, deed), []

    def killed(*arguments: object) -> object:
        calls.append(1)
        done = real(*arguments)
        if len(calls) in deaths:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(Invitations, deed, killed)
    monkeypatch.setattr(carrying, "PIECE", 5)
    for _ in range(4):
        try:
            bank.plan()
        except KeyboardInterrupt:
            bank.universe.advance(timedelta(minutes=2))
            bank.rebuild()
    bank.send()
    bank.rebuild()
    bank.round()
    assert sorted(user for user, *_ in bank.arrived()) == [f"U{number}" for number in numbers]
    assert {len(bank.steps(number)) for number in numbers} == {1}


def test_a_message_of_a_sender_that_died_is_not_counted_as_unsent(bank: CampaignBank) -> None:
    bank.customers("0001")
    bank.link("0001")
    bank.begin()
    bank.plan()
    died = "UPDATE outgoing_message SET state = 'leased', lease_owner = 'dead', lease_until = :t, attempts = 1"
    before = bank.universe.now().replace(tzinfo=None).isoformat(" ", "microseconds")
    bank.database.run(lambda conn: conn.execute(text(died), {"t": before}))
    bank.universe.advance(timedelta(minutes=2))
    pause(bank.database, "c1", actor=CHECKER)
    bank.send()
    bank.plan()
    assert bank.rows("SELECT state FROM outgoing_message")[0].state == "unknown"
    assert bank.member("0001")["next_step"] == 1
