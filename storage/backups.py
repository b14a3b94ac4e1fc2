"""A copy of a whole store in one file, and a store made from such a file.

Promise: a copy shows one moment, also while the service writes; beside it stands an account of what is in it, and a
copy that is not as the account says, or whose audit record is not in order, never becomes a store.  Keys are not in
a copy: they are kept elsewhere, or the copy would be worth no more protection than its readers.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.pool import NullPool

from storage import audit, migrations
from storage.database import Database
from storage.encryption import Keyring
from storage.engines import open_postgresql, serving
from storage.inventory import Inventory, take_inventory
from storage.outside import sync_folder
from storage.problems import StoreNewer, StoreProblem, StoreUnreachable
from storage.universe import Universe

#: The first bytes of each kind of copy.
_SQLITE, _DUMP = b"SQLite format 3\x00", b"PGDMP"


class BackupProblem(StoreProblem):
    """The copy cannot be made, is not what its account says, or does not fit here."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """What stands in the file beside a copy."""

    made_at: str
    program: str
    sha256: str
    inventory: Inventory

    def write(self, path: Path) -> None:
        values = {
            "made_at": self.made_at,
            "program": self.program,
            "sha256": self.sha256,
            "inventory": self.inventory.as_json(),
        }
        with _fresh(path).open("w", encoding="utf-8") as file:
            file.write(json.dumps(values, indent=1) + "\n")
            _to_disk(file)

    @classmethod
    def read(cls, path: Path) -> Account:
        try:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                made_at=str(found["made_at"]),
                program=str(found["program"]),
                sha256=str(found["sha256"]),
                inventory=Inventory.from_json(found["inventory"]),
            )
        except OSError as problem:
            raise BackupProblem(f"{path.name}, which says what is in the copy: {problem.strerror}.") from None
        except (AttributeError, KeyError, TypeError, ValueError):
            raise BackupProblem(f"{path.name} does not say what is in the copy.") from None


def account_of(copy: Path) -> Path:
    """Where the account of a copy stands."""
    return copy.with_name(copy.name + ".json")


# Making a copy --------------------------------------------------------------------------------


def make_copy(database: Database, url: URL, out: Path, *, pg_dump: str = "pg_dump") -> Account:
    """Copy the store to a new file, for its owner alone, with its account beside it."""
    for path in (out, account_of(out)):
        if path.exists():
            raise BackupProblem(f"{path.name} is there already; a copy never takes the place of another one.")
    part = _fresh(out.with_name(f".{out.name}.part"))
    try:
        if database.dialect == "sqlite":
            inventory = _copy_sqlite(Path(url.database or ""), part)
        else:
            inventory = database.run_read(lambda conn: _dump(conn, url, part, pg_dump))
        account = Account(
            made_at=database.universe.now().isoformat(),
            program=version("kakunin"),
            sha256=_sha256(part),
            inventory=inventory,
        )
        account.write(account_of(out))
        part.rename(out)
        sync_folder(out.parent)
    finally:
        part.unlink(missing_ok=True)
    return account


def _copy_sqlite(store: Path, part: Path) -> Inventory:
    """SQLite's own copy of an open database, in one step: one moment, and writers go on beside it."""
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(part)) as target:
        source.execute("PRAGMA query_only=ON")
        source.backup(target)
        # One file: the log of a copy would be forgotten beside it.
        target.execute("PRAGMA journal_mode=DELETE")
    with part.open("rb+") as file:
        _to_disk(file)
    return _sqlite_inventory(part)


def _sqlite_inventory(path: Path) -> Inventory:
    with closing(sqlite3.connect(path)) as connection:
        try:
            (found,) = connection.execute("PRAGMA quick_check").fetchone()
        except sqlite3.DatabaseError:
            found = "unreadable"
    if found != "ok":
        raise BackupProblem(f"{path.name} is damaged.")
    engine = create_engine(URL.create("sqlite+pysqlite", database=str(path)), poolclass=NullPool)
    with engine.connect() as conn:
        return take_inventory(conn)


def _dump(conn: Connection, url: URL, part: Path, pg_dump: str) -> Inventory:
    """PostgreSQL's own dump of exactly the moment that is counted here."""
    snapshot = conn.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={part}"]
    _call_postgresql(pg_dump, [*words, f"--dbname={_plain(url)}"], url)
    return take_inventory(conn)


# Making a store -------------------------------------------------------------------------------


def restore_copy(
    copy: Path, url: URL, keys: Keyring | None, universe: Universe, *, pg_restore: str = "pg_restore"
) -> Account:
    """Make a store where none is; it comes into being only when it is what the copy's account says."""
    account = Account.read(account_of(copy))
    with copy.open("rb") as file:
        kind = file.read(len(_SQLITE))
    if _sha256(copy) != account.sha256:
        raise BackupProblem(f"{copy.name} is not the file that its account was written for.")
    if account.inventory.revision not in migrations.REVISIONS:
        raise StoreNewer("The copy was made by a newer version of kakunin; install that version.")
    is_sqlite = url.get_backend_name() == "sqlite"
    if not kind.startswith(_SQLITE if is_sqlite else _DUMP):
        raise BackupProblem(f"{copy.name} is no copy of a store on {url.get_backend_name()}.")
    if is_sqlite:
        _restore_sqlite(copy, account, Path(url.database or ""), keys, universe)
    else:
        _restore_postgresql(copy, account, url, keys, universe, pg_restore)
    return account


def _restore_sqlite(copy: Path, account: Account, store: Path, keys: Keyring | None, universe: Universe) -> None:
    with serving(store):
        # A forgotten log beside the store would be played into it.
        for path in (store, *(store.with_name(store.name + end) for end in ("-wal", "-shm", "-journal"))):
            if path.exists():
                raise BackupProblem(f"{path.name} is in the way: stop everything and put it elsewhere first.")
        part = _fresh(store.with_name(f".{store.name}.part"))
        try:
            with copy.open("rb") as source, part.open("wb") as target:
                while piece := source.read(1 << 20):
                    target.write(piece)
                _to_disk(target)
            _compare(account, _sqlite_inventory(part))
            _verify(account, f"sqlite:///{part}", keys, universe)
            part.rename(store)
            sync_folder(store.parent)
        finally:
            for end in ("", "-wal", "-shm"):
                part.with_name(part.name + end).unlink(missing_ok=True)


def _restore_postgresql(
    copy: Path, account: Account, url: URL, keys: Keyring | None, universe: Universe, pg_restore: str
) -> None:
    with _connected(url) as read:
        if read(migrations.has_tables):
            raise BackupProblem("The database is not empty: name an empty one in KAKUNIN_DATABASE_URL.")
        words = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        _call_postgresql(pg_restore, [*words, f"--dbname={_plain(url)}", str(copy)], url)
        _compare(account, read(take_inventory))
    _verify(account, url.render_as_string(hide_password=False), keys, universe)


def _compare(account: Account, found: Inventory) -> None:
    wrong = ", ".join(account.inventory.differences(found))
    if wrong:
        raise BackupProblem(f"What was restored is not what the copy's account says: {wrong}.")


def _verify(account: Account, url: str, keys: Keyring | None, universe: Universe) -> None:
    """The keys open it and the audit record is in order; an older store is verified once it is upgraded."""
    if account.inventory.revision != migrations.HEAD:
        return
    with Database.open(url, keys=keys, universe=universe) as database:
        found = database.run_read(lambda conn: audit.verify(conn, database.vault))
    if not found.ok:
        raise BackupProblem(f"The audit record of the copy is broken at entry {found.first_bad_seq}: {found.why}.")


# Tools ----------------------------------------------------------------------------------------


@contextmanager
def _connected(url: URL) -> Iterator[Callable[[Callable[[Connection], Any]], Any]]:
    engine = open_postgresql(url)

    def read(fn: Callable[[Connection], Any]) -> Any:
        with engine.connect() as conn:
            return fn(conn)

    try:
        yield read
    finally:
        engine.dispose()


def _plain(url: URL) -> str:
    """The address as PostgreSQL's tools take it, without the password: other users see the words of a command."""
    return url.set(drivername="postgresql", password=None).render_as_string()


def _call_postgresql(tool: str, words: list[str], url: URL) -> None:
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    try:
        done = subprocess.run(  # noqa: S603
            [tool, *words], env=os.environ | secret, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as problem:
        raise StoreUnreachable(f"{tool} cannot be run: {problem.strerror}.") from None
    if done.returncode:
        # The tool's first line says what it could not do; it quotes no row.
        raise StoreUnreachable(done.stderr.strip().partition("\n")[0] or f"{tool} failed.")


def _fresh(path: Path) -> Path:
    """An empty file for its owner alone."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return path


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
