"""The stream: it tells that something changed, never what, and ends with the session."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.console import live
from storage import staff
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY", 0.02)


async def next_event(stream: aiohttp.ClientResponse) -> tuple[str, str]:
    name = ""
    async with asyncio.timeout(3):
        async for raw in stream.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            if line.startswith("data:"):
                return name, line[5:].strip()
    raise AssertionError("the stream ended")


async def test_a_new_message_is_told_without_its_words(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    ref = bank.refs["waiting_long"]
    _, page = await browser.get(f"/conversations/{ref}")
    async with browser.client.get(f"/console/live/conversations/{ref}") as stream:
        assert stream.content_type == "text/event-stream"
        name, first = await next_event(stream)
        assert name == "changed"
        assert f'data-fingerprint="{first}"' in page, "the page knows that nothing happened since it was drawn"
        bank.customer_says("waiting_long", "もしもし")
        name, second = await next_event(stream)
        assert name == "changed"
        assert second != first
        assert len(second) == 24


async def test_the_inbox_hears_of_claims_and_of_passing_minutes(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    await browser.sign_in("sato")
    await second_browser.sign_in("suzuki")
    async with browser.client.get("/console/live/inbox") as stream:
        seen = [await next_event(stream)]
        await second_browser.get("/")
        await second_browser.post(f"/conversations/{bank.refs['waiting_long']}/claim")
        seen.append(await next_event(stream))
        bank.universe.advance(timedelta(minutes=1))
        seen.append(await next_event(stream))
    assert len(set(seen)) == 3


@pytest.mark.parametrize("why", ["idle", "disabled", "signed_out"])
async def test_the_stream_ends_with_the_session_and_does_not_keep_it_alive(
    browser: Browser, bank: Bank, why: str
) -> None:
    await browser.sign_in("sato")
    async with browser.client.get("/console/live/inbox") as stream:
        await next_event(stream)
        found = bank.database.run_read(lambda conn: staff.find_staff(conn, "sato"))
        assert found is not None
        if why == "idle":
            bank.universe.advance(timedelta(minutes=20))
            assert (await next_event(stream))[0] == "changed"
            bank.universe.advance(timedelta(minutes=11))
        elif why == "disabled":
            bank.database.run(lambda conn: staff.set_staff_state(conn, found[0].id, "disabled"))
        else:
            bank.database.run(lambda conn: staff.end_sessions_of(conn, found[0].id))
        assert await next_event(stream) == ("signed_out", "")
    answer = await browser.client.get("/console/", allow_redirects=False)
    assert answer.status == 303


async def test_another_branchs_stream_does_not_begin(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("mori")
    answer = await browser.client.get(f"/console/live/conversations/{bank.refs['waiting_long']}")
    assert answer.status == 404


async def test_a_stream_ends_when_the_customer_moves_to_another_branch(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("mori")
    async with browser.client.get(f"/console/live/conversations/{bank.refs['branch_200']}") as stream:
        await next_event(stream)
        bank.move_branch("0004", "100")
        assert await next_event(stream) == ("changed", "gone")
    assert (await browser.get(f"/conversations/{bank.refs['branch_200']}"))[0] == 404


async def test_open_streams_do_not_hold_up_the_end(server: TestServer, browser: Browser) -> None:
    await browser.sign_in("sato")
    stream = await browser.client.get("/console/live/inbox")
    await next_event(stream)
    async with asyncio.timeout(3):
        await server.close()
