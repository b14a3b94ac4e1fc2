"""A seeded store on either database, and the house over it.

``house`` runs on SQLite; a test marked ``on_both`` runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from bot.live_content import LiveContent
from bot.logs import configure
from bot.settings import load_settings
from bot.simulator.seed import seed
from storage.database import Database
from storage.encryption import Keyring
from storage.universe import FrozenUniverse, Universe
from tests.conftest import START
from tests.e2e.house import House, Letters, say
from tests.e2e.opening import open_house
from tests.postgres import PostgresServer


def _seed(url: str, keyring: Keyring, folder: Path) -> Letters:
    settings = load_settings(line_basic_id="@kakunin-e2e", telegram_bot_username="kakunin_e2e_bot")
    uni = Universe.frozen(START, seed=7)
    with Database.open(url, keys=keyring, universe=uni, sqlite_synchronous="normal") as database:
        return {letter.customer_no: letter for letter in seed(database, settings, folder)}


@pytest.fixture(scope="session")
def seeded_sqlite(
    sqlite_template: Path, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Letters]:
    """A SQLite store with the fake bank, its cases and letters."""
    folder = tmp_path_factory.mktemp("seeded")
    path = folder / "seeded.db"
    shutil.copyfile(sqlite_template, path)
    return path, _seed(f"sqlite:///{path}", keyring, folder)


@pytest.fixture(scope="session")
def seeded_postgres(
    postgres_server: PostgresServer,
    postgres_template: str,
    keyring: Keyring,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Letters]:
    """The same on PostgreSQL: the name of a database to copy."""
    name = postgres_server.create(postgres_template)
    return name, _seed(postgres_server.url(name), keyring, tmp_path_factory.mktemp("seeded-pg"))


@pytest.fixture(scope="session")
def warm_content(seeded_sqlite: tuple[Path, Letters], keyring: Keyring) -> LiveContent:
    """The published texts, read once: the dictionaries take longer to load than a test."""
    uni = Universe.frozen(START, seed=8)
    live = LiveContent(facts={})
    with Database.open(f"sqlite:///{seeded_sqlite[0]}", keys=keyring, universe=uni) as database:
        database.run_read(lambda conn: live.refresh(conn, uni.now()))
    assert live.understanding.read(say("button.yes"), "ja").folded
    return live


@pytest.fixture(params=["sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring) -> Iterator[tuple[str, Letters]]:
    """The address of a seeded store of its own; SQLite unless the test asks for more."""
    if request.param == "sqlite":
        template, letters = request.getfixturevalue("seeded_sqlite")
        path = tmp_path / "kakunin.db"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}", letters
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name, letters = request.getfixturevalue("seeded_postgres")
    copy = server.create(name)
    yield server.url(copy), letters
    server.drop(copy)


#: Runs a test on SQLite and on PostgreSQL.
on_both = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def overrides() -> dict[str, object]:
    """Settings that a test wants otherwise: it parametrizes this."""
    return {}


@pytest.fixture
def logs() -> Iterator[None]:
    """Logging as ``serve`` sets it up, and afterwards as pytest had it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def house(
    store: tuple[str, Letters],
    keyring: Keyring,
    warm_content: LiveContent,
    overrides: dict[str, object],
    logs: None,
) -> AsyncIterator[House]:
    """The service, both platforms, a clock that stands at ``START``."""
    url, letters = store
    uni = FrozenUniverse(START, seed=2)
    with Database.open(url, keys=keyring, universe=uni, sqlite_synchronous="normal") as database:
        async with open_house(database, uni, letters, **overrides) as opened:
            opened.service.live._faq = warm_content._faq
            yield opened
