"""Killed in the middle of a campaign, around the call that takes its message to many people: each has it once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.simulator.faults import Trouble
from tests.e2e.campaigns import begin_campaign, known_customers
from tests.faults.bank import Bank
from tests.faults.conftest import on_both
from tests.faults.invariants import check
from tests.faults.points import ANSWERED, CALL, MANY


async def killed(
    bank: Bank, die_at: str, sabotage: tuple[str, ...] = (), *, troubles: tuple[Trouble, ...] = ()
) -> tuple[list[int], set[str]]:
    """How often each was shown his message in the end, and the states of the messages."""
    people = known_customers(bank.house, 6)
    begin_campaign(bank.house)
    dying = await bank.start(channel="line", die_at=die_at, sabotage=sabotage)
    await bank.step(dying, "tick")
    bank.house.line.faults.add(*troubles)
    bank.universe.advance(timedelta(seconds=1))
    assert await bank.step(dying, "send") is None, "it was to die over it"
    await bank.kill(dying)
    living = await bank.start(channel="line", sabotage=sabotage)
    await bank.let_pass(living)
    await bank.kill(living)
    check(bank.house)
    states = {row.state for row in bank.house.rows("SELECT state FROM outgoing_message WHERE kind = 'invitation'")}
    return [len(person.person.received()) for person in people.values()], states


@on_both
@pytest.mark.parametrize("die_at", [f"{CALL} {MANY}", f"{ANSWERED} {MANY}"])
async def test_each_has_it_once(bank: Bank, die_at: str) -> None:
    assert await killed(bank, die_at) == ([1] * 6, {"sent"})
    assert len(bank.house.line.accepted_keys) == 1


async def test_a_call_whose_answer_was_lost_before_is_no_other_one(bank: Bank) -> None:
    assert await killed(bank, f"{ANSWERED} {MANY}", troubles=(Trouble.DISCONNECT_AFTER,)) == ([1] * 6, {"sent"})


async def test_without_the_key_each_has_it_twice(bank: Bank) -> None:
    """The control."""
    shown, _ = await killed(bank, f"{ANSWERED} {MANY}", ("no_retry_key",))
    assert shown == [2] * 6
