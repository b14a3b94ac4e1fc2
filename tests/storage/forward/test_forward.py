"""Whoever installed an earlier version goes on with his data: every frozen revision, upgraded and used."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, inspect, text

from bot.simulator.people import Person
from dialogs.personal import Personal
from locales import load_catalogue
from storage import audit, migrations, staff
from storage.accounts import find_account, live_links
from storage.customers import find_customer_no, load_customer
from storage.database import Database
from storage.encryption import Keyring
from storage.export_batches import load_batch
from storage.exports.responses import Options, export_responses
from storage.key_rotation import count_keys
from storage.problems import KeyProblem, StoreOutdated
from storage.submissions import find_receipt
from storage.tables import row_id, sealed_columns
from storage.universe import FrozenUniverse
from tests.conftest import TEST_KEYS
from tests.e2e.house import Customer, House
from tests.e2e.opening import open_house
from tests.postgres import PostgresServer
from tests.storage.forward.freezing import FROZEN, Frozen, build, freeze, lines, read_frozen
from tests.storage.keys.conftest import rotate

TOKYO = ZoneInfo("Asia/Tokyo")

#: Revisions that somebody may have: a file may be added here, and none is ever changed or taken away.
LANDED = ("0001",)


def test_every_landed_revision_has_its_file() -> None:
    assert tuple(path.stem for path in FROZEN) == LANDED


@pytest.fixture(params=FROZEN, ids=lambda path: path.stem)
def frozen(request: pytest.FixtureRequest) -> Frozen:
    return read_frozen(request.param)


@pytest.fixture(scope="module")
def built() -> dict[tuple[str, str], str]:
    """The stores at a frozen revision, by database and revision: what the tests open are copies."""
    return {}


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(
    request: pytest.FixtureRequest,
    frozen: Frozen,
    built: dict[tuple[str, str], str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A store at the frozen revision."""
    place = (request.param, frozen["revision"])
    if request.param == "sqlite":
        if place not in built:
            built[place] = str(tmp_path_factory.mktemp("frozen") / "old.db")
            build(f"sqlite:///{built[place]}", frozen)
        shutil.copyfile(built[place], tmp_path / "old.db")
        yield f"sqlite:///{tmp_path}/old.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    if place not in built:
        built[place] = server.create()
        build(server.url(built[place]), frozen)
    name = server.create(built[place])
    yield server.url(name)
    server.drop(name)


Open = Callable[..., Database]

#: Columns whose values stand in another table by now, and how they are read there.
MOVED = {
    ("staff", "branch_no"): "SELECT id, branch_no FROM staff LEFT JOIN staff_branch ON staff_id = id",
}
#: Rows that a migration adds behind the others.
MADE = {"counter": 1}


@pytest.fixture
def open_old(old_url: str, frozen: Frozen) -> Iterator[Open]:
    opened: list[Database] = []
    uni = FrozenUniverse(datetime.fromisoformat(frozen["facts"]["at"]) + timedelta(minutes=2), seed=77)

    def open_it(keys: str = frozen["keys"], *, migrate: bool = True) -> Database:
        database = Database.open(
            old_url, keys=Keyring.parse(keys), universe=uni, sqlite_synchronous="normal", migrate=migrate
        )
        opened.append(database)
        return database

    yield open_it
    for database in opened:
        database.close()


def test_the_file_fills_every_table_of_its_revision(old_url: str, frozen: Frozen, open_old: Open) -> None:
    """As far as the file can say: what the revision made is in it, with rows."""
    with pytest.raises(StoreOutdated, match="db upgrade"):
        open_old(migrate=False)
    assert [name for name, rows in frozen["tables"].items() if not rows] == []
    tables = set(open_old().run_read(lambda conn: inspect(conn).get_table_names()))
    assert frozen["tables"].keys() <= tables


def test_nothing_is_lost_and_everything_opens(frozen: Frozen, open_old: Open) -> None:
    database = open_old()
    assert database.run_read(migrations.current_revision) == migrations.HEAD
    counts = {
        name: database.run_read(lambda conn, n=name: conn.execute(text(f"SELECT count(*) FROM {n}")).scalar())  # type: ignore[misc]
        for name in frozen["tables"]
    }
    assert counts == {name: len(rows) + MADE.get(name, 0) for name, rows in frozen["tables"].items()}
    today = database.run_read(lambda conn: freeze(conn, database.vault.keyring))
    for (table, column), query in MOVED.items():
        found = dict(database.run_read(lambda conn, q=query: list(map(tuple, conn.execute(text(q))))))  # type: ignore[misc]
        for row in today[table]:
            row[column] = found[row["id"]]
    for name, rows in frozen["tables"].items():
        kept = [{key: row[key] for key in before} for before, row in zip(rows, today[name], strict=name not in MADE)]
        assert kept == rows, name
    assert [use.key_id for use in database.run_read(count_keys)] == ["k1"]


def test_freezing_writes_what_building_reads(open_old: Open, tmp_path: Path) -> None:
    database = open_old()
    tables = database.run_read(lambda conn: freeze(conn, database.vault.keyring))
    text_of_it = "\n".join(lines(migrations.HEAD, "k", {}, tables))
    assert json.loads(text_of_it)["tables"] == tables
    assert {table.name for table in sealed_columns()} <= tables.keys()


def test_the_wrong_key_is_refused_before_anything_is_changed(open_old: Open, old_url: str) -> None:
    with pytest.raises(KeyProblem):
        open_old(TEST_KEYS)


def test_the_key_is_changed_and_the_audit_record_stands(frozen: Frozen, open_old: Open) -> None:
    before = len(frozen["tables"]["audit_chain"])
    open_old()
    database = open_old(f"{TEST_KEYS},{frozen['keys']}")
    rotate(database)
    database = open_old(TEST_KEYS)
    found = database.run_read(lambda conn: audit.verify(conn, database.vault))
    assert (found.ok, found.entries) == (True, before)

    def sealed_opens(conn: Connection) -> int:
        count = 0
        for table, column in sealed_columns().items():
            for row in conn.execute(table.select().where(column.is_not(None))):
                database.vault.open(table.name, row_id(table, row), getattr(row, column.name))
                count += 1
        return count

    assert database.run_read(sealed_opens) > 90


def test_what_is_found_by_a_digest_is_found(frozen: Frozen, open_old: Open) -> None:
    database, facts = open_old(), frozen["facts"]
    vault = database.vault
    receipt = database.run_read(lambda conn: find_receipt(conn, vault, facts["receipt_no"]))
    assert receipt is not None
    assert {answer["name"] for answer in receipt.answers} >= {"address", "occupation"}
    uni = database.universe
    assert database.run(lambda conn: staff.load_session(conn, uni, vault, facts["session"])) is not None


def test_the_export_gives_the_same_answers(frozen: Frozen, open_old: Open, tmp_path: Path) -> None:
    database = open_old()
    words = load_catalogue("ja")

    def export(name: str, options: Options) -> list[dict[str, str]]:
        folder = tmp_path / name
        export_responses(database, folder, options, actor="tests", program="kakunin", word=words.text)
        with (folder / "responses.csv").open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    (row,) = export("all", Options(zone=TOKYO))
    assert row["customer_no"] == "0000201"
    assert row["receipt_no"] == frozen["facts"]["receipt_no"]
    assert "9" in row["address"]
    batch = database.run_read(lambda conn: load_batch(conn, str(frozen["facts"]["batch"])))
    assert export("since", Options(zone=TOKYO, since=batch)) == []


@pytest.fixture
async def house(open_old: Open, frozen: Frozen) -> AsyncIterator[House]:
    """Today's service over the old store, with the people of that time on their phones."""
    database = open_old()
    uni = database.universe
    assert isinstance(uni, FrozenUniverse)
    async with open_house(database, uni, {}) as opened:
        for user_id in frozen["facts"]["line"].values():
            opened.line.people.add(Person(user_id=user_id, name="x", language="ja", friend=True))
        for user_id in frozen["facts"]["telegram"].values():
            opened.telegram.people.add(Person(user_id=user_id, name="x", language="ja", friend=True))
        # The platform has numbered updates before; a number that came once counts as a second delivery.
        opened.telegram.next_update_id += 1000
        yield opened


async def test_a_conversation_goes_on_in_the_middle(house: House, frozen: Frozen) -> None:
    """What was queued is sent, what a crash left unread is read, and the customer comes to his receipt."""
    user_id = frozen["facts"]["line"]["0000202"]
    customer = Customer(house, "line", house.line, house.line.people[user_id])
    await house.settle()
    assert customer.said, "the message that waited"
    await house.service.turns.sweep()
    await house.settle()
    assert house.rows("SELECT count(*) AS n FROM inbound_event WHERE done_at IS NULL")[0].n == 0
    for _ in range(10):
        if "submit" in customer.options():
            break
        await customer.answers(declared="yes")
    await customer.taps("submit")
    assert customer.active().phase == "completed"
    assert house.rows("SELECT count(*) AS n FROM submission")[0].n == 2
    house.check_folds()
    found = house.database.run(lambda conn: audit.seal_chain(conn, house.database.vault, house.universe))
    assert found > 0
    assert house.database.run_read(lambda conn: audit.verify(conn, house.database.vault)).ok


async def test_a_letter_of_that_time_still_links(house: House, frozen: Frozen) -> None:
    facts = frozen["facts"]
    user_id = facts["telegram"]["0000203"]
    customer = Customer(house, "telegram", house.telegram, house.telegram.people[user_id])
    await customer.types(facts["birth_date_0000203"])
    await customer.types(facts["phone_0000203"][-4:])
    database = house.database

    def linked(conn: Connection) -> Any:
        account = find_account(conn, database.vault, "telegram", Personal(user_id))
        customer_id = find_customer_no(conn, "0000203")
        assert account is not None
        assert customer_id is not None
        found = load_customer(conn, database.vault, customer_id)
        assert found is not None
        return [link.customer_id for link in live_links(conn, account.id)] == [found.id]

    assert database.run_read(linked)
    assert customer.active().kind == "case"
