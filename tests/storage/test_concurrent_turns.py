"""Events of a few conversations, delivered several times by several processes at once: each is worked off once.

Two opened stores stand for two processes; on PostgreSQL they really run side by side.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, text

from dialogs.personal import Personal
from storage.accounts import set_active_conversation, upsert_account
from storage.claims import claim_outgoing
from storage.content import save_content
from storage.conversations import create_conversation, load_events, lock_conversation, save_conversation
from storage.database import Database
from storage.inbound import insert_inbound, mark_done, undone_inbound
from storage.outgoing import ack_outgoing, insert_outgoing

USERS = 4
EVENTS = 6
COPIES = 3


def deliver(database: Database, user: int, number: int) -> None:
    """One webhook event, from the account to the answer, in one transaction."""
    vault, uni = database.vault, database.universe

    def turn(conn: Connection) -> None:
        account = upsert_account(conn, vault, uni, "line", Personal(f"U{user}"), "ja")
        conversation_id = account.active_conversation_id
        if conversation_id is None:
            made = create_conversation(
                conn,
                vault,
                uni,
                kind="lobby",
                account_id=account.id,
                case_id=None,
                questionnaire_sha256=None,
                locale="ja",
            )
            conversation_id = made.id
            set_active_conversation(conn, account.id, made.id)
        content_id = uni.new_id()
        stored = insert_inbound(
            conn,
            vault,
            uni,
            channel="line",
            event_key=f"{user}-{number}",
            account_id=account.id,
            conversation_id=conversation_id,
            kind="text",
            occurred_at=uni.now() + timedelta(seconds=number),
            content_id=content_id,
            message_id=None,
            payload={"number": number},
        )
        if stored is not None:
            save_content(conn, vault, uni, conversation_id, direction="in", body={"n": number}, content_id=content_id)
        held = lock_conversation(conn, vault, conversation_id)
        assert held is not None
        for event in undone_inbound(conn, vault, conversation_id):
            held = replace(held, out_seq=held.out_seq + 1, state={"count": held.state.get("count", 0) + 1})
            insert_outgoing(
                conn,
                vault,
                uni,
                conversation=held,
                kind="notice",
                body={"answer_to": event.payload["number"]},
                turn_id=uni.new_id(),
                epoch=held.epoch,
                reply_token=None,
                reply_until=None,
            )
            recorded = {"kind": "heard", "at": uni.now().isoformat(), "number": event.payload["number"]}
            held = save_conversation(conn, vault, held, [recorded])
            mark_done(conn, uni, event.id)

    database.run(turn)


def run_side_by_side(works: list[Callable[[], None]]) -> None:
    problems: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert problems == []


def test_every_event_is_worked_off_once_and_answered_in_order(open_database: Callable[[], Database]) -> None:
    databases = [open_database(), open_database()]

    def worker(seed: int) -> Callable[[], None]:
        deliveries = [(user, number) for user in range(USERS) for number in range(EVENTS)]
        random.Random(seed).shuffle(deliveries)

        def work() -> None:
            for user, number in deliveries:
                deliver(databases[seed % 2], user, number)

        return work

    run_side_by_side([worker(seed) for seed in range(COPIES)])
    database = databases[0]

    def look(conn: Connection) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in conn.execute(text("SELECT id, version, event_seq, out_seq FROM conversation"))]

    conversations = database.run_read(look)
    assert len(conversations) == USERS
    for conversation_id, version, event_seq, out_seq in conversations:
        assert (version, event_seq, out_seq) == (EVENTS, EVENTS, EVENTS)
        events = database.run_read(
            lambda conn, wanted=conversation_id: load_events(conn, database.vault, wanted)  # type: ignore[misc]
        )
        assert sorted(event["number"] for event in events) == list(range(EVENTS))
    words = database.run_read(lambda conn: conn.execute(text("SELECT count(*) FROM content")).scalar())
    assert words == 2 * USERS * EVENTS, "a second delivery kept its words too"

    sent: list[tuple[str, int]] = []

    def sender(number: int) -> Callable[[], None]:
        mine, owner = databases[number % 2], f"sender-{number}"
        uni = mine.universe
        claim = partial(claim_outgoing, vault=mine.vault, uni=uni, owner=owner, lease=timedelta(seconds=60), limit=2)

        def work() -> None:
            while True:
                batches = mine.run(claim)
                if not batches:
                    return
                for batch in batches:
                    sent.extend((batch.conversation_id, message.seq) for message in batch.messages)
                    ids = [message.id for message in batch.messages]
                    acknowledged = mine.run(
                        lambda conn, ids=ids: ack_outgoing(conn, uni, ids, owner=owner, state="sent")  # type: ignore[misc]
                    )
                    assert acknowledged == len(ids)

        return work

    run_side_by_side([sender(number) for number in range(3)])
    run_side_by_side([sender(0)])
    assert len(sent) == len(set(sent)) == USERS * EVENTS
    for conversation_id, *_ in conversations:
        assert [seq for one, seq in sent if one == conversation_id] == list(range(1, EVENTS + 1))
