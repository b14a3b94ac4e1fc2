"""Messages that did not arrive reach a screen: all states in words, newest first, within the branch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.console import live
from bot.console.queue import find_slip, list_undelivered, load_folders
from storage import claims, outgoing, staff
from storage.content import erase_content, transcript
from storage.database import Database
from storage.encryption import Vault
from storage.staff import StaffMember
from storage.universe import FrozenUniverse
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank, seed


def lose(bank: Bank, **outcomes: tuple[str, str]) -> None:
    """Settle the open message of each named conversation as it is said: state and detail."""
    database = bank.database
    wanted = {bank.conversation_id(name): outcome for name, outcome in outcomes.items()}

    def settle(conn: Connection) -> None:
        batches = claims.claim_outgoing(
            conn, database.vault, database.universe, owner="x", lease=timedelta(minutes=1), limit=100
        )
        for batch in batches:
            state, detail = wanted.get(batch.conversation_id, ("sent", ""))
            ids = [message.id for message in batch.messages]
            outgoing.ack_outgoing(conn, database.universe, ids, owner="x", state=state, detail=detail)

    database.run(settle)


def member(bank: Bank, login: str) -> StaffMember:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    return found[0]


def seen(bank: Bank, login: str) -> list[str]:
    who = member(bank, login)
    by_ref = {ref: name for name, ref in bank.refs.items()}
    missed = bank.database.run_read(lambda conn: list_undelivered(conn, who))
    count = {
        folder.name: folder.count
        for folder in bank.database.run_read(lambda conn: load_folders(conn, who, bank.universe.now()))
    }
    assert count["undelivered"] == len(missed)
    return [by_ref[item.slip.ref] for item in missed]


def test_each_sees_what_did_not_arrive_in_his_branch_newest_first(database: Database, universe: FrozenUniverse) -> None:
    bank = seed(database, universe)
    assert seen(bank, "sato") == []
    lose(bank, with_bot=("failed", "blocked"), branch_200=("unknown", "interrupted"), lobby=("failed", "rejected"))
    assert seen(bank, "sato") == ["lobby", "branch_200", "with_bot"]
    assert seen(bank, "mori") == ["branch_200"]
    assert seen(bank, "ono") == ["with_bot"]


async def test_the_folder_says_in_words_what_happened_and_leads_to_the_conversation(
    browser: Browser, bank: Bank
) -> None:
    lose(bank, with_bot=("failed", "blocked"), branch_200=("unknown", "ReadTimeout"))
    await browser.sign_in("kimura")
    _, page = await browser.get("/")
    assert "/?folder=undelivered" in page
    status, page = await browser.get("/?folder=undelivered")
    assert status == 200
    assert page.index(bank.refs["branch_200"]) < page.index(bank.refs["with_bot"])
    for words in ("届きませんでした", "お客さまがこのアカウントをブロックしています。", "届いたか不明です", "質問"):
        assert words in page
    assert "ReadTimeout" not in page
    assert "ご住所は変わりましたか" not in page, "a list shows no words of a conversation"
    assert bank.refs["waiting_long"] not in page


async def test_the_folder_hears_of_a_message_that_is_lost_meanwhile(browser: Browser, bank: Bank) -> None:
    who, now = member(bank, "sato"), bank.universe.now()
    before = bank.database.run_read(lambda conn: live.inbox_fingerprint(conn, who, now))
    lose(bank, with_bot=("failed", "quota"))
    assert bank.database.run_read(lambda conn: live.inbox_fingerprint(conn, who, now)) != before


def test_a_fingerprint_opens_nothing_that_is_sealed(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    who, database, ref = member(bank, "sato"), bank.database, bank.refs["with_bot"]

    def look(conn: Connection) -> str:
        slip = find_slip(conn, who, ref)
        assert slip is not None
        return live.conversation_fingerprint(conn, who, slip, bank.universe.now())

    def refuse(*_: object) -> None:
        raise AssertionError("opened")

    with monkeypatch.context() as closed:
        closed.setattr(Vault, "open", refuse)
        first = database.run_read(look)
        assert database.run_read(look) == first
    lose(bank, with_bot=("sent", ""))
    second = database.run_read(look)
    assert second != first
    conversation_id = bank.conversation_id("with_bot")
    (line, *_) = database.run_read(lambda conn: transcript(conn, database.vault, conversation_id))
    database.run(lambda conn: erase_content(conn, bank.universe, line.content_id))
    assert database.run_read(look) != second
