"""A customer about whom something is kept everywhere, and one beside him who stays."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from storage.customers import find_customer_no
from storage.database import Database
from storage.retention import Policy
from storage.tables import metadata, row_id, sealed_columns
from tests.storage.conftest import import_rows, master_row, set_scene
from tests.storage.test_canaries import Canaries, plant

TOKYO = ZoneInfo("Asia/Tokyo")
HIS = "0000123"
OTHER = "0000456"


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return Policy(years=7, words_months=24, zone=TOKYO, outside=tmp_path / "erasures")


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def kept(database: Database, canaries: Canaries) -> Database:
    """Everything about ``HIS``, and a conversation of ``OTHER``."""
    plant(database, canaries)
    set_scene(database, OTHER, "U0000456")
    return database


def customer_of(database: Database, number: str) -> str:
    found = database.run_read(lambda conn: find_customer_no(conn, number))
    assert found is not None
    return found


def end_relationship(database: Database, number: str, on: date) -> None:
    """The bank's next file says that it is over."""
    import_rows(database, [master_row(number, relationship_end_on=on.isoformat())])


def everything_opened(database: Database) -> str:
    """All that can be read in the store by who has the keys: every sealed value and every clear column."""
    found: list[str] = []
    sealed = sealed_columns()

    def read(conn: object) -> None:
        for table in metadata.sorted_tables:
            for row in conn.execute(select(table)):  # type: ignore[attr-defined]
                found.append(repr([value for value in row if not isinstance(value, bytes)]))
                column = sealed.get(table)
                blob = None if column is None else getattr(row, column.name)
                if blob is not None:
                    opened = database.vault.keyring.open_bytes(table.name, row_id(table, row), blob)
                    found.append(opened.decode("utf-8", "surrogatepass"))

    database.run_read(read)
    return "\n".join(found)


def canaries_left(database: Database, canaries: Canaries) -> list[str]:
    text = everything_opened(database)
    return [value for value in canaries.values if value in text or json.dumps(value) in text]
