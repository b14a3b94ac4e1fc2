"""A team at the console in a real browser: two at once, presence, passing on, keys, lost streams, planted scripts."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from playwright.async_api import Page, expect
from sqlalchemy import Connection

from bot.console.application import make_console
from bot.console.desk import AnswerLine, CustomerFact, HandOver
from bot.console.passwords import Passwords
from bot.settings import Settings
from dialogs.conversation.prompts import Message, MessageKind, ShownButton
from storage import conversations, staff
from storage.database import Database
from storage.staff import StaffMember
from storage.universe import FrozenUniverse
from tests.bot.console import house
from tests.bot.console.house import PLANTED, QUICK, Bank, hear, say, seed
from tests.bot.console.test_owed import promise
from tests.browser.conftest import OpenPage, Serve
from tests.browser.test_console_in_chromium import sign_in


@pytest.fixture
def bank(sqlite_database: Database, universe: FrozenUniverse) -> Bank:
    return seed(sqlite_database, universe)


@pytest.fixture
async def address(bank: Bank, serve: Serve) -> str:
    app = web.Application()
    settings = Settings(bank_name="見本銀行", allow_drafts=True, second_factor_roles=())
    app.add_subapp(
        "/console/",
        make_console(bank.database, bank.desk, settings, bank.universe, passwords=Passwords(QUICK), demo=True),
    )
    return await serve(app) + "/console"


def member(bank: Bank, login: str) -> StaffMember:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    return found[0]


async def with_sato(open_page: OpenPage, address: str, bank: Bank) -> Page:
    """sato has taken over who waits longest, and looks at it."""
    page = await open_page()
    await sign_in(page, address, "sato")
    await page.goto(f"{address}/conversations/{bank.refs['waiting_long']}")
    await page.get_by_role("button", name="担当する").click()
    await expect(page.get_by_label("お客さまへの返信")).to_be_visible()
    return page


async def test_of_two_who_click_at_once_one_has_it_and_the_other_sees_who(
    open_page: OpenPage, address: str, bank: Bank
) -> None:
    first, second = await open_page(), await open_page()
    for page, login in ((first, "sato"), (second, "suzuki")):
        await sign_in(page, address, login)
        await page.goto(f"{address}/conversations/{bank.refs['waiting_long']}")
    await asyncio.gather(*(page.get_by_role("button", name="担当する").click() for page in (first, second)))
    owner = re.compile("あなたが担当しています|さんが担当しています")
    for page in (first, second):
        await expect(page.locator(".owner-bar")).to_contain_text(owner)
    boxes = [await page.get_by_label("お客さまへの返信").count() for page in (first, second)]
    assert sorted(boxes) == [0, 1]
    winner, loser = (("sato", second), ("suzuki", first))[boxes.index(1)]
    await expect(loser.get_by_text(f"{winner} さんが担当しています")).to_be_visible()
    assert bank.conversation("waiting_long").epoch == 1


async def test_who_comes_while_the_stream_is_lost_is_listed_when_it_is_back(
    open_page: OpenPage, address: str, bank: Bank
) -> None:
    page = await open_page()
    await sign_in(page, address, "sato")
    new = page.get_by_role("link", name=check_number(bank, "with_bot"))
    await expect(new).to_have_count(0)
    await page.context.set_offline(True)

    def asks(conn: Connection) -> None:
        waiting = replace(bank.conversation("with_bot"), owner="waiting", waiting_since=bank.universe.now())
        conversations.save_conversation(conn, bank.database.vault, waiting, [])

    bank.database.run(asks)
    await expect(page.get_by_text("画面の更新が止まっています")).to_be_visible()
    await expect(new).to_have_count(0)
    await page.context.set_offline(False)
    await expect(new).to_be_visible(timeout=6000)
    await expect(page.locator("[data-waiting] .urgent .count")).to_contain_text("4")


async def test_a_reply_given_by_telephone_leaves_the_list_of_who_looks_at_it(
    open_page: OpenPage, address: str, bank: Bank
) -> None:
    promise(bank, "with_bot", "over")
    listed, page = await open_page(), await open_page()
    for one, login in ((listed, "suzuki"), (page, "sato")):
        await sign_in(one, address, login)
    await listed.goto(f"{address}/?folder=owed")
    await expect(listed.locator("[data-row]")).to_have_count(2)
    await page.goto(f"{address}/conversations/{bank.refs['with_bot']}")
    await page.get_by_text("電話などで済ませた").click()
    await page.get_by_label("どのように済ませましたか").fill("電話でご説明しました")
    await page.get_by_role("button", name="済みにする").click()
    await expect(page.locator("main")).to_contain_text("電話でご説明しました")
    await expect(page.get_by_text("電話などで済ませた")).to_have_count(0)
    await expect(listed.locator("[data-row]")).to_have_count(1)


def check_number(bank: Bank, name: str) -> str:
    from storage import cases

    case = bank.database.run_read(lambda conn: cases.load_case(conn, bank.conversation(name).case_id or ""))
    assert case is not None
    return case.check_number


async def test_what_was_typed_in_an_earlier_takeover_is_refused_and_kept(
    open_page: OpenPage, address: str, bank: Bank
) -> None:
    page = await open_page(script=False)  # nothing tells this page that the owner changed
    await sign_in(page, address, "sato")
    await page.goto(f"{address}/conversations/{bank.refs['waiting_long']}")
    await page.get_by_role("button", name="担当する").click()
    await page.get_by_label("お客さまへの返信").fill("さきほどの件ですが")
    conversation_id, sato = bank.conversation_id("waiting_long"), member(bank, "sato")
    await bank.desk.hand_back(conversation_id, sato, "")
    await bank.desk.claim(conversation_id, sato)
    said = bank.conversation("waiting_long").out_seq
    await page.get_by_role("button", name="送信する").click()
    await expect(page.get_by_role("alert")).to_contain_text("送っていません")
    await expect(page.get_by_label("お客さまへの返信")).to_have_value("さきほどの件ですが")
    assert bank.conversation("waiting_long").out_seq == said
    await page.get_by_role("button", name="送信する").click()
    await expect(page.locator(".line-staff .text")).to_have_text("さきほどの件ですが")


async def test_an_ended_session_sends_nothing(open_page: OpenPage, address: str, bank: Bank) -> None:
    page = await with_sato(open_page, address, bank)
    await page.get_by_label("お客さまへの返信").fill("間に合いますか")
    said = bank.conversation("waiting_long").out_seq
    bank.universe.advance(timedelta(minutes=31))
    await page.get_by_role("button", name="送信する").click()
    await expect(page.get_by_role("heading", name="サインイン")).to_be_visible(timeout=4000)
    assert bank.conversation("waiting_long").out_seq == said


async def test_colleagues_see_who_looks_and_who_types(open_page: OpenPage, address: str, bank: Bank) -> None:
    page, other = await with_sato(open_page, address, bank), await open_page()
    await sign_in(other, address, "suzuki")
    await other.goto(f"{address}/conversations/{bank.refs['waiting_long']}")
    await expect(page.get_by_text("suzuki さんが閲覧中")).to_be_visible(timeout=4000)
    await page.get_by_label("お客さまへの返信").press_sequentially("お調べ")
    await expect(other.get_by_text("sato さんが入力中")).to_be_visible(timeout=4000)
    await other.close()
    await expect(page.get_by_text("suzuki さん")).to_have_count(0, timeout=6000)
    await expect(page.get_by_label("お客さまへの返信")).to_have_value("お調べ")


async def test_a_page_closes_itself_when_it_was_passed_on(open_page: OpenPage, address: str, bank: Bank) -> None:
    page = await with_sato(open_page, address, bank)
    second = await page.context.new_page()
    await second.goto(page.url)
    await page.get_by_text("引き継ぐ", exact=True).first.click()
    await page.get_by_label("引き継ぐ相手").select_option(label="kato (事務係)")
    await page.get_by_label("引き継ぎの理由").fill("法人の係へ")
    await page.get_by_role("button", name="引き継ぐ").click()
    await expect(page.get_by_text("引き継ぎました。")).to_be_visible()
    await expect(second.get_by_role("heading", name="見つかりません")).to_be_visible(timeout=4000)
    assert bank.conversation("waiting_long").owner_staff_id == member(bank, "kato").id


async def test_keys_lead_through_the_list_and_the_conversation(open_page: OpenPage, address: str, bank: Bank) -> None:
    page = await open_page()
    await sign_in(page, address, "sato")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="キー操作")).to_be_visible()
    await page.keyboard.press("j")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    focused = "document.activeElement.getAttribute('href')"
    paths = [f"/console/conversations/{bank.refs[n]}" for n in ("waiting_long", "branch_200", "waiting_short")]
    for key, at in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        await page.keyboard.press(key)
        assert await page.evaluate(focused) == paths[at]
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{paths[1]}")
    await page.keyboard.press("n")
    await page.keyboard.type("jk c?")  # in a field they are letters
    await expect(page.get_by_label("係へのメモ")).to_have_value("jk c?")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".line-note .text")).to_have_text("jk c?")
    assert bank.conversation("branch_200").owner == "waiting"
    await page.locator("h1").click()
    await page.keyboard.press("c")
    await expect(page.get_by_label("お客さまへの返信")).to_be_visible()
    await page.keyboard.press("b")
    await expect(page.get_by_role("button", name="へもどす")).to_be_focused()
    await page.keyboard.press("r")
    await expect(page.get_by_label("お客さまへの返信")).to_be_focused()


async def test_an_approved_reply_lands_in_the_box_behind_what_was_typed(
    open_page: OpenPage, address: str, bank: Bank
) -> None:
    page = await with_sato(open_page, address, bank)
    box = page.get_by_label("お客さまへの返信")
    await box.fill("こんにちは。")
    await page.get_by_label("定型文を選ぶ").select_option(label="いまの質問にもどる案内")
    await page.get_by_role("button", name="入れる").click()
    await expect(box).to_have_value(re.compile("こんにちは。\n.*「ご住所は変わりましたか。」のご質問からつづけます。"))
    assert await page.locator(".line-staff").count() == 0, "nothing is sent by choosing it"
    assert "canned" not in page.url


async def test_the_sound_is_off_until_it_is_wanted(open_page: OpenPage, address: str) -> None:
    page = await open_page()
    await sign_in(page, address, "sato")
    sound = page.get_by_role("button", name="お知らせ音")
    await expect(sound).to_have_attribute("aria-pressed", "false")
    await sound.click()
    await expect(sound).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(sound).to_have_text("お知らせ音: 入")


async def test_paper_has_numbered_pages_with_the_hash_on_each(open_page: OpenPage, address: str, bank: Bank) -> None:
    for number in range(60):
        bank.customer_says("waiting_long", f"{number}行めの長い言葉" * 8)
    page = await open_page()
    await sign_in(page, address, "suzuki")
    await page.goto(f"{address}/conversations/{bank.refs['waiting_long']}/print")
    digest = (await page.locator(".hash").inner_text()).rpartition(" ")[2]
    assert re.fullmatch("[0-9a-f]{64}", digest)
    await page.emulate_media(media="print")
    assert await page.evaluate("getComputedStyle(document.querySelector('.foot')).display") == "table-footer-group"
    await expect(page.get_by_role("button", name="印刷する")).to_be_hidden()
    sheets = await page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", sheets)) >= 3
    assert re.search(rb"/MediaBox\s*\[0 0 59[45]\S* 84[12]", sheets), "A4"
    await page.set_viewport_size({"width": 390, "height": 800})
    await page.emulate_media(media="screen")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_nothing_that_a_customer_controls_runs_anywhere(
    open_page: OpenPage, address: str, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id, database = bank.conversation_id("waiting_long"), bank.database

    def plant(conn: Connection) -> None:
        conversation = bank.desk._load(conn, conversation_id)
        button = ShownButton(option=PLANTED, label=PLANTED)
        asked = Message(kind=MessageKind.QUESTION, text=PLANTED, buttons=(button,), shortcuts=(button,), token=PLANTED)
        say(conn, database, conversation, asked)
        hear(conn, database, conversation_id, {"text": PLANTED})
        hear(conn, database, conversation_id, {"label": PLANTED, "option": PLANTED}, kind="choice")
        hear(conn, database, conversation_id, {"media": PLANTED}, kind="media")
        hear(conn, database, conversation_id, {"text": f"[withheld: {PLANTED}]"})
        hear(conn, database, conversation_id, {}, kind=PLANTED[:16])

    database.run(plant)
    monkeypatch.setattr(house, "ANSWERS", (AnswerLine(label=PLANTED, display=PLANTED, state="answered"),))
    monkeypatch.setattr(house, "FACTS", (CustomerFact(key="name", masked=PLANTED),))
    bank.desk.question = PLANTED
    bank.desk.hand_overs[conversation_id] = [
        HandOver(at=bank.universe.now(), to="waiting", reason=PLANTED),
        HandOver(at=bank.universe.now(), to="staff", staff=PLANTED),
    ]
    page = await with_sato(open_page, address, bank)
    await page.locator("summary", has_text="メモを書く").click()
    await page.get_by_label("係へのメモ").fill(PLANTED)
    await page.get_by_role("button", name="メモを残す").click()
    await expect(page.locator(".line-note .text")).to_have_text(PLANTED)
    bank.customer_says("waiting_long", PLANTED)
    await expect(page.locator(".line-customer .text").last).to_have_text(PLANTED, timeout=2500)
    titles = [await page.title()]
    for path in (f"/conversations/{bank.refs['waiting_long']}/print", "/?folder=mine", "/"):
        await page.goto(f"{address}{path}")
        titles.append(await page.title())
    await page.get_by_label("会話を探す").fill(PLANTED)
    await page.get_by_role("button", name="探す").click()
    await expect(page.get_by_label("会話を探す")).to_have_value(PLANTED[:100])
    assert PLANTED[:8] not in page.url
    assert [title for title in (*titles, await page.title()) if "planted" in title] == []
