"""Whose address it is, as far as the proxies can be believed, and what too many failures from one address do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp.test_utils import make_mocked_request

from bot.console.passwords import Passwords
from bot.console.proving import FAILURES_OF_ADDRESS
from bot.console.visitors import network_of
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank

OURS = ("10.0.0.0/24", "fd00::/8")


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        # A stranger's word on where he comes from.
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        # What stands before the last foreign address was added by the visitor himself.
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("2001:db8:1:2:aaaa::1", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", None, "2001:db8:1:2::/64"),
        ("fd00::1", "2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", None, "192.0.2.7"),
        ("", None, "unknown"),
    ],
)
def test_the_address_is_the_last_that_can_be_believed(remote: str, forwarded: str | None, address: str) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    assert network_of(request, OURS) == address


async def test_a_machine_that_guesses_names_is_stopped_at_its_address(browser: Browser, bank: Bank) -> None:
    """Each name only once, so that no account is ever locked."""
    statuses = [(await browser.sign_in(f"name{number}", "wrong"))[0] for number in range(FAILURES_OF_ADDRESS + 3)]
    assert statuses == [401] * FAILURES_OF_ADDRESS + [429] * 3
    # The right password is no way to learn that it is right.
    status, page = await browser.sign_in("sato")
    assert status == 429
    assert "数分おいて" in page
    bank.universe.advance(timedelta(minutes=1))
    assert (await browser.sign_in("sato"))[0] == 200


async def test_signing_in_costs_a_shared_address_nothing(browser: Browser) -> None:
    for _ in range(FAILURES_OF_ADDRESS + 3):
        assert (await browser.sign_in("sato"))[0] == 200
        await browser.post("/sign-out")


async def test_of_a_thousand_passwords_in_an_hour_few_are_looked_at(
    browser: Browser, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = 0
    really = Passwords.fits

    async def fits(self: Passwords, password_hash: str | None, password: str) -> bool:
        nonlocal looked_at
        looked_at += 1
        return await really(self, password_hash, password)

    monkeypatch.setattr(Passwords, "fits", fits)
    await browser.get("/sign-in")
    for number in range(1000):
        status, _ = await browser.post("/sign-in", login="sato", password=f"guess {number}", next="")
        assert status in (401, 429)
        bank.universe.advance(timedelta(seconds=3.6))
    assert looked_at <= FAILURES_OF_ADDRESS + 60 + 1
