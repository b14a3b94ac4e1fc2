"""Rows that a transaction holds: read once, and never other than a new reading would give them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from storage import accounts, conversations
from storage.database import Database
from tests.storage.test_turn_storage import add_staff


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    seen: list[str] = []

    def note(conn: Connection, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(database._writer, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database._writer, "before_cursor_execute", note)


def test_a_locked_row_is_read_once_and_seen_as_it_was_changed(database: Database, scene: Any) -> None:
    def turn(conn: Connection) -> None:
        account = accounts.lock_account(conn, database.vault, scene.account.id)
        first = conversations.lock_conversation(conn, database.vault, scene.conversation.id)
        assert account is not None
        assert first is not None
        with statements(database) as seen:
            assert conversations.lock_conversation(conn, database.vault, first.id) is first
            assert accounts.load_account(conn, database.vault, account.id) == account
        assert seen == []
        saved = conversations.save_conversation(conn, database.vault, first, [])
        accounts.set_account_state(conn, account.id, "blocked")
        assert conversations.lock_conversation(conn, database.vault, first.id) == saved
        assert conversations.load_conversation(conn, database.vault, first.id) == saved
        now_blocked = accounts.load_account(conn, database.vault, account.id)
        assert now_blocked is not None
        assert now_blocked.state == "blocked"

    database.run(turn)


def test_a_savepoint_rolled_back_takes_what_was_held_with_it(database: Database, scene: Any) -> None:
    def turn(conn: Connection) -> None:
        before = conversations.lock_conversation(conn, database.vault, scene.conversation.id)
        account = accounts.lock_account(conn, database.vault, scene.account.id)
        assert before is not None
        assert account is not None
        savepoint = conn.begin_nested()
        conversations.save_conversation(conn, database.vault, before, [])
        accounts.set_account_failures(conn, account.id, 3)
        savepoint.rollback()
        assert conversations.lock_conversation(conn, database.vault, before.id) == before
        assert accounts.load_account(conn, database.vault, account.id) == account

    database.run(turn)


def test_a_conversation_that_staff_claimed_is_read_again(database: Database, scene: Any) -> None:
    staff_id = add_staff(database, "sato")

    def claim(conn: Connection) -> None:
        conversations.lock_conversation(conn, database.vault, scene.conversation.id)
        conversations.claim_conversation(conn, database.universe, scene.conversation.id, staff_id)
        found = conversations.lock_conversation(conn, database.vault, scene.conversation.id)
        assert found is not None
        assert found.owner == "staff"

    database.run(claim)


def test_nothing_is_held_beyond_the_transaction(database: Database, scene: Any) -> None:
    def lock(conn: Connection) -> None:
        conversations.lock_conversation(conn, database.vault, scene.conversation.id)

    database.run(lock)
    with statements(database) as seen:
        database.run(lock)
    assert [statement for statement in seen if "FROM conversation" in statement]
