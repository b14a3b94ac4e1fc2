"""Statements sent through the driver: nobody may tell them from those that SQLAlchemy sends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, StatementError

from storage.database import Database
from storage.direct import Direct, Together, among
from storage.encryption import Keyring
from storage.tables import ConversationEventRow, ConversationRow, StaffRow, table_of
from storage.universe import FrozenUniverse
from tests.storage.test_held import statements
from tests.storage.test_turn_storage import add_staff

_conversation = table_of(ConversationRow)
_staff = table_of(StaffRow)
_query = select(_conversation).where(_conversation.c.id == bindparam("wanted"), _conversation.c.owner == "bot")
_touched = (
    update(_conversation)
    .where(_conversation.c.id == bindparam("wanted"))
    .values(version=_conversation.c.version + 1, last_inbound_at=bindparam("at"))
)
AT = datetime(2026, 11, 2, 3, 4, 5, 678901, tzinfo=UTC)


def test_rows_and_columns_are_the_same(database: Database, scene: Any) -> None:
    def compare(conn: Connection) -> None:
        wanted = {"wanted": scene.conversation.id}
        touch = Direct(_touched)
        assert touch.run(conn, {**wanted, "at": AT}) == 1
        assert touch.run(conn, {"wanted": "nobody", "at": AT}) == 0
        plain, direct = conn.execute(_query, wanted).one(), Direct(_query).first(conn, wanted)
        assert direct._asdict() == dict(plain._mapping)
        assert direct.last_inbound_at == AT
        assert Direct(_query).rows(conn, {"wanted": "nobody"}) == []

    database.run(compare)


def test_listeners_hear_of_them(database: Database, scene: Any) -> None:
    with statements(database) as seen:
        database.run(lambda conn: Direct(_query).first(conn, {"wanted": scene.conversation.id}))
    assert len([statement for statement in seen if "FROM conversation" in statement]) == 1


def test_rows_that_are_sent_together_are_one_statement_to_listeners(database: Database, scene: Any) -> None:
    event = table_of(ConversationEventRow)
    rows = [
        {"conversation_id": scene.conversation.id, "seq": seq, "kind": "asked", "at": AT, "sealed": b"x"}
        for seq in (101, 102, 103)
    ]
    with statements(database) as seen:
        database.run(lambda conn: Direct(insert(event)).run_each(conn, rows))
        database.run(lambda conn: Direct(insert(event)).run_each(conn, []))
    assert len([statement for statement in seen if "INSERT INTO conversation_event" in statement]) == 1
    query = select(event.c.seq, event.c.at).where(event.c.seq > 100).order_by(event.c.seq)
    stored = database.run_read(lambda conn: conn.execute(query).all())
    assert [tuple(row) for row in stored] == [(101, AT), (102, AT), (103, AT)]


def test_many_rows_that_have_something_in_common(database: Database, scene: Any) -> None:
    event = table_of(ConversationEventRow)
    adding = Together.inserting(event, "seq", "sealed", "question")
    rows: list[tuple[Any, ...]] = [(101, b"\x00'\\", None), (102, b"", 'a,"b"{}'), (103, b"x", "NULL")]
    moving = Together(
        {"wanted": event.c.seq, "to": event.c.at},
        lambda row: update(event).where(event.c.seq == row["wanted"]).values(at=row["to"], kind="answered"),
    )
    # What each row has for itself counts, whatever is said of all of them.
    same = {"conversation_id": scene.conversation.id, "kind": "asked", "at": AT, "sealed": b"none"}
    with statements(database) as seen:
        database.run(lambda conn: adding.run(conn, rows, same))
        database.run(lambda conn: moving.run(conn, [(101, AT + timedelta(days=1)), (103, AT + timedelta(days=3))]))
        database.run(lambda conn: adding.run(conn, [], same))
    assert len([statement for statement in seen if "conversation_event" in statement]) == 2
    query = select(event.c.seq, event.c.sealed, event.c.question, event.c.at, event.c.kind).where(event.c.seq > 100)
    stored = database.run_read(lambda conn: conn.execute(query.order_by(event.c.seq)).all())
    later = [(AT + timedelta(days=1), "answered"), (AT, "asked"), (AT + timedelta(days=3), "answered")]
    assert [tuple(row) for row in stored] == [(*row, *then) for row, then in zip(rows, later, strict=True)]


@pytest.mark.parametrize(
    "texts",
    [
        ["a", "b.c:d-e_F9"],
        ["a", None, "b"],
        ["a", ""],
        ["a,b"],
        ["null", "Null"],
        ["{}", '"', "\\", "'"],
        ["髙", " a "],
    ],
)
def test_every_text_of_a_list_is_the_one_that_was_meant(
    database: Database, scene: Any, texts: list[str | None]
) -> None:
    event = table_of(ConversationEventRow)
    adding = Together.inserting(event, "seq", "question")
    same = {"conversation_id": scene.conversation.id, "kind": "asked", "at": AT, "sealed": b"x"}
    asking = Direct(lambda dialect: select(event.c.question).where(among(dialect, event.c.question, "wanted")))

    def run(conn: Connection) -> list[str]:
        adding.run(conn, [*enumerate(texts, 101), (200, "a,b,c"), (201, "other")], same)
        return [row.question for row in asking.rows(conn, {"wanted": texts})]

    assert sorted(database.run(run)) == sorted(one for one in texts if one is not None)


def test_a_text_that_is_too_long_is_not_cut_short(database: Database, scene: Any) -> None:
    event = table_of(ConversationEventRow)
    long = "x" * 200
    row = (scene.conversation.id, 101, long)
    adding = Together.inserting(event, "conversation_id", "seq", "question")
    same = {"kind": "asked", "at": AT, "sealed": b"x"}
    query = select(event.c.question).where(event.c.seq == 101)
    if database.dialect == "postgresql":
        with pytest.raises(DataError):
            database.run(lambda conn: adding.run(conn, [row], same))
    else:
        database.run(lambda conn: adding.run(conn, [row], same))
        assert database.run_read(lambda conn: conn.execute(query).scalar_one()) == long


def test_an_error_is_the_same_and_shows_no_value(database: Database) -> None:
    staff_id = add_staff(database, "sato")

    def again(conn: Connection) -> None:
        row = dict(conn.execute(select(_staff).where(_staff.c.id == staff_id)).one()._mapping)
        Direct(insert(_staff)).run(conn, row)

    with pytest.raises(IntegrityError) as caught:
        database.run(again)
    assert caught.value.orig is not None
    assert "parameters" not in str(caught.value)


def test_a_time_without_a_zone_is_refused(database: Database, scene: Any) -> None:
    values = {"wanted": scene.conversation.id, "at": AT.replace(tzinfo=None)}
    with pytest.raises((ValueError, StatementError)):
        database.run(lambda conn: Direct(_touched).run(conn, values))


def test_they_belong_to_the_transaction(database: Database, scene: Any) -> None:
    wanted = {"wanted": scene.conversation.id}

    def undone(conn: Connection) -> None:
        Direct(_touched).run(conn, {**wanted, "at": AT})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.run(undone)
    with database._writer.connect() as conn:
        # Without a transaction one begins, as with any other statement.
        Direct(_touched).run(conn, {**wanted, "at": AT})
        conn.rollback()
    found = database.run_read(lambda conn: Direct(_query).first(conn, wanted))
    assert found.last_inbound_at is None


@pytest.fixture
def two_connections(postgres_url: str, keyring: Keyring, universe: FrozenUniverse) -> Iterator[Database]:
    with Database.open(postgres_url, keys=keyring, universe=universe) as database:
        yield database


def test_a_connection_that_is_gone_is_not_used_again(two_connections: Database) -> None:
    database = two_connections
    query = Direct(select(_staff.c.id).where(_staff.c.id == bindparam("wanted")))

    def cut(conn: Connection) -> None:
        with database._writer.connect() as other:
            pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        query.first(conn, {"wanted": "x"})

    with pytest.raises(OperationalError):
        database.run(cut)
    assert database.run(lambda conn: query.first(conn, {"wanted": "x"})) is None
