"""The whole product as a visitor meets it: ``kakunin demo``, the phone, a person in between, the receipt, the export.

Nothing here is a double: the page talks to the stand-ins of the platforms, these to the real adapters, and
everything runs in the process that the command starts.
"""

from __future__ import annotations

import asyncio
import io
import re
import zipfile

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenPage

#: What this customer taps, the first that is there; else the first button.
LIKES = (
    "この内容で提出する",
    "同じ",
    "同意する",
    "本人",
    "変わっていない",
    "変更なし",
    "ありません",
    "ない",
    "いいえ",
    "あてはまらない",
    "10万円未満",
    "はい",
    "表明する",
)
#: Whether nobody else uses the account: here 「いいえ」 would bring a person.
ALONE = "ご本人だけですか"
MOST_TURNS = 60


class Phone:
    """The phone page under somebody's finger."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.chat = page.get_by_role("log")

    async def heard(self) -> int:
        return await self.chat.locator(".bubble-row:not(.mine)").count()

    async def after(self, before: int) -> None:
        """Wait until the bank has answered and fallen silent."""
        rows = self.chat.locator(".bubble-row:not(.mine)")
        await expect(rows.nth(before)).to_be_visible()
        quiet = -1
        while quiet != await self.heard():
            quiet = await self.heard()
            # What follows may wait for Telegram's pace: one message a second to a chat.
            await self.page.wait_for_timeout(1200)

    async def type(self, text: str) -> None:
        before = await self.heard()
        await self.page.get_by_label("メッセージを入力").fill(text)
        await self.page.get_by_role("button", name="送信", exact=True).click()
        await self.after(before)

    async def tap(self, button: Locator) -> None:
        before = await self.heard()
        await button.click()
        await self.after(before)

    async def fact(self, name: str) -> str:
        """What whoever plays this customer has to know."""
        part = self.page.locator(".role [data-letter]:not([hidden])")
        return await part.locator(f"dt:text-is('{name}') + dd").inner_text()

    async def link(self) -> None:
        await self.page.get_by_role("button", name="お手紙を読み取る").click()
        if await self.page.locator("[data-platform=line][aria-pressed=true]").count():
            # LINE's link only types the code; Telegram's start button has sent it.
            box = self.page.get_by_label("メッセージを入力")
            await expect(box).to_have_value(re.compile("[A-Z2-9]{12}"))
            await self.type(await box.input_value())
        same = self.chat.get_by_role("button", name="同じ")
        await expect(same).to_be_visible()
        check_number = await self.page.locator(".letter:not([hidden]) .check-number").inner_text()
        await expect(self.chat.get_by_text(check_number)).to_be_visible()
        await self.tap(same)
        await self.type(await self.fact("生年月日"))
        await self.type((await self.fact("電話番号"))[-4:])

    async def answer(self) -> None:
        """One answer to the newest question."""
        buttons = self.chat.locator(".bubble-row:not(.mine) .options").last.get_by_role("button")
        labels = [(await button.inner_text()).strip() for button in await buttons.all()]
        asked = await self.chat.locator(".bubble-row:not(.mine) .say").last.inner_text()
        likes = ("はい", *LIKES) if ALONE in asked else LIKES
        wanted = next((labels.index(like) for like in likes if like in labels), 0)
        await self.tap(buttons.nth(wanted))


async def sign_in(page: Page, phone: Page, address: str, role: str, path: str) -> None:
    row = phone.locator(".logins tbody tr", has_text=role)
    await page.goto(f"{address}{path}")
    await page.get_by_label("ログイン名").fill(await row.locator("td").nth(1).inner_text())
    await page.get_by_label("パスワード").fill(await row.locator("td").nth(2).inner_text())
    await page.get_by_role("button", name="サインインする").click()


@pytest.mark.parametrize("platform", ["LINE 風", "Telegram 風"])
async def test_from_the_letter_through_a_person_to_the_export(open_page: OpenPage, demo: str, platform: str) -> None:
    page, console = await open_page(), await open_page()
    await page.goto(f"{demo}/demo/phone")
    await page.get_by_role("button", name=platform).click()
    phone = Phone(page)
    await phone.link()
    for _ in range(3):
        await phone.answer()
    question = await phone.chat.locator(".bubble-row:not(.mine) .say").last.inner_text()

    await page.get_by_role("button", name="係の人と話したい").click()
    await sign_in(console, page, demo, "窓口係", "/console/")
    number = await page.locator(".letter:not([hidden]) .check-number").inner_text()
    await console.get_by_role("link", name=number).first.click()
    await console.get_by_role("button", name="担当する").click()
    await console.get_by_label("お客さまへの返信").fill("どのようなご用件でしょうか。")
    await console.get_by_role("button", name="送信する").click()
    await expect(phone.chat.get_by_text("どのようなご用件でしょうか。")).to_be_visible()
    await page.get_by_label("メッセージを入力").fill("手紙の件で確認です")
    await page.get_by_role("button", name="送信", exact=True).click()
    await expect(console.locator(".line-customer .text", has_text="手紙の件で確認です")).to_be_visible()
    before = await phone.heard()
    await console.locator(".back-to button").click()
    await phone.after(before)
    asked_again = await phone.chat.locator(".bubble-row:not(.mine) .say").last.inner_text()
    assert question.split("\n\n")[-1] in asked_again, "the same question, after the hand-over"
    await expect(console.get_by_text("自動で返信しています")).to_be_visible()

    for _ in range(MOST_TURNS):
        if await phone.chat.get_by_text("受付番号は").count():
            break
        await phone.answer()
    await expect(phone.chat.get_by_text("受付番号は")).to_be_visible()

    office = await open_page()
    await sign_in(office, page, demo, "事務係", "/console/exports")
    await office.get_by_role("button", name="依頼する").click()
    async with office.expect_download(timeout=20_000) as download:
        await office.get_by_role("button", name="受け取る").click(timeout=20_000)
    path = await (await download.value).path()
    archive = zipfile.ZipFile(io.BytesIO(await asyncio.to_thread(path.read_bytes)))
    assert sorted(archive.namelist()) == ["codebook.csv", "manifest.json", "responses.csv"]
