"""A console whose staff sign in at a provider of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from pydantic import SecretStr

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.settings import Settings
from storage.universe import FrozenUniverse
from tests.bot.console.entering import entry_desk
from tests.bot.console.house import QUICK, Bank
from tests.bot.console.reviewing import review_desk
from tests.bot.console.sign_on.hostile import CLIENT, SECRET, Hostile


@pytest.fixture
async def hostile(universe: FrozenUniverse) -> AsyncIterator[Hostile]:
    provider = Hostile(universe.now)
    server = await provider.start()
    yield provider
    await server.close()


@pytest.fixture
def issuer(hostile: Hostile) -> str:
    return hostile.issuer


@pytest.fixture
def extra() -> Mapping[str, object]:
    """What a test sets beside the provider itself."""
    return {}


@pytest.fixture
def console_url() -> str:
    return f"http://127.0.0.1:{unused_port()}"


@pytest.fixture
def settings(issuer: str, console_url: str, extra: Mapping[str, object]) -> Settings:
    given: dict[str, object] = {
        "bank_name": "見本銀行",
        "second_factor_roles": (),
        "console_url": console_url,
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_login_claim": "preferred_username",
    }
    return Settings(**given | extra)  # type: ignore[arg-type]


@pytest.fixture
async def server(bank: Bank, settings: Settings, console_url: str) -> AsyncIterator[TestServer]:
    app = web.Application()
    console = make_console(
        bank.database,
        bank.desk,
        settings,
        bank.universe,
        reviews=review_desk(bank),
        entries=entry_desk(bank),
        passwords=Passwords(QUICK),
    )
    app.add_subapp("/console/", console)
    running = TestServer(app, host="127.0.0.1", port=int(console_url.rpartition(":")[2]))
    await running.start_server()
    yield running
    await running.close()
