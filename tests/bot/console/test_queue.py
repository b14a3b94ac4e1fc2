"""The queue's queries on both databases: counts, order and the branch of whoever asks."""

from __future__ import annotations

import pytest

from bot.console.queue import find_slip, list_open_work, list_slips, load_folders
from storage import staff
from storage.database import Database
from storage.staff import StaffMember, is_alive
from storage.universe import FrozenUniverse
from tests.bot.console.house import Bank, seed


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> Bank:
    return seed(database, universe)


def member(bank: Bank, login: str) -> StaffMember:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    return found[0]


def counts(bank: Bank, login: str) -> dict[str, int]:
    who = member(bank, login)
    folders = bank.database.run_read(lambda conn: load_folders(conn, who, bank.universe.now()))
    return {folder.name: folder.count for folder in folders}


def names(bank: Bank, login: str, folder: str) -> list[str]:
    who = member(bank, login)
    slips = bank.database.run_read(lambda conn: list_slips(conn, who, folder, bank.universe.now()))
    by_ref = {ref: name for name, ref in bank.refs.items()}
    return [by_ref[slip.ref] for slip in slips]


async def test_counts_and_order(bank: Bank) -> None:
    assert counts(bank, "sato") == {
        "waiting": 3,
        "owed": 0,
        "mine": 0,
        "snoozed": 0,
        "staff": 0,
        "review": 0,
        "bot": 2,
        "closed": 1,
        "undelivered": 0,
    }
    assert names(bank, "sato", "waiting") == ["waiting_long", "branch_200", "waiting_short"]
    await bank.desk.claim(bank.conversation_id("branch_200"), member(bank, "sato"))
    assert counts(bank, "sato") == {
        "waiting": 2,
        "owed": 0,
        "mine": 1,
        "snoozed": 0,
        "staff": 1,
        "review": 0,
        "bot": 2,
        "closed": 1,
        "undelivered": 0,
    }
    assert counts(bank, "suzuki")["mine"] == 0
    suzuki, sato = member(bank, "suzuki"), member(bank, "sato")
    (slip,) = bank.database.run_read(lambda conn: list_slips(conn, suzuki, "staff", bank.universe.now()))
    assert (slip.owner_login, slip.kind, slip.branch_no) == ("sato", "individual", "200")
    work = bank.database.run_read(lambda conn: list_open_work(conn, sato, bank.universe.now()))
    assert [item.owner for item in work] == ["waiting", "waiting", "staff"]


def test_a_branch_sees_its_own_and_nothing_before_linking(bank: Bank) -> None:
    assert counts(bank, "mori") == {
        "waiting": 1,
        "owed": 0,
        "mine": 0,
        "snoozed": 0,
        "staff": 0,
        "review": 0,
        "bot": 0,
        "closed": 0,
        "undelivered": 0,
    }
    assert names(bank, "mori", "waiting") == ["branch_200"]
    assert counts(bank, "ono") == {
        "waiting": 2,
        "owed": 0,
        "mine": 0,
        "snoozed": 0,
        "staff": 0,
        "review": 0,
        "bot": 1,
        "closed": 1,
        "undelivered": 0,
    }
    assert "lobby" not in names(bank, "ono", "bot")
    found = bank.database.run_read(lambda conn: find_slip(conn, member(bank, "mori"), bank.refs["waiting_long"]))
    assert found is None


def test_the_current_master_record_decides_the_branch(bank: Bank) -> None:
    bank.move_branch("0004", "100")
    assert counts(bank, "mori")["waiting"] == 0
    assert names(bank, "ono", "waiting") == ["waiting_long", "branch_200", "waiting_short"]


def test_a_session_is_looked_at_without_keeping_it_alive(bank: Bank) -> None:
    from datetime import timedelta

    database, universe = bank.database, bank.universe
    who = member(bank, "mori")
    token = database.run(
        lambda conn: staff.create_session(
            conn, universe, database.vault, who.id, idle=timedelta(minutes=5), absolute=timedelta(hours=1)
        )
    )
    session = database.run(lambda conn: staff.load_session(conn, universe, database.vault, token))
    assert session is not None
    for _ in range(4):
        universe.advance(timedelta(minutes=1))
        assert database.run_read(lambda conn: is_alive(conn, session, universe.now()))
    universe.advance(timedelta(minutes=1))
    assert not database.run_read(lambda conn: is_alive(conn, session, universe.now()))
