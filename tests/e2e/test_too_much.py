"""Floods, oversized requests and slow bodies cost the others nothing; the gauges say so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import aiohttp
import pytest

from bot import service, webhooks
from bot.channels.base import Inbound
from bot.webhooks import BURST, MAX_EVENTS
from tests.e2e.conftest import on_both
from tests.e2e.house import House, post_line, until

MORI = "0000124"


def seen(house: House) -> int:
    return len(house.rows("SELECT id FROM inbound_event"))


async def test_a_flood_of_one_account_is_taken_and_left_unread(house: House) -> None:
    flooder, other = house.on_line(), house.on_line()
    events = [house.line.text_event(flooder.user_id, f"{number}番") for number in range(BURST + 30)]
    for start in range(0, len(events), 50):
        assert await post_line(house, *events[start : start + 50]) == 200
    assert seen(house) == BURST
    # The others are heard, and so is the flooder after a while.
    await house.line.deliver(house.line.text_event(other.user_id, "こんにちは"))
    assert seen(house) == BURST + 1
    house.universe.advance(timedelta(minutes=5))
    await house.line.deliver(house.line.text_event(flooder.user_id, "こんにちは"))
    assert seen(house) == BURST + 2
    flood = house.service.metrics.registry.get_sample_value("kakunin_flood_events_total", {"channel": "line"})
    assert flood == 30


async def test_a_flood_on_telegram(house: House) -> None:
    customer = house.on_telegram()
    for number in range(BURST + 5):
        assert (await house.telegram.type_text(customer.user_id, str(number))).statuses == [200]
    assert seen(house) == BURST


async def test_what_is_taken_back_is_heard_in_any_flood(house: House) -> None:
    customer = house.on_line()
    message = house.line.text_event(customer.user_id, "x")
    flood = [house.line.text_event(customer.user_id, "x") for _ in range(BURST)]
    gone = house.line.event(customer.user_id, "unsend", unsend={"messageId": message["message"]["id"]})
    assert await post_line(house, message, *flood, gone) == 200
    assert house.rows("SELECT count(*) AS n FROM inbound_event WHERE kind = 'unsend'")[0].n == 1
    assert house.audited().count("content.unsent") == 1


async def test_more_events_than_any_platform_sends(house: House) -> None:
    customer = house.on_line()
    event = house.line.text_event(customer.user_id, "x")
    events = [{**event, "webhookEventId": f"01{number:024d}"} for number in range(MAX_EVENTS + 1)]
    assert await post_line(house, *events) == 413
    assert seen(house) == 0


async def test_a_body_that_does_not_come(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "_BODY_WITHIN", 0.05)
    never = asyncio.Event()

    async def drip() -> object:  # type: ignore[misc]
        yield b"{"
        await never.wait()

    async with aiohttp.ClientSession() as session:
        sending = asyncio.ensure_future(session.post(f"{house.webhooks_url}/line/webhook", data=drip()))
        try:
            async with await sending as answer:
                assert answer.status == 408
        finally:
            never.set()


async def test_answers_to_the_world_say_nothing_of_us(house: House) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/health/live", "/health/ready", "/line/webhook", "/nothing"):
            async with session.get(house.webhooks_url + path) as answer:
                assert answer.headers["Server"] == "kakunin"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
                assert answer.headers["Cache-Control"] == "no-store"


@on_both
async def test_the_gauges_show_what_waits(house: House) -> None:
    customer = house.on_line()
    await customer.types("担当者と話したい")
    house.universe.advance(timedelta(seconds=90))
    page = (await house.service.metrics.page(house.database)).decode()
    assert "kakunin_store_up 1.0" in page
    assert 'kakunin_webhook_seconds_count{channel="line",status="200"}' in page
    assert 'kakunin_sends_total{channel="line",outcome="sent"}' in page
    assert "kakunin_waiting_for_staff 1.0" in page
    assert "kakunin_waiting_longest_seconds 90.0" in page
    assert "kakunin_outgoing_open 0.0" in page
    await house.line.deliver(house.line.text_event(customer.user_id, "まだですか"))
    assert customer.user_id not in page


async def test_the_gauges_say_that_the_store_is_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(house.database, "read", away)
    page = (await house.service.metrics.page(house.database)).decode()
    assert "kakunin_store_up 0.0" in page


async def test_a_crowd_waits_before_the_store_and_is_not_animated(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has to be sent would stand behind all of them, and a call for each makes it worse."""
    monkeypatch.setattr(service, "WAIT_SHOWN_AFTER", 0.0)
    at_the_store: list[int] = []
    door = asyncio.Event()
    crowd = service._AT_THE_STORE + service._SHOWN_AMONG

    async def handle(events: Sequence[Inbound]) -> None:
        at_the_store.append(len(events))
        await door.wait()

    monkeypatch.setattr(house.service.turns, "handle", handle)
    events = [house.line.text_event(house.on_line().user_id, "はい") for _ in range(crowd)]
    posts = asyncio.gather(*(post_line(house, event) for event in events))
    await until(lambda: house.service._waiting == crowd, patience=5)
    assert len(at_the_store) == service._AT_THE_STORE
    await until(lambda: not house.service._acknowledging, patience=5)
    assert len(house.line.loading) <= service._SHOWN_AMONG
    door.set()
    assert await posts == [200] * crowd
    assert len(at_the_store) == crowd
