"""Where an answer takes longer than usual, the customer sees that one is coming; else nothing is called for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bot import service
from bot.channels.base import Inbound
from bot.simulator.platform_line import LinePlatform
from tests.e2e.house import House, until


def shown(house: House, channel: str) -> int:
    """How often the platform was asked to show that somebody is busy."""
    if channel == "line":
        return len(house.line.loading)
    observer: Any = house.telegram.observer
    return sum(path.lower().endswith("sendchataction") for _, path, _ in observer.calls)


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_a_slow_turn_is_shown_once(house: House, channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on(channel)
    monkeypatch.setattr(service, "WAIT_SHOWN_AFTER", 0.0)
    handle = house.service.turns.handle

    async def slow(events: Sequence[Inbound]) -> None:
        await until(lambda: shown(house, channel) > 0, patience=5)
        await handle(events)

    monkeypatch.setattr(house.service.turns, "handle", slow)
    await customer.types("こんにちは")
    assert shown(house, channel) == 1
    assert customer.heard
    if isinstance(customer.platform, LinePlatform):
        assert customer.platform.loading == [(customer.user_id, 20)]


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_a_quick_turn_calls_nothing(house: House, channel: str) -> None:
    customer = house.on(channel)
    await customer.types("こんにちは")
    await asyncio.sleep(0)
    assert shown(house, channel) == 0


async def test_nobody_waits_in_standby_or_after_blocking(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on_line()
    monkeypatch.setattr(service, "WAIT_SHOWN_AFTER", 0.0)
    handle = house.service.turns.handle

    async def slow(events: Sequence[Inbound]) -> None:
        await asyncio.sleep(0.05)
        await handle(events)

    monkeypatch.setattr(house.service.turns, "handle", slow)
    house.line.mode = "standby"
    await customer.types("こんにちは")
    house.line.mode = "active"
    await customer.does(house.line.unfollow(customer.user_id))
    assert house.line.loading == []


async def test_a_platform_that_cannot_show_it_harms_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on_line()
    monkeypatch.setattr(service, "WAIT_SHOWN_AFTER", 0.0)
    handle = house.service.turns.handle
    house.line.tokens.accepts = lambda token: False  # type: ignore[method-assign]

    async def slow(events: Sequence[Inbound]) -> None:
        await asyncio.sleep(0.05)
        await handle(events)

    monkeypatch.setattr(house.service.turns, "handle", slow)
    await customer.types("こんにちは", settle=False)
    del house.line.tokens.accepts
    await house.settle()
    assert customer.heard
