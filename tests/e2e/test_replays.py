"""A genuine delivery that somebody captured, brought again much later: the keys of events are kept for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.e2e.conftest import on_both
from tests.e2e.house import House, half_way, post_line

MORI = "0000124"


@on_both
async def test_what_was_captured_is_worth_nothing_after_a_year(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, MORI)
    before = state_of(house)
    captured = [event for delivery in house.line.deliveries for event in delivery.events]
    assert len(captured) > 5
    house.universe.advance(timedelta(days=400))
    for event in captured:
        assert await post_line(house, event) == 200
    await house.settle()
    assert state_of(house) == before


@on_both
async def test_without_the_key_it_would_be_heard(house: House) -> None:
    """The negative control: the same events under new keys change the conversation."""
    customer = house.on_line()
    await half_way(customer, MORI)
    before = state_of(house)
    captured = [event for delivery in house.line.deliveries for event in delivery.events]
    house.universe.advance(timedelta(days=400))
    for number, event in enumerate(captured):
        assert await post_line(house, {**event, "webhookEventId": f"01{number:024d}"}) == 200
    await house.settle()
    assert state_of(house) != before


def state_of(house: House) -> Any:
    return (
        house.rows("SELECT id, done_at FROM inbound_event ORDER BY id"),
        house.rows("SELECT id, version, event_seq, out_seq FROM conversation ORDER BY id"),
        house.rows("SELECT id, state FROM outgoing_message ORDER BY id"),
    )
