"""The clock jumps, and two clockworks tick at once: nothing is sent twice, nothing is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.faults.bank import Bank
from tests.faults.conftest import At
from tests.faults.invariants import check

DAY = timedelta(days=1)


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_two_clockworks_on_the_same_tick_do_everything_once(bank: Bank, at: At) -> None:
    """An event that a dead process left undone is found by both sweepers at the same moment."""
    customer = await at("line", "answering")
    before = len(customer.person.received())
    one, two = await bank.start(channel="line"), await bank.start(channel="line")
    event = bank.house.line.text_event(customer.user_id, "もしもし")
    assert (await bank.house.line.deliver(event)).ok
    bank.house.database.run(
        lambda conn: conn.exec_driver_sql(
            "UPDATE inbound_event SET done_at = NULL WHERE kind = 'text' AND id = (SELECT max(id) FROM inbound_event)"
        )
    )
    bank.universe.advance(timedelta(seconds=11))
    await asyncio.gather(bank.step(one, "tick"), bank.step(two, "tick"))
    await asyncio.gather(bank.send_all(one), bank.send_all(two))
    await bank.let_pass(one)
    check(bank.house, accepted=[event["webhookEventId"]])
    # Once by the turn, once by the one sweeper that drained it.
    assert len(customer.person.received()) == before + 2


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
async def test_a_clock_that_jumps_loses_and_doubles_nothing(bank: Bank, at: At, jump: timedelta) -> None:
    customer = await at("line", "answering")
    before = len(customer.person.received())
    process = await bank.start(channel="line")
    tap = bank.house.line.tap_event(customer.user_id, customer.button("c0")[1])
    assert (await bank.house.line.deliver(tap)).ok
    bank.universe.advance(jump)
    assert await bank.send_all(process)
    assert (await bank.house.line.deliver(tap, redelivery=True)).ok
    text = bank.house.line.text_event(customer.user_id, "もしもし")
    assert (await bank.house.line.deliver(text)).ok
    await bank.let_pass(process)
    # What was written by a clock that went ahead is due when the right time has come there, not before.
    bank.universe.advance(max(-jump, timedelta(0)))
    await bank.let_pass(process)
    check(bank.house, accepted=[event["webhookEventId"] for event in (tap, text)])
    shown = [bubble.text for bubble in customer.person.received()[before:]]
    assert len(shown) == len(set(shown)) == 2
