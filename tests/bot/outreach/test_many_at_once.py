"""Campaigns of many: what waits, who goes first, who must not be written to twice, and what holds up nobody."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.channels.limits import LIMITS
from bot.outreach import ahead as room
from bot.outreach.campaigning import pause, start, stop
from bot.outreach.carrying import Piece
from storage import campaign_steps, claims
from storage.accounts import lock_account
from storage.cases import CaseStatus, transitions_of
from storage.conversations import create_conversation
from storage.database import Database
from storage.outgoing import insert_outgoing
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CHECKER, TOKYO, CampaignBank
from tests.conftest import OpenDatabase
from tests.storage.reconciliation.seeding import add_case


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def crowd(bank: CampaignBank, count: int, channel: str = "line", first: int = 1) -> list[str]:
    numbers = [f"{number:04}" for number in range(first, first + count)]
    bank.customers(*numbers)
    for number in numbers:
        bank.link(number, channel)
    return numbers


def queued(bank: CampaignBank) -> dict[str, int]:
    return bank.database.run_read(campaign_steps.on_their_way)


def test_no_more_waits_than_is_worked_off_and_all_arrive_once(
    bank: CampaignBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_FIRST", 8)
    numbers = crowd(bank, 30)
    bank.begin()
    bank.plan()
    assert queued(bank) == {"line": 8}
    assert bank.climbing.is_sending
    for _ in range(20):
        bank.universe.advance(timedelta(seconds=0.5))
        bank.send()
        bank.plan()
    assert sorted(user for user, *_ in bank.arrived()) == [f"U{number}" for number in numbers]
    assert {len(bank.steps(number)) for number in numbers} == {1}
    bank.universe.advance(timedelta(seconds=1))
    bank.plan()
    assert not bank.climbing.is_sending


def test_a_slow_platform_takes_no_room_from_another(bank: CampaignBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FIRST", 6)
    monkeypatch.setattr(bank.telegram, "limits", LIMITS["telegram"])
    bank.speeds = {"telegram": 2, "line": 2000}
    bank.rebuild()
    # All of the slow one are due before the first of the other.
    crowd(bank, 25, "telegram")
    quick = crowd(bank, 12, first=101)
    bank.begin()
    bank.plan()
    assert queued(bank) == {"telegram": 6, "line": 6}
    for _ in range(4):
        bank.universe.advance(timedelta(seconds=1))
        bank.database.run(lambda conn: conn.execute(text("UPDATE outgoing_message SET state = 'sent'")))
        bank.plan()
    assert {len(bank.steps(number)) for number in quick} == {1}
    # Whoever waits for the slow one comes due by its pace: two a second.
    rows = bank.rows("SELECT due_at FROM campaign_member WHERE next_step = 0 AND outgoing_id IS NULL ORDER BY due_at")
    assert len(rows) == 25 - 6 - 2 * 4


@pytest.mark.parametrize("how", ["pause", "stop"])
def test_after_a_pause_or_a_stop_nothing_is_queued_and_nothing_leaves(
    bank: CampaignBank, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(room, "_FIRST", 5)
    crowd(bank, 12)
    bank.begin()
    bank.plan()
    (pause if how == "pause" else stop)(bank.database, "c1", actor=CHECKER)
    for _ in range(3):
        bank.round()
        bank.universe.advance(timedelta(seconds=2))
    assert bank.arrived() == []
    assert queued(bank) == {}
    if how == "pause":
        start(bank.database, bank.settings, "c1", actor=CHECKER)
        bank.run_until(date(2026, 11, 5))
        assert len(bank.arrived()) == 12


def test_a_reply_goes_before_all_that_nobody_asked_for(bank: CampaignBank, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(bank, 20)
    bank.begin()
    bank.plan()
    bank.universe.advance(timedelta(seconds=5))
    uni, vault = bank.universe, bank.database.vault

    def reply(conn: Any) -> str:
        account = lock_account(conn, vault, bank.accounts["0013"])
        assert account is not None
        talk = create_conversation(
            conn, vault, uni, kind="case", account_id=account.id, case_id=bank.cases["0013"].id,
            questionnaire_sha256=None, locale="ja",
        )  # fmt: skip
        return insert_outgoing(
            conn, vault, uni, conversation=talk, kind="question", body={"text": "?"}, turn_id=uni.new_id(), epoch=0,
            reply_token=None, reply_until=None,
        )  # fmt: skip

    wanted = bank.database.run(reply)

    def claim(conn: Any) -> list[str]:
        found = claims.claim_outgoing(conn, vault, uni, owner="s", lease=timedelta(minutes=1), limit=5)
        return [message.id for batch in found for message in batch.messages]

    first = bank.database.run(claim)
    assert first[0] == wanted
    assert len(first) == 5
    others = [row.id for row in bank.rows("SELECT id FROM outgoing_message WHERE kind = 'invitation' ORDER BY id")]
    assert first[1:] == others[:4]


def test_two_cases_of_one_customer_are_written_to_one_after_the_other(bank: CampaignBank) -> None:
    bank.customers("0001")
    bank.link("0001")
    bank.cases["0001 again"] = add_case(bank.database, "0001", cause="event")
    bank.begin()
    bank.round()
    assert len(bank.arrived()) == 1
    bank.run_until(date(2026, 11, 10))
    days = [at.date() for _, at, _ in bank.arrived()]
    assert len(days) == 2
    assert (days[1] - days[0]).days >= 7


def test_a_campaign_in_which_nobody_is_due_costs_no_transaction(
    bank: CampaignBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that campaigns of many months may run beside each other."""
    crowd(bank, 3)
    first = bank.begin("c1")
    bank.round()
    crowd(bank, 3, first=4)
    second = bank.begin("c2")
    real, carried = Piece.carry_out, []

    def carry_out(piece: Piece, campaign_id: str, among: list[str] | None = None) -> Any:
        carried.append(campaign_id)
        return real(piece, campaign_id, among)

    monkeypatch.setattr(Piece, "carry_out", carry_out)
    bank.round()
    assert set(carried) == {second.id}
    # The reminders of both are due by then.
    bank.run_until(date(2026, 11, 30))
    assert set(carried) == {first.id, second.id}
    assert {len(bank.steps(f"{number:04}")) for number in range(1, 7)} == {3}


def test_a_value_that_does_not_open_holds_up_nobody(bank: CampaignBank) -> None:
    numbers = crowd(bank, 6)
    broken = bank.accounts["0003"]
    bank.database.run(
        lambda conn: conn.execute(
            text(
                "UPDATE channel_account SET sealed = (SELECT sealed FROM channel_account WHERE id = :o) WHERE id = :b"
            ),
            {"o": bank.accounts["0001"], "b": broken},
        )
    )
    bank.begin()
    bank.round()
    assert sorted(user for user, *_ in bank.arrived()) == [f"U{number}" for number in numbers if number != "0003"]
    assert bank.member("0003")["held_by"] == "damaged"
    found = bank.rows("SELECT subjects FROM audit_entry WHERE action = 'store.value_unreadable'")
    assert [broken in row.subjects for row in found] == [True]


def test_the_cases_move_as_if_one_by_one(bank: CampaignBank) -> None:
    numbers = crowd(bank, 5)
    bank.begin()
    bank.run_until(date(2026, 11, 16))
    for number in numbers:
        moves = bank.database.run_read(lambda conn, n=number: transitions_of(conn, bank.cases[n].id))  # type: ignore[misc]
        assert [move.to_status for move in moves] == [CaseStatus.SELECTED, CaseStatus.ANNOUNCED, CaseStatus.SENT]
        assert [(move.actor, move.reason) for move in moves[1:]] == [
            ("system:campaigns", "campaign:notice"),
            ("system:campaigns", "campaign:invitation"),
        ]
        messages = {row.outgoing_id for row in bank.rows("SELECT outgoing_id FROM campaign_delivery")}
        assert {move.source for move in moves[1:]} <= messages
    assert set(bank.statuses().values()) == {CaseStatus.SENT}


def test_who_says_something_at_that_very_moment_is_left_for_the_next_look(
    open_database: OpenDatabase, universe: FrozenUniverse
) -> None:
    bank = CampaignBank(open_database(), universe)
    if bank.database.dialect == "sqlite":
        return  # its writers never meet
    numbers = crowd(bank, 4)
    bank.begin()
    bank.go_to(datetime(2026, 11, 2, 10, tzinfo=TOKYO))
    other = open_database()

    def while_he_speaks(conn: Any) -> None:
        lock_account(conn, other.vault, bank.accounts["0002"])
        bank.plan()
        assert queued(bank) == {"line": 3}

    other.run(while_he_speaks)
    bank.plan()
    assert queued(bank) == {"line": len(numbers)}
