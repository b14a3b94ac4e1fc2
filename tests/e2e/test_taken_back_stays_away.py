"""A backup still holds what a customer took back since: opened again, it loses that before anything is done with it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.taken_back import forget_again
from storage.database import Database
from storage.encryption import Keyring
from storage.outside import append_lines, read_lines
from tests.e2e.conftest import on_both
from tests.e2e.house import House
from tests.e2e.test_unsending import EMPLOYER, OTHERS, SATO, at, opened, tables_with, unsend_event

FILE = "erasures"


@pytest.fixture
def overrides(tmp_path: Path) -> dict[str, object]:
    return {"erasure_file": tmp_path / FILE}


async def test_a_backup_from_before_loses_it_again(house: House, keyring: Keyring, tmp_path: Path) -> None:
    customer = await at(house, "employer")
    message = house.line.text_event(customer.user_id, EMPLOYER)
    await customer.does(house.line.deliver(message))
    with sqlite3.connect(tmp_path / "kakunin.db") as source, sqlite3.connect(tmp_path / "backup.db") as target:
        source.backup(target)
    source.close()
    target.close()
    await customer.does(house.line.deliver(unsend_event(house, customer, message)))
    assert len(read_lines(tmp_path / FILE)) == 1
    assert EMPLOYER not in (tmp_path / FILE).read_text(encoding="utf-8")
    assert forget_again(house.database, tmp_path / FILE) == 0, "this store has erased it already"
    with Database.open(f"sqlite:///{tmp_path}/backup.db", keys=keyring, universe=house.universe) as backup:
        assert {name for name, row in opened(backup) if EMPLOYER in row} >= {"content", "conversation_event"}
        assert forget_again(backup, tmp_path / FILE) == 1
        assert {name for name, row in opened(backup) if EMPLOYER in row} == set()
        assert forget_again(backup, tmp_path / FILE) == 0


@on_both
async def test_the_conversation_goes_on_at_that_question(house: House, tmp_path: Path) -> None:
    customer = await at(house, "employer")
    await customer.types(EMPLOYER)
    assert "content" in tables_with(house, EMPLOYER)
    newest = "SELECT id FROM content WHERE direction = 'in' ORDER BY id DESC LIMIT 1"
    line = {"store": house.database.vault.store_id, "scope": "message", "content": house.rows(newest)[0].id}
    append_lines(tmp_path / FILE, [line, line | {"content": "not here"}, line | {"store": "0" * 16}])
    assert forget_again(house.database, tmp_path / FILE) == 1
    assert tables_with(house, EMPLOYER) == set()
    house.check_folds()
    # The phone shows a later question: what is typed there is not taken for this one, which is asked again.
    await customer.types("見本商事株式会社")
    assert customer.active().open_question == "employer"
    await customer.types("見本商事株式会社")
    await customer.answers_all(**OTHERS)
    assert house.conversation_of(SATO).phase == "completed"


async def test_where_it_cannot_be_noted_it_goes_all_the_same(house: House, tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    customer = await at(house, "employer")
    message = house.line.text_event(customer.user_id, EMPLOYER)
    await customer.does(house.line.deliver(message))
    await customer.does(house.line.deliver(unsend_event(house, customer, message)))
    assert tables_with(house, EMPLOYER) == set()
