"""Replies that customers were promised: listed by the day they were promised, and settled with a note."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.console.queue import list_slips, load_folders
from storage import audit, hand_overs, staff
from storage.content import transcript
from storage.database import Database
from storage.hand_overs import State
from storage.staff import StaffMember
from storage.universe import FrozenUniverse
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank, seed
from tests.storage.plans import plan_of


def promise(bank: Bank, *names: str) -> None:
    """Nobody came to them, one hour after the other."""
    for name in names:
        conversation = bank.conversation(name)

        def put_off(conn: Connection, conversation_id: str = conversation.id, epoch: int = conversation.epoch) -> None:
            uni = bank.universe
            asked = hand_overs.begin(conn, uni, conversation_id, reason="customer_asked", topic=None, epoch=epoch)
            hand_overs.put_off(conn, uni, hand_overs.move(conn, asked, State.LATER, epoch, None, None))

        bank.database.run(put_off)
        bank.universe.advance(timedelta(hours=1))


def member(bank: Bank, login: str) -> StaffMember:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    return found[0]


def owed(bank: Bank, login: str) -> list[str]:
    """The folder, which counts what it lists."""
    who, now = member(bank, login), bank.universe.now()
    slips = bank.database.run_read(lambda conn: list_slips(conn, who, "owed", now))
    folders = bank.database.run_read(lambda conn: load_folders(conn, who, now))
    assert [folder.count for folder in folders if folder.name == "owed"] == [len(slips)]
    assert [slip.promised_at for slip in slips] == sorted(slip.promised_at for slip in slips if slip.promised_at)
    by_ref = {ref: name for name, ref in bank.refs.items()}
    return [by_ref[slip.ref] for slip in slips]


def test_the_oldest_promise_comes_first_within_the_branch(database: Database, universe: FrozenUniverse) -> None:
    bank = seed(database, universe)
    promise(bank, "over", "lobby", "branch_200", "with_bot")
    assert owed(bank, "sato") == ["over", "lobby", "branch_200", "with_bot"]
    assert owed(bank, "mori") == ["branch_200"]
    assert owed(bank, "ono") == ["over", "with_bot"]
    over = bank.conversation_id("over")
    database.run(lambda conn: hand_overs.settle(conn, universe, over))
    assert owed(bank, "sato") == ["lobby", "branch_200", "with_bot"]


def test_what_is_not_put_off_is_no_promise(database: Database, universe: FrozenUniverse) -> None:
    bank = seed(database, universe)
    waiting = bank.conversation_id("waiting_long")

    def ask(conn: Connection) -> bool:
        hand_overs.begin(conn, universe, waiting, reason="customer_asked", topic=None, epoch=1)
        return hand_overs.settle(conn, universe, waiting)

    assert not database.run(ask), "who waits is not settled away"
    assert owed(bank, "sato") == []
    assert database.run_read(lambda conn: hand_overs.open_hand_over(conn, waiting)) is not None


@pytest.mark.parametrize("login", ["sato", "mori"])
def test_the_folder_is_read_along_the_index_of_open_hand_overs(
    database: Database, universe: FrozenUniverse, login: str
) -> None:
    bank = seed(database, universe)
    promise(bank, "branch_200")
    who = member(bank, login)
    plan = plan_of(database, lambda conn: list_slips(conn, who, "owed", universe.now()))
    assert "uq_hand_over_open" in plan
    assert "SCAN hand_over" not in plan.replace("SCAN hand_over USING", "")
    assert "Seq Scan on hand_over" not in plan
    assert "Seq Scan on conversation" not in plan


async def test_the_list_names_the_day_and_the_deed_leaves_a_note(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    promise(bank, "with_bot", "branch_200")
    path = f"/conversations/{bank.refs['with_bot']}"
    await browser.sign_in("sato")
    _, page = await browser.get("/?folder=owed")
    assert page.index(bank.refs["with_bot"]) < page.index(bank.refs["branch_200"])
    # Monday is the second, Tuesday a holiday.
    assert "11月4日(水) にお返事" in page
    await second_browser.sign_in("suzuki")
    await second_browser.get(path)
    _, page = await browser.get(path)
    assert "電話などで済ませた" in page
    assert (await browser.post(f"{path}/settle", note=" "))[0] == 422
    assert (await browser.post(f"{path}/settle", note="4111 1111 1111 1111"))[0] == 422
    assert owed(bank, "sato") == ["with_bot", "branch_200"]
    status, page = await browser.post(f"{path}/settle", note="電話で住所をうかがいました")
    assert status == 200
    assert "電話などで済ませた" not in page
    assert "電話で住所をうかがいました" in page
    assert owed(bank, "sato") == ["branch_200"]
    conversation, vault = bank.conversation("with_bot"), bank.database.vault
    lines = bank.database.run_read(lambda conn: transcript(conn, vault, conversation.id))
    assert [line.body for line in lines if line.direction == "note"] == [{"text": "電話で住所をうかがいました"}]
    status, page = await second_browser.post(f"{path}/settle", note="こちらでも電話しました")
    assert (status, "もう済んでいます" in page) == (409, True)
    assert "こちらでも電話しました" in page, "what was typed is kept"
    entries = bank.database.run_read(lambda conn: list(audit.list_entries(conn)))
    assert [entry.detail["why"] for entry in entries if entry.action == "console.refused"] == ["nothing_owed"]
    assert [entry.actor_id for entry in reversed(entries) if entry.action == "console.settle"][-2:] == [
        member(bank, "sato").id,
        member(bank, "suzuki").id,
    ]


async def test_only_who_may_answer_is_offered_the_deed(browser: Browser, bank: Bank) -> None:
    promise(bank, "with_bot")
    await browser.sign_in("kimura")
    _, page = await browser.get("/?folder=owed")
    assert bank.refs["with_bot"] in page
    _, page = await browser.get(f"/conversations/{bank.refs['with_bot']}")
    assert "電話などで済ませた" not in page
