"""The same message for many people in one call: who shares one, who does not, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.channels.base import Outcome
from bot.delivery import Sender
from bot.metrics import Metrics
from bot.outreach.campaigning import pause
from bot.outreach.climbing import Gate
from storage import accounts
from storage.claims import claim_outgoing
from storage.database import Database
from storage.outgoing import OutgoingBatch
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CHECKER, CampaignBank
from tests.conftest import OpenDatabase

LEASE = timedelta(seconds=60)


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def planned(bank: CampaignBank, count: int) -> list[str]:
    """So many invitations wait; the users they are for."""
    numbers = [f"{number:04}" for number in range(1, count + 1)]
    bank.customers(*numbers)
    for number in numbers:
        bank.link(number)
    bank.begin()
    bank.plan()
    bank.universe.advance(timedelta(seconds=1))
    return [f"U{number}" for number in numbers]


def states(bank: CampaignBank) -> list[tuple[str, str]]:
    rows = bank.rows("SELECT state, detail FROM outgoing_message ORDER BY id")
    return [(row.state, row.detail) for row in rows]


def users(bank: CampaignBank) -> list[str]:
    return sorted(user for user, *_ in bank.arrived())


def claim(bank: CampaignBank, owner: str, **wanted: Any) -> list[OutgoingBatch]:
    def run(conn: Any) -> list[OutgoingBatch]:
        settings: dict[str, Any] = {"lease": LEASE, "limit": 50, "people_per_call": {"line": 500}} | wanted
        return claim_outgoing(conn, bank.database.vault, bank.universe, owner=owner, **settings)  # type: ignore[arg-type]

    return bank.database.run(run)


def test_all_who_get_the_same_get_it_in_one_call(bank: CampaignBank) -> None:
    people = planned(bank, 7)
    bank.send()
    assert [sorted(call) for call in bank.line.calls] == [people]
    assert users(bank) == people
    assert states(bank) == [("sent", "sent")] * 7
    bank.plan()
    assert {row.next_step for row in bank.rows("SELECT next_step FROM campaign_member")} == {1}
    # No key of a call is one of a message, which may yet have to go by itself.
    own = {row.retry_key for row in bank.rows("SELECT retry_key FROM outgoing_message")}
    assert not own & set(bank.line.keys)


def test_other_words_go_in_another_call(bank: CampaignBank) -> None:
    numbers = ["0001", "0002", "0003", "0004"]
    bank.customers(*numbers)
    for number in numbers:
        bank.link(number)
    for number in numbers[2:]:
        bank.database.run(lambda conn, n=number: accounts.set_account_locale(conn, bank.accounts[n], "en"))  # type: ignore[misc]
    bank.begin()
    bank.round()
    assert sorted(tuple(sorted(call)) for call in bank.line.calls) == [("U0001", "U0002"), ("U0003", "U0004")]


def test_one_alone_is_pushed(bank: CampaignBank) -> None:
    planned(bank, 1)
    bank.send()
    assert (users(bank), bank.line.calls) == (["U0001"], [])


def test_no_more_people_than_a_call_takes(bank: CampaignBank) -> None:
    planned(bank, 7)
    batches = claim(bank, "s", people_per_call={"line": 3})
    sizes = [sum(one.retry_key == key for one in batches) for key in dict.fromkeys(one.retry_key for one in batches)]
    assert sizes == [3, 3, 1]
    assert [one.is_shared for one in batches] == [True] * 6 + [False]


def test_who_must_not_be_written_to_is_left_out_and_the_others_are_not(bank: CampaignBank) -> None:
    people = planned(bank, 5)
    waiting = "UPDATE conversation SET owner = 'waiting' WHERE account_id = :a"
    bank.database.run(lambda conn: conn.execute(text(waiting), {"a": bank.accounts["0002"]}))
    blocked = "UPDATE channel_account SET state = 'blocked' WHERE id = :a"
    bank.database.run(lambda conn: conn.execute(text(blocked), {"a": bank.accounts["0004"]}))
    bank.send()
    assert users(bank) == [people[0], people[2], people[4]]
    assert sorted(states(bank)) == sorted([("sent", "sent")] * 3 + [("dropped", "staff"), ("failed", "blocked")])


def test_after_a_pause_nobody_of_the_call_is_sent_anything(bank: CampaignBank) -> None:
    planned(bank, 4)
    pause(bank.database, "c1", actor=CHECKER)
    bank.send()
    assert (users(bank), bank.line.calls) == ([], [])


def test_one_whom_the_platform_does_not_know_costs_nobody_else_the_message(bank: CampaignBank) -> None:
    people = planned(bank, 6)
    bank.line.outcomes = {people[3]: Outcome.REJECTED}
    bank.send()
    assert users(bank) == [one for one in people if one != people[3]]
    assert sorted(states(bank)) == [("failed", "rejected"), *[("sent", "sent")] * 5]
    assert len(bank.line.calls) == 1, "once parted, each goes by himself"


@pytest.mark.parametrize("ending", [Outcome.RETRY, Outcome.UNCERTAIN])
def test_a_call_without_an_answer_is_made_again_for_the_same_people_under_the_same_key(
    bank: CampaignBank, ending: Outcome
) -> None:
    """Whoever claims it next, and however few one claim takes."""
    people = planned(bank, 7)
    bank.line.endings = [ending]
    bank.send()
    bank.universe.advance(timedelta(seconds=5))
    first = claim(bank, "other", limit=2)
    assert sorted(one.user_id.reveal() for one in first) == people
    assert {one.retry_key for one in first} == set(bank.line.keys)
    bank.universe.advance(timedelta(minutes=2))
    bank.send()
    assert [sorted(call) for call in bank.line.calls] == [people, people]
    assert len(set(bank.line.keys)) == 1
    assert users(bank) == people
    assert {state for state, _ in states(bank)} == {"sent"}


def test_whoever_died_over_a_call_is_followed_by_one_who_makes_it_again(bank: CampaignBank) -> None:
    """The platform had taken it: each has it once, whatever was said to one of them meanwhile."""
    people = planned(bank, 5)
    dying = claim(bank, "dying")
    bank.line.taken = {dying[0].retry_key}
    pause_one = "UPDATE conversation SET owner = 'staff' WHERE account_id = :a"
    bank.database.run(lambda conn: conn.execute(text(pause_one), {"a": bank.accounts["0003"]}))
    bank.send()
    assert bank.line.calls == []
    bank.universe.advance(LEASE + timedelta(seconds=1))
    bank.send()
    assert [sorted(call) for call in bank.line.calls] == [[one for one in people if one != people[2]]]
    assert bank.line.keys == [dying[0].retry_key]
    assert sorted(states(bank)) == [*[("sent", "accepted_before")] * 4, ("unknown", "staff")]


def test_the_last_one_left_of_a_call_keeps_to_its_key(bank: CampaignBank) -> None:
    """LINE knows a key by the call it came with: pushed under it, he might have the message twice."""
    planned(bank, 2)
    bank.line.endings = [Outcome.UNCERTAIN]
    bank.send()
    one = "UPDATE outgoing_message SET state = 'cancelled' WHERE id = (SELECT min(id) FROM outgoing_message)"
    bank.database.run(lambda conn: conn.execute(text(one)))
    bank.universe.advance(timedelta(seconds=5))
    bank.send()
    assert [len(call) for call in bank.line.calls] == [2, 1]
    assert len(set(bank.line.keys)) == 1
    assert users(bank) == ["U0001", "U0002"]


def test_what_somebody_else_is_trying_is_left_to_him(bank: CampaignBank) -> None:
    """As where only one of them was touched since."""
    planned(bank, 4)
    (key,) = {one.retry_key for one in claim(bank, "first")}
    free = "UPDATE outgoing_message SET lease_until = :now WHERE id = (SELECT min(id) FROM outgoing_message)"
    bank.database.run(lambda conn: conn.execute(text(free), {"now": "2020-01-01 00:00:00+00:00"}))
    assert claim(bank, "second") == []
    bank.universe.advance(LEASE + timedelta(seconds=1))
    assert [one.retry_key for one in claim(bank, "second")] == [key] * 4


def test_a_message_that_could_not_be_asked_for_is_sent_later_with_the_others(bank: CampaignBank) -> None:
    people = planned(bank, 4)
    gate, left = Gate(bank.setting), [None]

    def fails(conn: Any, outgoing_ids: Sequence[str]) -> Any:
        if left:
            left.pop()
            raise OSError
        return gate(conn, outgoing_ids)

    bank.sender = Sender(bank.database, {"line": bank.line}, "sender", Metrics(), fails)  # type: ignore[dict-item]
    for _ in range(2):
        bank.send()
        bank.universe.advance(timedelta(minutes=5))
    assert users(bank) == people
    assert len(bank.line.calls) == 1


def test_who_is_being_sent_something_shares_no_call(bank: CampaignBank) -> None:
    """What comes to him next would wait for all the others."""
    planned(bank, 4)
    batches = claim(bank, "s", apart={bank.accounts["0002"]})
    assert [one.user_id.reveal() for one in batches if not one.is_shared] == ["U0002"]
    assert len({one.retry_key for one in batches}) == 2


async def test_two_senders_never_hold_the_same_call(open_database: OpenDatabase, universe: FrozenUniverse) -> None:
    banks = [CampaignBank(open_database(), universe) for _ in range(2)]
    people = await asyncio.to_thread(planned, banks[0], 30)
    banks[0].line.endings = [Outcome.RETRY]
    await banks[0].sender.send_due()
    universe.advance(timedelta(seconds=5))
    found = await asyncio.gather(*(asyncio.to_thread(claim, bank, f"s{at}", limit=9) for at, bank in enumerate(banks)))
    # Where each was quick enough to hold some of them, neither takes the call, and the next look does.
    found = [batches for batches in found if batches] or [await asyncio.to_thread(claim, banks[0], "s0", limit=9)]
    assert [sorted(one.user_id.reveal() for one in batches) for batches in found] == [people]
