"""The place of an open message among those of its conversation.

Each database is asked in the way in which it looks at one conversation, whatever it believes about how many messages
are open: PostgreSQL joins what it may, and where few were open when it last looked it goes through all for each of
them; SQLite leaves its index over the open ones alone where it is asked for a number.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, select

from storage.tables import OutgoingRow, table_of
from storage.tables.messages import OPEN_STATES

_outgoing = table_of(OutgoingRow)


def is_first(dialect: str) -> ColumnElement[bool]:
    """Whether no open message of its conversation comes before it."""
    other, all_open = _of_its_conversation()
    if dialect == "postgresql":
        return _outgoing.c.seq == all_open.with_only_columns(func.min(other.c.seq)).scalar_subquery()
    return ~all_open.where(other.c.seq < _outgoing.c.seq).exists()


def is_alone(dialect: str) -> ColumnElement[bool]:
    """Whether it is the only open message of its conversation."""
    other, all_open = _of_its_conversation()
    if dialect == "postgresql":
        return all_open.with_only_columns(func.count(other.c.id)).scalar_subquery() == 1
    return is_first(dialect) & ~all_open.where(other.c.seq > _outgoing.c.seq).exists()


def _of_its_conversation() -> tuple[FromClause, Select[Any]]:
    """The open messages of its conversation, by the name under which they are asked for."""
    other = _outgoing.alias()
    here = (other.c.conversation_id == _outgoing.c.conversation_id) & other.c.state.in_(OPEN_STATES)
    return other, select(other.c.id).where(here).correlate(_outgoing)
