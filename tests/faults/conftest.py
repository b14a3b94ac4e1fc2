"""Stores at chosen moments, and a bank whose processes can be killed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import aiohttp
import pytest

from bot.live_content import LiveContent
from storage.database import Database
from storage.encryption import Keyring
from tests.conftest import START, TEST_KEYS
from tests.e2e.conftest import logs, seeded_postgres, seeded_sqlite, warm_content  # noqa: F401
from tests.e2e.house import Customer, Letters
from tests.e2e.opening import open_house
from tests.faults.bank import Bank, Moment
from tests.faults.clock import SharedUniverse
from tests.faults.moments import Stores, play
from tests.postgres import PostgresServer

#: None of them that of the seeded stores or of a process (1000 and on): two of one seed make the same ids.
_SEEDS = count(1_000_000)
#: Runs a test on SQLite and on PostgreSQL.
on_both = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
Kept = dict[tuple[str, str], dict[str, Moment]]


@pytest.fixture
def kind() -> str:
    """The database; a test parametrizes this."""
    return "sqlite"


@pytest.fixture(scope="session")
def kept() -> Kept:
    """The moments played so far, by database and channel."""
    return {}


@pytest.fixture(scope="session")
def sqlite_stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return Stores(tmp_path_factory.mktemp("moments"), None)


@pytest.fixture
def stores(request: pytest.FixtureRequest, kind: str, sqlite_stores: Stores, tmp_path: Path) -> Stores:
    if kind == "sqlite":
        return sqlite_stores
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return Stores(tmp_path, server)


@pytest.fixture
def seeded(request: pytest.FixtureRequest, kind: str, stores: Stores) -> tuple[str, Letters]:
    """A seeded store of its own."""
    template, letters = request.getfixturevalue("seeded_sqlite" if kind == "sqlite" else "seeded_postgres")
    return stores.new(str(template)), letters


#: Open the bank at a moment: the customer, in a store of his own.
At = Callable[[str, str], Awaitable[Customer]]


@pytest.fixture
async def bank(
    seeded: tuple[str, Letters],
    stores: Stores,
    keyring: Keyring,
    warm_content: LiveContent,  # noqa: F811
    logs: None,  # noqa: F811
    tmp_path: Path,
) -> AsyncIterator[Bank]:
    """Both platforms, a clock that stands at ``START``, and no process yet."""
    store, letters = seeded
    clock = tmp_path / "clock"
    # Not the same ids in two tests: a kept moment holds those of the test that played it.
    universe = SharedUniverse(clock, next(_SEEDS), START)
    async with AsyncExitStack() as stack:
        database = Database.open(stores.url(store), keys=keyring, universe=universe, sqlite_synchronous="normal")
        house = await stack.enter_async_context(open_house(database, universe, letters))  # type: ignore[arg-type]
        house.service.live._faq = warm_content._faq
        session = await stack.enter_async_context(aiohttp.ClientSession())
        opened = Bank(house, universe, tmp_path, TEST_KEYS, clock, session)
        opened.open(stores, store)
        yield opened
        await opened.close()
        await house.service.stop()
        opened.leave()


@pytest.fixture
def at(bank: Bank, stores: Stores, kept: Kept) -> At:
    """Go to a moment of a story, on a channel."""

    async def go(channel: str, name: str) -> Customer:
        found = kept.setdefault((stores.kind, channel), {})
        if name not in found:
            found.update(await play(bank.house, channel, stores.keep, name))
        moment = found[name]
        bank.leave()
        bank.enter(stores.again(moment.store))
        return bank.restore(moment)

    return go
