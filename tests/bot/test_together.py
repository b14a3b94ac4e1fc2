"""Records that wait at the same moment are committed together, and nobody pays for another's trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection, event, text

from bot.second_tries import wait_after
from bot.together import Looks, Together
from storage.database import Database


def _record(name: str) -> Callable[[Connection], str]:
    def write(conn: Connection) -> str:
        conn.execute(text("INSERT INTO counter (name, value) VALUES (:name, 1)"), {"name": name})
        return name

    return write


def _written(database: Database) -> list[str]:
    query = text("SELECT name FROM counter ORDER BY name")
    return database.run_read(lambda conn: list(conn.execute(query).scalars()))


async def test_what_waits_meanwhile_is_committed_at_once(database: Database) -> None:
    commits: list[Connection] = []

    def note(conn: Connection) -> None:
        commits.append(conn)

    event.listen(database._writer, "commit", note)
    together = Together(database)
    await asyncio.gather(*(together.transact(_record(f"r{at:02d}")) for at in range(12)))
    event.remove(database._writer, "commit", note)
    assert _written(database) == [f"r{at:02d}" for at in range(12)]
    assert len(commits) == 1


async def test_each_goes_on_only_after_its_commit(database: Database) -> None:
    together = Together(database)

    async def one(name: str) -> None:
        assert await together.transact(_record(name)) == name
        assert name in _written(database)

    await asyncio.gather(*(one(f"r{at}") for at in range(5)))


async def test_one_that_fails_takes_nobody_with_it(database: Database) -> None:
    together = Together(database)

    def fail(conn: Connection) -> None:
        raise RuntimeError("a defect")

    records = [_record("a"), fail, _record("b")]
    done = await asyncio.gather(*(together.transact(one) for one in records), return_exceptions=True)
    assert [type(one) for one in done] == [str, RuntimeError, str]
    assert _written(database) == ["a", "b"]
    with pytest.raises(RuntimeError):
        await together.transact(fail)


async def test_a_look_that_fails_for_one_finds_what_the_others_asked(database: Database) -> None:
    def look(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
        if "broken" in ids:
            raise RuntimeError("a defect")
        return dict.fromkeys(ids, "found")

    looks = Looks(database, look)
    done = await asyncio.gather(*(looks.ask([one]) for one in ("a", "broken", "b")), return_exceptions=True)
    assert [type(one) for one in done] == [dict, RuntimeError, dict]
    with pytest.raises(RuntimeError):
        await looks.ask(["broken"])


def test_the_time_to_the_next_try_grows_to_an_end() -> None:
    assert [wait_after(tries).total_seconds() for tries in (1, 2, 9, 10, 10_000)] == [1, 2, 256, 300, 300]
