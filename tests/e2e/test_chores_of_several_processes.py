"""Sweeping and comparing with several processes: one does a round at a time, a dead one's is taken over."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot import turns
from bot.chores import Chores
from bot.timers import sweep
from storage.leases import take_lease
from tests.e2e.conftest import on_both
from tests.e2e.house import House


@on_both
async def test_what_is_left_over_is_drained_by_whoever_holds_the_sweep(house: House) -> None:
    assert timedelta(seconds=11) > turns.LEFT_OVER
    customer = house.on_line()
    await customer.types("こんにちは")
    # As if a process had died over it.
    house.database.run(lambda conn: conn.exec_driver_sql("UPDATE inbound_event SET done_at = NULL"))
    house.advance(seconds=11)
    heard = len(customer.person.received())
    uni = house.universe

    def undone() -> int:
        return int(house.rows("SELECT count(*) AS n FROM inbound_event WHERE done_at IS NULL")[0].n)

    # Another process took the sweep and died: until its lease has run out, nobody else begins.
    house.database.run(lambda conn: take_lease(conn, uni, "turns.sweep", owner="dead", duration=timedelta(minutes=1)))
    chores = Chores(house.database, "living", [sweep(house.database, house.service.turns)])
    await asyncio.to_thread(chores.tick)
    assert undone() == 1
    house.advance(seconds=61)
    await asyncio.to_thread(chores.tick)
    assert undone() == 0
    await house.settle()
    assert len(customer.person.received()) == heard + 1
    await asyncio.to_thread(chores.tick)
    await house.settle()
    assert len(customer.person.received()) == heard + 1
