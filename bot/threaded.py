"""Work in a thread, round after round, that ends where it is told to and nowhere else.

Promise: a round that fails is logged and the next one tries again, so that a store that is away for a moment ends no
work for good.  A cancelled loop waits for the round at hand, because its thread uses the store.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import structlog

log = structlog.get_logger("kakunin.work")


async def keep_working(work: Callable[[], bool], stopping: threading.Event, pause: float | Callable[[], float]) -> None:
    """Call ``work`` until cancelled, pausing (seconds) where it has no more to do; ``stopping`` tells its thread."""
    while True:
        at_hand = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            more = await asyncio.shield(at_hand)
        except asyncio.CancelledError:
            stopping.set()
            with suppress(Exception):
                await at_hand
            raise
        except Exception as error:
            log.exception("work.round_failed", error=type(error).__name__)
            more = False
        if not more:
            await asyncio.sleep(pause if isinstance(pause, float) else pause())
