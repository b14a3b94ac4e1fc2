"""Asks the platforms now and then how much of the month's allowance is used, and raises the alarm in time.

Promise: one process at a time asks, every few minutes and never for a single message; at 80 and at 100 per cent,
and at the first message that is refused for it, the log says so once.  Replies are free and go on; what would
need a push is then on the staff's list of messages that did not arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import structlog

from bot.channels.report import NotDone
from storage import quota
from storage.database import Database
from storage.leases import take_lease

log = structlog.get_logger("kakunin.quota")

#: Whoever asked keeps the others from asking for so long.
ASK_EVERY = timedelta(minutes=5)
_LOOK_EVERY = 60.0


class Allowance(Protocol):
    """A platform that counts messages by the month."""

    async def quota(self) -> tuple[int | None, int]:
        """Messages allowed (``None``: no limit) and used this month; raises ``NotDone``."""


class QuotaWatch:
    """Watches over the allowance of each platform that has one."""

    def __init__(self, database: Database, allowances: Mapping[str, Allowance], name: str) -> None:
        self._database = database
        self._allowances = allowances
        self._name = name

    async def run(self) -> None:
        """Look until cancelled; a failed look is logged and the next one tries again."""
        while True:
            for channel in self._allowances:
                try:
                    await self.look(channel)
                except Exception as error:
                    log.exception("quota.look_failed", channel=channel, error=type(error).__name__)
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self, channel: str) -> bool:
        """Ask, unless somebody did a moment ago; whether the platform was asked and answered."""
        database, name = self._database, self._name
        lease = await database.transact(
            lambda conn: take_lease(conn, database.universe, f"quota.{channel}", owner=name, duration=ASK_EVERY)
        )
        if lease is None:
            return False
        try:
            allowed, used = await self._allowances[channel].quota()
        except NotDone as problem:
            log.warning("quota.not_told", channel=channel, detail=problem.sent.detail)
            return False
        alarm = await database.transact(
            lambda conn: quota.note_quota(conn, database.universe, channel, allowed=allowed, used=used)
        )
        if alarm:
            say = log.error if alarm >= max(quota.ALARMS) else log.warning
            say("quota.alarm", channel=channel, percent=alarm, used=used, allowed=allowed)
        return True
