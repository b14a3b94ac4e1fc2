"""Fixtures that the whole suite shares: a frozen universe, and an empty store on either database.

A test that asks for ``database`` runs twice, on SQLite and on a real PostgreSQL.  Both start as a
copy of a migrated template (PostgreSQL's copies are emptied and used again), so an empty store costs
milliseconds.
"""

from __future__ import annotations

import base64
import gc
import os
import shutil
import ssl
import tempfile
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path

# As the command line does it, and before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import hypothesis.internal.conjecture.providers
import pytest

from storage.database import Database
from storage.encryption import Keyring, Vault
from storage.universe import FrozenUniverse, Universe
from tests.postgres import PostgresServer

#: A store waits for the disk each time it is closed, and a run closes thousands.
_MEMORY = Path("/dev/shm")


def _memory_takes_files() -> bool:
    """Whether there is room for far more than a run has at a time, and whether programs may lie there."""
    try:
        state = os.statvfs(_MEMORY)
    except OSError:
        return False
    roomy = state.f_bavail * state.f_frsize >= 4 << 30
    return roomy and not state.f_flag & os.ST_NOEXEC and os.access(_MEMORY, os.W_OK | os.X_OK)


# For this process, which has made temporary files by now, and for the workers and whatever else is started.
if "TMPDIR" not in os.environ and _memory_takes_files():
    tempfile.tempdir = os.environ["TMPDIR"] = str(_MEMORY)

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


_folders = count(1)


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of the test's own, gone with it; its name never comes again, for what was read is kept by its path."""
    path = tmp_path_factory.mktemp(str(next(_folders)), numbered=False)
    yield path
    shutil.rmtree(path, ignore_errors=True)


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
