"""Putting a conversation off: out of its owner's list until a time, or until the customer writes.

Promise: nothing has to wake it up.  Whether it sleeps is read from the row, the clock and the customer's last word, so
no timer can be lost; and a change of owner ends it, because the row holds for one epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, literal_column, select

from storage.conversations import Conversation
from storage.counters import insert_or
from storage.tables import ConversationRow, ConversationSnoozeRow, table_of
from storage.universe import Universe

_conversation = table_of(ConversationRow)
_snooze = table_of(ConversationSnoozeRow)


@dataclass(frozen=True, kw_only=True)
class Snooze:
    """That a conversation was put off by whoever has it still, whether or not it is awake again."""

    at: datetime
    #: Without a time, until the customer writes.
    until: datetime | None
    is_asleep: bool


def snooze(conn: Connection, uni: Universe, conversation: Conversation, staff_id: str, until: datetime | None) -> None:
    """Put the conversation off until then, or without a time until the customer writes."""
    values = {"staff_id": staff_id, "epoch": conversation.epoch, "at": uni.now(), "until": until}
    statement = insert_or(conn, _snooze).values(conversation_id=conversation.id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[_snooze.c.conversation_id], set_=values))


def wake(conn: Connection, conversation_id: str) -> None:
    """Back into the list at once."""
    conn.execute(delete(_snooze).where(_snooze.c.conversation_id == conversation_id))


def snoozed_until(conn: Connection, conversation_id: str, now: datetime) -> tuple[bool, datetime | None]:
    """Whether the conversation sleeps, and until when if not only until the customer writes."""
    query = select(_snooze.c.until).select_from(_conversation.join(_snooze, _asleep(now)))
    row = conn.execute(query.where(_conversation.c.id == conversation_id)).first()
    return (False, None) if row is None else (True, row.until)


def load_snooze(conn: Connection, conversation: Conversation, now: datetime) -> Snooze | None:
    """How the owner of now put the conversation off; nothing where he did not, or has it back by a deed."""
    query = select(_snooze.c.at, _snooze.c.until).where(
        _snooze.c.conversation_id == conversation.id, _snooze.c.epoch == conversation.epoch
    )
    row = conn.execute(query).first()
    if row is None:
        return None
    asleep, _ = snoozed_until(conn, conversation.id, now)
    return Snooze(at=row.at, until=row.until, is_asleep=asleep)


def is_asleep(now: datetime) -> ColumnElement[bool]:
    """Of a row of the conversation in the surrounding query: whether it is put off now."""
    return select(literal_column("1")).where(_asleep(now)).correlate(_conversation).exists()


def _asleep(now: datetime) -> ColumnElement[bool]:
    return (
        (_snooze.c.conversation_id == _conversation.c.id)
        & (_conversation.c.owner == "staff")
        & (_snooze.c.epoch == _conversation.c.epoch)
        & (_snooze.c.until.is_(None) | (_snooze.c.until > now))
        & (_conversation.c.last_inbound_at.is_(None) | (_conversation.c.last_inbound_at <= _snooze.c.at))
    )
