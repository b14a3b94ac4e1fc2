"""The pictures of the documents, taken from the demo: its invented bank, its invented people, its real pages.

Promise: every picture is what a real Chromium shows of a running ``kakunin demo``; nothing is drawn in or painted over.
Codes, check numbers and times are those of the run, so two runs give pictures that are alike, not the same.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.browser.conftest import ARGUMENTS, running_demo
from tests.browser.test_demo_in_chromium import MOST_TURNS, Phone, sign_in

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
#: Pages are flat: with this many colours text stays sharp, and a picture is a third as large.
COLOURS = 96
#: What stands on the paper, by question; "=" is "as registered".
ON_PAPER = {
    "consent": "1",
    "respondent": "1",
    "name": "=",
    "address": "東京都千代田区丸の内1-2-3 みほんハイツ101",
    "postal_code": "100-0005",
    "phone": "=",
    "email": "-",
}
#: How long the reconciliation may take to find what was submitted, in seconds.
PATIENCE = 120


class Pictures:
    """A bank for one afternoon, with an album."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.browser = browser
        self.address = address
        self.folder = folder

    async def page(self, width: int, height: int) -> Page:
        context = await self.browser.new_context(
            viewport={"width": width, "height": height}, locale="ja-JP", timezone_id="Asia/Tokyo"
        )
        context.set_default_timeout(10_000)
        return await context.new_page()

    async def customer(self, name: str, platform: str = "LINE 風") -> Phone:
        """Somebody whose letter has come, with a phone."""
        page = await self.page(390, 844)
        await page.goto(f"{self.address}/demo/phone")
        await page.locator("#letter").select_option(value=await letter_of(page, name))
        await page.get_by_role("button", name=platform).click()
        phone = Phone(page)
        await phone.link()
        return phone

    async def member(self, phone: Phone, role: str, path: str) -> Page:
        """A member of staff at a desk; who may come in stands on the phone's page."""
        page = await self.page(1440, 900)
        await sign_in(page, phone.page, self.address, role, f"/console/{path}")
        await expect(page.get_by_role("button", name="サインアウト")).to_be_visible()
        return page

    async def keep(self, name: str, page: Page, *parts: Locator, margin: int = 14) -> None:
        """The smallest part of the page that holds all ``parts``; without any, what is in the window."""
        await page.evaluate("document.fonts.ready")
        boxes = [box for part in parts if (box := await part.bounding_box())]
        assert len(boxes) == len(parts), name
        if boxes:
            x, y, width = await page.evaluate("[scrollX, scrollY, document.documentElement.scrollWidth]")
            left = max(0, x + min(box["x"] for box in boxes) - margin)
            top = max(0, y + min(box["y"] for box in boxes) - margin)
            right = min(width, x + max(box["x"] + box["width"] for box in boxes) + margin)
            bottom = y + max(box["y"] + box["height"] for box in boxes) + margin
            clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
            raw = await page.screenshot(clip=clip, full_page=True, animations="disabled")  # type: ignore[arg-type]
        else:
            raw = await page.screenshot(animations="disabled")
        picture = Image.open(io.BytesIO(raw)).convert("RGB")
        few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(self.folder / f"{name}.png", optimize=True)


async def letter_of(phone: Page, name: str) -> str:
    """The case of a customer, by the letter that lies beside the phone."""
    return await phone.locator("#letter option", has_text=name).get_attribute("value") or ""


async def take(pictures: Pictures) -> None:
    """Everything once, in the order in which a bank lives it."""
    await _visitor(pictures)
    asking = await pictures.customer("中村 隆")
    for _ in range(4):
        await asking.answer()
    await asking.type("なぜ聞くの?")
    await pictures.keep("phone-question", asking.page, asking.page.locator("#phone"), margin=6)
    await asking.type("係の人と話したい")
    for name, platform in (("渡邊 進", "Telegram 風"), ("松本 勇", "LINE 風")):
        other = await pictures.customer(name, platform)
        await other.type("係の人と話したい")
    await _with_staff(pictures, asking)
    moved = await pictures.customer("斎藤 真理")
    await _moves(moved)
    await _office(pictures, moved)


async def _visitor(pictures: Pictures) -> None:
    """The demo as its visitor sees it: one of the five, after a question."""
    page = await pictures.page(1440, 900)
    await page.goto(f"{pictures.address}/demo/phone")
    await page.get_by_role("button", name="外国人のかた").first.click()
    await expect(page.locator("#inspector")).to_contain_text("ja_easy", timeout=20_000)
    said = "どうして国籍を聞きますか"
    await page.get_by_role("button", name=said).click()
    await expect(page.locator("#inspector q")).to_have_text(said)
    await expect(page.locator("#inspector .sent .tag").first).to_have_text("表示済み")
    await page.locator("#menu-bar").click()
    await pictures.keep("demo-visitor", page)


async def _with_staff(pictures: Pictures, asking: Phone) -> None:
    """From the list of who waits to the hand-back, on both sides."""
    entrance = await pictures.page(1440, 900)
    await entrance.goto(f"{pictures.address}/console/")
    await entrance.get_by_label("ログイン名").fill("sato")
    await pictures.keep("staff-sign-in", entrance, entrance.locator("main"))
    desk = await pictures.member(asking, "窓口係", "")
    await expect(desk.locator("tbody tr")).to_have_count(3)
    await pictures.keep(
        "staff-inbox", desk, desk.locator(".demo-strip"), desk.locator(".folders"), desk.locator("tbody")
    )
    number = await asking.page.locator(".letter:not([hidden]) .check-number").inner_text()
    await desk.get_by_role("link", name=number).first.click()
    await desk.get_by_role("button", name="担当する").click()
    await expect(desk.get_by_text("あなたが担当しています")).to_be_visible()
    await desk.locator("#canned").select_option(label="はじめのごあいさつ")
    await desk.get_by_role("button", name="入れる").click()
    await expect(desk.get_by_label("お客さまへの返信")).not_to_be_empty()
    await _says(desk, asking)
    await asking.page.get_by_label("メッセージを入力").fill(
        "引っ越してはいませんが、勤め先が変わりました。どう答えればいいですか"
    )
    await asking.page.get_by_role("button", name="送信", exact=True).click()
    await expect(desk.locator(".line-customer .text", has_text="勤め先が変わりました")).to_be_visible()
    await desk.get_by_label("お客さまへの返信").fill(
        "ありがとうございます。お勤め先はこのあと順番におたずねしますので、「変わった」を押して新しいお名前を入れてください。"
    )
    await _says(desk, asking)
    await desk.set_viewport_size({"width": 1440, "height": 1040})
    await pictures.keep("staff-conversation", desk)
    await pictures.keep("phone-staff", asking.page, asking.page.locator("#phone"), margin=6)
    for name in ("引き継ぐ", "あとにする", "メモを書く"):
        await desk.locator(".composer summary", has_text=name).click()
    await desk.set_viewport_size({"width": 1440, "height": 1900})
    await pictures.keep("staff-ways-out", desk, desk.locator(".ways-out"), margin=6)
    await desk.locator(".panel-form summary", has_text="お客さまに代わって入力").click()
    await desk.get_by_label("お答え", exact=True).fill("090-1234-5678")
    await desk.locator("[data-live=panel-forms]").scroll_into_view_if_needed()
    await pictures.keep("staff-enter", desk, desk.locator(".panel-form").first, margin=8)


async def _says(desk: Page, customer: Phone) -> None:
    """The reply in the box goes out, and is seen on the phone."""
    box = desk.get_by_label("お客さまへの返信")
    text = await box.input_value()
    await desk.get_by_role("button", name="送信する").click()
    await expect(customer.chat.get_by_text(text)).to_be_visible()
    await expect(desk.locator(".line-staff").last).to_contain_text(text)
    await expect(desk.locator(".delivery").last).to_have_text("送信済み")


async def _moves(phone: Phone) -> None:
    """The whole form of somebody who lives elsewhere now."""
    for _ in range(MOST_TURNS):
        if await phone.chat.get_by_text("受付番号は").count():
            break
        asked = await phone.chat.locator(".bubble-row:not(.mine) .say").last.inner_text()
        if "ご住所を教えてください" in asked and "いまのご登録" in asked:
            await phone.tap(phone.chat.get_by_role("button", name="変わった").last)
        elif "ご住所を教えてください" in asked:
            await phone.type(ON_PAPER["address"])
        elif "郵便番号を教えてください" in asked:
            await phone.type(ON_PAPER["postal_code"])
        else:
            await phone.answer()
    await expect(phone.chat.get_by_text("受付番号は")).to_be_visible()


async def _office(pictures: Pictures, moved: Phone) -> None:
    office = await pictures.member(moved, "事務係", "entries")
    second = await pictures.member(moved, "承認者", "reviews")
    await _entry(pictures, office)
    await _contact(pictures, office, moved.page)
    await _campaign(pictures, office, second)
    await _export(pictures, office, second)
    await _review(
        pictures, office, second, await moved.page.locator(".letter:not([hidden]) .check-number").inner_text()
    )
    await second.goto(f"{pictures.address}/console/charts")
    await pictures.keep("office-charts", second, second.locator(".chart-sheet").first)


async def _entry(pictures: Pictures, office: Page) -> None:
    """A form that came back on paper, half typed."""
    await office.get_by_label("顧客番号・受付番号").fill("0000101")
    await office.keyboard.press("Enter")
    await office.get_by_label("スキャン番号").fill("S-2026-0001")
    await office.get_by_role("button", name="入力を始める").click()
    for key, text in ON_PAPER.items():
        line = office.locator(f'[data-key="{key}"]')
        await line.locator("[data-field]").fill(text)
        await line.locator("[data-field]").press("Enter")
        await expect(line.locator("[data-status]")).not_to_be_empty()
    await office.evaluate("scrollTo(0, 0)")
    await pictures.keep(
        "office-entry",
        office,
        office.locator("main h1"),
        *[office.locator(f'[data-key="{key}"]') for key in ON_PAPER],
        margin=2,
    )


async def _contact(pictures: Pictures, office: Page, phone: Page) -> None:
    """Customers whose letters came back; a call, and what came of it."""
    for name in ("橋本 千代", "伊藤 和子", "小林 幸子"):
        await office.goto(f"{pictures.address}/console/cases/{await letter_of(phone, name)}")
        await office.locator("summary", has_text="案件の状態を変える").click()
        await office.get_by_label("理由(必須)").fill("転居先不明で返送されたため")
        await office.get_by_role("button", name="郵便の返送").click()
        await expect(office.locator(".facts .tag", has_text="不達")).to_be_visible()
    await office.goto(f"{pictures.address}/console/worklists")
    await expect(office.locator("tbody tr")).to_have_count(3)
    rows = office.locator("tbody tr")
    await pictures.keep("office-worklist", office, office.locator("main h1"), office.locator("main .sheet"))
    await rows.locator("a").first.click()
    await office.get_by_label("不出").check()
    # The day of a promise stands below; how it is written there is the browser's own language.
    result = office.get_by_role("region", name="結果の入力")
    await pictures.keep("office-contact", office, result.locator("h2"), result.locator("fieldset"))


async def _campaign(pictures: Pictures, office: Page, second: Page) -> None:
    """One makes a draft; the other looks at the preview before he agrees."""
    await office.goto(f"{pictures.address}/console/campaigns")
    await office.get_by_label("名前").fill("2026-12-low")
    await office.get_by_label("リスク格付").select_option("low")
    await office.get_by_label("以前に案内したお客さま").select_option("1")
    await office.get_by_role("button", name="下書きを作る").click()
    await expect(office.get_by_text("承認を待っています")).to_be_visible()
    await second.goto(f"{pictures.address}/console/campaigns")
    await second.get_by_role("link", name="2026-12-low").click()
    await pictures.keep(
        "office-campaign", second, second.locator("main p").first, second.get_by_role("region", name="操作")
    )


async def _export(pictures: Pictures, office: Page, second: Page) -> None:
    """All values need a second person."""
    await office.goto(f"{pictures.address}/console/exports")
    await office.get_by_label("値").select_option("full")
    await office.get_by_label("必要な理由").fill("11月分の台帳更新のため")
    await office.get_by_role("button", name="依頼する").click()
    await expect(office.get_by_text("承認待ち")).to_be_visible()
    await second.goto(f"{pictures.address}/console/exports")
    requests = second.locator("[data-live=requests]")
    await expect(requests.get_by_role("button", name="承認する")).to_be_visible()
    await pictures.keep("office-export", second, second.locator("#requests"), requests)


async def _review(pictures: Pictures, office: Page, second: Page, number: str) -> None:
    """What really changed: one decides, another agrees."""
    for _ in range(PATIENCE // 2):
        await office.goto(f"{pictures.address}/console/reviews")
        if await office.get_by_role("link", name=number).count():
            break
        await office.wait_for_timeout(2000)
    await office.get_by_role("link", name=number).click()
    await office.locator("[data-card]", has_text="住所").first.get_by_role("button", name="承認").click()
    await expect(office.get_by_role("status")).to_have_text("承認しました。")
    await second.goto(f"{pictures.address}/console/reviews?list=second")
    await pictures.keep("office-reviews", second, second.locator("main h1"), second.locator("main .sheet"))
    await second.get_by_role("link", name=number).click()
    await pictures.keep(
        "office-case", second, second.locator("main h1"), second.locator("[data-card]", has_text="住所").first
    )


async def main(folder: Path) -> None:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kakunin-pictures-") as scratch:
        async with running_demo(Path(scratch) / "demo.log") as address, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            await take(Pictures(browser, address, folder))
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
