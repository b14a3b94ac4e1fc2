"""The stores of a run: made once, kept in the scratch folder, copied or used on for each run.

Promise: a store without a crowd is fresh for every run; one with a crowd is used where it lies (a copy would take
longer than the run), and every run meets customers who have not spoken yet.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.bank import keep_letters, make_bank
from bench.crowd import add_crowd
from bench.postgres import copy_database, has_database
from storage.database import Database
from storage.encryption import Keyring
from storage.universe import Universe

#: Nobody's data: the same in every run, so that several processes open one store.
KEYS = "bench:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY="
#: Customers with a letter, fresh for each run or for all runs over one crowd.
_LETTERS = 3_000
_LETTERS_OF_CROWD = 12_000
_LETTERS_OF_RUN = 1_500


@dataclass(frozen=True)
class Store:
    """A store that a run may use, and its customers from ``skip`` on."""

    url: str
    letters: Path
    skip: int


def open_store(url: str, *, migrate: bool = False, synchronous: str = "full") -> Database:
    """The store in this process."""
    return Database.open(
        url,
        keys=Keyring.parse(KEYS),
        universe=Universe.real(),
        sqlite_synchronous=synchronous,
        migrate=migrate,
    )


@contextmanager
def sqlite_store(scratch: Path, crowd: int) -> Iterator[Store]:
    """A SQLite store."""
    folder = scratch / f"sqlite-{crowd}"
    made = folder / "bank.db"
    if not (folder / "letters.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _make(f"sqlite:///{made}", folder, crowd)
    if crowd:
        open_store(f"sqlite:///{made}", migrate=True).close()
        yield Store(f"sqlite:///{made}", folder / "letters.json", _next_skip(folder))
        return
    run = scratch / "run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir()
    shutil.copyfile(made, run / "bank.db")
    open_store(f"sqlite:///{run / 'bank.db'}", migrate=True).close()
    yield Store(f"sqlite:///{run / 'bank.db'}", folder / "letters.json", 0)


@contextmanager
def postgres_store(scratch: Path, server: str, crowd: int) -> Iterator[Store]:
    """A database of a running server."""
    folder = scratch / f"postgresql-{crowd}"
    name = f"bank_{crowd}"
    if not (folder / "letters.json").is_file() or not has_database(server, name):
        folder.mkdir(parents=True, exist_ok=True)
        _make(copy_database(server, "template0", name), folder, crowd)
        (folder / "skip").unlink(missing_ok=True)
    open_store(f"{server}/{name}", migrate=True).close()
    if crowd:
        yield Store(f"{server}/{name}", folder / "letters.json", _next_skip(folder))
    else:
        yield Store(copy_database(server, name, "bank_run"), folder / "letters.json", 0)


def _make(url: str, folder: Path, crowd: int) -> None:
    with open_store(url, migrate=True, synchronous="normal") as database:
        letters = make_bank(database, _LETTERS_OF_CROWD if crowd else _LETTERS, folder)
        if crowd:
            add_crowd(database, crowd)
    keep_letters(folder / "letters.json", letters)


def _next_skip(folder: Path) -> int:
    """Where this run's customers begin; the next run begins further on."""
    path = folder / "skip"
    skip = json.loads(path.read_text()) if path.is_file() else 0
    if skip >= _LETTERS_OF_CROWD:
        raise SystemExit(f"every customer of {folder} has spoken: remove the folder, and it is made anew")
    path.write_text(json.dumps(skip + _LETTERS_OF_RUN))
    return int(skip)
