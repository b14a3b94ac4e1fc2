"""Opening a store, transactions, first run, keys and refusals."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
import stat
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from storage.counters import next_value
from storage.database import Database, peek_revision
from storage.encryption import Keyring
from storage.migrations import HEAD
from storage.problems import (
    AlreadyServing,
    KeyProblem,
    StoreNewer,
    StoreOutdated,
    StoreProblem,
    StoreUnreachable,
)
from storage.tables import CounterRow, CustomerRow, table_of
from storage.universe import Universe

COUNTER = table_of(CounterRow)
OTHER_KEYS = Keyring.parse("other:" + base64.b64encode(bytes(32)).decode())


def count_rows(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(COUNTER)).scalar_one())


def test_what_failed_leaves_nothing(database: Database) -> None:
    def fail(conn: Connection) -> None:
        conn.execute(insert(COUNTER), {"name": "x", "value": 1})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.run(fail)
    assert database.run_read(count_rows) == 0


async def test_transact_and_read_run_off_the_loop(database: Database) -> None:
    loop_thread = threading.get_ident()

    def write(conn: Connection) -> int:
        conn.execute(insert(COUNTER), {"name": "x", "value": 1})
        return threading.get_ident()

    assert await database.transact(write) != loop_thread
    assert await database.read(count_rows) == 1


async def test_numbers_have_no_gap_under_concurrent_transactions(database: Database) -> None:
    numbers = await asyncio.gather(*(database.transact(lambda conn: next_value(conn, "n")) for _ in range(40)))
    assert sorted(numbers) == list(range(1, 41))


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(SQLAlchemyError):
        database.run_read(lambda conn: conn.execute(insert(COUNTER), {"name": "x", "value": 1}))


def test_a_reader_sees_one_snapshot(database: Database) -> None:
    def look_twice(conn: Connection) -> tuple[int, int]:
        before = count_rows(conn)
        database.run(lambda other: other.execute(insert(COUNTER), {"name": "x", "value": 1}))
        return before, count_rows(conn)

    assert database.run_read(look_twice) == (0, 0)
    assert database.run_read(count_rows) == 1


def test_an_error_shows_no_parameter(database: Database) -> None:
    values = {"id": "1" * 36, "customer_no": "山田花子", "created_at": database.universe.now()}

    def twice(conn: Connection) -> None:
        conn.execute(insert(table_of(CustomerRow)), values)
        conn.execute(insert(table_of(CustomerRow)), {**values, "customer_no": None})

    with pytest.raises(DBAPIError) as caught:
        database.run(twice)
    assert "parameters hidden" in str(caught.value)


def test_deadlocks_are_run_again(postgres_url: str, keyring: Keyring, universe: Universe) -> None:
    with Database.open(postgres_url, keys=keyring, universe=universe) as database:
        for name in ("a", "b"):
            database.run(partial(next_value, name=name))
        meet = threading.Barrier(2)
        tries: list[str] = []

        def cross(first: str, second: str) -> Callable[[Connection], None]:
            def run(conn: Connection) -> None:
                tries.append(first)
                next_value(conn, first)
                if tries.count(first) == 1:
                    meet.wait(10)
                next_value(conn, second)

            return run

        threads = [threading.Thread(target=database.run, args=(cross(*names),)) for names in ("ab", "ba")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(tries) == 3
        values = database.run_read(lambda conn: conn.execute(select(COUNTER.c.value)).scalars().all())
        assert values == [3, 3]


def test_a_transaction_inside_a_transaction_is_refused_instead_of_waiting_for_itself(
    sqlite_database: Database,
) -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        sqlite_database.run(lambda conn: sqlite_database.run(count_rows))
    assert sqlite_database.run(count_rows) == 0


def test_two_processes_write_in_turn(sqlite_url: str, keyring: Keyring, universe: Universe) -> None:
    # Reads before it writes: with a deferred BEGIN most of these would fail at once.
    def read_then_write(conn: Connection) -> int:
        count_rows(conn)
        return next_value(conn, "n")

    def work(database: Database) -> None:
        for _ in range(25):
            database.run(read_then_write)

    with (
        Database.open(sqlite_url, keys=keyring, universe=universe, sqlite_synchronous="normal") as first,
        Database.open(sqlite_url, keys=keyring, universe=universe, sqlite_synchronous="normal") as second,
    ):
        threads = [threading.Thread(target=work, args=(one,)) for one in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert first.run(lambda conn: next_value(conn, "n")) == 51


def test_sqlite_is_durable_by_default(tmp_path: Path, universe: Universe) -> None:
    with Database.open(f"sqlite:///{tmp_path}/kakunin.db", keys=None, universe=universe) as database:

        def pragmas(conn: Connection) -> list[object]:
            names = ("synchronous", "journal_mode", "foreign_keys")
            return [conn.execute(text(f"PRAGMA {name}")).scalar() for name in names]

        assert database.run(pragmas) == [2, "wal", 1]


def test_the_first_run_makes_store_and_key_and_says_so(tmp_path: Path, universe: Universe) -> None:
    url = f"sqlite:///{tmp_path}/kakunin.db"
    with Database.open(url, keys=None, universe=universe) as database:
        assert database.made_key == tmp_path / "kakunin.key"
        sealed = database.vault.seal("t", "1", {"a": 1})
    for name in ("kakunin.db", "kakunin.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    with Database.open(url, keys=None, universe=universe) as again:
        assert again.made_key is None
        assert again.vault.open("t", "1", sealed) == {"a": 1}


def test_a_store_whose_key_file_is_gone_is_refused_and_no_key_is_made(tmp_path: Path, universe: Universe) -> None:
    url = f"sqlite:///{tmp_path}/kakunin.db"
    Database.open(url, keys=None, universe=universe).close()
    (tmp_path / "kakunin.key").unlink()
    with pytest.raises(KeyProblem, match="missing"):
        Database.open(url, keys=None, universe=universe)
    assert not (tmp_path / "kakunin.key").exists()


def test_a_wrong_key_is_refused(database_url: str, universe: Universe) -> None:
    with pytest.raises(KeyProblem, match="'test'"):
        Database.open(database_url, keys=OTHER_KEYS, universe=universe)


def test_a_wrong_key_under_the_right_name_is_refused(database_url: str, universe: Universe) -> None:
    wrong = Keyring.parse("test:" + base64.b64encode(bytes(32)).decode())
    with pytest.raises(KeyProblem, match="does not open"):
        Database.open(database_url, keys=wrong, universe=universe)


def test_a_lost_digest_root_is_not_replaced(database: Database, database_url: str, keyring: Keyring) -> None:
    values = {"id": "1" * 36, "customer_no": "1", "created_at": database.universe.now()}

    def lose(conn: Connection) -> None:
        conn.execute(insert(table_of(CustomerRow)), values)
        conn.execute(text("DELETE FROM store_secret"))

    database.run(lose)
    with pytest.raises(KeyProblem, match="digest root"):
        Database.open(database_url, keys=keyring, universe=database.universe)


def test_an_unknown_revision_is_a_newer_store(database: Database, database_url: str, keyring: Keyring) -> None:
    database.run(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(StoreNewer):
        Database.open(database_url, keys=keyring, universe=database.universe)


def test_postgresql_needs_keys_and_an_upgrade_first(postgres_server: Any, keyring: Keyring, universe: Universe) -> None:
    name = postgres_server.create()
    url = postgres_server.url(name)
    with pytest.raises(KeyProblem, match="KAKUNIN_ENCRYPTION_KEYS"):
        Database.open(url, keys=None, universe=universe)
    with pytest.raises(StoreOutdated, match="kakunin db upgrade"):
        Database.open(url, keys=keyring, universe=universe)
    assert peek_revision(url) is None
    Database.open(url, keys=keyring, universe=universe, migrate=True).close()
    assert peek_revision(url) == HEAD
    Database.open(url, keys=keyring, universe=universe).close()
    postgres_server.drop(name)


def test_tables_of_another_program_are_left_alone(tmp_path: Path, universe: Universe) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(StoreProblem, match="another program"):
        Database.open(f"sqlite:///{path}", keys=None, universe=universe, migrate=True)
    assert not (tmp_path / "kakunin.key").exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "not an address"),
        ("mysql://localhost/x", "must begin with"),
        ("sqlite://", "must name a file"),
        ("sqlite:////does/not/exist/kakunin.db", "does not exist"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_one_sentence(url: str, message: str, universe: Universe) -> None:
    with pytest.raises(StoreProblem, match=message):
        Database.open(url, keys=None, universe=universe)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path, universe: Universe) -> None:
    path = tmp_path / "kakunin.db"
    path.write_text("this is not a database, it only looks like one " * 50)
    with pytest.raises(StoreUnreachable, match="not a SQLite database"):
        Database.open(f"sqlite:///{path}", keys=None, universe=universe)


def test_a_server_that_does_not_answer_is_named_without_the_password(universe: Universe) -> None:
    with pytest.raises(StoreUnreachable) as caught:
        Database.open("postgresql://me:hidden-word@127.0.0.1:1/x", keys=OTHER_KEYS, universe=universe)
    assert "hidden-word" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_one_process_serves_a_sqlite_store(sqlite_database: Database, sqlite_url: str, keyring: Keyring) -> None:
    with (
        Database.open(sqlite_url, keys=keyring, universe=sqlite_database.universe) as other,
        sqlite_database.serve_lock(),
        pytest.raises(AlreadyServing),
        other.serve_lock(),
    ):
        pytest.fail("two servers on one SQLite store")
    with sqlite_database.serve_lock():
        pass


def test_several_processes_serve_postgresql(postgres_url: str, keyring: Keyring, universe: Universe) -> None:
    with (
        Database.open(postgres_url, keys=keyring, universe=universe) as first,
        Database.open(postgres_url, keys=keyring, universe=universe) as second,
        first.serve_lock(),
        second.serve_lock(),
    ):
        assert first.run_read(count_rows) == 0


def test_a_folder_in_the_place_of_the_store_is_refused(tmp_path: Path, universe: Universe) -> None:
    (tmp_path / "kakunin.db").mkdir()
    with pytest.raises(StoreUnreachable, match="cannot be written"):
        Database.open(f"sqlite:///{tmp_path}/kakunin.db", keys=None, universe=universe)


def test_a_full_disk_leaves_the_store_whole(sqlite_database: Database) -> None:
    database = sqlite_database
    pages = database.run(lambda conn: conn.execute(text("PRAGMA page_count")).scalar_one())
    database.run(lambda conn: conn.execute(text(f"PRAGMA max_page_count = {pages}")))
    rows = [{"name": f"n{number:039d}", "value": number} for number in range(2000)]
    with pytest.raises(OperationalError, match="full"):
        database.run(lambda conn: conn.execute(insert(COUNTER), rows))
    assert database.run_read(count_rows) == 0
    assert database.run_read(lambda conn: conn.execute(text("PRAGMA integrity_check")).scalar()) == "ok"
