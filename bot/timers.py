"""What is done by the clock: draining what a crash left behind, comparing answers, removing old sessions.

The first two are chores (bot.chores), which of several processes one does at a time; the last is one statement.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection

from bot.chores import Chore, Chores
from bot.turns import LEFT_OVER, Turns
from storage import bank_logins, inbound, staff
from storage.database import Database
from storage.leases import Lease

if TYPE_CHECKING:
    from storage.reconciliation.worker import Reconciler

log = structlog.get_logger("kakunin.timers")

_SWEEP_SECONDS = 5.0
_OLD_SESSIONS_EVERY = timedelta(hours=1)


class Timers:
    """The clockwork of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
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
        await self._end_old_sessions()

    async def _end_old_sessions(self) -> None:
        """A session whose time is over opens nothing; once an hour its row goes too."""
        uni = self._database.universe
        now, last = uni.now(), self._sessions_ended_at
        if last is None or now - last >= _OLD_SESSIONS_EVERY:
            await self._database.transact(lambda conn: staff.end_old_sessions(conn, uni))
            await self._database.transact(lambda conn: bank_logins.forget_logins(conn, uni))
            self._sessions_ended_at = now


def sweep(database: Database, turns: Turns) -> Chore:
    """Drain what a crash left behind."""

    def is_due(conn: Connection) -> bool:
        return bool(inbound.stale_undone(conn, database.universe.now() - LEFT_OVER))

    def step(_: Lease) -> bool:
        # No fence: whoever drains a conversation holds it, and finds undone only what is.
        asyncio.run(turns.sweep())
        return False

    return Chore("turns.sweep", is_due, step)


def reconcile(database: Database, reconciler: Reconciler) -> Chore:
    """Compare new submissions with the master record, and again what a newer record touches."""
    from storage.reconciliation.worker import BATCH

    def step(_: Lease) -> bool:
        # No fence: each transaction takes the submissions that it compares, and a command may compare beside it.
        return reconciler.run(database, limit=BATCH).submissions == BATCH

    return Chore("reconcile", lambda conn: reconciler.is_due(conn, database.universe.now()), step)


async def reconcile_for_ever(database: Database, reconciler: Reconciler, name: str) -> None:
    """The worker of one process, until cancelled; ``name`` distinguishes it from the others."""
    await Chores(database, name, [reconcile(database, reconciler)]).run()
