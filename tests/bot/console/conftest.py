"""A console over a seeded store, and browsers without a screen that sign in to it."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.settings import Settings
from storage.database import Database
from storage.encryption import Keyring
from storage.universe import FrozenUniverse, Universe
from tests.bot.console.entering import entry_desk
from tests.bot.console.house import PASSWORD, QUICK, Bank, StoreDesk, seed
from tests.bot.console.reviewing import review_desk
from tests.conftest import START

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_EPOCH = re.compile(r'name="epoch" value="([^"]+)"')


class Browser:
    """What a person does with the console, without JavaScript."""

    def __init__(self, client: TestClient[web.Request, web.Application]) -> None:
        self.client = client
        self.csrf = ""
        self.epoch = ""

    async def get(self, path: str, **arguments: object) -> tuple[int, str]:
        """A page with its status; remembers the token of its forms."""
        answer = await self.client.get(f"/console{path}", **arguments)  # type: ignore[arg-type]
        return answer.status, await self._text(answer)

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form of the last page and see where it leads."""
        data = {"csrf": self.csrf, "epoch": self.epoch, **fields}
        answer = await self.client.post(f"/console{path}", data=data)
        return answer.status, await self._text(answer)

    async def _text(self, answer: ClientResponse) -> str:
        text = await answer.text()
        found = _CSRF.search(text)
        self.csrf = found[1] if found is not None else self.csrf
        epoch = _EPOCH.search(text)
        self.epoch = epoch[1] if epoch is not None else self.epoch
        return text

    @property
    def token(self) -> str:
        """What the browser has of its session."""
        return self.client.session.cookie_jar.filter_cookies(self.client.make_url("/"))["kakunin"].value

    async def sign_in(self, login: str, password: str = PASSWORD) -> tuple[int, str]:
        await self.get("/sign-in")
        return await self.post("/sign-in", login=login, password=password, next="")


@pytest.fixture(scope="session")
def seeded_bank(
    sqlite_template: Path, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Mapping[str, str]]:
    """A store with the small bank in it, and its references; filled a moment before the tests begin."""
    path = tmp_path_factory.mktemp("bank") / "bank.db"
    shutil.copyfile(sqlite_template, path)
    before = Universe.frozen(START - timedelta(milliseconds=1), seed=3)
    with Database.open(f"sqlite:///{path}", keys=keyring, universe=before) as database:
        return path, seed(database, before).refs


@pytest.fixture
def bank(
    seeded_bank: tuple[Path, Mapping[str, str]], keyring: Keyring, universe: FrozenUniverse, tmp_path: Path
) -> Iterator[Bank]:
    """The small bank, in a store of its own."""
    path, refs = seeded_bank
    url = f"sqlite:///{shutil.copyfile(path, tmp_path / 'bank.db')}"
    with Database.open(url, keys=keyring, universe=universe, sqlite_synchronous="normal") as database:
        yield Bank(database, universe, StoreDesk(database), dict(refs))


@pytest.fixture(scope="session")
def settings() -> Settings:
    """With no role that must have an authenticator app, so that one line signs anybody in."""
    return Settings(bank_name="見本銀行", second_factor_roles=())


@pytest.fixture
async def server(bank: Bank, settings: Settings) -> AsyncIterator[TestServer]:
    app = web.Application()
    console = make_console(
        bank.database,
        bank.desk,
        settings,
        bank.universe,
        reviews=review_desk(bank),
        entries=entry_desk(bank),
        passwords=Passwords(QUICK),
        demo=True,
    )
    app.add_subapp("/console/", console)
    running = TestServer(app)
    await running.start_server()
    yield running
    await running.close()


@pytest.fixture
async def browser(server: TestServer) -> AsyncIterator[Browser]:
    async with TestClient(server) as client:
        yield Browser(client)


@pytest.fixture
async def second_browser(server: TestServer) -> AsyncIterator[Browser]:
    """Another member of staff at another desk."""
    async with TestClient(server) as client:
        yield Browser(client)
