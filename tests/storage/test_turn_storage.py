"""Inbound events, conversations, content and outgoing messages, as one turn uses them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, text

from dialogs.personal import Personal
from storage.claims import claim_outgoing
from storage.content import erase_content, load_content, load_contents, save_content, transcript
from storage.conversations import (
    Conversation,
    claim_conversation,
    conversation_of_case,
    conversations_of_account,
    find_conversation_ref,
    list_conversations,
    load_conversation,
    load_events,
    lock_conversation,
    save_conversation,
)
from storage.database import Database
from storage.inbound import (
    count_attempt,
    find_inbound_message,
    insert_inbound,
    mark_done,
    stale_undone,
    undone_inbound,
)
from storage.outgoing import (
    OutgoingBatch,
    ack_outgoing,
    cancel_outgoing,
    insert_outgoing,
    next_due,
    retry_outgoing,
)
from storage.problems import KeyProblem, StaleConversation
from storage.undelivered import undelivered
from storage.universe import Universe

LEASE = timedelta(seconds=30)


def receive(database: Database, scene: Any, event_key: str, *, at: datetime | None = None, **more: Any) -> str | None:
    uni = database.universe
    values = {
        "channel": "line",
        "event_key": event_key,
        "account_id": scene.account.id,
        "conversation_id": scene.conversation.id,
        "kind": "text",
        "occurred_at": at or uni.now(),
        "content_id": None,
        "message_id": None,
        "payload": {"reply_token": "r-" + event_key},
    } | more
    return database.run(lambda conn: insert_inbound(conn, database.vault, uni, **values))


def test_an_event_that_is_delivered_again_is_stored_once(database: Database, scene: Any) -> None:
    assert receive(database, scene, "e1") is not None
    assert receive(database, scene, "e1") is None
    rows = database.run_read(lambda conn: undone_inbound(conn, database.vault, scene.conversation.id))
    assert [row.payload for row in rows] == [{"reply_token": "r-e1"}]


def test_a_done_event_is_still_known_when_it_comes_again(database: Database, scene: Any) -> None:
    first = receive(database, scene, "e1")
    assert first is not None
    assert database.run(lambda conn: mark_done(conn, database.universe, first))
    assert not database.run(lambda conn: mark_done(conn, database.universe, first))
    assert receive(database, scene, "e1") is None
    assert database.run_read(lambda conn: undone_inbound(conn, database.vault, scene.conversation.id)) == []


def test_undone_events_come_in_the_order_in_which_they_happened(database: Database, scene: Any) -> None:
    now = database.universe.now()
    for key, seconds in (("late", 2), ("early", 0), ("middle", 1)):
        receive(database, scene, key, at=now + timedelta(seconds=seconds))
    rows = database.run_read(lambda conn: undone_inbound(conn, database.vault, scene.conversation.id))
    assert [row.payload["reply_token"] for row in rows] == ["r-early", "r-middle", "r-late"]


def test_a_naive_time_is_refused(database: Database, scene: Any) -> None:
    with pytest.raises(Exception, match="without a zone"):
        receive(database, scene, "e1", at=datetime(2026, 1, 1))


def test_times_come_back_aware_and_in_utc(database: Database, scene: Any) -> None:
    tokyo = datetime.fromisoformat("2026-11-02T10:00:00.123456+09:00")
    receive(database, scene, "e1", at=tokyo)
    (row,) = database.run_read(lambda conn: undone_inbound(conn, database.vault, scene.conversation.id))
    assert row.occurred_at == tokyo
    assert row.occurred_at.tzinfo is UTC


def test_failed_attempts_are_counted_and_stale_events_are_found(database: Database, scene: Any, advance: Any) -> None:
    uni = database.universe
    first = receive(database, scene, "e1")
    assert first is not None
    assert database.run(lambda conn: count_attempt(conn, first, "ZeroDivisionError")) == 1
    assert database.run(lambda conn: count_attempt(conn, first, "ZeroDivisionError")) == 2
    advance(10)
    # What raised waits for a person; only what nobody tried is left for the sweeper.
    assert database.run_read(lambda conn: stale_undone(conn, uni.now())) == []
    receive(database, scene, "e2")
    assert database.run_read(lambda conn: stale_undone(conn, uni.now())) == []
    advance(10)
    assert database.run_read(lambda conn: stale_undone(conn, uni.now())) == [scene.conversation.id]


def test_a_message_that_is_taken_back_is_found_and_its_words_are_erased(database: Database, scene: Any) -> None:
    vault, uni = database.vault, database.universe
    content_id = uni.new_id()
    inbound_id = receive(database, scene, "e1", content_id=content_id, message_id="m-1")
    receive(database, scene, "e2", kind="unsend", message_id="m-1")

    def keep(conn: Connection) -> None:
        save_content(
            conn, vault, uni, scene.conversation.id, direction="in", body={"text": "山田です"}, content_id=content_id
        )

    database.run(keep)
    found = database.run_read(lambda conn: find_inbound_message(conn, scene.account.id, "m-1"))
    assert found is not None
    assert (found.id, found.content_id) == (inbound_id, content_id)
    assert database.run_read(lambda conn: load_content(conn, vault, content_id)) == {"text": "山田です"}
    wanted = [content_id, "nothing"]
    assert database.run_read(lambda conn: load_contents(conn, vault, wanted)) == {content_id: {"text": "山田です"}}
    assert database.run(lambda conn: erase_content(conn, uni, content_id))
    assert not database.run(lambda conn: erase_content(conn, uni, content_id))
    assert database.run_read(lambda conn: load_content(conn, vault, content_id)) is None
    assert database.run_read(lambda conn: load_contents(conn, vault, wanted)) == {}
    (line,) = database.run_read(lambda conn: transcript(conn, vault, scene.conversation.id))
    assert (line.direction, line.kind, line.body) == ("in", "text", None)


def test_a_conversation_keeps_its_state_and_numbers_its_events(database: Database, scene: Any) -> None:
    vault, uni = database.vault, database.universe
    at = uni.now().isoformat()

    def turn(conn: Connection) -> Conversation:
        held = lock_conversation(conn, vault, scene.conversation.id)
        assert held is not None
        changed = replace(held, state={"answers": {"name": "山田 花子"}}, phase="asking", open_question="name")
        saved = save_conversation(conn, vault, changed, [{"kind": "started", "at": at}, {"kind": "answered", "at": at}])
        return save_conversation(conn, vault, saved, [{"kind": "answered", "at": at, "n": 3}])

    saved = database.run(turn)
    assert (saved.version, saved.event_seq) == (2, 3)
    assert database.run_read(lambda conn: load_conversation(conn, vault, scene.conversation.id)) == saved
    events = database.run_read(lambda conn: load_events(conn, vault, scene.conversation.id, after_seq=1))
    assert events == [{"kind": "answered", "at": at}, {"kind": "answered", "at": at, "n": 3}]


def test_a_stale_conversation_is_not_saved(database: Database, scene: Any) -> None:
    vault = database.vault
    database.run(lambda conn: save_conversation(conn, vault, scene.conversation, []))
    with pytest.raises(StaleConversation):
        database.run(lambda conn: save_conversation(conn, vault, scene.conversation, []))


def test_an_older_snapshot_put_back_into_the_row_is_noticed(database: Database, scene: Any) -> None:
    vault, at = database.vault, database.universe.now().isoformat()
    query = text("SELECT sealed FROM conversation WHERE id = :id")
    old = database.run_read(lambda conn: conn.execute(query, {"id": scene.conversation.id}).scalar())
    database.run(lambda conn: save_conversation(conn, vault, scene.conversation, [{"kind": "answered", "at": at}]))
    back = text("UPDATE conversation SET sealed = :old WHERE id = :id")
    database.run(lambda conn: conn.execute(back, {"old": old, "id": scene.conversation.id}))
    with pytest.raises(KeyProblem):
        database.run_read(lambda conn: load_conversation(conn, vault, scene.conversation.id))


def test_conversations_are_found_by_ref_case_and_account(database: Database, scene: Any) -> None:
    conversation = scene.conversation
    assert conversation.ref == conversation.ref.lower()
    assert len(conversation.ref) == 8

    def look(conn: Connection) -> tuple[Any, ...]:
        return (
            find_conversation_ref(conn, conversation.ref),
            conversation_of_case(conn, scene.case.id),
            conversations_of_account(conn, scene.account.id),
            find_conversation_ref(conn, "zzzzzzzz"),
        )

    assert database.run_read(look) == (conversation.id, conversation.id, [conversation.id], None)


def add_staff(database: Database, login: str) -> str:
    from storage.branches import Branches
    from storage.staff import add_staff as add

    return database.run(lambda conn: add(conn, database.universe, login, "operator", Branches.of("012"), "hash")).id


def test_only_one_member_of_staff_gets_the_conversation(database: Database, scene: Any) -> None:
    uni, vault = database.universe, database.vault
    first, second = add_staff(database, "sato"), add_staff(database, "suzuki")
    assert database.run(lambda conn: claim_conversation(conn, uni, scene.conversation.id, first)) == 1
    assert database.run(lambda conn: claim_conversation(conn, uni, scene.conversation.id, second)) is None
    now = database.run_read(lambda conn: load_conversation(conn, vault, scene.conversation.id))
    assert now is not None
    assert (now.owner, now.owner_staff_id, now.epoch) == ("staff", first, 1)
    # A turn that began before the take-over cannot save any more.
    with pytest.raises(StaleConversation):
        database.run(lambda conn: save_conversation(conn, vault, scene.conversation, []))


def test_waiting_conversations_are_listed_longest_wait_first(
    database: Database, scene: Any, another_scene: Any, advance: Any
) -> None:
    vault, uni = database.vault, database.universe
    for one in (another_scene, scene):
        waiting = replace(one.conversation, owner="waiting", waiting_since=uni.now(), state={"secret": "x"})
        database.run(partial(save_conversation, vault=vault, conversation=waiting, events=[]))
        advance(60)
    listed = database.run_read(lambda conn: list_conversations(conn, vault, owner=["waiting"], limit=10))
    assert [one.id for one in listed] == [another_scene.conversation.id, scene.conversation.id]
    assert [one.state for one in listed] == [{}, {}]
    assert database.run_read(lambda conn: list_conversations(conn, vault, owner=["staff"], limit=10)) == []


def say(database: Database, scene: Any, *texts: str, epoch: int = 0, token: str | None = None) -> list[str]:
    vault, uni = database.vault, database.universe

    def write(conn: Connection) -> list[str]:
        held = lock_conversation(conn, vault, scene.conversation.id)
        assert held is not None
        ids = []
        for words in texts:
            held = replace(held, out_seq=held.out_seq + 1)
            ids.append(
                insert_outgoing(
                    conn,
                    vault,
                    uni,
                    conversation=held,
                    kind="question",
                    body={"text": words},
                    turn_id=uni.new_id(),
                    epoch=epoch,
                    reply_token=None if token is None else Personal(token),
                    reply_until=None if token is None else uni.now() + timedelta(minutes=1),
                )
            )
        save_conversation(conn, vault, held, [])
        return ids

    return database.run(write)


def claim(database: Database, owner: str = "sender-1", limit: int = 10) -> list[OutgoingBatch]:
    vault, uni = database.vault, database.universe
    return database.run(lambda conn: claim_outgoing(conn, vault, uni, owner=owner, lease=LEASE, limit=limit))


def words(batch: OutgoingBatch) -> list[str]:
    return [message.body["text"] for message in batch.messages]


def test_a_batch_holds_the_messages_of_one_conversation_in_order(
    database: Database, scene: Any, another_scene: Any
) -> None:
    say(database, scene, "1", "2", token="t-1")
    say(database, another_scene, "a")
    first, second = claim(database)
    assert (words(first), words(second)) == (["1", "2"], ["a"])
    assert (first.channel, first.user_id, first.ref) == ("line", "U0123456789", scene.conversation.ref)
    assert (first.epoch_now, first.owner_now) == (0, "bot")
    assert first.messages[0].reply_token == "t-1"
    assert second.messages[0].reply_token is None
    assert "U0123456789" not in repr(first)
    assert "t-1" not in repr(first)


def test_a_turn_is_not_parted_by_the_time_of_the_claim(database: Database, scene: Any, advance: Any) -> None:
    say(database, scene, "1", token="t-1")
    at = database.universe.now()
    advance(1)
    say(database, scene, "2", token="t-1")
    vault, slow = database.vault, Universe(now=lambda: at, new_id=database.universe.new_id, code=database.universe.code)
    (batch,) = database.run(lambda conn: claim_outgoing(conn, vault, slow, owner="slow", lease=LEASE, limit=10))
    assert words(batch) == ["1", "2"]


def test_a_leased_conversation_is_passed_over_until_its_lease_ends(
    database: Database, scene: Any, advance: Any
) -> None:
    say(database, scene, "1")
    assert len(claim(database)) == 1
    say(database, scene, "2")
    assert claim(database, "sender-2") == []
    advance(31)
    (again,) = claim(database, "sender-2")
    # The second try carries the first try's messages and key; what came later waits.
    assert words(again) == ["1"]
    assert again.messages[0].attempts == 2
    assert again.retry_key == again.messages[0].retry_key


def test_only_the_holder_of_the_lease_settles(database: Database, scene: Any, advance: Any) -> None:
    uni = database.universe
    ids = say(database, scene, "1")
    claim(database, "slow")
    advance(31)
    claim(database, "quick")
    assert database.run(lambda conn: ack_outgoing(conn, uni, ids, owner="slow", state="sent")) == 0
    assert database.run(lambda conn: retry_outgoing(conn, ids, owner="slow", due_at=uni.now())) == 0
    sent = database.run(
        lambda conn: ack_outgoing(conn, uni, ids, owner="quick", state="sent", provider_ids=["p-1"], detail="")
    )
    assert sent == 1
    assert claim(database) == []


@pytest.mark.parametrize("free", [True, False])
def test_a_sent_message_says_whether_it_was_free(database: Database, scene: Any, free: bool) -> None:
    uni, ids = database.universe, say(database, scene, "1", token="t")
    until, count = uni.now() if free else None, text("SELECT count(reply_until) FROM outgoing_message")
    claim(database)
    database.run(lambda conn: ack_outgoing(conn, uni, ids, owner="sender-1", state="sent", free_until=until))
    assert database.run_read(lambda conn: conn.execute(count).scalar()) == free


@pytest.mark.parametrize("state", ["sent", "unknown", "failed", "dropped"])
def test_a_settled_head_never_blocks_the_next_message(database: Database, scene: Any, state: str) -> None:
    uni = database.universe
    ids = say(database, scene, "1")
    claim(database)
    say(database, scene, "2")
    database.run(lambda conn: ack_outgoing(conn, uni, ids, owner="sender-1", state=state))
    (batch,) = claim(database)
    assert words(batch) == ["2"]
    lost = database.run_read(undelivered)
    assert [one.state for one in lost] == ([state] if state in ("unknown", "failed") else [])


def test_a_message_to_be_tried_later_holds_back_those_behind_it(database: Database, scene: Any, advance: Any) -> None:
    uni = database.universe
    ids = say(database, scene, "1", "2", token="t-1")
    (first,) = claim(database)
    later = uni.now() + timedelta(seconds=5)
    database.run(lambda conn: retry_outgoing(conn, ids, owner="sender-1", due_at=later, clear_reply=True))
    say(database, scene, "3")
    assert claim(database) == []
    assert database.run_read(next_due) == uni.now()
    advance(5)
    (again,) = claim(database)
    assert words(again) == ["1", "2"]
    assert again.retry_key == first.retry_key
    assert [message.reply_token for message in again.messages] == [None, None]


def test_a_batch_is_no_longer_than_one_call_carries(database: Database, scene: Any) -> None:
    uni = database.universe
    say(database, scene, *"1234567")
    (first,) = claim(database)
    assert words(first) == list("12345")
    ids = [message.id for message in first.messages]
    database.run(lambda conn: ack_outgoing(conn, uni, ids, owner="sender-1", state="sent"))
    (rest,) = claim(database)
    assert words(rest) == list("67")


def test_messages_of_an_older_epoch_are_cancelled(database: Database, scene: Any) -> None:
    say(database, scene, "old", epoch=0)
    say(database, scene, "new", epoch=1)
    assert database.run(lambda conn: cancel_outgoing(conn, scene.conversation.id, 1)) == 1
    (batch,) = claim(database)
    assert words(batch) == ["new"]


def test_a_message_whose_words_were_erased_is_dropped(database: Database, scene: Any) -> None:
    vault, uni = database.vault, database.universe
    say(database, scene, "1", "2")
    lines = database.run_read(lambda conn: transcript(conn, vault, scene.conversation.id))
    database.run(lambda conn: erase_content(conn, uni, lines[0].content_id))
    (batch,) = claim(database)
    assert words(batch) == ["2"]
    lines = database.run_read(lambda conn: transcript(conn, vault, scene.conversation.id))
    assert [line.delivery_state for line in lines] == ["dropped", "leased"]


def test_two_senders_never_hold_the_same_conversation(database: Database, scene: Any, another_scene: Any) -> None:
    say(database, scene, "1")
    say(database, another_scene, "a")
    (first,) = claim(database, "sender-1", limit=1)
    (second,) = claim(database, "sender-2", limit=1)
    assert {first.conversation_id, second.conversation_id} == {scene.conversation.id, another_scene.conversation.id}
    assert claim(database, "sender-3") == []
