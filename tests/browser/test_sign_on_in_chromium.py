"""Signing in at a provider on another site, in a real browser: cookies, policies and pages as browsers see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from playwright.async_api import expect
from pydantic import SecretStr

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.settings import Settings
from storage.database import Database
from storage.universe import FrozenUniverse, Universe
from tests.bot.console.house import PASSWORD, QUICK, Bank, seed
from tests.bot.console.sign_on.real import CLIENT, SECRET, RealProvider
from tests.browser.conftest import OpenPage
from tests.browser.test_console_in_chromium import CONTRAST, GAPS
from tests.browser.test_every_page_in_chromium import violations


@pytest.fixture
def universe() -> FrozenUniverse:
    """The provider lives now."""
    return Universe.frozen(datetime.now(UTC), seed=1)


@pytest.fixture
def bank(sqlite_database: Database, universe: FrozenUniverse) -> Bank:
    return seed(sqlite_database, universe)


@pytest.fixture
def console_url() -> str:
    return f"http://127.0.0.1:{unused_port()}"


@pytest.fixture
async def real(tmp_path: Path, console_url: str) -> AsyncIterator[RealProvider]:
    provider = RealProvider(tmp_path, console_url)
    await provider.server.start_server()
    provider.users["sato"] = {"preferred_username": "sato"}
    provider.sits_there("sato")
    yield provider
    await provider.server.close()


@pytest.fixture
async def address(bank: Bank, real: RealProvider, console_url: str) -> AsyncIterator[str]:
    settings = Settings(
        bank_name="見本銀行",
        second_factor_roles=(),
        console_url=console_url,
        oidc_issuer=real.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SecretStr(SECRET),
        oidc_name="行員ID",
        oidc_login_claim="preferred_username",
        local_sign_in="break_glass",
        break_glass=("suzuki",),
    )
    app = web.Application()
    console = make_console(bank.database, bank.desk, settings, bank.universe, passwords=Passwords(QUICK))
    app.add_subapp("/console/", console)
    server = TestServer(app, host="127.0.0.1", port=int(console_url.rpartition(":")[2]))
    await server.start_server()
    yield f"{console_url}/console"
    await server.close()


@pytest.mark.parametrize("width", [390, 1440])
async def test_over_the_provider_and_out_again(
    open_page: OpenPage, address: str, real: RealProvider, width: int, tmp_path: Path
) -> None:
    page = await open_page(width=width)
    seen = []

    async def look(name: str) -> None:
        await page.screenshot(path=tmp_path / f"{name}-{width}.png")
        wide = await page.evaluate("document.documentElement.scrollWidth") > width
        seen.append((name, await page.evaluate(CONTRAST), await page.evaluate(GAPS), await violations(page), wide))

    await page.goto(f"{address}/worklists")
    await expect(page.get_by_role("heading", name="サインイン")).to_be_visible()
    await look("sign-in")
    await page.get_by_role("link", name="行員IDでサインインする").press("Enter")
    await expect(page.get_by_role("heading", name="Provider")).to_be_visible()
    await page.get_by_role("button", name="Sign in here").click()
    await expect(page.get_by_role("button", name="サインアウト")).to_be_visible()
    await page.wait_for_url("**/console/worklists")
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies(address)}
    assert (cookies["kakunin"]["sameSite"], cookies["kakunin"]["httpOnly"]) == ("Strict", True)
    assert "kakunin_way" not in cookies
    await page.get_by_role("button", name="サインアウト").click()
    await expect(page.get_by_role("heading", name="サインアウトしました")).to_be_visible()
    await look("signed-out")
    await page.get_by_role("link", name="認証基盤からもサインアウトする").click()
    await expect(page.get_by_role("heading", name="Signed out there")).to_be_visible()
    real.users["sato"] = {"preferred_username": "nobody here"}
    real.sits_there("sato")
    await page.goto(f"{address}/sign-in/elsewhere/done?state=made-up&code=1")
    await expect(page.get_by_role("alert")).to_contain_text("もう一度、はじめから")
    await look("refused")
    assert [one for one in seen if any(one[1:])] == []


async def test_an_emergency_account_is_behind_a_fold(open_page: OpenPage, address: str) -> None:
    page = await open_page(width=390, script=False)
    await page.goto(f"{address}/sign-in")
    await expect(page.get_by_label("ログイン名")).to_be_hidden()
    await page.get_by_text("非常用アカウントでサインインする").click()
    await page.get_by_label("ログイン名").fill("suzuki")
    await page.get_by_label("パスワード").fill(PASSWORD)
    await page.get_by_role("button", name="サインインする").click()
    await expect(page.get_by_role("heading", name="お待ちのかた")).to_be_visible()
