"""Finding entries of the audit record: by deed, by who did it, by when, and by the case that they are about.

Promise: whichever of these is asked for, the entries come newest first along an index, a page at a time, so that a
page costs the same with ten entries and with ten million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from storage.audit import AuditEntry, about, entry_of
from storage.tables import AuditEntryRow, CaseRow, ConversationRow, StaffRow, table_of

_entry = table_of(AuditEntryRow)
_case, _conversation, _staff = table_of(CaseRow), table_of(ConversationRow), table_of(StaffRow)

#: An entry's id and its time are taken one after the other, by a clock that may be set meanwhile.
_APART = timedelta(hours=1)
#: Of an id that begins with these milliseconds, all others are greater.
_LEAST = "-7000-8000-000000000000"
_CHUNK = 1000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for; what is empty counts for nothing."""

    #: Any of these deeds.
    actions: tuple[str, ...] = ()
    actor_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    #: Any of these ids.
    about: tuple[str, ...] = ()


def find_entries(conn: Connection, wanted: Wanted, *, limit: int, before_id: str | None = None) -> list[AuditEntry]:
    """The newest entries that fit, those before ``before_id``."""
    query = _matching(wanted).order_by(_entry.c.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(_entry.c.id < before_id)
    return [entry_of(row) for row in conn.execute(query)]


def next_chunk(conn: Connection, wanted: Wanted, before_id: str | None) -> list[AuditEntry]:
    """The entries that fit, some at a time: a long list holds no transaction open."""
    return find_entries(conn, wanted, limit=_CHUNK, before_id=before_id)


def _matching(wanted: Wanted) -> Select[Any]:
    query = select(_entry)
    if wanted.actions:
        query = query.where(_entry.c.action.in_(wanted.actions))
    if wanted.actor_id:
        query = query.where(_entry.c.actor_id == wanted.actor_id)
    if wanted.since is not None:
        # The id leads along the index; the time itself decides.
        query = query.where(_entry.c.id >= _first_id(wanted.since - _APART), _entry.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_entry.c.id < _first_id(wanted.until + _APART), _entry.c.at < wanted.until)
    if wanted.about:
        query = query.where(_entry.c.id.in_(about(wanted.about)))
    return query


def _first_id(at: datetime) -> str:
    text = f"{max(0, int(at.timestamp() * 1000)):012x}"
    return f"{text[:8]}-{text[8:]}{_LEAST}"


def related(conn: Connection, found_id: str) -> tuple[str, ...]:
    """A case with its conversation, a conversation with its case, a customer with all of them; else the id itself."""
    of_customer = select(_case.c.id).where(or_(_case.c.id == found_id, _case.c.customer_id == found_id))
    case_ids = set(conn.execute(of_customer).scalars())
    case_ids |= set(conn.execute(select(_conversation.c.case_id).where(_conversation.c.id == found_id)).scalars())
    held = select(_conversation.c.id).where(_conversation.c.case_id.in_(case_ids - {None}))
    return tuple(sorted({found_id, *(case_ids - {None}), *conn.execute(held).scalars()}))


def refs_of(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """The short names of the conversations among these ids, by which the console shows them."""
    query = select(_conversation.c.id, _conversation.c.ref).where(_conversation.c.id.in_(list(ids)))
    return {row.id: row.ref for row in conn.execute(query)}
