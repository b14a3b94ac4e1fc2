"""A platform that is down, a campaign that fails: they hold up what is theirs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text, update

from bot.channels.base import Outcome
from bot.delivery import Sender
from bot.metrics import Metrics
from bot.outreach import ahead as room, climbing
from bot.outreach.climbing import Gate
from storage import campaign_facts
from storage.campaigns import Campaign
from storage.case_status import CaseStatus
from storage.database import Database
from storage.problems import LeaseLost
from storage.tables import CampaignMemberRow, CaseTransitionRow, table_of
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CampaignBank
from tests.storage.reconciliation.seeding import move

_member, _transition = table_of(CampaignMemberRow), table_of(CaseTransitionRow)


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def crowd(bank: CampaignBank, first: int, count: int, channel: str | None) -> list[str]:
    numbers = [f"{number:04}" for number in range(first, first + count)]
    bank.customers(*numbers)
    for number in numbers:
        if channel is not None:
            bank.link(number, channel)
    return numbers


@pytest.mark.parametrize("look", [400, 7])
def test_a_platform_that_is_down_holds_up_nobody_else(
    bank: CampaignBank, monkeypatch: pytest.MonkeyPatch, look: int
) -> None:
    """However far a look goes: of those who wait for it there may be any number ahead of the others."""
    monkeypatch.setattr(room, "_FIRST", 6)
    monkeypatch.setattr(campaign_facts, "_LOOK", look)
    down = crowd(bank, 1, 60, "line")
    others = [*crowd(bank, 101, 10, "telegram"), *crowd(bank, 201, 3, None)]
    bank.line.outcomes = {f"U{number}": Outcome.RETRY for number in down}
    bank.begin()
    for _ in range(20):
        bank.plan()
        bank.send()
        bank.universe.advance(timedelta(seconds=0.25))
    assert {number: len(bank.steps(number)) for number in others} == dict.fromkeys(others, 1)
    assert sorted(user for user, *_ in bank.arrived()) == [f"U{number}" for number in others[:10]]
    # Of the platform no more waits than before, and all are written to when it is back.
    assert sum(len(bank.steps(number)) for number in down) == 6
    bank.line.outcomes = {}
    for _ in range(30):
        bank.universe.advance(timedelta(seconds=5))
        bank.plan()
        bank.send()
    assert sorted(user for user, *_ in bank.line.sent) == [f"U{number}" for number in down]


def put(bank: CampaignBank, numbers: list[str], step: int, *statuses: CaseStatus) -> None:
    """Who was invited two months ago, up to a step that is due now."""
    long_ago = datetime(2026, 8, 1, tzinfo=UTC)
    cases = [bank.cases[number].id for number in numbers]
    for number in numbers:
        move(bank.database, bank.case(number), *statuses)

    def back(conn: Connection) -> None:
        values = {"next_step": step, "base_on": long_ago.date(), "joined_at": long_ago - timedelta(days=1)}
        values["due_at"] = bank.universe.now()
        conn.execute(update(_member).where(_member.c.case_id.in_(cases)).values(**values))
        conn.execute(update(_transition).where(_transition.c.case_id.in_(cases)).values(at=long_ago))

    bank.database.run(back)


def test_a_list_or_a_letter_waits_for_no_platform(bank: CampaignBank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is linked to a platform that is down, and whose next step is none of its messages."""
    monkeypatch.setattr(room, "_FIRST", 6)
    down, called, written, came_back = (crowd(bank, first, count, "line") for first, count in FOUR)
    bank.line.outcomes = dict.fromkeys((f"U{number}" for number in down), Outcome.RETRY)
    bank.begin()
    bank.plan()
    sent = (CaseStatus.SENT, CaseStatus.REMINDED_1)
    put(bank, called, 4, *sent, CaseStatus.REMINDED_2)
    put(bank, written, 3, *sent)
    # No letter for these: the chat it is, and they wait like the others.
    put(bank, came_back, 3, *sent, CaseStatus.UNDELIVERABLE)
    returned = "UPDATE case_transition SET reason = 'returned_mail' WHERE to_status = '30'"
    bank.database.run(lambda conn: conn.execute(text(returned)))
    for _ in range(6):
        bank.plan()
        bank.send()
        bank.universe.advance(timedelta(seconds=0.25))
    done = {"phone": called, "letter": written}
    for channel, numbers in done.items():
        assert [bank.steps(number)[0][1] for number in numbers] == [channel] * len(numbers)
    assert sum(len(bank.steps(number)) for number in (*down, *came_back)) == 6
    assert bank.arrived() == []


#: First number and count: those ahead, on the phone list next, with a letter next, and whose last letter came back.
FOUR = ((1, 12), (101, 3), (201, 3), (301, 45))


@pytest.mark.parametrize("failures", [1, 8])
def test_a_message_that_could_not_be_asked_for_is_sent_later_and_once(bank: CampaignBank, failures: int) -> None:
    """Left to its lease it would count as perhaps sent, on a platform that takes the same message twice."""
    bank.telegram.pushes_once = False
    crowd(bank, 1, 3, "telegram")
    bank.begin()
    bank.plan()
    gate, left = Gate(bank.setting), [None] * failures

    def fails(conn: Connection, outgoing_ids: Sequence[str]) -> Mapping[str, str]:
        if left:
            left.pop()
            raise OSError
        return gate(conn, outgoing_ids)

    bank.sender = Sender(bank.database, {"telegram": bank.telegram}, "sender", Metrics(), fails)  # type: ignore[dict-item]
    for _ in range(failures + 2):
        bank.send()
        bank.universe.advance(timedelta(minutes=5))
    assert sorted(user for user, *_ in bank.arrived()) == ["U0001", "U0002", "U0003"]
    assert {row.state for row in bank.rows("SELECT state FROM outgoing_message")} == {"sent"}


def test_who_has_another_account_since_is_written_to_there_only(bank: CampaignBank) -> None:
    crowd(bank, 1, 1, "line")
    bank.begin()
    bank.plan()
    bank.universe.advance(timedelta(seconds=1))
    bank.link("0001", of="new phone")
    bank.send()
    assert bank.arrived() == []
    for _ in range(3):
        bank.universe.advance(timedelta(minutes=10))
        bank.round()
    assert [user for user, *_ in bank.arrived()] == ["Unew phone"]
    details = [row.detail for row in bank.rows("SELECT detail FROM outgoing_message ORDER BY id")]
    assert details[0] == "other_account"


def two_campaigns(bank: CampaignBank) -> tuple[list[str], list[str]]:
    first = crowd(bank, 1, 30, "line")
    bank.begin("c1")
    second = crowd(bank, 101, 30, "line")
    bank.begin("c2")
    return first, second


def test_two_campaigns_share_the_room_of_a_platform(bank: CampaignBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FIRST", 4)
    both = two_campaigns(bank)
    for _ in range(4):
        bank.plan()
        bank.send()
        bank.universe.advance(timedelta(seconds=0.1))
    assert [sum(len(bank.steps(number)) for number in numbers) for numbers in both] == [8, 8]


def test_a_campaign_that_fails_holds_up_no_other_one(bank: CampaignBank, monkeypatch: pytest.MonkeyPatch) -> None:
    failing, other = two_campaigns(bank)
    real = climbing.load_campaign

    def fails(conn: Connection, campaign_id: str, *, lock: bool = False) -> Campaign:
        if lock and campaign_id == broken:
            raise ValueError
        return real(conn, campaign_id, lock=lock)

    (broken,) = [row.id for row in bank.rows("SELECT id FROM campaign WHERE name = 'c1'")]
    monkeypatch.setattr(climbing, "load_campaign", fails)
    bank.round()
    assert [len(bank.steps(number)) for number in (*failing, *other)] == [0] * 30 + [1] * 30


def test_whose_lease_is_lost_does_nothing_more(bank: CampaignBank, monkeypatch: pytest.MonkeyPatch) -> None:
    two_campaigns(bank)

    def lost(*arguments: object) -> None:
        raise LeaseLost("campaigns")

    monkeypatch.setattr(climbing, "fence", lost)
    with pytest.raises(LeaseLost):
        bank.plan()
