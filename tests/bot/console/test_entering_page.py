"""The pages on which forms are entered: found without a trace in an address, within the branch, every step recorded."""

from __future__ import annotations

import re

import pytest

from storage import audit
from storage.audit import AuditEntry
from storage.entries import Entry, entries_of_case
from tests.bot.console.conftest import Browser
from tests.bot.console.entering import begin_entry, publish_individual
from tests.bot.console.house import Bank

NAME = "waiting_long"
_VERSION = re.compile(r'name="version" value="(\d+)"')


def case_of(bank: Bank, name: str = NAME) -> str:
    found = bank.conversation(name).case_id
    assert found is not None
    return found


def entry_of(bank: Bank, name: str = NAME) -> Entry:
    case_id = case_of(bank, name)
    (entry,) = bank.database.run_read(lambda conn: entries_of_case(conn, bank.database.vault, case_id))
    return entry


def recorded(bank: Bank, action: str) -> list[AuditEntry]:
    entries = bank.database.run_read(lambda conn: audit.list_entries(conn, limit=1000))
    return [entry for entry in entries if entry.action == action]


@pytest.fixture
def published(bank: Bank) -> Bank:
    bank.database.run(lambda conn: publish_individual(conn, bank))
    return bank


async def test_a_form_is_begun_by_the_customers_number(browser: Browser, published: Bank) -> None:
    await browser.sign_in("kato")
    await browser.get("/entries")
    status, page = await browser.post("/entries/find", q="0001")
    assert status == 200
    assert case_of(published) in page
    (searched,) = recorded(published, "console.searched")
    assert searched.detail == {"by": "customer_no", "found": "1", "for": "entry"}
    form = {"case": case_of(published), "medium": "paper", "scan_no": "", "said_by": "family"}
    status, page = await browser.post("/entries", **form)
    assert status == 409
    assert "スキャン番号を、決められた形で" in page
    assert '<option value="family" selected>' in page
    status, page = await browser.post("/entries", **form | {"scan_no": "Ｓ-0001"})
    assert status == 200
    entry = entry_of(published)
    assert (entry.scan_no, entry.said_by, entry.medium) == ("S-0001", "family", "paper")
    (viewed,) = recorded(published, "console.entry_viewed")
    assert viewed.subjects["entry"] == entry.id
    assert (await browser.get("/entries"))[1].count("S-0001") == 1


async def test_who_is_of_another_branch_finds_nothing(browser: Browser, published: Bank) -> None:
    await browser.sign_in("hara")
    await browser.get("/entries")
    _, page = await browser.post("/entries/find", q="0001")
    assert "案件が見つかりません" in page
    case_id = case_of(published)
    status, _ = await browser.post("/entries", case=case_id, medium="paper", scan_no="S-0001", said_by="customer")
    assert status == 404
    entry_id = begin_entry(published, NAME)
    assert (await browser.get(f"/entries/{entry_id}"))[0] == 404
    assert "S-waiting_long" not in (await browser.get("/entries"))[1]


async def test_an_auditor_enters_nothing(browser: Browser, published: Bank) -> None:
    await browser.sign_in("kimura")
    assert (await browser.get("/entries"))[0] == 403


async def test_what_cannot_be_saved_stands_on_the_page_again(browser: Browser, published: Bank) -> None:
    entry_id = begin_entry(published, NAME)
    await browser.sign_in("kato")
    await browser.get(f"/entries/{entry_id}")
    _, page = await browser.post(f"/entries/{entry_id}/save", version="0", **{"a.name": "山田 花子"})
    assert "保存しました。" in page
    found = _VERSION.search(page)
    assert found is not None
    assert found[1] == "1"
    status, page = await browser.post(f"/entries/{entry_id}/save", version="0", **{"a.name": "山田 華子"})
    assert status == 409
    assert 'value="山田 華子"' in page
    assert "保存済みの内容: 山田 花子" in page
    (refused,) = recorded(published, "console.entry_refused")
    assert refused.detail == {"why": "stale"}
    # The same for somebody who comes when all is over.
    await browser.post(f"/entries/{entry_id}/discard", version="1")
    status, page = await browser.post(f"/entries/{entry_id}/save", version="1", **{"a.name": "山田 華子"})
    assert status == 409
    assert "山田 華子" in page
    assert "取りやめになりました" in page
    assert entry_of(published).passes["first"]["name"]["text"] == "山田 花子"


async def test_a_secret_is_neither_kept_nor_sent_back(browser: Browser, published: Bank) -> None:
    entry_id = begin_entry(published, NAME)
    await browser.sign_in("kato")
    await browser.get(f"/entries/{entry_id}")
    answer = {"version": "0", "a.name": "暗証番号は1234です"}
    status, page = await browser.post(f"/entries/{entry_id}/finish", **answer)
    assert status == 422
    assert "1234" not in page
    assert "この欄は保存されていません" in page
    assert "name" not in entry_of(published).passes["first"]
