"""Signing in with an authenticator app: set up where the role needs it, then asked for each time."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest

from bot.console.one_time_codes import code_at, to_type
from bot.console.proving import FAILURES
from bot.settings import Settings
from storage import audit, second_factors, staff
from storage.staff import StaffMember
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PASSWORD, Bank

SECRET = b"k" * 20


@pytest.fixture
def settings() -> Settings:
    """As shipped: approvers, auditors and administrators need an app."""
    return Settings(bank_name="見本銀行")


def actions(bank: Bank) -> list[str]:
    return [entry.action for entry in bank.database.run_read(lambda conn: list(audit.list_entries(conn)))]


def member(bank: Bank, login: str) -> StaffMember:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    return found[0]


def give_app(bank: Bank, login: str) -> None:
    """An app that counts already."""
    who, database, uni = member(bank, login).id, bank.database, bank.universe
    assert database.run(lambda conn: second_factors.begin_factor(conn, database.vault, uni, who, SECRET))
    assert database.run(lambda conn: second_factors.confirm_factor(conn, uni, who, step(bank) - 5))


def step(bank: Bank) -> int:
    return int(bank.universe.now().timestamp()) // 30


def code(bank: Bank, secret: bytes = SECRET) -> str:
    """What the app shows now."""
    return code_at(secret, step(bank))


def shown_secret(page: str) -> bytes:
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert found is not None
    return base64.b32decode(found[1].replace(" ", ""))


async def test_who_needs_an_app_sets_it_up_before_anything_else(browser: Browser, bank: Bank) -> None:
    _, page = await browser.sign_in("suzuki")
    assert "この役割のかたは、認証アプリの登録が必要です" in page
    assert "console.nav" not in page
    for path in ("/", f"/conversations/{bank.refs['with_bot']}", "/exports"):
        answer = await browser.client.get(f"/console{path}", allow_redirects=False)
        assert answer.headers["Location"].startswith("/console/second-factor?"), path
    status, page = await browser.post("/second-factor/set-up", password="wrong")
    assert (status, "いまのパスワードがちがいます" in page) == (422, True)
    _, page = await browser.post("/second-factor/set-up", password=PASSWORD)
    secret = shown_secret(page)
    assert '<svg viewBox="0 0 ' in page
    assert shown_secret((await browser.get("/second-factor"))[1]) == secret, "a reload shows the same one"
    status, page = await browser.post("/second-factor", code="000000")
    assert (status, shown_secret(page)) == (422, secret)
    _, page = await browser.post("/second-factor", code=code(bank, secret))
    assert "認証アプリを登録してあります" in page
    assert to_type(secret) not in page, "it is shown no more"
    assert "お待ちのかた" in (await browser.get("/"))[1]
    assert actions(bank)[:2] != []
    assert {"console.factor_begun", "console.factor_confirmed"} <= set(actions(bank))


async def test_who_needs_none_goes_straight_in_and_may_set_one_up(browser: Browser, bank: Bank) -> None:
    _, page = await browser.sign_in("sato")
    assert "お待ちのかた" in page
    await browser.get("/second-factor")
    _, page = await browser.post("/second-factor/set-up", password=PASSWORD)
    await browser.post("/second-factor", code=code(bank, shown_secret(page)))
    await browser.post("/sign-out")
    _, page = await browser.sign_in("sato")
    assert "<h1>認証アプリの番号</h1>" in page


async def test_password_and_code_lead_in_under_a_new_session(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    give_app(bank, "suzuki")
    _, page = await browser.sign_in("suzuki")
    assert "<h1>認証アプリの番号</h1>" in page
    half = browser.token
    for path in ("/", "/password", "/second-factor", f"/conversations/{bank.refs['with_bot']}"):
        answer = await browser.client.get(f"/console{path}", allow_redirects=False)
        assert answer.headers["Location"].startswith("/console/sign-in/code?"), path
    _, page = await browser.post("/sign-in/code", code=code(bank))
    assert "お待ちのかた" in page
    assert browser.token != half
    stolen = await second_browser.client.get("/console/", headers={"Cookie": f"kakunin={half}"}, allow_redirects=False)
    assert stolen.headers["Location"].startswith("/console/sign-in?")


async def test_the_page_that_was_asked_for_comes_after_the_code(browser: Browser, bank: Bank) -> None:
    give_app(bank, "suzuki")
    await browser.get(f"/conversations/{bank.refs['with_bot']}")
    path = f"/console/conversations/{bank.refs['with_bot']}"
    _, page = await browser.post("/sign-in", login="suzuki", password=PASSWORD, next=path)
    assert f'name="next" value="{path}"' in page
    answer = await browser.client.post(
        "/console/sign-in/code", data={"csrf": browser.csrf, "code": code(bank), "next": path}, allow_redirects=False
    )
    assert answer.headers["Location"] == path


async def test_a_code_is_taken_once(browser: Browser, second_browser: Browser, bank: Bank) -> None:
    give_app(bank, "suzuki")
    shown = code(bank)
    for one in (browser, second_browser):
        await one.sign_in("suzuki")
    assert (await browser.post("/sign-in/code", code=shown))[0] == 200
    status, page = await second_browser.post("/sign-in/code", code=shown)
    assert status == 401
    assert "もう使われています" in page
    bank.universe.advance(timedelta(seconds=30))
    assert "お待ちのかた" in (await second_browser.post("/sign-in/code", code=code(bank)))[1]


async def test_wrong_codes_lock_the_account_although_the_password_is_right(browser: Browser, bank: Bank) -> None:
    give_app(bank, "suzuki")
    for _ in range(FAILURES):
        # The right password in between forgets nothing: who has it must not get more tries at the code.
        await browser.post("/sign-out")
        await browser.sign_in("suzuki")
        assert (await browser.post("/sign-in/code", code="000000"))[0] == 401
    assert (await browser.post("/sign-in/code", code=code(bank)))[0] == 401
    await browser.post("/sign-out")
    assert (await browser.sign_in("suzuki"))[0] == 401
    assert actions(bank).count("console.code_failed") == FAILURES
    bank.universe.advance(timedelta(minutes=16))
    await browser.sign_in("suzuki")
    assert "お待ちのかた" in (await browser.post("/sign-in/code", code=code(bank)))[1]


async def test_half_signed_in_lasts_five_minutes(browser: Browser, bank: Bank) -> None:
    give_app(bank, "suzuki")
    await browser.sign_in("suzuki")
    bank.universe.advance(timedelta(minutes=5))
    answer = await browser.client.get("/console/sign-in/code", allow_redirects=False)
    assert answer.headers["Location"].startswith("/console/sign-in?")


async def test_a_changed_password_asks_for_no_second_code(browser: Browser, bank: Bank) -> None:
    give_app(bank, "suzuki")
    await browser.sign_in("suzuki")
    await browser.post("/sign-in/code", code=code(bank))
    await browser.get("/password")
    _, page = await browser.post("/password", current=PASSWORD, new="another long one", again="another long one")
    assert "お待ちのかた" in page


async def test_setting_one_up_signs_out_other_devices(browser: Browser, second_browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    await second_browser.sign_in("sato")
    await browser.get("/second-factor")
    _, page = await browser.post("/second-factor/set-up", password=PASSWORD)
    await browser.post("/second-factor", code=code(bank, shown_secret(page)))
    assert "<h1>サインイン</h1>" in (await second_browser.get("/"))[1]


async def test_an_app_that_counts_is_not_replaced_from_an_open_session(browser: Browser, bank: Bank) -> None:
    give_app(bank, "suzuki")
    await browser.sign_in("suzuki")
    await browser.post("/sign-in/code", code=code(bank))
    await browser.get("/second-factor")
    _, page = await browser.post("/second-factor/set-up", password=PASSWORD)
    assert "認証アプリを登録してあります" in page
    factor = bank.database.run_read(
        lambda conn: second_factors.load_factor(conn, bank.database.vault, member(bank, "suzuki").id)
    )
    assert factor is not None
    assert factor.secret == SECRET


async def test_guessing_the_password_again_locks_too(browser: Browser, bank: Bank) -> None:
    """A session that was left open must be no place to try passwords."""
    await browser.sign_in("sato")
    await browser.get("/password")
    for _ in range(FAILURES):
        await browser.post("/password", current="wrong", new="another long one", again="another long one")
    status, _ = await browser.post("/password", current=PASSWORD, new="another long one", again="another long one")
    assert status == 422
    assert actions(bank).count("console.sign_in_failed") == FAILURES


async def test_the_setting_is_one_of_known_roles() -> None:
    assert Settings(second_factor_roles="operator, admin").second_factor_roles == ("operator", "admin")  # type: ignore[arg-type]
    assert Settings(second_factor_roles="").second_factor_roles == ()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="names other roles than admin, approver"):
        Settings(second_factor_roles="admin,aprover")  # type: ignore[arg-type]
