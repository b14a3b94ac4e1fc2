"""Two people and a campaign, wide and narrow: one makes and starts it, the other approves it and stops it."""

from __future__ import annotations

import os

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.settings import Settings
from storage.campaigns import list_campaigns
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.bot.console.house import QUICK, Bank, seed
from tests.browser.conftest import OpenPage, Serve
from tests.browser.test_console_in_chromium import CONTRAST, sign_in
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers

pytestmark = pytest.mark.slow


@pytest.fixture
def bank(sqlite_database: Database, universe: FrozenUniverse) -> Bank:
    bank = seed(sqlite_database, universe)
    numbers = [f"9{number:03}" for number in range(12)]
    add_customers(bank.database, *(TARO | {"customer_no": number} for number in numbers))
    for number in numbers:
        add_case(bank.database, number)
    return bank


@pytest.fixture
async def address(bank: Bank, serve: Serve) -> str:
    app, settings = web.Application(), Settings(bank_name="見本銀行", second_factor_roles=())
    console = make_console(bank.database, bank.desk, settings, bank.universe, passwords=Passwords(QUICK), demo=True)
    app.add_subapp("/console/", console)
    return await serve(app) + "/console"


async def shoot(page: Page, name: str) -> None:
    """A picture of the page, where somebody wants to look at it."""
    folder = os.environ.get("KAKUNIN_TEST_PICTURES")
    if folder:
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)


async def test_one_makes_it_another_approves_and_stops_it(open_page: OpenPage, address: str, bank: Bank) -> None:
    making, approving = await open_page(width=1440), await open_page(width=390)
    await sign_in(making, address, "kato")
    await sign_in(approving, address, "suzuki")
    await making.goto(f"{address}/campaigns")
    await shoot(making, "campaigns-wide")
    await making.get_by_label("名前").fill("2026-11-medium")
    await making.get_by_label("リスク格付").select_option("medium")
    await making.get_by_role("button", name="下書きを作る").click()
    await expect(making.get_by_text("承認を待っています")).to_be_visible()
    await shoot(making, "campaign-draft-wide")
    await approving.goto(f"{address}/campaigns")
    await shoot(approving, "campaigns-narrow")
    await approving.get_by_role("link", name="2026-11-medium").click()
    await shoot(approving, "campaign-draft-narrow")
    await approving.get_by_role("button", name="承認する").click()
    await making.reload()
    await making.get_by_role("button", name="開始する").click()
    await expect(making.get_by_text("送付中").first).to_be_visible()
    await shoot(making, "campaign-running-wide")
    await approving.reload()
    await shoot(approving, "campaign-running-narrow")
    for page in (making, approving):
        assert await page.evaluate(CONTRAST) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await approving.get_by_role("button", name="中止する").click()
    assert [one.state for one in bank.database.run_read(list_campaigns)] == ["stopped"]
