"""Messages that did not or may not have arrived: what somebody has to look after.

Promise: a message is listed from the moment its last try ended badly, and only to who may see its conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select

from storage.tables import OutgoingRow, table_of
from storage.tables.messages import UNASKED

_outgoing = table_of(OutgoingRow)


@dataclass(frozen=True, kw_only=True)
class Undelivered:
    """A message that somebody has to look after."""

    id: str
    conversation_id: str
    kind: str
    #: unknown, failed
    state: str
    detail: str
    attempts: int
    created_at: datetime
    settled_at: datetime | None


#: Written out for the index over what did not arrive, like ``_OPEN``.
_LOST: tuple[ColumnElement[str], ...] = (literal_column("'unknown'"), literal_column("'failed'"))


def undelivered(conn: Connection, *, within: Select[tuple[str]] | None = None, limit: int = 500) -> list[Undelivered]:
    """Messages that did not or may not have arrived, newest first: the worklist of staff.

    ``within`` selects the ids of the conversations that whoever asks may see.
    """
    query = _lost(select(*(_outgoing.c[name] for name in Undelivered.__dataclass_fields__)), within)
    rows = conn.execute(query.order_by(_outgoing.c.id.desc()).limit(limit))
    return [Undelivered(**row._mapping) for row in rows]


def count_undelivered(conn: Connection, *, within: Select[tuple[str]] | None = None) -> int:
    """How many messages ``undelivered`` would list without a limit."""
    return int(conn.execute(_lost(select(func.count()).select_from(_outgoing), within)).scalar_one())


def oldest_undelivered(conn: Connection) -> datetime | None:
    """Since when the first of them has been waiting for somebody."""
    ended = func.coalesce(_outgoing.c.settled_at, _outgoing.c.created_at)
    found: datetime | None = conn.execute(_lost(select(func.min(ended)), None)).scalar()
    return found


def _lost(query: Select[Any], within: Select[tuple[str]] | None) -> Select[Any]:
    # A campaign finds another way by itself; its own pages tell of it.
    query = query.where(_outgoing.c.state.in_(_LOST), _outgoing.c.kind != UNASKED)
    if within is None:
        return query
    # Asked of each message, which are few: listing all that somebody may see takes longer.
    (seen,) = within.selected_columns
    return query.where(within.where(seen == _outgoing.c.conversation_id).correlate(_outgoing).exists())
