"""Keys change while the service writes: every value ends under the new key and no later value is lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text, update

from storage import key_rotation
from storage.database import Database
from storage.encryption import Keyring, key_id_of
from storage.key_rotation import count_keys, count_sealed, is_due, lead_to, rotate_step
from storage.leases import take_lease
from storage.problems import KeyMissing, KeyProblem, LeaseLost
from storage.tables import ContentRow, row_id, sealed_columns, table_of
from storage.universe import FrozenUniverse
from tests.conftest import TEST_KEYS
from tests.storage.keys.conftest import NEW, OpenWith, lease_of, rotate

_content = table_of(ContentRow)


def opened(database: Database) -> dict[str, dict[str, Any]]:
    """Every sealed value there is, opened, by its place."""

    def read(conn: Connection) -> dict[str, dict[str, Any]]:
        found = {}
        for table, column in sealed_columns().items():
            for row in conn.execute(select(table).where(column.is_not(None))):
                place = row_id(table, row)
                found[f"{table.name} {place}"] = database.vault.open(table.name, place, getattr(row, column.name))
        return found

    return database.run_read(read)


def key_ids(database: Database) -> set[str | None]:
    def read(conn: Connection) -> set[str | None]:
        columns = sealed_columns().items()
        return {
            key_id_of(blob)
            for table, column in columns
            for blob in conn.execute(select(column).select_from(table).where(column.is_not(None))).scalars()
        }

    return database.run_read(read)


def test_every_sealed_column_is_filled_by_the_tests_and_its_rows_are_found(planted: Database) -> None:
    """A new sealed column fails here until ``plant`` (test_canaries) writes a value that opens at its row's id."""
    filled = {place.partition(" ")[0] for place in opened(planted)}
    assert filled == {table.name for table in sealed_columns()}


def test_a_value_that_is_bound_otherwise_would_be_noticed(planted: Database) -> None:
    """Negative control of the test above."""
    blob = planted.vault.seal(_content.name, "not the id", {"text": "x"})
    planted.run(lambda conn: conn.execute(update(_content).values(sealed=blob)))
    with pytest.raises(KeyProblem):
        opened(planted)


def test_all_values_come_under_the_new_key_and_the_old_one_opens_nothing(
    planted: Database, open_with: OpenWith
) -> None:
    before = opened(planted)
    assert key_ids(planted) == {"test"}
    database = open_with(f"{NEW},{TEST_KEYS}")
    steps = rotate(database)
    assert sum(step.resealed for step in steps) == len(before)
    assert key_ids(database) == {"new"}
    assert opened(database) == before
    # Retired: the store opens without it, and with it alone nothing opens.
    assert opened(open_with(NEW)) == before
    with pytest.raises(KeyMissing, match="'new'"):
        open_with(TEST_KEYS)


@pytest.mark.slow
def test_a_step_looks_at_a_page_and_an_interrupted_pass_goes_on(
    planted: Database, open_with: OpenWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "AT_ONCE", 2)
    monkeypatch.setattr(key_rotation, "_PAGE", 3)
    before = opened(planted)
    lease = lease_of(planted)
    seen = 0
    for _ in range(7):
        # Another process each time: nothing of the pass is in memory.
        step = rotate_step(open_with(f"{NEW},{TEST_KEYS}"), lease)
        assert step.resealed <= 2
        seen += step.resealed
    assert 0 < seen < len(before)
    database = open_with(f"{NEW},{TEST_KEYS}")
    (stand,) = [use for use in database.run_read(count_keys) if use.key_id == "new"]
    assert sum(stand.values.values()) == seen
    steps = 0
    while not rotate_step(database, lease).settled:
        steps += 1
        assert steps < 200
    assert opened(database) == before
    assert key_ids(database) == {"new"}


def test_what_somebody_writes_meanwhile_stays(
    planted: Database, open_with: OpenWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_with(f"{NEW},{TEST_KEYS}")
    content_id = planted.run_read(lambda conn: conn.execute(select(func.min(_content.c.id))).scalar_one())
    reseal = Keyring.reseal

    def reseal_slowly(self: Keyring, table: str, place: str, blob: bytes) -> bytes:
        if (table, place) == (_content.name, content_id):
            # Between reading and writing, a process that still has the old order writes the same row.
            later = planted.vault.seal(table, place, {"text": "later"})
            where = update(_content).where(_content.c.id == content_id)
            planted.run(lambda conn: conn.execute(where.values(sealed=later)))
            monkeypatch.setattr(Keyring, "reseal", reseal)
        return reseal(self, table, place, blob)

    monkeypatch.setattr(Keyring, "reseal", reseal_slowly)
    rotate(database)
    assert opened(database)[f"content {content_id}"] == {"text": "later"}
    assert key_ids(database) == {"new"}, "the second pass finds what was written meanwhile"


def test_a_late_holder_writes_nothing(planted: Database, open_with: OpenWith, universe: FrozenUniverse) -> None:
    database = open_with(f"{NEW},{TEST_KEYS}")
    late = lease_of(database)
    universe.advance(late.until - universe.now())
    database.run(lambda conn: take_lease(conn, universe, "keys.rotate", owner="two", duration=late.until - late.until))
    with pytest.raises(LeaseLost):
        rotate_step(database, late)
    assert key_ids(database) == {"test"}


def test_a_damaged_value_is_passed_over_and_keeps_its_key(planted: Database, open_with: OpenWith) -> None:
    def damage(conn: Connection) -> None:
        row = conn.execute(select(_content).limit(1)).one()
        bad = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
        conn.execute(update(_content).where(_content.c.id == row.id).values(sealed=bad))

    planted.run(damage)
    database = open_with(f"{NEW},{TEST_KEYS}")
    steps = rotate(database)
    assert {step.broken for step in steps} == {0, 1}
    assert key_ids(database) == {"new", "test"}
    uses = {use.key_id: use.values for use in database.run_read(count_keys)}
    assert uses["test"] == {"content": 1}
    assert uses["new"]["content"] > 1


def test_counts_tell_tables_and_keys_apart(planted: Database) -> None:
    (use,) = planted.run_read(count_keys)
    assert (use.key_id, use.settled_at) == ("test", None)
    assert use.values.keys() == {table.name for table in sealed_columns()}
    assert sum(use.values.values()) == planted.run_read(count_sealed) == len(opened(planted))


def due(database: Database) -> bool:
    return database.run_read(lambda conn: is_due(conn, database.universe, database.vault.keyring))


def test_only_a_process_with_the_latest_first_key_rotates_by_itself(
    planted: Database, open_with: OpenWith, advance: Any
) -> None:
    assert not due(planted), "one key only: there is nothing to do"
    advance(1)
    changed = open_with(f"{NEW},{TEST_KEYS}")
    assert due(changed)
    old_order = open_with(f"{TEST_KEYS},{NEW}")
    assert not due(old_order), "it would undo the other's work"
    rotate(changed)
    assert not due(changed)
    advance(2 * 86_400)
    assert due(changed), "somebody may have written under the old key meanwhile"
    # Going back is a decision: the command makes it.
    advance(1)
    old_order.run(lambda conn: lead_to(conn, old_order.universe, old_order.vault.keyring))
    assert due(old_order)
    assert not due(changed)
    rotate(old_order)
    assert key_ids(old_order) == {"test"}


def test_an_old_value_left_in_no_table_is_not_missed(planted: Database, open_with: OpenWith) -> None:
    """The secret from which the digests' keys come, and the end of the audit chain, are brought along too."""
    database = open_with(f"{NEW},{TEST_KEYS}")
    rotate(database)
    for table in ("store_secret", "audit_head"):
        blob = database.run_read(lambda conn, t=table: conn.execute(text(f"SELECT sealed FROM {t}")).scalar_one())
        assert key_id_of(blob) == "new"
