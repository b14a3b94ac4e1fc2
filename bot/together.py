"""Short records of one process that wait at the same moment, committed together.

Promise: who awaits goes on after the commit that holds his record; while one commit runs, the next ones gather.
Where a common transaction fails, each record is tried by itself, so nobody pays for another's trouble.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection

from storage.database import Database

#: A transaction stays short.
_MOST = 50

Record = Callable[[Connection], object]


class Together:
    """Gathers the records of one sender."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Record, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def transact(self, record: Record) -> None:
        """Commit the record, with others where they wait too; raises what it raised by itself."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="recording")
        await done

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                try:
                    await self._database.transact(lambda conn, g=group: [record(conn) for record, _ in g])  # type: ignore[misc]
                except Exception as error:
                    for record, done in group:
                        _settle(done, error if len(group) == 1 else await self._alone(record))
                else:
                    for _, done in group:
                        _settle(done, None)
        finally:
            self._running = None

    async def _alone(self, record: Record) -> Exception | None:
        try:
            await self._database.transact(record)
        except Exception as error:
            return error
        return None


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return  # nobody waits any more
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
