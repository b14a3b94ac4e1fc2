"""A photo on its way through the whole demo: sent with a finger, fetched, and seen by staff beside the words."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_console_in_chromium import CONTRAST, GAPS
from tests.browser.test_demo_in_chromium import Phone, sign_in

LOADED = "image => image.complete && image.naturalWidth"


async def sent(page: Page, demo: str, platform: str) -> Phone:
    """Linked, and a photo is sent."""
    await page.goto(f"{demo}/demo/phone")
    await page.get_by_role("button", name=platform).click()
    phone = Phone(page)
    await phone.link()
    before = await phone.heard()
    await page.get_by_role("button", name="見本の写真を送る").click()
    await expect(phone.chat.get_by_alt_text("見本の写真")).to_be_visible()
    await phone.after(before)
    return phone


@pytest.mark.parametrize("platform", ["LINE 風", "Telegram 風"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_staff_see_the_photo_that_was_sent(open_page: OpenPage, demo: str, platform: str, width: int) -> None:
    page = await open_page()
    phone = await sent(page, demo, platform)
    console = await open_page(width=width)
    await sign_in(console, page, demo, "窓口係", "/console/")
    await expect(console.get_by_role("heading", name="お待ちのかた")).to_be_visible()
    await console.goto(f"{demo}/console/?folder=bot")
    number = await page.locator(".letter:not([hidden]) .check-number").inner_text()
    await console.get_by_role("link", name=number).first.click()
    # Where it is not fetched yet the page draws itself anew when it is.
    photo = console.get_by_role("img", name="お客さまから届いた写真")
    await photo.scroll_into_view_if_needed()
    await expect(photo).to_be_visible()
    await console.wait_for_function(f"({LOADED})(document.querySelector('.picture img'))")
    assert await photo.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [1280, 960]
    box = await photo.bounding_box()
    assert box is not None
    assert box["width"] <= width - 40
    assert abs(box["width"] / box["height"] - 4 / 3) < 0.02
    assert await console.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await console.evaluate(CONTRAST) == []
    assert await console.evaluate(GAPS) == []
    async with console.context.expect_page() as opened:
        await console.get_by_role("link", name="別のタブで大きく見る").click()
    large = await opened.value
    await large.wait_for_load_state()
    assert await large.evaluate("document.images[0].naturalWidth") == 1280
    if platform == "LINE 風":
        await phone.chat.get_by_role("button", name="送信取消").last.click()
        await expect(photo).to_have_count(0)
        assert (await large.reload()).status == 404  # type: ignore[union-attr]
