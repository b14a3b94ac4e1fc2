"""Work in a thread goes on after a round that failed, and ends where it is cancelled."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from bot.threaded import keep_working


async def test_a_round_that_fails_is_logged_and_the_next_one_is_made() -> None:
    made, third = 0, threading.Event()

    def work() -> bool:
        nonlocal made
        made += 1
        if made == 2:
            raise OSError("the store is away")
        if made == 3:
            third.set()
        return False

    with capture_logs() as logs:
        running = asyncio.create_task(keep_working(work, threading.Event(), 0.001))
        assert await asyncio.to_thread(third.wait, 10)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert [(one["event"], one["error"]) for one in logs] == [("work.round_failed", "OSError")]


async def test_who_cancels_waits_for_the_round_at_hand_also_where_it_fails() -> None:
    begun, stopping, over = threading.Event(), threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        stopping.wait(10)
        over.set()
        raise OSError("the store is closed")

    running = asyncio.create_task(keep_working(work, stopping, 0.001))
    assert await asyncio.to_thread(begun.wait, 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert over.is_set()
