"""The gallery in a real Chromium: it is told apart without any script, and keeps nobody out."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.gallery.entries import gallery
from bot.gallery.page import render_page
from locales import load_catalogue
from tests.bot.gallery.conftest import content_of
from tests.browser.conftest import OpenPage


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    content = content_of()
    path: Path = tmp_path_factory.mktemp("gallery") / "gallery.html"
    path.write_text(render_page(gallery(content, ["ja", "en"]), content, load_catalogue("ja"), None), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", [390, 1440])
async def test_languages_apps_and_occasions_are_chosen_without_a_script(
    open_page: OpenPage, address: str, width: int
) -> None:
    page = await open_page(width=width, script=False)
    await page.goto(f"{address}#engine.receipt")
    ja, en = page.locator("[id='engine.receipt@ja']"), page.locator("[id='engine.receipt@en']")
    await expect(ja).to_be_visible()
    await page.get_by_label("日本語", exact=True).uncheck()
    await expect(ja).to_be_hidden()
    await expect(en.locator(".line")).to_be_visible()
    await page.get_by_label("LINE", exact=True).uncheck()
    await expect(en.locator(".line")).to_be_hidden()
    await expect(en.locator(".telegram")).to_be_visible()
    await page.get_by_label("会話のことば", exact=True).uncheck()
    await expect(en).to_be_hidden()


async def test_the_gallery_keeps_nobody_out(open_page: OpenPage, address: str) -> None:
    from axe_playwright_python.async_playwright import Axe

    page = await open_page(width=390)
    await page.goto(address)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    # The same kinds of elements again and again: those of one language show what there is.
    await page.get_by_label("英語", exact=True).uncheck()
    found = (await Axe().run(page)).response["violations"]
    assert [(one["id"], one["nodes"][0]["target"]) for one in found if one["impact"] in ("serious", "critical")] == []
