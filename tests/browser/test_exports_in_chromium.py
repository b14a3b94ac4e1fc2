"""Two people and an export: one asks, the other approves, the first fetches; the pages follow by themselves."""

from __future__ import annotations

import asyncio
import csv
import io
import os
from collections.abc import AsyncIterator
from zipfile import ZipFile

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.outreach.export_jobs import ExportJobs
from bot.settings import Settings
from storage.database import Database
from storage.reconciliation.worker import Reconciler
from storage.universe import FrozenUniverse
from tests.bot.console.house import QUICK, Bank, seed
from tests.browser.conftest import OpenPage, Serve
from tests.browser.test_console_in_chromium import CONTRAST, GAPS, sign_in
from tests.storage.exports.test_snapshot import TOKYO
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers, answer, publish_form, submit


@pytest.fixture
def bank(sqlite_database: Database, universe: FrozenUniverse) -> Bank:
    bank = seed(sqlite_database, universe)
    add_customers(bank.database, TARO)
    answers = [answer("name", "勅使河原 𠮷美"), answer("phone", "09087654321"), answer("job", "student")]
    submit(bank.database, publish_form(bank.database), add_case(bank.database, "0001"), answers)
    Reconciler(next_due=lambda *_: None, zone=TOKYO).run(bank.database)
    return bank


@pytest.fixture
async def address(bank: Bank, serve: Serve) -> AsyncIterator[str]:
    app, settings = web.Application(), Settings(bank_name="見本銀行", second_factor_roles=())
    console = make_console(bank.database, bank.desk, settings, bank.universe, passwords=Passwords(QUICK), demo=True)
    app.add_subapp("/console/", console)
    jobs = asyncio.create_task(ExportJobs(bank.database, settings, "jobs").run())
    yield await serve(app) + "/console"
    jobs.cancel()
    await asyncio.gather(jobs, return_exceptions=True)


async def downloaded(page: Page) -> dict[str, bytes]:
    async with page.expect_download() as download:
        await page.get_by_role("button", name="受け取る").first.click()
    path = await (await download.value).path()
    with ZipFile(io.BytesIO(await asyncio.to_thread(path.read_bytes))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def shoot(page: Page, name: str) -> None:
    """A picture of the page, where somebody wants to look at it."""
    folder = os.environ.get("KAKUNIN_TEST_PICTURES")
    if folder:
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)


async def test_one_asks_another_approves_and_the_first_fetches(open_page: OpenPage, address: str, bank: Bank) -> None:
    asking, approving = await open_page(width=1440), await open_page(width=390)
    await sign_in(asking, address, "kato")
    await sign_in(approving, address, "suzuki")
    await approving.goto(f"{address}/exports")
    await asking.goto(f"{address}/exports")
    await asking.get_by_label("CSV の文字コード").select_option("cp932")
    await asking.get_by_label("値").select_option("full")
    await asking.get_by_role("button", name="依頼する").click()
    await expect(asking.get_by_role("alert")).to_contain_text("必要な理由を書いてください")
    # What was chosen is still there.
    await expect(asking.get_by_label("CSV の文字コード")).to_have_value("cp932")
    await asking.get_by_label("必要な理由").fill("年次の照合のため")
    await asking.get_by_role("button", name="依頼する").click()
    await expect(asking.get_by_text("承認待ち")).to_be_visible()
    await expect(asking.get_by_role("button", name="承認する")).to_have_count(0)
    # The other page shows it without being loaded again.
    await expect(approving.get_by_text("年次の照合のため")).to_be_visible(timeout=4000)
    await shoot(approving, "exports-approving-390")
    for page in (asking, approving):
        assert await page.evaluate(CONTRAST) == []
        assert await page.evaluate(GAPS) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await approving.get_by_role("button", name="承認する").click()
    await expect(approving.get_by_text("承認: suzuki")).to_be_visible()
    await expect(approving.get_by_role("button", name="受け取る")).to_have_count(0)
    await expect(asking.get_by_role("button", name="受け取る")).to_be_visible(timeout=8000)
    await expect(asking.get_by_text("書けない文字が 1 件あり")).to_be_visible()
    await shoot(asking, "exports-ready-1440")
    for _ in range(2):
        files = await downloaded(asking)
        assert sorted(files) == ["codebook.csv", "manifest.json", "responses.csv", "unmappable.csv"]
    # Byte by byte what the core system reads.
    text = files["responses.csv"].decode("cp932")
    assert text.encode("cp932") == files["responses.csv"]
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["customer_no"], row["name"], row["phone"]) == ("0001", "勅使河原 〓美", "09087654321")


async def test_without_script_masked_values_are_a_form_away(open_page: OpenPage, address: str) -> None:
    page = await open_page(script=False, width=390)
    await sign_in(page, address, "kato")
    await page.goto(f"{address}/exports")
    await page.get_by_label("形式").select_option("xlsx")
    await page.get_by_role("button", name="依頼する").click()
    for _ in range(40):
        if await page.get_by_role("button", name="受け取る").count():
            break
        await page.wait_for_timeout(200)
        await page.reload()
    await shoot(page, "exports-ready-390")
    assert "responses.xlsx" in await downloaded(page)
