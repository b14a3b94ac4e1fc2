"""A conversation on paper: everything that the transcript shows, and a hash that says so."""

from __future__ import annotations

from datetime import timedelta

from storage import audit
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PLANTED, Bank


def digest_in(page: str) -> str:
    return page.split("SHA-256 ")[1][:64]


async def test_the_same_conversation_has_the_same_hash_and_another_word_another(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("suzuki")
    path = f"/conversations/{bank.refs['waiting_long']}/print"
    status, page = await browser.get(path)
    assert status == 200
    for text in ("会話の記録", "ご住所は変わりましたか。", "[変わった]", "(係の者と話す)", "ボタンを押しました:"):
        assert text in page, text
    first = digest_in(page)
    bank.universe.advance(timedelta(days=3))
    await browser.sign_in("suzuki")
    assert digest_in((await browser.get(path))[1]) == first
    bank.customer_says("waiting_long", PLANTED)
    _, page = await browser.get(path)
    second = digest_in(page)
    assert second != first
    assert "<script>document" not in page
    printed = [
        entry
        for entry in bank.database.run_read(lambda conn: list(audit.list_entries(conn)))
        if entry.action == "console.conversation_printed"
    ]
    assert sorted(entry.detail["sha256"] for entry in printed) == sorted([first, first, second])


async def test_another_branchs_sheet_does_not_exist(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("mori")
    assert (await browser.get(f"/conversations/{bank.refs['waiting_long']}/print"))[0] == 404
