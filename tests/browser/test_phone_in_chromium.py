"""The demo's phone page in a real browser, with the stand-ins and a bot that repeats what it hears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from playwright.async_api import Page, expect

from bot.settings import Settings
from bot.simulator.people import Bubble, Person, Speaker, Tappable
from bot.simulator.phone import Letter, Login, make_phone
from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_telegram import TelegramPlatform
from storage.universe import FrozenUniverse
from tests.browser.conftest import OpenPage, Serve
from tests.browser.test_console_in_chromium import CONTRAST

PLANTED = "<img src=x onerror=document.title='planted'>"


@dataclass
class Demo:
    """The page's address and the platforms behind it."""

    address: str
    line: LinePlatform
    telegram: TelegramPlatform
    universe: FrozenUniverse

    def ask(self, person: Person, text: str, *choices: str, quick: tuple[str, ...] = ()) -> None:
        """The bank asks something."""
        person.bubbles.append(
            Bubble(
                message_id=self.universe.new_id(),
                speaker=Speaker.ACCOUNT,
                at=self.universe.now(),
                text=text,
                rows=tuple((Tappable(label=label, data=label, said=label),) for label in choices),
                quick_replies=tuple(Tappable(label=label, data=label, said=label) for label in quick),
            )
        )


@pytest.fixture
async def demo(universe: FrozenUniverse, serve: Serve) -> AsyncIterator[Demo]:
    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    bot = web.Application()
    bot.router.add_post("/{name}/webhook", take)
    hooks = await serve(bot)
    line = LinePlatform(f"{hooks}/line/webhook", "secret", "token", now=universe.now, new_id=universe.new_id)
    telegram = TelegramPlatform("1:token", "bot", now=universe.now, webhook_url=f"{hooks}/telegram/webhook")

    async def letters() -> tuple[Letter, ...]:
        return tuple(
            Letter(
                key=key,
                salutation=name,
                kind="individual",
                code=code,
                check_number=number,
                expires_on=date(2026, 12, 31),
                line_url=f"https://line.example/?{code}",
                telegram_url=f"https://telegram.example/?start={code}",
                birth_date=date(1970, 4, 1),
                phone="090-0000-1234",
            )
            for key, name, code, number in (
                ("a1", "見本 花子", "ABCD2345EFGH", "4821"),
                ("a2", "見本 太郎", "JKLM2345NPQR", "7310"),
            )
        )

    app = web.Application()
    logins = (Login(login="sato", password="demo-password", role="operator"),)
    app.add_subapp("/demo/", make_phone(line, telegram, letters, Settings(), logins=logins))
    await line.start()
    await telegram.start()
    yield Demo(await serve(app) + "/demo/phone", line, telegram, universe)
    await line.close()
    await telegram.close()


async def picked_up(page: Page, demo: Demo) -> Person:
    await page.goto(demo.address)
    await page.get_by_role("button", name="お手紙を読み取る").click()
    await expect(page.get_by_label("メッセージを入力")).to_have_value("ABCD2345EFGH")
    (person,) = demo.line.people
    return person


async def test_a_person_plays_line_with_a_finger(open_page: OpenPage, demo: Demo) -> None:
    page = await open_page()
    person = await picked_up(page, demo)
    await page.get_by_role("button", name="送信", exact=True).click()
    chat = page.get_by_role("log")
    await expect(chat.get_by_text("ABCD2345EFGH")).to_be_visible()
    demo.ask(person, "照合番号は 4821 です。", "同じ", "ちがう", quick=("係の者と話す",))
    await chat.get_by_role("button", name="同じ").click()
    await expect(chat.locator(".mine .say").nth(1)).to_have_text("同じ")
    await page.get_by_role("button", name="係の者と話す").click()
    await expect(chat.locator(".mine .say").nth(2)).to_have_text("係の者と話す")
    demo.ask(person, PLANTED)
    await expect(chat.get_by_text(PLANTED)).to_be_visible()
    await expect(page.get_by_role("button", name="係の者と話す")).to_have_count(0)
    await page.get_by_role("button", name="スタンプを送る").click()
    await expect(chat.locator(".sticker")).to_be_visible()
    await chat.get_by_role("button", name="送信取消").first.click()
    await expect(chat.get_by_text("メッセージの送信を取り消しました")).to_be_visible()
    await page.get_by_role("button", name="ブロックする").click()
    await expect(page.get_by_label("メッセージを入力")).to_be_disabled()
    await page.get_by_role("button", name="ブロックをやめる").click()
    await expect(page.get_by_label("メッセージを入力")).to_be_enabled()
    assert await page.title() == "確認 デモ"


async def test_the_same_letter_on_telegram_and_another_letter(open_page: OpenPage, demo: Demo) -> None:
    page = await open_page()
    await page.goto(demo.address)
    await page.get_by_role("button", name="Telegram 風").click()
    await page.get_by_role("button", name="お手紙を読み取る").click()
    await expect(page.get_by_role("log").get_by_text("/start ABCD2345EFGH")).to_be_visible()
    await expect(page.get_by_role("button", name="送信取消")).to_have_count(0)
    await page.get_by_label("だれのお手紙にしますか").select_option("a2")
    await expect(page.locator(".letter:not([hidden]) .check-number")).to_have_text("7310")
    await expect(page.get_by_role("button", name="お手紙を読み取る")).to_be_visible()
    assert len(demo.telegram.people) == 2


async def test_large_text_is_larger(open_page: OpenPage, demo: Demo) -> None:
    page = await open_page()
    person = await picked_up(page, demo)
    demo.ask(person, "ご住所は変わりましたか。")
    bubble = page.get_by_role("log").locator(".say")
    await expect(bubble).to_be_visible()
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    before = await bubble.evaluate(size)
    await page.get_by_label("大きな文字").check()
    assert await bubble.evaluate(size) > before * 1.25


@pytest.mark.parametrize("look", ["LINE 風", "Telegram 風"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_the_page_fits_and_is_readable(open_page: OpenPage, demo: Demo, width: int, look: str) -> None:
    page = await open_page(width=width)
    await page.goto(demo.address)
    await page.get_by_role("button", name=look).click()
    await page.get_by_role("button", name="お手紙を読み取る").click()
    people = demo.line.people if look.startswith("LINE") else demo.telegram.people
    await expect(page.get_by_label("メッセージを入力")).to_be_enabled()
    person = next(someone for someone in people if someone.friend)
    demo.ask(person, "なが" * 100, "はい", "いいえ", quick=("もどる",))
    await page.get_by_label("メッセージを入力").fill("はい")
    await page.get_by_role("button", name="送信", exact=True).click()
    await expect(page.get_by_role("log").locator(".say.mine-say").last).to_have_text("はい")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.evaluate(CONTRAST) == []


async def test_the_page_says_when_the_demo_has_stopped(open_page: OpenPage, demo: Demo) -> None:
    page = await open_page()
    await picked_up(page, demo)
    demo.line.webhook_url = f"http://127.0.0.1:{unused_port()}/"
    demo.line.redelivery_pause = 0
    await page.get_by_role("button", name="送信", exact=True).click()
    await expect(page.get_by_text("いまの操作は届きませんでした")).to_be_visible()
