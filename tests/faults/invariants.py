"""What must hold after any fault, read from the store and from the customers' phones.

``check`` looks at every conversation of a store; ``compare`` holds what one customer lived through against the
same story told without a fault.  Both raise ``Violated`` with everything that is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from bot.simulator.people import Bubble
from dialogs.conversation.state import from_json
from storage.conversations import Conversation
from storage.database import Database
from tests.e2e.house import Customer, House

#: States of a message that are an end.
_SETTLED = {"sent", "unknown", "failed", "dropped", "cancelled"}


class Violated(AssertionError):
    """Something that is promised did not hold."""


@dataclass(frozen=True)
class Told:
    """What a customer lived through and what the store made of it."""

    #: Of each conversation in the order of their beginning: the kinds of its events, its answers, who may speak.
    conversations: tuple[tuple[str, tuple[str, ...], str, str], ...]
    statuses: tuple[str, ...]
    submissions: int
    shown: tuple[str, ...]
    #: Texts that ask something: with buttons.
    questions: frozenset[str]
    #: Kind and state of all messages.
    messages: tuple[tuple[str, str], ...]


def look(house: House, customer: Customer, shown_before: int) -> Told:
    """What came of a story; ``shown_before`` bubbles stood on the phone when it began."""
    database = house.database

    def read(conn: Connection) -> Told:
        talks = []
        for row in conn.execute(text("SELECT id FROM conversation ORDER BY kind, id")):
            conversation, events = _open(conn, database, row.id)
            kinds = tuple(event["kind"] for event in events)
            talks.append((conversation.kind, kinds, _timeless(conversation), conversation.owner))
        statuses = tuple(row.status for row in conn.execute(text("SELECT status FROM review_case ORDER BY id")))
        count = conn.execute(text("SELECT count(*) FROM submission")).scalar_one()
        query = "SELECT kind, state FROM outgoing_message ORDER BY conversation_id, seq"
        messages = tuple((row.kind, row.state) for row in conn.execute(text(query)))
        bubbles = customer.person.received()[shown_before:]
        asking = frozenset(bubble.text for bubble in bubbles if _asks(bubble))
        shown = tuple(bubble.text for bubble in bubbles)
        return Told(tuple(talks), statuses, count, shown, asking, messages)

    return database.run_read(read)


def _asks(bubble: Bubble) -> bool:
    return bool(bubble.buttons or bubble.quick_replies)


def _timeless(conversation: Conversation) -> str:
    """What was answered, without when and in which row."""
    if conversation.kind != "case":
        return ""
    answers = from_json(conversation.state).answers
    return repr([(key, one.value, one.display, one.state, one.locale, one.marked) for key, one in answers.items()])


def _open(conn: Connection, database: Database, conversation_id: str) -> tuple[Any, list[dict[str, Any]]]:
    from storage.conversations import load_conversation, load_events

    conversation = load_conversation(conn, database.vault, conversation_id)
    assert conversation is not None
    return conversation, load_events(conn, database.vault, conversation_id)


def check(house: House, *, accepted: Sequence[str] = ()) -> None:
    """The promises over the whole store; ``accepted`` are the keys of events that were answered with 200."""
    wrong: list[str] = []

    def read(conn: Connection) -> None:
        for row in conn.execute(text("SELECT id, event_seq, out_seq FROM conversation")):
            events = [e.seq for e in conn.execute(_SEQS["conversation_event"], {"c": row.id})]
            out = [m.seq for m in conn.execute(_SEQS["outgoing_message"], {"c": row.id})]
            if events != list(range(1, row.event_seq + 1)):
                wrong.append(f"events are not numbered without a gap: {events} of {row.event_seq}")
            if out != list(range(1, row.out_seq + 1)):
                wrong.append(f"messages are not numbered without a gap: {out} of {row.out_seq}")
        keys = Counter(row.event_key for row in conn.execute(text("SELECT event_key FROM inbound_event")))
        wrong.extend(
            f"{key} was answered with 200 and is in the store {keys[key]} times" for key in accepted if keys[key] != 1
        )
        undone = conn.execute(text("SELECT count(*) FROM inbound_event WHERE done_at IS NULL")).scalar_one()
        failed = conn.execute(text("SELECT count(*) FROM audit_entry WHERE action = 'turn.failed'")).scalar_one()
        states = Counter(row.state for row in conn.execute(text("SELECT state FROM outgoing_message")))
        if undone or failed:
            wrong.append(f"{undone} events are not worked off, {failed} turns failed")
        if left := {state: number for state, number in states.items() if state not in _SETTLED}:
            wrong.append(f"messages are left: {left}")

    house.database.run_read(read)
    try:
        house.check_folds()
    except AssertionError as problem:
        wrong.append(f"a snapshot is not the fold of its events: {str(problem)[:300]}")
    if wrong:
        raise Violated("; ".join(wrong))


_SEQS = {
    name: text(f"SELECT seq FROM {name} WHERE conversation_id = :c ORDER BY seq")
    for name in ("conversation_event", "outgoing_message")
}


def compare(expected: Told, got: Told, *, once: bool) -> None:
    """The same story with and without a fault; ``once`` where the platform can tell a second try from the first."""
    wrong: list[str] = []
    for name in ("conversations", "statuses", "submissions"):
        if getattr(expected, name) != getattr(got, name):
            wrong.append(f"{name}: {getattr(got, name)} instead of {getattr(expected, name)}")
    wrong += compare_shown(expected.shown, got.shown, expected.questions, _lost(got), once=once)
    if len(got.messages) != len(expected.messages):
        wrong.append(f"messages: {got.messages} instead of {expected.messages}")
    if wrong:
        raise Violated("; ".join(wrong))


def _lost(told: Told) -> int:
    return sum(state in ("unknown", "failed") for _, state in told.messages)


def compare_shown(
    expected: Sequence[str], shown: Sequence[str], questions: frozenset[str], lost: int, *, once: bool
) -> list[str]:
    """What is wrong with what a phone showed: ``lost`` messages are on the worklist of staff."""
    wrong = []
    times = Counter(shown)
    in_order = list(dict.fromkeys(shown))
    missing = [words for words in expected if words not in times]
    if in_order != [words for words in expected if words in times]:
        wrong.append(f"order: {in_order}")
    if len(missing) > (0 if once else lost):
        wrong.append(f"never shown, and nobody was told: {missing}")
    for words, number in times.items():
        if number > (2 if words in questions and not once else 1):
            wrong.append(f"shown {number} times: {words[:60]}")
    return wrong
