"""What runs beside a serving process never keeps the writer long: its write transactions are small by their structure.

A webhook waits for the writer of a SQLite store.  A row that is written costs some 70 microseconds, so a few hundred
of them stay below 50 milliseconds, whatever the size of the file or the export.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from bot.outreach.letters import Channels, make_letters
from bot.outreach.master_rows import row_checker
from bot.outreach.opening import open_due_cases
from storage.database import Database
from storage.exports import members, responses
from storage.exports.responses import Options, export_responses
from storage.masterfile import importing
from storage.masterfile.importing import import_master
from storage.masterfile.reader import MasterFile
from storage.reconciliation.worker import Reconciler
from tests.storage.conftest import master_row
from tests.storage.reconciliation.seeding import SAME_ANSWERS, TARO, add_case, add_customers, publish_form, submit

#: Statements and rows that one transaction may write.
MOST = 600
TOKYO = ZoneInfo("Asia/Tokyo")
CUSTOMERS = 600


class Watch:
    """The size of each write transaction: its statements, or the rows that they carried or touched."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._size = 0

    def begin(self, *_: object) -> None:
        self._size = 0

    def executed(self, _c: object, cursor: Any, _s: str, parameters: Any, _x: object, many: bool) -> None:
        self._size += max(1, len(parameters) if many else 1, cursor.rowcount)

    def committed(self, *_: object) -> None:
        self.sizes.append(self._size)


@contextmanager
def watched(database: Database) -> Iterator[Watch]:
    watch, engine = Watch(), database._writer
    hooks = (("begin", watch.begin), ("after_cursor_execute", watch.executed), ("commit", watch.committed))
    for name, hook in hooks:
        event.listen(engine, name, hook)
    yield watch
    for name, hook in hooks:
        event.remove(engine, name, hook)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


def write_file(path: Path, **changes: str) -> Path:
    rows = [master_row(f"{number:07d}", **changes) for number in range(CUSTOMERS)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def bring_in(database: Database, path: Path, progress: Any = lambda done, total: None) -> None:
    import_master(
        database,
        path,
        MasterFile(path, encoding="utf-8", mapping={}),
        row_checker(database, database.universe.now().date()),
        actor="clerk",
        reject=lambda problem: None,
        progress=progress,
    )


def count(database: Database, table: str) -> int | None:
    return database.run_read(lambda conn: conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar())


def break_off(done: int, total: int) -> None:
    if done == total:
        raise KeyboardInterrupt


def test_an_import_is_staged_and_discarded_in_small_pieces(database: Database, tmp_path: Path) -> None:
    with watched(database) as watch:
        bring_in(database, write_file(tmp_path / "master.csv"))
        with pytest.raises(KeyboardInterrupt):
            bring_in(database, write_file(tmp_path / "changed.csv", phone="08000000000"), break_off)
    assert len(watch.sizes) > 2 * CUSTOMERS // importing.BATCH
    assert max(watch.sizes) <= MOST
    assert (
        database.run_read(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM master_record").scalar()) == CUSTOMERS
    )


def test_what_a_killed_import_left_is_discarded_in_small_pieces(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(tmp_path / "master.csv")
    with monkeypatch.context() as killed:
        for name in ("discard_master_rows", "discard_master_version"):
            killed.setattr(importing, name, lambda *_: False)
        with pytest.raises(KeyboardInterrupt):
            bring_in(database, path, break_off)
    with watched(database) as watch:
        bring_in(database, path)
    assert max(watch.sizes) <= MOST


def test_in_one_piece_an_import_is_noticed(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(importing, "BATCH", 100_000)
    with watched(database) as watch:
        bring_in(database, write_file(tmp_path / "master.csv"))
    assert max(watch.sizes) > MOST


def test_cases_and_letters_are_made_in_small_pieces(database: Database, tmp_path: Path) -> None:
    bring_in(database, write_file(tmp_path / "master.csv"))
    today = database.universe.now().date()
    with watched(database) as watch:
        opened = open_due_cases(database, due_by=today + timedelta(days=2000), today=today, actor="clerk", zone=TOKYO)
        made = make_letters(
            database,
            tmp_path / "letters.csv",
            channels=Channels(),
            expires_on=today + timedelta(days=90),
            actor="clerk",
        )
    assert (opened.opened, made) == (CUSTOMERS, CUSTOMERS)
    assert max(watch.sizes) <= MOST


def test_answers_are_compared_and_exported_in_small_pieces(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [f"{number:04d}" for number in range(12)]
    add_customers(database, *(TARO | {"customer_no": number} for number in numbers))
    form = publish_form(database)
    for number in numbers:
        submit(database, form, add_case(database, number), SAME_ANSWERS)
    with watched(database) as compared:
        Reconciler(next_due=lambda rating, day, expiry: date(2028, 11, 2), zone=TOKYO).run(database)
    assert len(compared.sizes) >= 3
    assert max(compared.sizes) <= MOST
    with watched(database) as exported:
        export_responses(database, tmp_path, Options(), actor="clerk", program="kakunin test", word=lambda key: key)
    # Begun, what it carries as one run of numbers, then the batch itself with its audit entry.
    assert len(exported.sizes) == 1 + 1 + 1
    assert max(exported.sizes) <= 6


def test_what_an_export_carries_is_recorded_in_small_pieces(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "BATCH", 5)
    with watched(database) as recorded, members.recorded_members(database, database.universe.new_id()) as carried:
        for number in range(1, 25, 2):
            carried.add(number)
        carried.finish()
    assert count(database, "export_span") == 12
    assert len(recorded.sizes) == 1 + 3
    assert max(recorded.sizes) <= 6


def test_an_export_that_fails_leaves_no_piece(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_customers(database, TARO)
    submit(database, publish_form(database), add_case(database, "0001"), SAME_ANSWERS)
    Reconciler(next_due=lambda rating, day, expiry: date(2028, 11, 2), zone=TOKYO).run(database)

    def fail(*_: object, **__: object) -> None:
        raise OSError("the folder went away")

    def export() -> None:
        export_responses(database, tmp_path, Options(), actor="clerk", program="kakunin test", word=lambda key: key)

    def left() -> list[int | None]:
        return [count(database, table) for table in ("export_batch", "export_span")]

    with monkeypatch.context() as failing:
        failing.setattr(responses, "save_export_batch", fail)
        with pytest.raises(OSError, match="went away"):
            export()
        assert left() == [0, 0]
        # Killed, it could not even tidy up: the next export on another day does.
        failing.setattr(members, "discard_export_spans", lambda *_: False)
        with pytest.raises(OSError, match="went away"):
            export()
    assert left() == [1, 1]
    database.universe.advance(timedelta(days=2))  # type: ignore[attr-defined]
    export()
    assert left() == [1, 1]
    assert database.run_read(lambda conn: conn.exec_driver_sql("SELECT kind FROM export_batch").scalar()) == "responses"
