"""Signing in: one answer for every failure, a lock, sessions that end, and the first password."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta

import pytest

from bot.console.passwords import Passwords, TooBusy
from storage import audit, staff
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PASSWORD, QUICK, Bank

REFUSED = "ログイン名かパスワードがちがいます"


def actions(bank: Bank) -> list[str]:
    return [entry.action for entry in bank.database.run_read(lambda conn: list(audit.list_entries(conn)))]


async def test_the_right_password_leads_to_the_inbox_under_a_new_session(browser: Browser, bank: Bank) -> None:
    status, page = await browser.sign_in("sato")
    assert status == 200
    assert "お待ちのかた" in page
    cookie = browser.client.session.cookie_jar.filter_cookies(browser.client.make_url("/"))["kakunin"]
    assert len(cookie.value) == 32
    assert "console.signed_in" in actions(bank)


@pytest.mark.parametrize(("login", "password"), [("sato", "wrong"), ("nobody", PASSWORD), ("", "")])
async def test_every_failure_gets_the_same_answer(browser: Browser, login: str, password: str) -> None:
    status, page = await browser.sign_in(login, password)
    assert status == 401
    assert REFUSED in page


async def test_five_failures_lock_the_account_for_a_quarter_of_an_hour(browser: Browser, bank: Bank) -> None:
    for _ in range(5):
        await browser.sign_in("sato", "wrong")
    status, page = await browser.sign_in("sato")
    assert status == 401
    assert REFUSED in page
    bank.universe.advance(timedelta(minutes=14, seconds=59))
    assert (await browser.sign_in("sato"))[0] == 401
    bank.universe.advance(timedelta(seconds=2))
    assert (await browser.sign_in("sato"))[0] == 200
    assert actions(bank).count("console.sign_in_failed") == 5


async def test_a_right_password_forgets_the_failures(browser: Browser, bank: Bank) -> None:
    for _ in range(4):
        await browser.sign_in("sato", "wrong")
    assert (await browser.sign_in("sato"))[0] == 200
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, "sato"))
    assert found is not None
    assert found[2] == 0


async def test_a_disabled_account_cannot_sign_in(browser: Browser, bank: Bank) -> None:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, "sato"))
    assert found is not None
    bank.database.run(lambda conn: staff.set_staff_state(conn, found[0].id, "disabled"))
    assert (await browser.sign_in("sato"))[0] == 401


async def test_a_session_ends_when_idle_and_in_any_case_after_a_working_day(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    bank.universe.advance(timedelta(minutes=29))
    assert "お待ちのかた" in (await browser.get("/"))[1]
    bank.universe.advance(timedelta(minutes=31))
    assert "<h1>サインイン</h1>" in (await browser.get("/"))[1]
    await browser.sign_in("sato")
    for _ in range(23):
        bank.universe.advance(timedelta(minutes=25))
        assert "お待ちのかた" in (await browser.get("/"))[1]
    bank.universe.advance(timedelta(minutes=26))
    assert "<h1>サインイン</h1>" in (await browser.get("/"))[1]


async def test_signing_out_ends_the_session_in_the_store(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    cookies = browser.client.session.cookie_jar.filter_cookies(browser.client.make_url("/"))
    token = cookies["kakunin"].value
    status, page = await browser.post("/sign-out")
    assert status == 200
    assert "<h1>サインイン</h1>" in page
    stolen = await browser.client.get("/console/", headers={"Cookie": f"kakunin={token}"}, allow_redirects=False)
    assert stolen.status == 303
    assert "console.signed_out" in actions(bank)


async def test_the_one_time_password_must_be_changed_before_anything_else(browser: Browser, bank: Bank) -> None:
    _, page = await browser.sign_in("shinjin")
    assert "はじめてのサインインです" in page
    answer = await browser.client.get("/console/", allow_redirects=False)
    assert answer.headers["Location"].startswith("/console/password?")
    new = "my very own words"
    for fields, problem in (
        ({"current": "wrong", "new": new, "again": new}, "いまのパスワードがちがいます"),
        ({"current": PASSWORD, "new": "short", "again": "short"}, "12文字以上"),
        ({"current": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "いまと同じもの"),
        ({"current": PASSWORD, "new": "shinjin shinjin", "again": "shinjin shinjin"}, "ログイン名を含むもの"),
        ({"current": PASSWORD, "new": new, "again": "my very own word"}, "2回の新しいパスワードがちがいます"),
    ):
        status, page = await browser.post("/password", **fields)
        assert status == 422
        assert problem in page
    status, page = await browser.post("/password", current=PASSWORD, new=new, again=new)
    assert status == 200
    assert "お待ちのかた" in page
    assert "console.password_changed" in actions(bank)
    await browser.post("/sign-out")
    assert (await browser.sign_in("shinjin", PASSWORD))[0] == 401
    assert (await browser.sign_in("shinjin", new))[0] == 200


async def test_a_changed_password_signs_out_other_devices(browser: Browser, second_browser: Browser) -> None:
    await browser.sign_in("sato")
    await second_browser.sign_in("sato")
    await browser.get("/password")
    await browser.post("/password", current=PASSWORD, new="another long one", again="another long one")
    assert "お待ちのかた" in (await browser.get("/"))[1]
    assert "<h1>サインイン</h1>" in (await second_browser.get("/"))[1]


@pytest.mark.parametrize(
    "after",
    ["https://evil.example/", "//evil.example", "/console/../admin//x", "/console//evil", "/console/\\evil", "/x"],
)
async def test_sign_in_never_leads_out_of_the_console(browser: Browser, after: str) -> None:
    await browser.get("/sign-in")
    answer = await browser.client.post(
        "/console/sign-in",
        data={"csrf": browser.csrf, "login": "sato", "password": PASSWORD, "next": after},
        allow_redirects=False,
    )
    assert answer.headers["Location"] == "/console/"


async def test_sign_in_leads_back_to_the_page_that_was_asked_for(browser: Browser, bank: Bank) -> None:
    path = f"/console/conversations/{bank.refs['with_bot']}"
    page = await (await browser.client.get(path)).text()
    found = re.search(r'name="next" value="([^"]+)"', page)
    assert found is not None
    assert found[1] == path


async def test_the_language_can_be_chosen(browser: Browser) -> None:
    await browser.get("/sign-in")
    _, page = await browser.post("/language", locale="en", back="/console/sign-in")
    assert '<html lang="en">' in page
    assert "<h1>Sign in</h1>" in page
    _, page = await browser.post("/language", locale="xx", back="/console/sign-in")
    assert '<html lang="en">' in page


async def test_no_more_than_a_few_passwords_are_worked_on_at_once() -> None:
    passwords = Passwords(QUICK, threads=1, waiting=2)
    try:
        results = await asyncio.gather(*(passwords.fits(None, "x") for _ in range(5)), return_exceptions=True)
    finally:
        passwords.close()
    assert [isinstance(result, TooBusy) for result in results] == [False, False, True, True, True]


async def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    from argon2 import PasswordHasher

    passwords = Passwords(PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1))
    known = await passwords.hash("right")
    await passwords.warm_up()

    async def took(password_hash: str | None) -> float:
        best = 9.0
        for _ in range(5):
            start = time.perf_counter()
            assert not await passwords.fits(password_hash, "wrong")
            best = min(best, time.perf_counter() - start)
        return best

    try:
        unknown, wrong = await took(None), await took(known)
        assert await passwords.fits(known, "right")
        assert not await passwords.fits(None, "nobody")
    finally:
        passwords.close()
    assert unknown > wrong / 3
