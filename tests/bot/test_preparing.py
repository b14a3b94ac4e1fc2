"""What is done for an event before its transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

import bot.preparing
from bot.channels.base import Inbound, InboundKind
from bot.live_content import LiveContent
from bot.preparing import Look, Preparer
from bot.talk import Rules
from dialogs.personal import Personal
from storage.database import Database
from tests.dialogs.conversation.talking import NOW


class _Store:
    """A store in which the customer stands at one question."""

    def __init__(self, expected: str) -> None:
        self.look = Look("ja", expected)

    async def read(self, look: Callable[[Any], Look]) -> Look:
        return self.look


@pytest.mark.parametrize(("expected", "asked"), [("address", True), ("postal_code", True), ("name", False)])
async def test_the_list_of_municipalities_is_read_where_no_transaction_waits(
    expected: str, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(bot.preparing, "make_ready", lambda: threads.append(threading.get_ident()))
    event = Inbound(
        channel="line",
        event_key="1",
        kind=InboundKind.TEXT,
        user_id=Personal("U1"),
        occurred_at=NOW,
        text=Personal("100-0001"),
    )
    preparer = Preparer(cast("Database", _Store(expected)), LiveContent({}), cast("Rules", None))
    await preparer.prepare(event)
    assert [thread != threading.get_ident() for thread in threads] == ([True] if asked else [])
