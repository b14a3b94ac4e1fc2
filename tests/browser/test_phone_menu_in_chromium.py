"""The menus beside the chat in a real browser: seen, heard, tapped, and out of the way of who types."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.channels.menus import entries_of
from tests.bot.simulator.menus import NEW, WORDS, tell
from tests.browser.conftest import OpenPage
from tests.browser.test_console_in_chromium import CONTRAST
from tests.browser.test_phone_in_chromium import Demo, demo

__all__ = ["demo"]


@pytest.mark.parametrize("width", [1280, 390])
async def test_the_rich_menu_is_a_picture_with_areas(open_page: OpenPage, demo: Demo, width: int) -> None:
    tell(demo.line, demo.telegram)
    page = await open_page(width=width)
    await page.goto(demo.address)
    await expect(page.get_by_role("button", name="メニュー")).to_have_count(0)
    await page.get_by_role("button", name="コードなしではじめる").click()
    menu = page.get_by_role("group", name="メニュー")
    names = [entry.label(WORDS) for entry in entries_of(NEW)]
    for name in names:
        await expect(menu.get_by_role("button", name=name, exact=True)).to_be_visible()
    await page.wait_for_function("getComputedStyle(document.querySelector('#menu')).backgroundImage != 'none'")
    box = await menu.bounding_box()
    last = await menu.get_by_role("button", name=names[-1], exact=True).bounding_box()
    assert box is not None
    assert last is not None
    assert box["width"] / box["height"] == pytest.approx(2500 / 1686, rel=0.01)
    assert last["x"] + last["width"] == pytest.approx(box["x"] + box["width"], abs=1)
    assert last["width"] > 150
    assert last["height"] > 100
    await menu.get_by_role("button", name="係の者と話す").click()
    await expect(page.get_by_role("log").get_by_text("係の者と話す")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    # The keyboard comes up in the menu's place, and the bar brings it back.
    await page.get_by_label("メッセージを入力").focus()
    await expect(menu).to_be_hidden()
    await page.get_by_role("button", name="メニュー").click()
    await expect(menu).to_be_visible()


async def test_the_commands_are_a_list(open_page: OpenPage, demo: Demo) -> None:
    tell(demo.line, demo.telegram)
    page = await open_page()
    await page.goto(demo.address)
    await page.get_by_role("button", name="Telegram 風").click()
    await page.get_by_role("button", name="コードなしではじめる").click()
    bar = page.get_by_role("button", name="メニュー")
    await expect(page.get_by_role("group", name="メニュー")).to_be_hidden()
    await bar.click()
    assert await page.evaluate(CONTRAST) == []
    await page.get_by_role("button", name="係の者と話す /staff").click()
    await expect(page.get_by_role("log").get_by_text("/staff", exact=True)).to_be_visible()
    await expect(page.get_by_role("group", name="メニュー")).to_be_hidden()
