"""What stands around the demo's phone, in a real browser on the whole demo: people, clock, troubles, the look."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage, running_demo
from tests.browser.test_console_in_chromium import CONTRAST
from tests.browser.test_every_page_in_chromium import violations


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One demo for all tests of this module, watched over by a loop of its own."""
    log = tmp_path_factory.mktemp("demo") / "log"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    demo = running_demo(Path(log))
    yield asyncio.run_coroutine_threadsafe(demo.__aenter__(), loop).result()
    asyncio.run_coroutine_threadsafe(demo.__aexit__(None, None, None), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def begin(page: Page, persona: str) -> None:
    await page.get_by_role("button", name=persona).first.click()
    await expect(page.locator(".people .chosen")).to_contain_text(persona)
    await expect(page.locator("#inspector")).to_contain_text("問目", timeout=20_000)


async def test_a_persona_is_one_click_away_and_the_look_follows_his_reply(open_page: OpenPage, address: str) -> None:
    page = await open_page(width=1440)
    await page.goto(f"{address}/demo/phone")
    await begin(page, "ご高齢のかた")
    await expect(page.get_by_label("大きな文字")).to_be_checked()
    await expect(page.locator("#phone")).to_have_class("phone large")
    look = page.locator("#inspector")
    await expect(look).to_contain_text("consent")
    await page.get_by_role("button", name="字が小さくて読めません").click()
    await expect(look.locator("q")).to_have_text("字が小さくて読めません")
    await expect(look.locator(".sent .tag").first).to_have_text("表示済み")
    before = await page.locator(".letter:not([hidden]) .check-number").inner_text()
    await page.get_by_role("button", name="はじめからやり直す").click()
    await page.wait_for_url("**/demo/phone?letter=*")
    await expect(page.locator(".letter:not([hidden]) .check-number")).not_to_have_text(before)
    await expect(page.get_by_label("大きな文字")).to_be_checked()
    await expect(look).to_contain_text("1 / ")


async def test_the_clock_moves_and_trouble_is_seen(open_page: OpenPage, address: str) -> None:
    page = await open_page(width=1440)
    await page.goto(f"{address}/demo/phone")
    await begin(page, "会社の経営者")
    chat, look = page.get_by_role("log"), page.locator("#inspector")
    await page.get_by_role("button", name="係の人と話したい").click()
    await expect(look).to_contain_text("お待ちのお知らせ")
    await page.get_by_role("button", name="+5分").click()
    await expect(look).to_contain_text("係が来ないときの区切り")
    await expect(chat).to_contain_text("お待たせ")
    await expect(page.locator("#clock-ahead")).to_contain_text("分")
    outage = page.get_by_role("switch", name="障害(500)")
    await outage.click()
    await expect(outage).to_be_checked()
    await expect(page.locator("#trouble-count")).to_have_text("入: 1")
    await page.get_by_role("button", name="詐欺を疑うかた").first.click()
    await expect(page.get_by_text("トラブルのスイッチを切ってから")).to_be_visible()
    await outage.click()
    await expect(outage).not_to_be_checked()
    killed = page.get_by_role("switch", name="ボットの停止")
    await killed.click()
    await expect(killed).to_be_checked()
    await page.get_by_role("button", name="なぜ聞くの?").click()
    await expect(page.get_by_text("ボットが止まっているので")).to_be_visible()
    await killed.click()
    await expect(killed).not_to_be_checked(timeout=20_000)
    await expect(page.locator("#redelivered")).to_contain_text("届け直し")


@pytest.mark.parametrize("width", [1440, 390])
async def test_everything_fits_and_keeps_nobody_out(open_page: OpenPage, address: str, width: int) -> None:
    page = await open_page(width=width)
    await page.goto(f"{address}/demo/phone?locale=en")
    await page.get_by_role("button", name="A name with").first.click()
    await expect(page.locator(".people .chosen")).to_contain_text("A name with", timeout=20_000)
    folds = page.locator(".fold")
    for at in range(await folds.count()):
        assert bool(await folds.nth(at).get_attribute("open") is not None) is (width > 768)
        if width <= 768:
            await folds.nth(at).locator("summary").click()
    await expect(page.locator("#inspector")).to_contain_text("Owner")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.evaluate(CONTRAST) == []
    assert await violations(page) == []
