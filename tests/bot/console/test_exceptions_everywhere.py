"""Whatever breaks in any page, at the chattiest level: neither the answer nor the log quotes anybody."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from aiohttp import ClientPayloadError
from sqlalchemy.exc import OperationalError

from bot.console.access import Page, Permission
from bot.console.application import routes
from bot.console.headers import Assets
from storage.staff import load_session
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.logs import configured

CANARY = "勅使河原金糸雀"
LATIN = "canary-teshigawara@example.jp"


@pytest.fixture
def chatty() -> Iterator[None]:
    with configured(logging.DEBUG):
        yield


def quoting_store(conn_fn: Callable[[Any], Any]) -> NoReturn:
    raise OperationalError("SELECT :name", {"name": CANARY}, Exception(f"near {LATIN} {CANARY}"))


def behind_sign_in() -> list[tuple[str, str, Page]]:
    return [one for one in routes(Assets("bot.console")) if one[2].permission is not Permission.OPEN]


async def test_no_page_quotes_what_broke(
    browser: Browser,
    bank: Bank,
    chatty: None,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert (await browser.sign_in("sato"))[0] == 200
    await browser.get("/")
    failed: dict[str, int] = {}
    for method, path, _ in behind_sign_in():
        here = path.replace("{ref:[0-9a-z]{8}}", bank.refs["waiting_long"])
        with monkeypatch.context() as patch:
            break_everything_but_the_session(bank, patch)
            form = {"csrf": browser.csrf, "text": CANARY, "login": LATIN, "password": CANARY, "reason": CANARY}
            answer = await browser.client.request(
                method, f"/console{here}", data=form if method == "POST" else None, allow_redirects=False
            )
            try:
                text = await answer.text()
            except ClientPayloadError:
                text = ""  # a stream that had begun ends
        assert CANARY not in text
        assert LATIN not in text
        failed[f"{method} {path}"] = answer.status
    # The fault reached most of them; what needs no store works on.
    assert sum(status == 500 for status in failed.values()) >= len(failed) / 2, failed
    logged = "".join(capfd.readouterr())
    assert "OperationalError" in logged
    for quoted in (CANARY, LATIN, CANARY.encode().hex()):
        assert quoted not in logged


def break_everything_but_the_session(bank: Bank, patch: pytest.MonkeyPatch) -> None:
    database = bank.database
    real = database.run

    def run(fn: Callable[[Any], Any]) -> Any:
        # The door must find the session first, else every page would only lead to sign-in.
        return real(fn) if load_session.__name__ in fn.__code__.co_names else quoting_store(fn)

    patch.setattr(database, "run", run)
    patch.setattr(database, "run_read", quoting_store)


async def test_the_search_finds_a_careless_log(chatty: None, capfd: pytest.CaptureFixture[str]) -> None:
    """The negative control: the same error, written the way programs usually do."""
    try:
        quoting_store(lambda conn: conn)
    except OperationalError as error:
        sys.stderr.write(f"{error}")
    assert CANARY in "".join(capfd.readouterr())
