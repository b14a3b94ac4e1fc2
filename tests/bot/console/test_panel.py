"""The panel's forms: an answer entered for the customer, and the identity in full with its reason."""

from __future__ import annotations

import pytest

from storage.audit import list_entries
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.shown import FULL


def audited(bank: Bank, action: str) -> list[dict[str, str]]:
    entries = bank.database.run_read(lambda conn: list(list_entries(conn)))
    return [dict(entry.detail) for entry in entries if entry.action == action]


async def test_in_full_once_and_with_a_reason(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    here = f"/conversations/{bank.refs['waiting_long']}"
    _, page = await browser.get(here)
    assert not any(fact.masked in page for fact in FULL)
    for why in ("", "curious"):
        status, page = await browser.post(f"{here}/full", why=why)
        assert status == 422
        assert not any(fact.masked in page for fact in FULL)
    assert audited(bank, "console.identity_viewed") == []
    status, page = await browser.post(f"{here}/full", why="call_back")
    assert status == 200
    assert all(fact.masked in page for fact in FULL)
    assert audited(bank, "console.identity_viewed") == [{"why": "call_back"}]
    _, page = await browser.get(here)
    assert not any(fact.masked in page for fact in FULL), "the next page is masked again"


async def test_nothing_of_it_is_kept_by_the_browser(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    here = f"/console/conversations/{bank.refs['waiting_long']}"
    await browser.get(here.removeprefix("/console"))
    answer = await browser.client.post(f"{here}/full", data={"csrf": browser.csrf, "why": "identify"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert str(answer.url).endswith("/full")
    assert answer.url.query_string == ""


async def test_an_auditor_sees_the_record_of_views_and_not_the_customer(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("kimura")
    here = f"/conversations/{bank.refs['waiting_long']}"
    _, page = await browser.get(here)
    assert 'name="why"' not in page
    status, page = await browser.post(f"{here}/full", why="identify")
    assert status == 403
    assert not any(fact.masked in page for fact in FULL)


@pytest.mark.parametrize(("entry", "status"), [("会社員", 200), ("?", 422), ("", 422), ("あ" * 501, 422)])
async def test_an_answer_is_entered_by_who_has_the_conversation(
    browser: Browser, bank: Bank, entry: str, status: int
) -> None:
    await browser.sign_in("sato")
    here = f"/conversations/{bank.refs['waiting_long']}"
    await browser.get(here)
    await browser.post(f"{here}/claim")
    epoch = str(bank.conversation("waiting_long").epoch)
    found, page = await browser.post(f"{here}/enter", question="occupation.0", entry=entry, epoch=epoch)
    assert found == status
    assert entry in page or status == 200 or not entry
    assert len(audited(bank, "console.enter_answer")) == 1


async def test_who_does_not_have_it_enters_nothing(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    here = f"/conversations/{bank.refs['waiting_long']}"
    await browser.get(here)
    epoch = str(bank.conversation("waiting_long").epoch)
    status, _ = await browser.post(f"{here}/enter", question="occupation.0", entry="会社員", epoch=epoch)
    assert status == 409
