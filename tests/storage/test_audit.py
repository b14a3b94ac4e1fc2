"""The audit record: only added to, chained, and every kind of tampering is named."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy import Connection, text

from storage.audit import Verified, chain_head, list_entries, record, seal_chain, verify
from storage.database import Database
from storage.staff import add_staff, list_staff


def add_entries(database: Database, count: int) -> list[str]:
    def add(conn: Connection) -> list[str]:
        return [
            record(
                conn,
                database.universe,
                "case.opened",
                actor_kind="os_user",
                actor_id="bank",
                subjects={"case": f"case-{number}"},
                detail={"cause": "periodic"},
            )
            for number in range(count)
        ]

    return database.run(add)


def seal(database: Database, limit: int = 1000) -> int:
    return database.run(lambda conn: seal_chain(conn, database.vault, database.universe, limit))


def check(database: Database) -> Verified:
    return database.run_read(lambda conn: verify(conn, database.vault))


def tamper(database: Database, *statements: str) -> None:
    def run(conn: Connection) -> None:
        if database.dialect == "postgresql":
            conn.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            assert conn.execute(text(statement)).rowcount > 0
        if database.dialect == "postgresql":
            conn.execute(text("SET session_replication_role = origin"))

    if database.dialect == "sqlite":
        # As somebody with the file and a tool of his own would: without our foreign keys.
        url = database._writer.url.database
        assert url is not None
        connection = sqlite3.connect(url)
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
        connection.commit()
        connection.close()
    else:
        database.run(run)


@pytest.fixture
def chained(database: Database) -> Database:
    add_entries(database, 5)
    assert seal(database) == 5
    return database


def test_entries_wait_for_the_sealer_and_are_chained_once(database: Database) -> None:
    add_entries(database, 5)
    assert check(database) == Verified(ok=True, entries=0, first_bad_seq=None, why="", unchained=5)
    assert [seal(database, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert check(database) == Verified(ok=True, entries=5, first_bad_seq=None, why="", unchained=0)


def test_the_chain_goes_on_after_days(chained: Database, advance: Any) -> None:
    head = chained.run_read(lambda conn: chain_head(conn, chained.vault))
    advance(3 * 86_400)
    add_entries(chained, 2)
    assert seal(chained) == 2
    assert check(chained).entries == 7
    assert head[0] == 5
    assert chained.run_read(lambda conn: chain_head(conn, chained.vault)) != head


def test_an_entry_that_appeared_late_is_chained_too(chained: Database) -> None:
    """Its id is older than the last one chained: a transaction that began earlier and committed later."""
    late = add_entries(chained, 1)[0]
    tamper(chained, f"UPDATE audit_entry SET id = '00000000-0000-7000-8000-000000000000' WHERE id = '{late}'")
    assert seal(chained) == 1
    assert check(chained) == Verified(ok=True, entries=6, first_bad_seq=None, why="", unchained=0)


SECOND = "(SELECT entry_id FROM audit_chain WHERE seq = 2)"


@pytest.mark.parametrize(
    ("statements", "seq", "why"),
    [
        ((f"UPDATE audit_entry SET action = 'case.closed' WHERE id = {SECOND}",), 2, "changed"),
        ((f"UPDATE audit_entry SET actor_id = NULL WHERE id = {SECOND}",), 2, "changed"),
        ((f"UPDATE audit_entry SET at = (SELECT max(created_at) FROM staff) WHERE id = {SECOND}",), 2, "changed"),
        (("UPDATE audit_entry SET detail = '{}' WHERE id = " + SECOND,), 2, "changed"),
        ((f"DELETE FROM audit_entry WHERE id = {SECOND}",), 2, "removed"),
        (("DELETE FROM audit_chain WHERE seq = 2",), 2, "removed"),
        (
            (
                "UPDATE audit_chain SET seq = 99 WHERE seq = 2",
                "UPDATE audit_chain SET seq = 2 WHERE seq = 3",
                "UPDATE audit_chain SET seq = 3 WHERE seq = 99",
            ),
            2,
            "reordered",
        ),
        (("DELETE FROM audit_chain WHERE seq = 5",), 6 - 1, "tail_removed"),
        (("DELETE FROM audit_head",), 6, "head_changed"),
        (("UPDATE audit_head SET seq = 4",), 6, "head_changed"),
        (("UPDATE audit_chain SET mac = prev_mac WHERE seq = 3",), 3, "changed"),
    ],
)
def test_tampering_is_named_with_its_place(
    chained: Database, advance: Any, statements: tuple[str, ...], seq: int, why: str
) -> None:
    advance(86_400)
    # Only so that the store holds another time to put into an entry.
    chained.run(lambda conn: add_staff(conn, chained.universe, "sato", "admin", None, "h"))
    tamper(chained, *statements)
    found = check(chained)
    assert (found.ok, found.first_bad_seq, found.why) == (False, seq, why)


def test_a_deed_that_fails_leaves_no_entry(database: Database) -> None:
    def fail(conn: Connection) -> None:
        record(conn, database.universe, "case.opened", actor_kind="system", actor_id=None)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.run(fail)
    assert database.run_read(list_entries) == []


def test_a_deed_whose_entry_cannot_be_written_is_refused(database: Database) -> None:
    def deed(conn: Connection) -> None:
        add_staff(conn, database.universe, "sato", "admin", None, "h")
        record(conn, database.universe, "no dotted id", actor_kind="system", actor_id=None)

    with pytest.raises(ValueError, match="dotted"):
        database.run(deed)
    assert database.run_read(list_staff) == []


@pytest.mark.parametrize("value", ["山田花子", "a@b.example", "x" * 201, "line\nbreak"])
def test_what_is_no_id_or_code_is_refused_and_not_repeated(database: Database, value: str) -> None:
    with pytest.raises(ValueError, match="ids and codes only") as caught:
        database.run(
            lambda conn: record(
                conn, database.universe, "a.b", actor_kind="system", actor_id=None, detail={"name": value}
            )
        )
    assert value not in str(caught.value)


def test_entries_are_listed_newest_first_and_by_subject(database: Database) -> None:
    ids = add_entries(database, 4)
    listed = database.run_read(lambda conn: list_entries(conn, limit=2))
    assert [one.id for one in listed] == ids[:1:-1]
    rest = database.run_read(lambda conn: list_entries(conn, before_id=listed[-1].id))
    assert [one.id for one in rest] == ids[1::-1]
    (found,) = database.run_read(lambda conn: list_entries(conn, subject="case-2"))
    assert (found.id, found.subjects, found.detail) == (ids[2], {"case": "case-2"}, {"cause": "periodic"})
    assert database.run_read(lambda conn: list_entries(conn, subject="%")) == []
