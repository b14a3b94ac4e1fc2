"""R7 of tests/e2e/test_races_of_a_takeover.py: what happens while the stream is lost is there when it comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.console import live
from storage import conversations
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.test_live import next_event


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY", 0.02)


async def test_who_began_to_wait_meanwhile_is_listed(browser: Browser, bank: Bank) -> None:
    """Guard: the first event of a stream is the fingerprint of now, whatever was told before (bot.console.live)."""
    await browser.sign_in("sato")
    ref = bank.refs["with_bot"]
    _, page = await browser.get("/?folder=waiting")
    assert f"/conversations/{ref}" not in page
    async with browser.client.get("/console/live/inbox") as stream:
        _, before = await next_event(stream)
    conversation = bank.conversation("with_bot")
    waits = replace(conversation, owner="waiting", waiting_since=bank.universe.now(), epoch=conversation.epoch + 1)
    database = bank.database
    database.run(lambda conn: conversations.save_conversation(conn, database.vault, waits, []))
    async with browser.client.get("/console/live/inbox") as stream:
        name, after = await next_event(stream)
    assert name == "changed"
    assert after != before
    _, page = await browser.get("/?folder=waiting")
    assert f"/conversations/{ref}" in page
