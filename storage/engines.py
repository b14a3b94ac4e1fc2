"""How the two databases are opened: pragmas, transactions and pools.

SQLite: one writing connection that begins every transaction with ``BEGIN IMMEDIATE`` (a deferred one
fails as soon as two processes read before they write) in WAL with ``synchronous=FULL`` (an acknowledged
turn survives a power cut), and reading connections that cannot write.  PostgreSQL: psycopg 3.
Parameters never show in an error (``hide_parameters``).
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import QueuePool

from storage.problems import AlreadyServing, StoreProblem, StoreUnreachable

#: Reading connections of a SQLite store, and connections of one process to PostgreSQL.
SQLITE_READERS = 4
POSTGRESQL_CONNECTIONS = 8

#: A server that vanished without a word is noticed in seconds: the webhook then says 503 and the platform comes again.
_NO_LONG_SILENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
BUSY_MILLISECONDS = 30_000
#: How often a writer asks whether it may.
_POLL_MILLISECONDS = 2
_SYNCHRONOUS = ("full", "normal")
#: Kibibytes of pages that a connection keeps of a store which is thrown away.
_ALONE_CACHE = 16_000


def parse_url(url: str) -> URL:
    """The address of the store with the driver picked; a password in it is never shown again."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreProblem("DATABASE_URL is not an address like sqlite:///kakunin.db or postgresql://...") from None
    family = parsed.drivername.partition("+")[0]
    if family in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if family != "sqlite":
        raise StoreProblem("DATABASE_URL must begin with sqlite:// or postgresql://.")
    if not parsed.database or parsed.database == ":memory:":
        raise StoreProblem("DATABASE_URL must name a file: readers open the SQLite store beside the writer.")
    return parsed.set(drivername="sqlite+pysqlite")


def open_sqlite(path: Path, synchronous: str, *, alone: bool = False) -> tuple[Engine, Engine]:
    """The writing and the reading engine of a SQLite file, which is made with mode 0600 where it is missing."""
    if synchronous not in _SYNCHRONOUS:
        raise StoreProblem("SQLITE_SYNCHRONOUS must be full or normal.")
    if not path.parent.is_dir():
        raise StoreUnreachable(f"The folder of the store {path.name} does not exist.")
    try:
        path.touch(mode=0o600, exist_ok=True)
        if not alone:
            _switch_to_wal(path)
    except OSError:
        raise StoreUnreachable(f"The store {path.name} cannot be opened for writing.") from None
    except sqlite3.DatabaseError:
        raise StoreUnreachable(f"The file {path.name} is not a SQLite database, or it cannot be written.") from None
    writer = _sqlite_engine(path, synchronous, readers=0, alone=alone)
    reader = _sqlite_engine(path, synchronous, readers=SQLITE_READERS, alone=alone)
    return writer, reader


@contextmanager
def serving(path: Path) -> Iterator[None]:
    """Hold the right to serve a SQLite file, or to keep it from being served; raises ``AlreadyServing``."""
    with path.with_name(path.name + ".serving").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServing("Another kakunin serve uses this SQLite store; stop it, or use PostgreSQL.") from None
        yield


def _switch_to_wal(path: Path) -> None:
    # The mode stays with the file; a file system without shared memory (NFS, SMB) does not take it.
    connection = sqlite3.connect(path, timeout=BUSY_MILLISECONDS / 1000)
    try:
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    finally:
        connection.close()
    if mode != "wal":
        raise StoreUnreachable(f"The store {path.name} must lie on a local disk: its file system takes no WAL.")


def _sqlite_engine(path: Path, synchronous: str, *, readers: int, alone: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=max(readers, 1),
        max_overflow=0,
        # Every transaction is ended by who began it: nothing is left to roll back.
        pool_reset_on_return=None,
        # A writer asks by itself, see below.
        connect_args={"check_same_thread": False, "timeout": BUSY_MILLISECONDS / 1000 if readers else 0},
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        # The driver's own BEGIN is switched off; ``begin`` below says what is meant.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA synchronous={'OFF' if alone else synchronous.upper()}")
        cursor.execute("PRAGMA foreign_keys=ON")
        # Temporary tables and indexes hold the same values as the store: keep them off the disk.
        cursor.execute("PRAGMA temp_store=MEMORY")
        # What is erased is overwritten, in pages that come free as well.
        cursor.execute(f"PRAGMA secure_delete={'OFF' if alone else 'ON'}")
        if alone:
            # Enough to take a transaction back, and nothing to go on with after a crash.
            cursor.execute("PRAGMA journal_mode=MEMORY")
            cursor.execute(f"PRAGMA cache_size=-{_ALONE_CACHE}")
        if readers:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    event.listen(engine, "begin", _begin_reading if readers else _begin_writing)
    return engine


def _begin_reading(connection: Connection) -> None:
    # The driver's own connection: SQLAlchemy takes longer to send this word than SQLite to carry it out.
    connection.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]


def _begin_writing(connection: Connection) -> None:
    """Wait for the other writers by asking often.

    SQLite's own waiting asks ten times a second in the end: beside a command that writes one short transaction after
    another it came too late for seconds on end.
    """
    patience = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.connection.driver_connection.execute("BEGIN IMMEDIATE")  # type: ignore[union-attr]
            return
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise OperationalError("BEGIN IMMEDIATE", None, problem, hide_parameters=True) from problem
        time.sleep(_POLL_MILLISECONDS / 1000)


def open_postgresql(url: URL) -> Engine:
    """The engine of a PostgreSQL database; connections are made when they are needed."""
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=POSTGRESQL_CONNECTIONS,
        max_overflow=0,
        pool_use_lifo=True,
        connect_args={name: value for name, value in _NO_LONG_SILENCE.items() if name not in url.query},
    )
