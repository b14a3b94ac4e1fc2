"""The way to a provider and back, as a browser without a screen goes it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from storage import audit
from storage.audit import AuditEntry
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.sign_on.hostile import Hostile

WAY = "/console/sign-in/elsewhere"


def entries(bank: Bank) -> Sequence[AuditEntry]:
    """The audit record, the newest entry first."""
    return bank.database.run_read(lambda conn: list(audit.list_entries(conn, limit=1000)))


def reasons(bank: Bank) -> list[str]:
    """Why sign-ins at the provider were refused, the newest first."""
    return [entry.detail["why"] for entry in entries(bank) if entry.action == "console.sign_on_refused"]


async def set_out(browser: Browser, hostile: Hostile, after: str = "") -> str:
    """Press the button; returns the state."""
    answer = await browser.client.get(f"{WAY}?{urlencode({'next': after})}", allow_redirects=False)
    assert answer.status == 303, await answer.text()
    hostile.note(answer.headers["Location"])
    return hostile.wanted["state"]


async def come_back(browser: Browser, **query: str) -> tuple[int, str]:
    """The browser is sent back with these words."""
    answer = await browser.client.get(f"{WAY}/done?{urlencode(query)}", allow_redirects=False)
    return answer.status, await answer.text()


async def walk(browser: Browser, hostile: Hostile, *, code: str = "c-1", after: str = "") -> tuple[int, str]:
    """There and back, as an honest provider does it; in a browser that nobody is signed in with."""
    browser.client.session.cookie_jar.clear()
    state = await set_out(browser, hostile, after)
    return await come_back(browser, state=state, code=code, iss=hostile.issuer)


async def is_in(browser: Browser) -> bool:
    """Whether the browser has a session."""
    return "お待ちのかた" in (await browser.get("/"))[1]
