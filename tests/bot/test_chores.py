"""Chores: one process at a time, taken over from one that was killed, and none holds up another."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from bot.chores import Chore, Chores, chain_audit, note_heads, rotate_keys
from storage.database import Database
from storage.key_rotation import count_keys
from storage.leases import Lease, fence, take_lease
from storage.outside import read_lines
from storage.universe import FrozenUniverse
from tests.conftest import TEST_KEYS, OpenDatabase
from tests.e2e.house import until
from tests.storage.keys.conftest import NEW, OpenWith, open_with  # noqa: F401
from tests.storage.test_audit import add_entries, check
from tests.storage.test_canaries import Canaries, plant


def chores(database: Database, owner: str, *some: Chore) -> Chores:
    return Chores(database, owner, list(some))


def counting(database: Database, name: str, done: list[str], owner: str, rounds: int = 1) -> Chore:
    """A chore that has ``rounds`` steps to do."""
    left = rounds

    def step(lease: Lease) -> bool:
        nonlocal left
        database.run(lambda conn: fence(conn, lease))
        done.append(owner)
        left -= 1
        return left > 0

    return Chore(name, lambda conn: left > 0, step)


def test_two_processes_do_not_do_the_same_together(open_database: OpenDatabase) -> None:
    one, two = open_database(), open_database()
    done: list[str] = []
    inside, release = threading.Event(), threading.Event()

    def slow(lease: Lease) -> bool:
        done.append("one")
        inside.set()
        release.wait(10)
        return False

    thread = threading.Thread(target=chores(one, "one", Chore("job", lambda conn: True, slow)).tick)
    thread.start()
    assert inside.wait(10)
    chores(two, "two", counting(two, "job", done, "two")).tick()
    assert done == ["one"]
    release.set()
    thread.join()
    chores(two, "two", counting(two, "job", done, "two")).tick()
    assert done == ["one", "two"]


def test_the_work_of_a_killed_process_is_taken_over(database: Database, universe: FrozenUniverse) -> None:
    done: list[str] = []
    long = timedelta(minutes=1)
    # Killed in the middle: nobody gives the lease back.
    assert database.run(lambda conn: take_lease(conn, universe, "job", owner="killed", duration=long))
    work = chores(database, "two", counting(database, "job", done, "two"))
    assert not work.tick()
    assert done == []
    universe.advance(long)
    work.tick()
    assert done == ["two"]


def test_a_late_process_stops_where_another_took_over(database: Database, universe: FrozenUniverse) -> None:
    done: list[str] = []

    def slept(lease: Lease) -> bool:
        universe.advance(timedelta(minutes=5))
        assert database.run(lambda conn: take_lease(conn, universe, "job", owner="two", duration=timedelta(hours=1)))
        database.run(lambda conn: fence(conn, lease))
        done.append("late")
        return True

    work = chores(database, "one", Chore("job", lambda conn: True, slept), counting(database, "other", done, "one"))
    work.tick()
    assert done == ["one"], "the late write was refused, and the next chore was done"


def test_one_that_fails_holds_up_no_other(database: Database) -> None:
    done: list[str] = []

    def fail(lease: Lease) -> bool:
        raise ZeroDivisionError

    chores(
        database, "one", Chore("bad", lambda conn: True, fail), counting(database, "good", done, "one", rounds=3)
    ).tick()
    assert done == ["one"] * 3
    # Its lease was given back: it is tried again at once.
    assert database.run(
        lambda conn: take_lease(conn, database.universe, "bad", owner="two", duration=timedelta(minutes=1))
    )


def test_the_audit_record_is_chained_and_its_end_noted(
    database: Database, universe: FrozenUniverse, tmp_path: Path
) -> None:
    file = tmp_path / "heads"
    work = chores(database, "one", chain_audit(database), note_heads(database, file, timedelta(hours=1)))
    add_entries(database, 3)
    work.tick()
    assert check(database).entries == 3
    assert [line["seq"] for line in read_lines(file)] == [3]
    add_entries(database, 1)
    work.tick()
    assert len(read_lines(file)) == 1, "once an hour"
    universe.advance(timedelta(hours=1))
    work.tick()
    assert [line["seq"] for line in read_lines(file)] == [3, 4]
    # An older copy of the store is put back: the service does not bury that under new lines.
    database.run(lambda conn: conn.execute(text("DELETE FROM audit_chain WHERE seq = 4")))
    universe.advance(timedelta(hours=1))
    work.tick()
    assert len(read_lines(file)) == 2


def test_the_keys_are_rotated_by_whoever_has_the_new_order(open_with: OpenWith) -> None:  # noqa: F811
    old = open_with(TEST_KEYS)
    plant(old, Canaries())
    new = open_with(f"{NEW},{TEST_KEYS}")
    work = chores(new, "one", rotate_keys(new))
    while work.tick():
        pass
    uses = {use.key_id: sum(use.values.values()) for use in new.run_read(count_keys)}
    assert uses["test"] == 0
    assert uses["new"] > 20


async def test_a_stopped_service_waits_for_the_step_at_hand(database: Database) -> None:
    inside, ended = threading.Event(), []

    def step(lease: Lease) -> bool:
        inside.set()
        database.run_read(lambda conn: conn.execute(text("SELECT 1")))
        ended.append(True)
        return True

    task = asyncio.create_task(chores(database, "one", Chore("job", lambda conn: True, step)).run())
    await until(inside.is_set)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    steps = len(ended)
    assert steps >= 1
    await asyncio.sleep(0.05)
    assert len(ended) == steps, "nothing goes on behind the service's back"
