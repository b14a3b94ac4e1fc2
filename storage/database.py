"""Opening a store, and running one function as one transaction in it.

Promise: what ``transact`` ran is wholly in the store or not at all, on SQLite and PostgreSQL alike, and
a store is only opened when its schema and its keys fit.  The function gets a SQLAlchemy ``Connection``,
makes no network call, and can be run again (PostgreSQL may refuse a transaction that met another one),
so it keeps its results in its return value.
"""

from __future__ import annotations

import asyncio
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import structlog
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError, OperationalError

from storage import key_register, migrations
from storage.counters import insert_or
from storage.encryption import Keyring, Vault, load_or_make_key_file, new_root
from storage.engines import (
    POSTGRESQL_CONNECTIONS,
    SQLITE_READERS,
    open_postgresql,
    open_sqlite,
    parse_url,
    serving,
)
from storage.problems import (
    AlreadyServing,
    KeyMissing,
    KeyProblem,
    SealBroken,
    StoreAway,
    StoreNewer,
    StoreOutdated,
    StoreProblem,
    StoreUnreachable,
)
from storage.tables import AccountRow, CustomerRow, MasterCurrentRow, StoreSecretRow, sealed_columns, table_of
from storage.universe import Universe
from storage.unreadable import Unreadable, is_damage, record_unreadable

__all__ = [
    "AlreadyServing",
    "Database",
    "KeyProblem",
    "StoreNewer",
    "StoreOutdated",
    "StoreProblem",
    "StoreUnreachable",
]

T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]

#: Serialization failure and deadlock: the transaction did nothing and may be run again.
_RETRIED = frozenset({"40001", "40P01"})
_ATTEMPTS = 6
#: Seconds; twice as long as a waiting writer takes to ask again.
_BETWEEN_PIECES = 0.004
_ROOT = "digest_root"

log = structlog.get_logger("kakunin.storage")


class Database:
    """One opened store."""

    def __init__(
        self,
        *,
        dialect: Dialect,
        writer: Engine,
        reader: Engine,
        universe: Universe,
        path: Path | None,
        alone: bool = False,
    ) -> None:
        self.dialect: Dialect = dialect
        self.universe = universe
        #: Nobody else uses the store, so nobody waits between the pieces of longer work.
        self.alone = alone
        #: The key file that was made just now, so that the first command can say so.
        self.made_key: Path | None = None
        self._vault: Vault | None = None
        self._path = path
        self._writer = writer
        self._reader = reader
        self._damaged: set[tuple[str, str]] = set()
        self._write_lock = threading.Lock()
        self._write_holder: int | None = None
        one = dialect == "sqlite"
        self._write_threads = ThreadPoolExecutor(1 if one else POSTGRESQL_CONNECTIONS, "kakunin-write")
        self._read_threads = ThreadPoolExecutor(SQLITE_READERS, "kakunin-read") if one else self._write_threads

    @classmethod
    def open(
        cls,
        url: str,
        *,
        keys: Keyring | None,
        universe: Universe,
        sqlite_synchronous: str = "full",
        migrate: bool = False,
        alone: bool = False,
    ) -> Database:
        """Open a store; raises a ``StoreProblem`` with one sentence where schema or keys do not fit.

        A new SQLite store is made with its schema, and without ``keys`` with a key file beside it; any
        other schema is only changed with ``migrate``.  ``alone``: nobody else uses a SQLite store, and it is thrown
        away: nothing waits for a disk, and what was in it is gone after a crash.
        """
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite":
            path = Path(parsed.database or "")
            writer, reader = open_sqlite(path, sqlite_synchronous, alone=alone)
            database = cls(dialect="sqlite", writer=writer, reader=reader, universe=universe, path=path, alone=alone)
        else:
            if keys is None:
                raise KeyProblem("PostgreSQL needs KAKUNIN_ENCRYPTION_KEYS (id:base64key); no key is made for it.")
            engine = open_postgresql(parsed)
            database = cls(dialect="postgresql", writer=engine, reader=engine, universe=universe, path=None)
        try:
            database._prepare(keys, migrate=migrate)
        except OperationalError as problem:
            database.close()
            raise _unusable(problem) from None
        except BaseException:
            database.close()
            raise
        return database

    def _prepare(self, keys: Keyring | None, *, migrate: bool) -> None:
        revision, empty = self.run_read(
            lambda conn: (migrations.current_revision(conn), not migrations.has_tables(conn))
        )
        if revision is None and not empty:
            raise StoreProblem("The database holds tables of another program; give kakunin one of its own.")
        if revision is not None and revision not in migrations.REVISIONS:
            raise StoreNewer("The store was made by a newer version of kakunin; install that version.")
        fresh_file = empty and self.dialect == "sqlite"
        if revision != migrations.HEAD and not (migrate or fresh_file):
            raise StoreOutdated("The store is not of this version of kakunin; run: kakunin db upgrade")
        # Keys come before the schema: a store that nobody can open must not come into being.
        if keys is None:
            keys = self._keys_beside(make=empty)
        if revision != migrations.HEAD:
            self.upgrade()
        self._vault = self._open_vault(keys)

    def _keys_beside(self, *, make: bool) -> Keyring:
        path = self.key_file
        if path is None:
            raise KeyProblem("This store needs KAKUNIN_ENCRYPTION_KEYS.")
        keys, made = load_or_make_key_file(path, make=make)
        if made:
            self.made_key = path
            log.info("store.key_made", file=path.name)
        return keys

    def _open_vault(self, keys: Keyring) -> Vault:
        secret = table_of(StoreSecretRow)
        query = select(secret.c.sealed).where(secret.c.name == _ROOT)
        blob = self.run_read(lambda conn: conn.execute(query).scalar())
        if blob is None:

            def make_root(conn: Connection) -> bytes:
                if _holds_records(conn):
                    raise KeyProblem(
                        "The store has lost its digest root (table store_secret); restore it from a backup."
                    )
                sealed = keys.seal(secret.name, _ROOT, {"root": b64encode(new_root()).decode("ascii")})
                conn.execute(insert_or(conn, secret).on_conflict_do_nothing(), {"name": _ROOT, "sealed": sealed})
                # Another process of the same first run may have been quicker: what is stored counts.
                stored: bytes = conn.execute(query).scalar_one()
                return stored

            blob = self.run(make_root)
        root = keys.open(secret.name, _ROOT, blob)["root"]
        self._settle_keys(keys)
        return Vault(keys, b64decode(root))

    def _settle_keys(self, keys: Keyring) -> None:
        """Every key that a row may need is there, and the one that seals is registered before it seals."""
        if self.run_read(lambda conn: key_register.is_settled(conn, keys)):
            self.run_read(lambda conn: key_register.check_keys(conn, keys))
        else:
            self.run(lambda conn: key_register.register_keys(conn, self.universe, keys))

    @property
    def key_file(self) -> Path | None:
        """Where the key of a SQLite store lies that is not given keys; PostgreSQL has no such place."""
        return None if self._path is None else self._path.with_name("kakunin.key")

    @property
    def vault(self) -> Vault:
        """The opened secrets of this store."""
        if self._vault is None:
            raise KeyProblem("The store is not open yet.")
        return self._vault

    def upgrade(self) -> None:
        """Bring the schema to this version, in one transaction."""

        def run(conn: Connection) -> None:
            migrations.upgrade(conn)
            current = table_of(MasterCurrentRow)
            conn.execute(insert_or(conn, current).on_conflict_do_nothing(), {"id": 1, "seq": 0})

        self.run(run)

    async def transact(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` as one transaction in a thread; it is committed when this returns."""
        return await asyncio.get_running_loop().run_in_executor(self._write_threads, self.run, fn)

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` on one snapshot in a thread; it cannot write."""
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self.run_read, fn)

    def run(self, fn: Callable[[Connection], T]) -> T:
        """``transact`` for commands: in the caller's thread."""
        with self._noting_damage():
            return self._run(fn)

    def run_piece(self, fn: Callable[[Connection], T]) -> T:
        """``run`` for a piece of longer work; between the pieces whoever waits for a SQLite store has his turn."""
        done = self.run(fn)
        if self.dialect == "sqlite" and not self.alone:
            time.sleep(_BETWEEN_PIECES)
        return done

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        """A value that does not open ends what was done with it; that it was met is recorded, once in a process."""
        try:
            yield
        except (SealBroken, KeyMissing) as error:
            problem, place = error, (error.table, error.row_id)
            if error.table and place not in self._damaged:
                self._damaged.add(place)
                self._run(lambda conn: self._note_damage(conn, problem))
            raise

    def _note_damage(self, conn: Connection, problem: Unreadable) -> None:
        if is_damage(problem, conn):
            record_unreadable(conn, self.universe, problem)

    def _run(self, fn: Callable[[Connection], T]) -> T:
        if self.dialect == "sqlite":
            return self._run_alone(fn)
        for attempt in range(1, _ATTEMPTS):
            committing = False
            try:
                with self._writer.connect() as conn, conn.begin():
                    result = fn(conn)
                    committing = True
                return result
            except DBAPIError as problem:
                if not _did_nothing(problem, committing=committing):
                    raise
                log.info("store.transaction_retried", attempt=attempt)
            time.sleep(0.005 * 2**attempt)
        with self._writer.begin() as conn:
            return fn(conn)

    def _run_alone(self, fn: Callable[[Connection], T]) -> T:
        # One writer in the process: others wait here, in order, instead of in SQLite's busy loop.
        me = threading.get_ident()
        if self._write_holder == me:
            raise RuntimeError("a transaction inside a transaction: hand the connection down instead")
        with self._write_lock:
            self._write_holder = me
            try:
                with self._writer.begin() as conn:
                    return fn(conn)
            finally:
                self._write_holder = None

    def run_read(self, fn: Callable[[Connection], T]) -> T:
        """``read`` for commands: in the caller's thread."""
        with self._noting_damage():
            try:
                return self._read_once(fn)
            except DBAPIError as problem:
                if not problem.connection_invalidated:
                    raise
            # The server was restarted: the other connections were made before that too, and are gone by now.
            return self._read_once(fn)

    def _read_once(self, fn: Callable[[Connection], T]) -> T:
        with self._reader.connect() as conn:
            if self.dialect == "postgresql":
                # One snapshot for all statements, as on SQLite.
                conn = conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with conn.begin():
                return fn(conn)

    @contextmanager
    def serve_lock(self) -> Iterator[None]:
        """Hold the right to serve a SQLite store; raises ``AlreadyServing``. PostgreSQL takes several servers."""
        if self._path is None:
            yield
            return
        with serving(self._path):
            yield

    def scrub(self) -> None:
        """Overwrite what was erased also where the database keeps older pages: the log of SQLite, dead rows.

        Where a long reader stands in the way of SQLite's log, it is emptied by the next call or the last close.
        """
        if self.dialect == "postgresql":
            with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                for table in sealed_columns():
                    conn.exec_driver_sql(f"VACUUM {table.name}")
            return
        with self._write_lock:
            raw = self._writer.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute("PRAGMA busy_timeout=200")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                cursor.execute("PRAGMA busy_timeout=0")
                cursor.close()
            finally:
                raw.close()

    def close(self) -> None:
        """Wait for running transactions and close all connections."""
        self._write_threads.shutdown()
        self._read_threads.shutdown()
        self._writer.dispose()
        self._reader.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def peek_revision(url: str) -> str | None:
    """The revision of a store without opening it, ``None`` for an empty one; makes and changes nothing."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        if not path.is_file():
            return None
        engine, _ = engines = open_sqlite(path, "full")
    else:
        engine = open_postgresql(parsed)
        engines = (engine, engine)
    try:
        with engine.connect() as conn:
            return migrations.current_revision(conn)
    except OperationalError as problem:
        raise _unusable(problem) from None
    finally:
        for one in engines:
            one.dispose()


def _did_nothing(problem: DBAPIError, *, committing: bool) -> bool:
    """Whether the transaction left nothing behind and may be run again.

    A connection that is lost before the commit takes its transaction with it; lost in the commit, nobody knows.
    """
    if getattr(problem.orig, "sqlstate", None) in _RETRIED:
        return True
    return problem.connection_invalidated and not committing


def _unusable(problem: OperationalError) -> StoreUnreachable:
    # The driver's first line names host and cause; the password is not in it.
    first = str(problem.orig).strip().partition(chr(10))[0]
    # So the driver calls an address that it cannot begin with: no time mends that.
    kind = StoreUnreachable if first.startswith("connection is bad") else StoreAway
    return kind(f"The database cannot be used: {first}")


def _holds_records(conn: Connection) -> bool:
    tables = (table_of(CustomerRow), table_of(AccountRow))
    return any(conn.execute(select(table.c.id).limit(1)).first() is not None for table in tables)
