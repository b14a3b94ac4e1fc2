"""What each process does by the clock: draining what a crash left behind, removing old sessions, comparing answers."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.turns import Turns
from storage import bank_logins, staff
from storage.database import Database

log = structlog.get_logger("kakunin.timers")

_SWEEP_SECONDS = 5.0
_RECONCILE_SECONDS = 5.0
_OLD_SESSIONS_EVERY = timedelta(hours=1)


class Timers:
    """The clockwork of one process."""

    def __init__(self, database: Database, turns: Turns) -> None:
        self._database = database
        self._turns = turns
        self._sessions_ended_at: datetime | None = None

    async def run(self) -> None:
        """Tick until cancelled; a failed tick is logged and the next one tries again."""
        while True:
            try:
                await self.tick()
            except Exception as error:
                log.exception("timers.failed", error=type(error).__name__)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def tick(self) -> None:
        """One round."""
        await self._turns.sweep()
        await self._end_old_sessions()

    async def _end_old_sessions(self) -> None:
        """A session whose time is over opens nothing; once an hour its row goes too."""
        uni = self._database.universe
        now, last = uni.now(), self._sessions_ended_at
        if last is None or now - last >= _OLD_SESSIONS_EVERY:
            await self._database.transact(lambda conn: staff.end_old_sessions(conn, uni))
            await self._database.transact(lambda conn: bank_logins.forget_logins(conn, uni))
            self._sessions_ended_at = now


async def reconcile_for_ever(database: Database, zone: ZoneInfo) -> None:
    """Compare new submissions with the master record until cancelled."""
    from bot.outreach.cadence import due_on
    from storage.reconciliation.worker import Reconciler

    reconciler = Reconciler(next_due=due_on, zone=zone)
    while True:
        try:
            await asyncio.to_thread(reconciler.run, database)
        except Exception as error:
            log.exception("reconcile.failed", error=type(error).__name__)
        await asyncio.sleep(_RECONCILE_SECONDS)
