"""A clerk enters a whole form with the keyboard alone, and it comes out in the export; without a script too."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.outreach.cadence import due_on
from bot.settings import Settings
from locales import load_catalogue
from storage import staff
from storage.database import Database
from storage.entries import Entry, entries_of_case
from storage.exports.options import Options
from storage.exports.responses import export_responses
from storage.reconciliation.worker import Reconciler
from storage.submissions import Submission, submissions_of_case
from storage.universe import FrozenUniverse
from tests.bot.console.entering import begin_entry, entry_desk, publish_individual
from tests.bot.console.house import QUICK, Bank, seed
from tests.browser.conftest import OpenPage, Serve
from tests.browser.test_every_page_in_chromium import hold

CUSTOMER, NAME = "0001", "waiting_long"
#: What stands on the paper, by question; elsewhere "no", or the first box.
ON_PAPER = {
    "name": "山田 花子",
    "name_kana": "やまだ はなこ",
    "postal_code": "100-0001",
    "address": "東京都千代田区千代田１－２－３",
    "phone": "０９０－１２３４－５６７８",
    "email": "-",
    "own_use": "1",
    "employer_kana": "ミホン",
    "nationality": "日本",
    "monthly_amount": "1",
}


@pytest.fixture
def bank(sqlite_database: Database, universe: FrozenUniverse) -> Bank:
    bank = seed(sqlite_database, universe)
    bank.database.run(lambda conn: publish_individual(conn, bank))
    return bank


@pytest.fixture
def doubled() -> tuple[str, ...]:
    """What two people enter: a test parametrizes this."""
    return ()


@pytest.fixture
async def address(bank: Bank, serve: Serve, doubled: tuple[str, ...]) -> str:
    app = web.Application()
    console = make_console(
        bank.database,
        bank.desk,
        Settings(bank_name="見本銀行", second_factor_roles=()),
        bank.universe,
        entries=entry_desk(bank, *doubled),
        passwords=Passwords(QUICK),
    )
    app.add_subapp("/console/", console)
    return await serve(app)


async def at_his_desk(page: Page, address: str, bank: Bank, login: str = "kato") -> None:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    await hold(page, address, bank, found[0])
    await page.goto(f"{address}/console/entries")


def case_id(bank: Bank) -> str:
    found = bank.conversation(NAME).case_id
    assert found is not None
    return found


def submissions(bank: Bank) -> list[Submission]:
    return bank.database.run_read(lambda conn: submissions_of_case(conn, bank.database.vault, case_id(bank)))


def entry_of(bank: Bank) -> Entry:
    (entry,) = bank.database.run_read(lambda conn: entries_of_case(conn, bank.database.vault, case_id(bank)))
    return entry


async def keys(page: Page, *names: str) -> None:
    for name in names:
        await page.keyboard.press(name)


#: The question of the field that has the focus, and the words of its choices; nothing where no field has it.
_HERE = """() => {
  const line = document.activeElement.closest("[data-key]");
  const rows = line ? [...line.querySelectorAll("[data-choices] span:not(.entry-registered)")] : [];
  return line && {key: line.dataset.key, choices: rows.map((row) => row.textContent.trim())};
}"""


async def types_all(page: Page, most: int = 80, **other: str) -> list[str]:
    """Every field from the first to the last, each left with Enter; the questions in the order they came."""
    on_paper = ON_PAPER | other
    asked: list[str] = []
    for _ in range(most):
        here = await page.evaluate(_HERE)
        if here is None:
            return asked
        key, choices = here["key"], here["choices"]
        no = next((one.split()[0] for one in choices if "いいえ" in one or "ありません" in one), None)
        text = on_paper.get(key, no or ("1" if choices else "見本"))
        asked.append(key)
        await page.keyboard.type(text)
        await page.keyboard.press("Enter")
        await page.wait_for_function(
            "key => document.activeElement.closest('[data-key]')?.dataset.key !== key", arg=key
        )
    raise AssertionError(f"the form has no end: {asked}")


async def begins(page: Page, address: str, bank: Bank, login: str) -> None:
    """The case by its number, and the number of the scan: each field has the focus when it is needed."""
    await at_his_desk(page, address, bank, login)
    await page.keyboard.type(CUSTOMER)
    await keys(page, "Enter")
    await expect(page.get_by_role("heading", name=f"顧客番号 {CUSTOMER}")).to_be_visible()
    assert CUSTOMER not in page.url
    await keys(page, "Tab")
    await page.keyboard.type("S-2026-0001")
    await keys(page, "Tab", "Tab", "Enter")
    await expect(page.locator("[data-field]").first).to_be_focused()


async def test_a_whole_form_by_keyboard_alone(open_page: OpenPage, bank: Bank, address: str, tmp_path: Path) -> None:
    page = await open_page(width=1440)
    await begins(page, address, bank, "kato")
    assert CUSTOMER not in page.url
    asked = await types_all(page)
    assert asked[:4] == ["consent", "respondent", "name", "name_kana"]
    await expect(page.locator("[data-finish]")).to_be_focused()
    await expect(page.locator(".is-problem, .is-missing")).to_have_count(0)
    await expect(page.locator(".entry-bar [data-left]")).to_have_text("残り 0")
    # How it was read stands beside the field.
    await expect(page.locator('[data-key="phone"] [data-status]')).to_contain_text("090-1234-5678")
    await page.screenshot(path=tmp_path / "form-1440.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 1440
    # What was typed is kept already: the browser may be closed.
    assert entry_of(bank).passes["first"]["phone"]["text"] == ON_PAPER["phone"]

    await keys(page, "Control+Enter")
    await expect(page.get_by_role("status").first).to_contain_text("提出しました。")
    (one,) = submissions(bank)
    assert [row["name"] for row in one.answers if row["instance"] == 0][:4] == asked[:4]
    assert (one.channel, one.answered_by) == ("paper", "customer")

    await asyncio.to_thread(Reconciler(next_due=due_on, zone=Options().zone).run, bank.database)
    word = load_catalogue("ja").text
    await asyncio.to_thread(
        export_responses, bank.database, tmp_path, Options(), actor="x", program="kakunin", word=word
    )
    with (tmp_path / "responses.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["customer_no"], row["channel"], row["phone"], row["email__state"]) == (
        *(CUSTOMER, "paper", "09012345678"),
        "answered",
    )


async def test_fields_fold_away_and_come_back_with_what_was_typed(
    open_page: OpenPage, bank: Bank, address: str, tmp_path: Path
) -> None:
    entry_id = begin_entry(bank, NAME)
    page = await open_page(width=390)
    await at_his_desk(page, address, bank)
    await page.goto(f"{address}/console/entries/{entry_id}")
    country = page.locator('[data-key="remittance_country[1]"]')
    remittance = page.locator('[data-key="remittance"] [data-field]')
    await remittance.fill("1")
    await keys(page, "Enter")
    count = page.locator('[data-key="remittance_count"] [data-field]')
    await expect(count).to_be_focused()
    await page.keyboard.type("1")
    await keys(page, "Enter")
    await expect(country).to_be_visible()
    await page.keyboard.type("火星")
    await keys(page, "Enter")
    await expect(country.locator(".entry-problem")).to_be_visible()
    await expect(country.locator("[data-field]")).to_have_attribute("aria-invalid", "true")
    await page.screenshot(path=tmp_path / "form-390.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await remittance.fill("2")
    await keys(page, "Enter")
    await expect(country).to_be_hidden()
    await remittance.fill("1")
    await keys(page, "Enter")
    await expect(country).to_be_visible()
    await expect(country.locator("[data-field]")).to_have_value("火星")
    # Another clerk goes on where it was left.
    other = await open_page(width=1440)
    await at_his_desk(other, address, bank, "sato")
    await other.goto(f"{address}/console/entries/{entry_id}")
    await expect(other.locator('[data-key="remittance_country[1]"] [data-field]')).to_have_value("火星")


async def test_two_clerks_at_once_lose_nothing(open_page: OpenPage, bank: Bank, address: str, tmp_path: Path) -> None:
    entry_id = begin_entry(bank, NAME)
    first, second = await open_page(width=1440), await open_page(width=1440)
    for page, login in ((first, "kato"), (second, "sato")):
        await at_his_desk(page, address, bank, login)
        await page.goto(f"{address}/console/entries/{entry_id}")
    await first.locator('[data-key="name"] [data-field]').fill("山田 花子")
    await keys(first, "Enter")
    await expect(first.locator('[data-key="name"] .entry-read')).to_be_visible()
    await second.locator('[data-key="name"] [data-field]').fill("山田 華子")
    await keys(second, "Enter")
    await expect(second.locator("[data-stale]")).to_be_visible()
    await keys(second, "Control+s")
    await expect(second.locator("#problem")).to_contain_text("ほかの人が先に保存しました")
    await expect(second.locator('[data-key="name"] [data-field]')).to_have_value("山田 華子")
    await expect(second.locator('[data-key="name"]')).to_contain_text("山田 花子")
    await second.screenshot(path=tmp_path / "stale-1440.png", full_page=True)
    await keys(second, "Control+s")
    await expect(second.get_by_role("status").first).to_have_text("保存しました。")
    assert entry_of(bank).passes["first"]["name"]["text"] == "山田 華子"


@pytest.mark.parametrize("doubled", [("paper",)])
async def test_a_second_person_enters_it_again_and_what_differs_is_decided(
    open_page: OpenPage, bank: Bank, address: str, tmp_path: Path
) -> None:
    first, second = await open_page(width=1440), await open_page(width=390)
    await begins(first, address, bank, "kato")
    await types_all(first)
    await keys(first, "Enter")
    await expect(first.get_by_role("status").first).to_have_text("1回目の入力を終えました。")
    await expect(first.get_by_text("別の人が、はじめから入力します")).to_be_visible()
    assert await first.locator("[data-field]").count() == 0

    await at_his_desk(second, address, bank, "sato")
    await second.locator("[data-row]").first.click()
    await expect(second.locator("[data-field]").first).to_be_focused()
    assert await second.get_by_text(ON_PAPER["name"]).count() == 0
    await types_all(second, name="山田 華子")
    await keys(second, "Control+Enter")
    await expect(second.get_by_role("status").first).to_have_text("1回目の入力と違うところがあります。")
    await second.screenshot(path=tmp_path / "compare-390.png", full_page=True)
    await expect(second.locator("[data-key]")).to_have_count(1)
    await second.locator('[data-key="name"] input[type="radio"]').first.focus()
    await keys(second, "Space")
    await second.screenshot(path=tmp_path / "decided-390.png", full_page=True)
    await keys(second, "Control+Enter")
    await expect(second.get_by_role("status").first).to_contain_text("提出しました。")
    (one,) = submissions(bank)
    assert next(row["value"] for row in one.answers if row["name"] == "name") == "山田 花子"


async def test_without_script_saving_shows_every_problem(open_page: OpenPage, bank: Bank, address: str) -> None:
    entry_id = begin_entry(bank, NAME)
    page = await open_page(script=False)
    await at_his_desk(page, address, bank)
    await page.goto(f"{address}/console/entries/{entry_id}")
    await page.locator('[data-key="consent"] input').fill("1")
    await page.locator('[data-key="phone"] input').fill("12")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status").first).to_have_text("保存しました。")
    await expect(page.locator('[data-key="phone"] .entry-problem')).to_be_visible()
    await page.get_by_role("button", name="提出する").click()
    await expect(page.get_by_role("alert").first).to_contain_text("印のあるところを直してください")
    await expect(page.locator('[data-key="phone"] input')).to_have_value("12")
    await page.get_by_text("この入力を取りやめる").first.click()
    await page.get_by_role("button", name="この入力を取りやめる").click()
    await expect(page.get_by_role("status").first).to_have_text("入力を取りやめました。")
    assert submissions(bank) == []
