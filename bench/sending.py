"""A process that carries campaigns out and sends, by a clock that stands in sending hours.

Reads one JSON object on stdin (url, shift in seconds, roles), says "ready", and works until a signal ends it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bench.stores import KEYS
from bot.logs import configure
from bot.service import make_service
from bot.settings import load_settings
from storage.database import Database
from storage.encryption import Keyring
from storage.universe import Universe


def shifted(seconds: float) -> Universe:
    """The world, some time from now."""
    real = Universe.real()

    def now() -> datetime:
        return real.now() + timedelta(seconds=seconds)

    return replace(real, now=now)


async def _work(wanted: dict[str, Any]) -> None:
    configure(logging.WARNING, "text")
    universe = shifted(wanted["shift"])
    with Database.open(wanted["url"], keys=Keyring.parse(KEYS), universe=universe) as database:
        service = make_service(database, load_settings(), name=f"bench:{os.getpid()}")
        await database.read(lambda conn: service.live.try_refresh(conn, universe.now()))
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        print("ready", flush=True)
        async with service.running(wanted["roles"]):
            await ended.wait()


if __name__ == "__main__":
    asyncio.run(_work(json.loads(sys.stdin.readline())))
