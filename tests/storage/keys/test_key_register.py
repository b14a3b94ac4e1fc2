"""A store says at the start which key it needs, whichever of its rows needs it."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update

from storage.database import Database
from storage.key_register import is_registered, is_used
from storage.problems import KeyMissing, KeyProblem
from storage.tables import ContentRow, table_of
from tests.conftest import TEST_KEYS
from tests.storage.keys.conftest import NEW, OTHER_TEST, OpenWith, rotate

_content = table_of(ContentRow)


def registered(database: Database) -> set[str]:
    return set(database.run_read(lambda conn: conn.execute(text("SELECT key_id FROM encryption_key")).scalars()))


def put_back_one(planted: Database) -> None:
    """One value under the key ``test`` in a store that has moved on."""

    def write(conn: object) -> None:
        row = conn.execute(_content.select().limit(1)).one()  # type: ignore[attr-defined]
        blob = planted.vault.seal(_content.name, row.id, {"text": "x"})
        conn.execute(update(_content).where(_content.c.id == row.id).values(sealed=blob))  # type: ignore[attr-defined]

    planted.run(write)


def test_a_key_is_registered_before_it_seals(planted: Database, open_with: OpenWith) -> None:
    assert registered(planted) == {"test"}
    assert registered(open_with(f"{NEW},{TEST_KEYS}")) == {"test", "new"}


def test_one_row_that_needs_a_missing_key_is_enough_to_refuse(planted: Database, open_with: OpenWith) -> None:
    rotate(open_with(f"{NEW},{TEST_KEYS}"))
    put_back_one(planted)
    with pytest.raises(KeyMissing) as caught:
        open_with(NEW)
    assert str(caught.value) == "The store needs encryption key 'test', which is not among the keys given."
    # With both keys it opens, and is brought in order.
    rotate(open_with(f"{NEW},{TEST_KEYS}"))
    assert registered(open_with(NEW)) == {"new"}


def test_another_key_of_the_same_id_is_refused_although_the_first_key_fits(
    planted: Database, open_with: OpenWith
) -> None:
    open_with(f"{NEW},{TEST_KEYS}")
    rotate(open_with(f"{NEW},{TEST_KEYS}"))
    put_back_one(planted)
    with pytest.raises(KeyProblem, match="'test' is not the one") as caught:
        open_with(f"{NEW},{OTHER_TEST}")
    assert str(caught.value).count(".") == 1


def test_another_first_key_of_the_same_id_is_refused(planted: Database, open_with: OpenWith) -> None:
    with pytest.raises(KeyProblem, match="'test'"):
        open_with(OTHER_TEST)


def test_a_store_from_before_the_register_tells_its_keys_from_its_rows(planted: Database, open_with: OpenWith) -> None:
    open_with(f"{NEW},{TEST_KEYS}")
    rotate(open_with(f"{NEW},{TEST_KEYS}"))
    put_back_one(planted)
    forget = text("DELETE FROM encryption_key")
    planted.run(lambda conn: conn.execute(forget))
    with pytest.raises(KeyMissing, match="'test'"):
        open_with(NEW)
    with pytest.raises(KeyProblem, match="does not open"):
        open_with(f"{NEW},{OTHER_TEST}")
    assert registered(open_with(f"{NEW},{TEST_KEYS}")) == {"test", "new"}


def test_a_damaged_header_hides_no_other_key(planted: Database, open_with: OpenWith) -> None:
    planted.run(
        lambda conn: conn.execute(
            text("UPDATE inbound_event SET sealed = store_secret.sealed FROM store_secret WHERE event_key = 'e0'")
        )
    )
    damage = text("UPDATE inbound_event SET sealed = :bad WHERE event_key = 'e1'")
    planted.run(lambda conn: conn.execute(damage, {"bad": b"\x07zzzz"}))
    planted.run(lambda conn: conn.execute(text("DELETE FROM encryption_key")))
    assert registered(open_with(TEST_KEYS)) == {"test"}


def test_what_is_used_and_what_is_registered(planted: Database) -> None:
    assert planted.run_read(lambda conn: is_used(conn, "test"))
    assert not planted.run_read(lambda conn: is_used(conn, "tes"))
    assert planted.run_read(lambda conn: is_registered(conn, "test"))
    assert not planted.run_read(lambda conn: is_registered(conn, None))
