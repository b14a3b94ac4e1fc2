"""A review by two people in a real Chromium, with the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.settings import Settings
from storage import staff
from storage.cases import CaseStatus, load_case
from storage.database import Database
from storage.reviews import standing
from storage.universe import FrozenUniverse
from tests.bot.console.house import QUICK, Bank, seed
from tests.bot.console.reviewing import differences_of, put_forward, put_to_review, review_desk
from tests.browser.conftest import OpenPage, Serve
from tests.browser.test_every_page_in_chromium import hold


@pytest.fixture
def bank(sqlite_database: Database, universe: FrozenUniverse) -> Bank:
    return seed(sqlite_database, universe)


@pytest.fixture
async def address(bank: Bank, serve: Serve) -> str:
    app = web.Application()
    console = make_console(
        bank.database,
        bank.desk,
        Settings(bank_name="見本銀行", second_factor_roles=()),
        bank.universe,
        reviews=review_desk(bank),
        passwords=Passwords(QUICK),
    )
    app.add_subapp("/console/", console)
    return await serve(app)


async def at_his_desk(page: Page, address: str, bank: Bank, login: str) -> None:
    """A colleague with a session, before the list."""
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    await hold(page, address, bank, found[0])
    await page.goto(f"{address}/console/reviews")


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def test_two_people_review_a_case_by_keyboard(
    open_page: OpenPage, bank: Bank, address: str, tmp_path: Path
) -> None:
    case_id = put_to_review(bank, "waiting_long")
    rating = put_forward(bank, case_id, "foreign_pep")["foreign_pep"]
    first, second = await open_page(width=1440), await open_page(width=390)
    await at_his_desk(first, address, bank, "kato")
    await first.screenshot(path=tmp_path / "queue-1440.png", full_page=True)
    await press(first, "j", "Enter")
    await expect(first.get_by_role("heading", name="住所")).to_be_visible()
    await expect(first.locator("[data-card]").first).to_be_focused()
    await first.screenshot(path=tmp_path / "case-1440.png", full_page=True)

    # A note with the keyboard, and no deed by a key that sends other forms.
    await press(first, "n")
    await first.keyboard.type("転居届あり")
    await press(first, "Control+Enter", "Escape", "a")
    await expect(first.get_by_role("status")).to_have_text("承認しました。")
    found = differences_of(bank, case_id)
    assert (standing(found["address"]).value, standing(found["phone"]).value) == ("approved_first", "open")

    # Next difference: hold it, look again, approve it.
    await press(first, "h")
    await expect(first.get_by_role("status")).to_have_text("保留しました。")
    await press(first, "a")
    await expect(first.get_by_role("status")).to_have_text("承認しました。")
    await press(first, "k", "j", "a")
    await expect(first.get_by_text("二人目の確認を待っています")).to_have_count(2)
    assert standing(differences_of(bank, case_id)["phone"]).value == "approved"
    # There is nothing by which the first person could agree with himself.
    assert await first.locator('[value="confirm"]').count() == 0

    await at_his_desk(second, address, bank, "suzuki")
    await second.goto(f"{address}/console/reviews?list=second")
    await second.screenshot(path=tmp_path / "queue-390.png", full_page=True)
    await press(second, "j", "Enter")
    await expect(second.get_by_role("heading", name="住所")).to_be_visible()
    await second.screenshot(path=tmp_path / "case-390.png", full_page=True)
    assert await second.evaluate("document.documentElement.scrollWidth") <= 390
    await press(second, "y")
    await expect(second.get_by_role("status")).to_have_text("二人目として確認しました。")
    await expect(second.get_by_text("転居届あり")).to_be_visible()
    await expect(second.locator(f'[name="difference"][value="{rating}"]')).to_have_count(1)
    await press(second, "y")
    await expect(second.get_by_text("リスク格付の見直し案: 承認(二人目待ち) → 承認")).to_be_visible()
    case = bank.database.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    assert case.status is CaseStatus.DONE
    assert case.next_due_on is not None


async def test_without_script_the_same_is_done_with_plain_forms(open_page: OpenPage, bank: Bank, address: str) -> None:
    case_id = put_to_review(bank, "waiting_long")
    page = await open_page(script=False)
    await at_his_desk(page, address, bank, "kato")
    await page.locator("[data-row]").first.click()
    await page.locator("[data-card]").nth(1).get_by_role("button", name="却下").click()
    await expect(page.get_by_role("status")).to_have_text("却下しました。")
    assert standing(differences_of(bank, case_id)["phone"]).value == "rejected"
