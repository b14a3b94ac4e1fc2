"""Which message of a conversation carries the buttons that can be tapped now, where messages can be changed.

Promise: at most one message of a conversation is listed, the newest question; the turn that takes its place
or answers it takes it off the list.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from storage.tables import OutgoingRow, table_of

_outgoing = table_of(OutgoingRow)


@dataclass(frozen=True, kw_only=True)
class Keyboard:
    """A message that waits for a tap."""

    outgoing_id: str
    token: str
    content_id: str


def open_keyboard(conn: Connection, conversation_id: str) -> Keyboard | None:
    """The message whose buttons stand in the chat; ``None`` where none does."""
    query = select(_outgoing.c.id, _outgoing.c.token, _outgoing.c.content_id).where(
        _outgoing.c.conversation_id == conversation_id, _outgoing.c.token.is_not(None)
    )
    row = conn.execute(query.order_by(_outgoing.c.seq.desc()).limit(1)).first()
    return None if row is None else Keyboard(outgoing_id=row.id, token=row.token, content_id=row.content_id)


def take_off_keyboards(conn: Connection, conversation_id: str) -> None:
    """No message of the conversation waits for a tap any more: it was closed, or stands in another chat now."""
    of_it = (_outgoing.c.conversation_id == conversation_id) & _outgoing.c.token.is_not(None)
    conn.execute(update(_outgoing).where(of_it).values(token=None))
