"""The list of questions that were not understood, in a real browser: with and without script, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import expect

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.settings import Settings
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.bot.console.asking import ask, publish_faq, variants
from tests.bot.console.house import QUICK, Bank, seed
from tests.browser.conftest import OpenPage, Serve
from tests.browser.test_console_in_chromium import CONTRAST, GAPS, sign_in

WORDS = "いつごろまで受け付けてもらえるの?"


@pytest.fixture
def bank(sqlite_database: Database, universe: FrozenUniverse) -> Bank:
    bank = seed(sqlite_database, universe)
    publish_faq(bank)
    ask(bank, "with_bot", WORDS)
    ask(bank, "waiting_long", "090-1234-5678にかけてくれませんか、用紙のことで聞きたいのですが?", why="none_fits")
    ask(bank, "waiting_short", WORDS, asked="occupation")
    return bank


@pytest.fixture
async def address(bank: Bank, serve: Serve) -> str:
    app = web.Application()
    settings = Settings(bank_name="見本銀行", second_factor_roles=())
    app.add_subapp(
        "/console/",
        make_console(bank.database, bank.desk, settings, bank.universe, passwords=Passwords(QUICK), demo=True),
    )
    return await serve(app) + "/console"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("script", [True, False])
async def test_one_press_adds_it_or_says_what_to_look_at(
    open_page: OpenPage, address: str, bank: Bank, tmp_path: Path, width: int, script: bool
) -> None:
    page = await open_page(width=width, script=script)
    await sign_in(page, address, "kato")
    await page.get_by_role("link", name="質問", exact=True).click()
    await expect(page.get_by_role("heading", name="わからなかった質問の一覧")).to_be_visible()
    first = page.get_by_role("article", name=WORDS)
    await expect(first.get_by_text("2回")).to_be_visible()

    async def is_sound() -> None:
        if script:
            assert await page.evaluate(CONTRAST) == []
            assert await page.evaluate(GAPS) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= width

    await is_sound()
    await page.screenshot(path=tmp_path / "list.png", full_page=True)
    second = page.get_by_role("article", name="用紙のことで")
    await expect(second).not_to_contain_text("1234")
    await second.get_by_role("button", name="A2").click()
    await expect(page.get_by_role("alert")).to_contain_text("伏せた字")
    await page.get_by_label("加える言い方").fill("用紙のことで電話がほしいのですが?")
    await page.get_by_label("ほかのトピック").select_option("A3")
    await is_sound()
    await page.screenshot(path=tmp_path / "refused.png", full_page=True)
    await page.get_by_role("button", name="このトピックに加える").click()
    await expect(page.get_by_role("alert")).to_contain_text("A2 のほうに似ています")
    await is_sound()
    await page.screenshot(path=tmp_path / "doubt.png", full_page=True)
    assert len(variants(bank, "A3")) == 2
    await page.get_by_role("button", name="それでも A3").click()
    await expect(page.get_by_role("status").first).to_contain_text("A3 に加えました")
    assert variants(bank, "A3")[-1] == "用紙のことで電話がほしいのですが?"
    await page.screenshot(path=tmp_path / "done.png", full_page=True)
    await page.get_by_role("article", name=WORDS).get_by_role("button", name="見送る").click()
    await expect(page.get_by_text("わからなかった質問はありません")).to_be_visible()
    await page.get_by_role("link", name="見送った").click()
    await expect(page.get_by_role("article", name=WORDS)).to_contain_text("見送りました(kato)")
    await is_sound()
    await page.screenshot(path=tmp_path / "decided.png", full_page=True)


async def test_return_in_the_field_adds_nothing(open_page: OpenPage, address: str, bank: Bank) -> None:
    """The first button of a form is pressed by Return in a line of text: here that would publish."""
    page = await open_page()
    await sign_in(page, address, "kato")
    await page.goto(f"{address}/questions")
    before = variants(bank, "A1"), variants(bank, "A2")
    field = page.get_by_role("article", name=WORDS).get_by_label("加える言い方")
    await field.press("Enter")
    await field.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("トピックをお選びください")
    assert (variants(bank, "A1"), variants(bank, "A2")) == before
