"""Work in a thread, round after round, that ends where it is told to.

Promise: a cancelled loop waits for the round at hand, because its thread uses the store.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable


async def keep_working(work: Callable[[], bool], stopping: threading.Event, pause: float | Callable[[], float]) -> None:
    """Call ``work`` until cancelled, pausing (seconds) where it has no more to do; ``stopping`` tells its thread."""
    while True:
        at_hand = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            more = await asyncio.shield(at_hand)
        except asyncio.CancelledError:
            stopping.set()
            await at_hand
            raise
        if not more:
            await asyncio.sleep(pause if isinstance(pause, float) else pause())
