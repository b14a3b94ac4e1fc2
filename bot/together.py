"""What waits in one process at the same moment, taken to the store together: short records, and looks of one kind.

Promise: who awaits goes on after the commit that holds his record, or with what a look that began after he asked has
found; while one is under way, the next ones gather.  Where a common transaction or look fails, each is tried by itself,
so nobody pays for another's trouble.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from storage.database import Database

#: A transaction stays short.
_MOST = 50

T = TypeVar("T")
Record = Callable[[Connection], T]


class Together:
    """Gathers the records of one sender."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Record[Any], asyncio.Future[Any]]] = []
        self._running: asyncio.Task[None] | None = None

    async def transact(self, record: Record[T]) -> T:
        """Commit the record, with others where they wait too; gives or raises what it did by itself."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="recording")
        return await done

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                try:
                    given = await self._database.transact(lambda conn, g=group: [record(conn) for record, _ in g])  # type: ignore[misc]
                except Exception as error:
                    for record, done in group:
                        if len(group) == 1:
                            _fail(done, error)
                        else:
                            await self._alone(record, done)
                else:
                    for (_, done), result in zip(group, given, strict=True):
                        _settle(done, result)
        finally:
            self._running = None

    async def _alone(self, record: Record[T], done: asyncio.Future[T]) -> None:
        try:
            _settle(done, await self._database.transact(record))
        except Exception as error:
            _fail(done, error)


class Looks:
    """Gathers the same question about different things."""

    def __init__(self, database: Database, look: Callable[[Connection, Sequence[str]], Mapping[str, str]]) -> None:
        self._database = database
        self._look = look
        self._waiting: list[tuple[Sequence[str], asyncio.Future[Mapping[str, str]]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, ids: Sequence[str]) -> Mapping[str, str]:
        """What the look finds about them, and about others who are asked for at the same moment."""
        done: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
        self._waiting.append((ids, done))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="looking")
        return await done

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                wanted = [one for ids, _ in group for one in ids]
                try:
                    found = await self._find(wanted)
                except Exception as error:
                    for ids, done in group:
                        if len(group) == 1:
                            _fail(done, error)
                        else:
                            await self._alone(ids, done)
                else:
                    for _, done in group:
                        _settle(done, found)
        finally:
            self._running = None

    async def _find(self, ids: Sequence[str]) -> Mapping[str, str]:
        return await self._database.read(lambda conn: self._look(conn, ids))

    async def _alone(self, ids: Sequence[str], done: asyncio.Future[Mapping[str, str]]) -> None:
        try:
            _settle(done, await self._find(ids))
        except Exception as error:
            _fail(done, error)


def _settle(done: asyncio.Future[T], result: T) -> None:
    if not done.done():  # else nobody waits any more
        done.set_result(result)


def _fail(done: asyncio.Future[T], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
