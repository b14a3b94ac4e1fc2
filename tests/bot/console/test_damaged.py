"""A line that somebody changed in the store is shown as such, beside all others."""

from __future__ import annotations

from sqlalchemy import text

from locales import load_catalogue
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank


async def test_one_line_that_does_not_open_does_not_hide_the_others(browser: Browser, bank: Bank) -> None:
    words = load_catalogue("ja").text("console.line.damaged")
    path = f"/conversations/{bank.refs['waiting_long']}"
    await browser.sign_in("suzuki")
    _, before = await browser.get(path)
    assert words not in before
    place = {"c": bank.conversation_id("waiting_long"), "bad": b"\x01\x04test" + bytes(40)}
    damage = text(
        "UPDATE content SET sealed = :bad WHERE id = (SELECT min(id) FROM content WHERE conversation_id = :c)"
    )
    bank.database.run(lambda conn: conn.execute(damage, place))
    status, page = await browser.get(path)
    assert status == 200
    assert page.count(words) == 1
    assert page.count('<li class="line ') == before.count('<li class="line ')
