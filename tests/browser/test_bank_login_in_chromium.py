"""Logging in at the demo's made-up bank, on a phone: from the button in the chat to the first question."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_console_in_chromium import CONTRAST
from tests.browser.test_demo_in_chromium import Phone

WIDTH = 390


async def fits(page: Page) -> bool:
    assert await page.evaluate(CONTRAST) == []
    return bool(await page.evaluate("document.documentElement.scrollWidth") <= WIDTH)


async def test_from_the_button_to_the_first_question(open_page: OpenPage, demo: str) -> None:
    page = await open_page(width=WIDTH, height=844)
    complaints: list[str] = []
    await page.goto(f"{demo}/demo/phone")
    phone = Phone(page)
    await page.get_by_role("button", name="コードなしではじめる").click()
    button = phone.chat.get_by_role("link", name="銀行にログインして連携")
    await expect(button).to_be_visible()
    assert await fits(page)
    async with page.context.expect_page() as opened:
        await button.click()
    bank = await opened.value
    bank.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await expect(bank.get_by_role("note")).to_contain_text("架空の銀行")
    assert await fits(bank)

    await bank.get_by_label("お客さま番号").fill(await phone.fact("お客さま番号"))
    await bank.get_by_label("パスワード").fill("demo-0000-wrong")
    await bank.get_by_role("button", name="ログインする").click()
    await expect(bank.get_by_role("alert")).to_be_visible()
    assert await fits(bank)
    await bank.get_by_label("お客さま番号").fill(await phone.fact("お客さま番号"))
    await bank.get_by_label("パスワード").fill(await phone.fact("銀行のパスワード"))
    await bank.get_by_role("button", name="ログインする").click()
    await expect(bank.get_by_role("heading", name="ログインできました")).to_be_visible()
    assert await fits(bank)

    await expect(phone.chat.get_by_text("このアカウントと連携しました")).to_be_visible()
    await expect(phone.chat.get_by_role("button", name="同意する", exact=True)).to_be_visible()
    # The token was good once.
    await bank.goto(str(await button.get_attribute("href")))
    await bank.get_by_label("お客さま番号").fill(await phone.fact("お客さま番号"))
    await bank.get_by_label("パスワード").fill(await phone.fact("銀行のパスワード"))
    await bank.get_by_role("button", name="ログインする").click()
    await expect(bank.get_by_text("the link token is unknown, used or too old")).to_be_visible()
    assert [text for text in complaints if "Failed to load resource" not in text] == []
