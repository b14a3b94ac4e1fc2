"""The drop folder: complete or not there, also when the process is killed between any two of its steps."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import signal
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from storage.branches import Branches
from storage.database import Database
from storage.encryption import Keyring
from storage.exports import drop as drops, files
from storage.exports.drop import DropBusy, Dropped, drop_responses
from storage.exports.options import Options
from storage.reconciliation.worker import Reconciler
from storage.universe import FrozenUniverse, Universe
from tests.conftest import OpenDatabase
from tests.storage.reconciliation.seeding import SAME_ANSWERS, TARO, add_case, add_customers, publish_form, submit

TOKYO = ZoneInfo("Asia/Tokyo")


def drop(database: Database, folder: Path, **options: Any) -> Dropped:
    return drop_responses(
        database,
        folder,
        Options(zone=TOKYO, **options),
        owner="test",
        actor="clerk",
        actor_kind="os_user",
        program="kakunin test",
        word=str,
    )


def answers(database: Database, number: str) -> None:
    add_customers(database, TARO | {"customer_no": number})
    submit(database, publish_form(database), add_case(database, number), SAME_ANSWERS)
    reconcile(database)


def reconcile(database: Database) -> None:
    Reconciler(next_due=lambda rating, day, expiry: date(2028, 11, 2), zone=TOKYO).run(database)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    made.mkdir()
    return made


def picked_up(folder: Path) -> list[list[str]]:
    """What a system takes that waits for the marks: the customers of each export; every file is checked."""
    found = []
    for mark in sorted(folder.glob("*.done")):
        body = json.loads(mark.read_text(encoding="utf-8"))
        for name in body["files"]:
            digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            assert (folder / f"{name}.sha256").read_text(encoding="utf-8") == f"{digest}  {name}\n"
        (table,) = [name for name in body["files"] if name.endswith("responses.csv")]
        with (folder / table).open(encoding="utf-8-sig", newline="") as file:
            rows = [row["customer_no"] for row in csv.DictReader(file)]
        assert len(rows) == body["rows"]
        found.append(rows)
    return found


def test_each_drop_is_what_came_since_the_last_one(database: Database, folder: Path) -> None:
    answers(database, "0001")
    first = drop(database, folder)
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 7
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert first.done in names
    answers(database, "0002")
    drop(database, folder)
    # Nothing new still makes its files: who waits for them knows that all is well.
    drop(database, folder)
    assert sorted(picked_up(folder)) == [[], ["0001"], ["0002"]]
    assert list(folder.glob("*.part")) == []


def test_another_status_or_branch_is_a_row_of_drops_of_its_own(sqlite_database: Database, folder: Path) -> None:
    answers(sqlite_database, "0001")
    drop(sqlite_database, folder)
    assert drop(sqlite_database, folder, status="approved").exported.rows == 1
    assert drop(sqlite_database, folder, branches=Branches.of("007")).exported.rows == 1
    assert drop(sqlite_database, folder, branches=Branches.of("007")).exported.rows == 0


def test_two_at_once_are_one(sqlite_database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(sqlite_database, "0001")
    met: list[type[Exception]] = []
    real = files.OutputSet.publish

    def publish(self: files.OutputSet) -> None:
        try:
            drop(sqlite_database, folder)
        except DropBusy as busy:
            met.append(type(busy))
        real(self)

    monkeypatch.setattr(files.OutputSet, "publish", publish)
    drop(sqlite_database, folder)
    assert met == [DropBusy]
    monkeypatch.undo()
    assert drop(sqlite_database, folder).exported.rows == 0


class Killer:
    """In a child process: notes each step that touches the disk or the store, and is killed at one of them."""

    def __init__(self, log: Path, die_at: int) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        self._left = die_at

    def step(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            self._passed(name)
            done = real(*arguments, **named)
            self._passed(f"{name} done")
            return done

        return run

    def _passed(self, name: str) -> None:
        os.write(self._log, f"{name}\n".encode())
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, database: Database) -> None:
        places = ((files.OutputFile, ("__init__", "write", "finish", "publish")), (files, ("sync_folder",)))
        for owner, names in (*places, (drops, ("sync_folder",)), (database, ("run",))):
            for name in names:
                setattr(owner, name, self.step(name, getattr(owner, name)))


def drop_and_die(url: str, keyring: Keyring, universe: FrozenUniverse, folder: Path, log: Path, die_at: int) -> bool:
    """Whether the child lived to its end."""
    now = universe.now()
    with warnings.catch_warnings():
        # Its threads stay behind in the parent, and it needs none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            own = Universe.frozen(now, seed=1000 + die_at)
            database = Database.open(url, keys=keyring, universe=own, sqlite_synchronous="normal")
            Killer(log, die_at).watch(database)
            drop(database, folder)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return not os.WIFSIGNALED(status)


@pytest.mark.slow
def test_killed_at_any_step_nothing_is_half_there_and_nothing_is_lost(
    database_url: str,
    open_database: OpenDatabase,
    keyring: Keyring,
    universe: FrozenUniverse,
    folder: Path,
    tmp_path: Path,
) -> None:
    database, log = open_database(), tmp_path / "steps"
    add_customers(database, *(TARO | {"customer_no": f"{number:04d}"} for number in range(200)))
    form = publish_form(database)
    at, lived = 0, False
    while not lived:
        number = f"{at:04d}"
        submit(database, form, add_case(database, number), SAME_ANSWERS)
        reconcile(database)
        before = picked_up(folder)
        lived = drop_and_die(database_url, keyring, universe, folder, log, at + 1)
        passed = log.read_text().splitlines()
        # Whoever looks now finds the exports of before, and perhaps one more that is whole.
        now = picked_up(folder)
        assert len(now) - len(before) in (0, 1), passed
        assert all(one in now for one in before), passed
        # The dead process holds its lease for a while.
        universe.advance(timedelta(minutes=6))
        drop(database, folder)
        assert list(folder.glob("*.part")) == [], passed
        everybody = sorted(one for rows in picked_up(folder) for one in rows)
        assert everybody == [f"{one:04d}" for one in range(at + 1)], f"lost or dropped twice after {passed}"
        at += 1
    assert {"__init__ done", "write", "finish done", "publish", "sync_folder done", "run done"} <= set(passed)
    assert at > 60
