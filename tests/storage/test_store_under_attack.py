"""What an adversarial review found in the store: each case once broke a promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from storage import claims
from storage.audit import list_entries
from storage.claims import BATCH, claim_outgoing
from storage.conversations import lock_conversation, save_conversation
from storage.database import Database
from storage.encryption import Keyring
from storage.key_register import register_keys
from storage.outgoing import OutgoingBatch, ack_outgoing, insert_outgoing
from storage.undelivered import undelivered
from tests.conftest import TEST_KEYS
from tests.storage.conftest import set_scene
from tests.storage.keys.conftest import NEW


def queue(database: Database, conversation_id: str, count: int) -> None:
    """Messages of one conversation that wait to be sent."""

    def write(conn: Connection) -> None:
        vault, uni = database.vault, database.universe
        held = lock_conversation(conn, vault, conversation_id)
        assert held is not None
        for _ in range(count):
            held = replace(held, out_seq=held.out_seq + 1)
            insert_outgoing(
                conn,
                vault,
                uni,
                conversation=held,
                kind="notice",
                body={"text": "x"},
                turn_id=uni.new_id(),
                epoch=0,
                reply_token=None,
                reply_until=None,
            )
        save_conversation(conn, vault, held, [])

    database.run(write)


def claim(database: Database, owner: str = "sender-1") -> list[OutgoingBatch]:
    vault, uni, lease = database.vault, database.universe, timedelta(seconds=30)
    return database.run(lambda conn: claim_outgoing(conn, vault, uni, owner=owner, lease=lease, limit=10))


def settle(database: Database, ids: list[str]) -> None:
    database.run(lambda conn: ack_outgoing(conn, database.universe, ids, owner="sender-1", state="sent"))


def test_a_long_backlog_is_read_a_batch_at_a_time(database: Database, scene: Any) -> None:
    """One person's thousand messages cost each claim a thousand openings, in the one writer of SQLite."""
    queue(database, scene.conversation.id, 3 * BATCH + 1)
    order: list[int] = []
    for _ in range(4):
        (batch,) = claim(database)
        order += [message.seq for message in batch.messages]
        settle(database, [message.id for message in batch.messages])
    assert order == list(range(1, 3 * BATCH + 2))
    assert claim(database) == []


def test_open_messages_are_found_by_their_own_index(sqlite_database: Database) -> None:
    """With the states as parameters SQLite looked through all that was ever sent: 0.4 s a claim in the end."""
    statement = claims._HEADS[0]._make_ready(sqlite_database._reader.dialect, {}).sql.replace("?", "1")
    plan = sqlite_database.run_read(lambda conn: conn.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all())
    steps = " ".join(str(row[-1]) for row in plan)
    assert "ix_outgoing_message_open" in steps
    assert "ix_outgoing_message_due" in steps


def test_one_value_that_does_not_open_holds_up_nobody_else(database: Database, scene: Any) -> None:
    other = set_scene(database, "0000777", "U7777777777")
    queue(database, scene.conversation.id, 1)
    queue(database, other.conversation.id, 1)
    damage = text("UPDATE content SET sealed = :bad WHERE conversation_id = :c")
    database.run(lambda conn: conn.execute(damage, {"bad": b"\x01\x01xyz", "c": scene.conversation.id}))
    assert [batch.conversation_id for batch in claim(database)] == [other.conversation.id]
    # It is on the worklist of staff, and in the audit record.
    (lost,) = database.run_read(undelivered)
    assert (lost.conversation_id, lost.state, lost.detail) == (scene.conversation.id, "failed", "unreadable")
    (entry,) = database.run_read(list_entries)
    assert (entry.action, entry.subjects["table"]) == ("store.value_unreadable", "content")


def test_a_message_under_a_key_that_only_this_process_lacks_is_tried_again(
    database: Database, scene: Any, advance: Any
) -> None:
    queue(database, scene.conversation.id, 1)
    database.run(lambda conn: register_keys(conn, database.universe, Keyring.parse(f"{NEW},{TEST_KEYS}")))
    newer = Keyring.parse(NEW)
    content_id = database.run_read(lambda conn: conn.execute(text("SELECT id FROM content")).scalar_one())
    blob = newer.seal("content", content_id, {"text": "x"})
    write = text("UPDATE content SET sealed = :blob")
    database.run(lambda conn: conn.execute(write, {"blob": blob}))
    assert claim(database) == []
    advance(60)
    assert claim(database) == []
    tries = text("SELECT attempts FROM outgoing_message")
    assert database.run_read(lambda conn: conn.execute(tries).scalar()) == 2
    assert database.run_read(list_entries) == []
