"""A deed that comes too late, or from who does not have the conversation, is refused and stands in the audit record."""

from __future__ import annotations

from collections.abc import Mapping

from storage import audit
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank


def refusals(bank: Bank) -> list[tuple[str, Mapping[str, str]]]:
    """Why, and what it was about; oldest first."""
    entries = reversed(bank.database.run_read(audit.list_entries))
    return [(one.detail["why"], one.subjects) for one in entries if one.action == "console.refused"]


async def test_an_old_epoch_and_a_foreign_conversation_are_audited(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    path = f"/conversations/{bank.refs['waiting_long']}"
    await browser.sign_in("sato")
    await browser.get(path)
    await browser.post(f"{path}/claim")
    old = browser.epoch
    await browser.post(f"{path}/release", reason="休憩")
    await second_browser.sign_in("suzuki")
    await second_browser.get(path)
    await second_browser.post(f"{path}/claim")
    assert refusals(bank) == []
    assert (await browser.post(f"{path}/say", text="むかしの文", epoch=old))[0] == 409
    await browser.get(path)
    assert (await browser.post(f"{path}/say", text="いまの文"))[0] == 409
    assert (await browser.post(f"{path}/claim"))[0] == 409
    assert [why for why, _ in refusals(bank)] == ["not_owner", "not_owner", "claimed_by_other"]
    about = bank.conversation("waiting_long")
    assert {(subjects["conversation"], subjects["case"]) for _, subjects in refusals(bank)} == {
        (about.id, about.case_id)
    }
