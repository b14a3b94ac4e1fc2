"""Signing in at an independent, certified implementation of a provider, started here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import staff
from storage.universe import FrozenUniverse, Universe
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.sign_on.real import PASSWORD_ACR, SECRET, RealProvider
from tests.bot.console.sign_on.walking import WAY, entries, is_in, reasons


@pytest.fixture
def universe() -> FrozenUniverse:
    """The provider lives now."""
    return Universe.frozen(datetime.now(UTC), seed=1)


@pytest.fixture(params=["RS256", "ES256"])
async def real(request: pytest.FixtureRequest, tmp_path: Path, console_url: str) -> AsyncIterator[RealProvider]:
    provider = RealProvider(tmp_path, console_url, algorithm=request.param)
    await provider.server.start_server()
    provider.users["sato"] = {"preferred_username": "sato"}
    provider.sits_there("sato")
    yield provider
    await provider.server.close()


@pytest.fixture
def issuer(real: RealProvider) -> str:
    return real.issuer


@pytest.fixture
def extra() -> Mapping[str, object]:
    return {"oidc_client_secret": SECRET, "second_factor_roles": ("approver",), "oidc_acr_values": (PASSWORD_ACR,)}


async def press(browser: Browser, after: str = "") -> tuple[int, str, str]:
    """The button here, and the one on the provider's page; where that ends and what it says."""
    there = await browser.client.get(f"{WAY}?next={after}")
    assert there.url.path == "/authorization"
    assert "Sign in here" in await there.text()
    back = await browser.client.session.get(f"{there.url}&pressed=1")
    return back.status, await back.text(), back.url.path


async def test_there_and_back_leads_in(browser: Browser, bank: Bank) -> None:
    status, page, path = await press(browser, "/console/worklists")
    assert (status, path) == (200, f"{WAY}/done"), (page, reasons(bank))
    assert 'content="0;url=/console/worklists"' in page
    assert await is_in(browser)
    did = [entry.action for entry in entries(bank)]
    assert did[:2] == ["console.signed_in", "staff.identity_linked"]
    assert [entry.detail for entry in entries(bank) if entry.action == "console.signed_in"] == [{"by": "provider"}]


async def test_a_session_lives_as_long_as_any_other(browser: Browser, bank: Bank) -> None:
    await press(browser)
    for _ in range(23):
        bank.universe.advance(timedelta(minutes=25))
        assert await is_in(browser)
    bank.universe.advance(timedelta(minutes=26))
    assert not await is_in(browser)


async def test_the_provider_signs_out_whom_it_let_in(browser: Browser, bank: Bank, real: RealProvider) -> None:
    await press(browser)
    assert await is_in(browser)
    await real.end_all_sessions("sato")
    assert not await is_in(browser)
    assert entries(bank)[0].action == "console.ended_elsewhere"


async def test_signing_out_here_shows_the_way_out_there(browser: Browser, real: RealProvider) -> None:
    await press(browser)
    await browser.get("/")
    _, page = await browser.post("/sign-out")
    assert f'href="{real.issuer}/session?client_id=kakunin-console"' in page
    assert not await is_in(browser)


async def test_keys_that_were_changed_are_found(browser: Browser, bank: Bank, real: RealProvider) -> None:
    await press(browser)
    await browser.get("/")
    await browser.post("/sign-out")
    real.rotate()
    bank.universe.advance(timedelta(seconds=31))
    status, _, _ = await press(browser)
    assert status == 200, reasons(bank)


async def test_a_wrong_secret_of_ours_is_named_as_such(browser: Browser, bank: Bank, real: RealProvider) -> None:
    from tests.bot.console.sign_on.real import CLIENT

    real.context.cdb[CLIENT]["client_secret"] = "another"
    status, page, _ = await press(browser)
    assert (status, reasons(bank)) == (403, ["client_refused"])
    assert "client_refused" in page


async def test_its_word_on_the_second_factor_counts_where_it_is_set(
    browser: Browser, bank: Bank, real: RealProvider
) -> None:
    real.users["suzuki"] = {"preferred_username": "suzuki"}
    real.sits_there("suzuki")
    await press(browser)
    assert await is_in(browser), reasons(bank)
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, "suzuki"))
    assert found is not None
    assert found[0].role == "approver"
