"""What the provider's word that somebody left ends: all of it, from one address too, and nobody else's."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from storage import staff
from storage.sign_on.identities import link_identity, session_elsewhere
from storage.tables import StaffSessionRow, table_of
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PASSWORD, Bank
from tests.bot.console.sign_on.hostile import Hostile
from tests.bot.console.sign_on.walking import WAY, entries, is_in, walk

_session = table_of(StaffSessionRow)


async def leave(browser: Browser, token: str) -> int:
    return (await browser.client.post(f"{WAY}/left", data={"logout_token": token})).status


async def test_a_whole_shift_leaves_at_once_from_the_providers_one_address(
    browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    database, uni, vault, long = bank.database, bank.universe, bank.database.vault, timedelta(hours=1)
    sato = database.run_read(lambda conn: staff.find_staff(conn, "sato"))
    assert sato is not None
    who = sato[0].id
    database.run(lambda conn: link_identity(conn, vault, uni, who, hostile.issuer, "u-1"))
    for number in range(100):
        at = session_elsewhere(vault, hostile.issuer, f"s-{number}")
        database.run(
            lambda conn, at=at: staff.create_session(conn, uni, vault, who, idle=long, absolute=long, elsewhere=at)  # type: ignore[misc]
        )
    tokens = [hostile.logout_token(sid=f"s-{number}", jti=f"j-{number}") for number in range(100)]
    assert [await leave(browser, token) for token in tokens] == [200] * 100
    assert database.run_read(lambda conn: conn.execute(select(func.count()).select_from(_session)).scalar()) == 0


async def test_what_is_refused_has_an_end_and_stops_no_good_one(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    hostile.claims["preferred_username"] = "sato"
    await walk(browser, hostile)
    assert [await leave(browser, "what?") for _ in range(61)] == [400] * 60 + [429]
    assert [entry.action for entry in entries(bank)].count("console.logout_refused") == 60
    assert await leave(browser, hostile.logout_token()) == 200
    assert not await is_in(browser)


async def test_a_session_that_was_not_named_at_its_beginning_ends_too(
    browser: Browser, second_browser: Browser, hostile: Hostile
) -> None:
    hostile.claims |= {"preferred_username": "sato", "sid": None}
    await walk(browser, hostile, code="c-1")
    hostile.claims["sid"] = "s-2"
    await walk(second_browser, hostile, code="c-2")
    # Without a subject nobody knows whose it was: it is not everybody's.
    assert await leave(browser, hostile.logout_token(sub=None, sid="s-1", jti="j-1")) == 200
    assert await is_in(browser)
    assert await leave(browser, hostile.logout_token(sid="s-1", jti="j-2")) == 200
    assert not await is_in(browser)
    assert await is_in(second_browser), "a session that was named is ended by its own name"


async def test_a_password_typed_in_anothers_session_begins_ones_own(browser: Browser, hostile: Hostile) -> None:
    hostile.claims["preferred_username"] = "sato"
    await walk(browser, hostile)
    assert await is_in(browser)
    await browser.post("/sign-in", login="shinjin", password=PASSWORD, next="")
    _, page = await browser.get("/")
    assert "パスワードの変更" in page, "a one-time password has to be changed, whoever sat there before"
    assert await leave(browser, hostile.logout_token()) == 200
    _, page = await browser.get("/")
    assert "パスワードの変更" in page, "nor is it the provider's to end"
