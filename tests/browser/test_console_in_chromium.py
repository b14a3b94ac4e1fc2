"""The console in a real browser: take over and hand back, two at once, lost streams, planted scripts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.settings import Settings
from storage import staff
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.bot.console.house import PASSWORD, PLANTED, QUICK, Bank, seed
from tests.browser.conftest import OpenPage, Serve

#: Text and background of every element with text of its own, and how far apart they are.
CONTRAST = """() => {
  const channel = (value) => {
    const part = value / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest("[disabled]")) continue;
    const a = light(parse(getComputedStyle(element).color)), b = light(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""

#: What a person with a screen reader or a keyboard would miss.
GAPS = """() => {
  const gaps = [];
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  if (new Set(ids).size !== ids.length) gaps.push("an id stands twice");
  if (!document.documentElement.lang) gaps.push("no language");
  if (document.querySelectorAll("h1").length !== 1) gaps.push("not one h1");
  if (document.querySelectorAll("main").length !== 1) gaps.push("not one main");
  for (const field of document.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    if (!field.labels.length && !field.ariaLabel && field.ariaHidden !== "true") gaps.push(`no label: ${field.id}`);
  }
  for (const element of document.querySelectorAll("a, button")) {
    if (!element.textContent.trim() && !element.ariaLabel) gaps.push(`no name: ${element.outerHTML.slice(0, 60)}`);
  }
  for (const element of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    for (const name of ["aria-labelledby", "aria-describedby"]) {
      for (const id of (element.getAttribute(name) || "").split(" ").filter(Boolean)) {
        if (!document.getElementById(id)) gaps.push(`${name} leads nowhere: ${id}`);
      }
    }
  }
  return gaps;
}"""


@pytest.fixture
def bank(sqlite_database: Database, universe: FrozenUniverse) -> Bank:
    return seed(sqlite_database, universe)


@pytest.fixture
async def address(bank: Bank, serve: Serve) -> str:
    app = web.Application()
    settings = Settings(bank_name="見本銀行", second_factor_roles=())
    app.add_subapp(
        "/console/",
        make_console(bank.database, bank.desk, settings, bank.universe, passwords=Passwords(QUICK), demo=True),
    )
    return await serve(app) + "/console"


async def sign_in(page: Page, address: str, login: str) -> None:
    await page.goto(f"{address}/sign-in")
    await page.get_by_label("ログイン名").fill(login)
    await page.get_by_label("パスワード").fill(PASSWORD)
    await page.get_by_role("button", name="サインインする").click()
    await expect(page.get_by_role("heading", name="お待ちのかた")).to_be_visible()


async def test_take_over_answer_and_hand_back_while_the_customer_writes(
    open_page: OpenPage, address: str, bank: Bank
) -> None:
    page = await open_page()
    await sign_in(page, address, "sato")
    await page.get_by_role("link", name=bank.desk.database.run_read(lambda c: _check_number(bank))).first.click()
    await page.get_by_role("button", name="担当する").click()
    await expect(page.get_by_text("あなたが担当しています")).to_be_visible()
    box = page.get_by_label("お客さまへの返信")
    await box.fill("お待たせいたしました。")
    await box.press("Control+Enter")
    await expect(page.locator(".line-staff .text")).to_have_text("お待たせいたしました。")
    await expect(box).to_have_value("")
    await box.fill("書きかけ")
    bank.customer_says("waiting_long", "ありがとう")
    await expect(page.locator(".line-customer .text")).to_have_text("ありがとう", timeout=2500)
    await expect(box).to_have_value("書きかけ")
    await page.get_by_role("button", name="質問「ご住所は変わりましたか。」へもどす").click()
    await expect(page.get_by_text("自動で返信しています")).to_be_visible()
    await expect(page.get_by_text("自動応答にもどりました").first).to_be_visible()
    assert bank.conversation("waiting_long").owner == "bot"


def _check_number(bank: Bank) -> str:
    from storage import cases

    case_id = bank.conversation("waiting_long").case_id
    assert case_id is not None
    case = bank.database.run_read(lambda conn: cases.load_case(conn, case_id))
    assert case is not None
    return case.check_number


async def test_of_two_who_claim_the_slower_sees_who_was_faster(open_page: OpenPage, address: str, bank: Bank) -> None:
    first, second = await open_page(), await open_page()
    await sign_in(first, address, "sato")
    await sign_in(second, address, "suzuki")
    path = f"{address}/conversations/{bank.refs['waiting_long']}"
    await first.goto(path)
    await second.goto(path)
    await first.get_by_role("button", name="担当する").click()
    await expect(first.get_by_label("お客さまへの返信")).to_be_visible()
    await expect(second.get_by_text("sato さんが担当しています")).to_be_visible(timeout=2500)
    await expect(second.get_by_role("button", name="担当する")).to_have_count(0)
    await expect(second.get_by_label("お客さまへの返信")).to_have_count(0)


async def test_a_secret_is_not_sent_and_stays_in_the_box(open_page: OpenPage, address: str, bank: Bank) -> None:
    page = await open_page()
    await sign_in(page, address, "sato")
    await page.goto(f"{address}/conversations/{bank.refs['waiting_long']}")
    await page.keyboard.press("c")
    await expect(page.get_by_text("あなたが担当しています")).to_be_visible()
    await page.get_by_label("お客さまへの返信").fill("4111 1111 1111 1111")
    await page.get_by_role("button", name="送信する").click()
    await expect(page.get_by_role("alert")).to_contain_text("カード番号と思われる文のため、送っていません")
    await expect(page.get_by_label("お客さまへの返信")).to_have_value("4111 1111 1111 1111")
    assert await page.locator(".line-staff").count() == 0


async def test_a_lost_stream_misses_nothing(open_page: OpenPage, address: str, bank: Bank) -> None:
    page = await open_page()
    await sign_in(page, address, "sato")
    await page.goto(f"{address}/conversations/{bank.refs['with_bot']}")
    await page.wait_for_load_state("load")
    await page.context.set_offline(True)
    bank.customer_says("with_bot", "聞こえますか")
    await page.wait_for_timeout(300)
    await page.context.set_offline(False)
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator(".line-customer .text")).to_have_text("聞こえますか")


async def test_an_ended_session_leads_to_sign_in_by_itself(open_page: OpenPage, address: str, bank: Bank) -> None:
    page = await open_page()
    await sign_in(page, address, "sato")
    bank.universe.advance(timedelta(minutes=31))
    await expect(page.get_by_role("heading", name="サインイン")).to_be_visible(timeout=4000)


async def test_planted_scripts_stay_text(open_page: OpenPage, address: str, bank: Bank) -> None:
    bank.customer_says("waiting_long", PLANTED)
    bank.desk.question = PLANTED
    page = await open_page()
    await sign_in(page, address, "suzuki")
    await page.goto(f"{address}/conversations/{bank.refs['waiting_long']}")
    await expect(page.locator(".line-customer .text")).to_have_text(PLANTED)
    bank.customer_says("waiting_long", PLANTED)
    await expect(page.locator(".line-customer .text")).to_have_count(2, timeout=2500)
    assert await page.title() == "会話 - 確認コンソール"


async def test_everything_works_without_script(open_page: OpenPage, address: str, bank: Bank) -> None:
    page = await open_page(script=False)
    await sign_in(page, address, "sato")
    await page.goto(f"{address}/conversations/{bank.refs['waiting_long']}")
    await page.get_by_role("button", name="担当する").click()
    await page.get_by_label("お客さまへの返信").fill("お待たせいたしました。")
    await page.get_by_role("button", name="送信する").click()
    await expect(page.locator(".line-staff .text")).to_have_text("お待たせいたしました。")
    await page.get_by_text("ほかの係にまかせる").click()
    await page.get_by_label("つぎの係に伝える理由").fill("口座の係へ")
    await page.get_by_role("button", name="待ちにもどす").click()
    await expect(page.get_by_text("お客さまが係の者をお待ちです")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1280, 900, 390])
async def test_pages_fit_are_readable_and_name_everything(
    open_page: OpenPage, address: str, bank: Bank, width: int
) -> None:
    suzuki = bank.database.run_read(lambda conn: staff.find_staff(conn, "suzuki"))
    assert suzuki is not None
    page = await open_page(width=width)
    await page.goto(f"{address}/sign-in")
    problems = [("sign-in", await page.evaluate(CONTRAST), await page.evaluate(GAPS))]
    await sign_in(page, address, "suzuki")
    await bank.desk.claim(bank.conversation_id("waiting_long"), suzuki[0])
    await bank.desk.say(bank.conversation_id("waiting_long"), suzuki[0], "お待たせいたしました。")
    bank.customer_says("waiting_long", "なが" * 200)
    paths = [f"/?folder={name}" for name in ("waiting", "mine", "staff", "bot", "closed")]
    paths += [f"/conversations/{bank.refs[name]}" for name in ("waiting_long", "waiting_short", "lobby", "over")]
    for path in (*paths, "/exports", "/password", "/conversations/zzzzzzzz"):
        await page.goto(f"{address}{path}")
        problems.append((path, await page.evaluate(CONTRAST), await page.evaluate(GAPS)))
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert [problem for problem in problems if problem[1] or problem[2]] == []


async def test_the_checks_of_pages_find_what_is_wrong(open_page: OpenPage) -> None:
    page = await open_page()
    await page.set_content("<p style='color: #999'>pale</p><input id='a'><button></button><i id='a'></i>")
    assert await page.evaluate(CONTRAST) == ["P. 2.85"]
    assert await page.evaluate(GAPS) == [
        "an id stands twice",
        "no language",
        "not one h1",
        "not one main",
        "no label: a",
        "no name: <button></button>",
    ]


async def test_the_keyboard_alone_is_enough(open_page: OpenPage, address: str, bank: Bank) -> None:
    page = await open_page()
    await page.goto(f"{address}/sign-in")
    await page.keyboard.type("sato")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="お待ちのかた")).to_be_visible()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    shown = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert shown == "solid", "where the focus is can be seen"
    target = f"/console/conversations/{bank.refs['waiting_long']}"
    for _ in range(25):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.getAttribute('href')") == target:
            break
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{target}")
    await page.keyboard.press("c")
    await expect(page.get_by_label("お客さまへの返信")).to_be_visible()
    await page.keyboard.press("r")
    await page.keyboard.type("はい")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".line-staff .text")).to_have_text("はい")
