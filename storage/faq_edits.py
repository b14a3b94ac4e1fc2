"""Phrasings on their way into the next version of the FAQ.

Promise: who added a phrasing is kept, so that somebody else publishes it; what is taken out again puts the questions
that it came from back on the staff's list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from storage.tables import FaqEditRow, QuestionDecisionRow, table_of
from storage.universe import Universe

_edit = table_of(FaqEditRow)
_decision = table_of(QuestionDecisionRow)


@dataclass(frozen=True, kw_only=True)
class FaqEdit:
    """One phrasing that waits."""

    id: str
    locale: str
    topic: str
    phrasing: str
    staff_id: str
    at: datetime


def add_edit(conn: Connection, uni: Universe, *, locale: str, topic: str, phrasing: str, staff_id: str) -> str:
    """Keep a phrasing for the next version; its id."""
    edit_id = uni.new_id()
    values = {"id": edit_id, "locale": locale, "topic": topic, "phrasing": phrasing, "staff_id": staff_id}
    conn.execute(insert(_edit), values | {"at": uni.now()})
    return edit_id


def waiting_edits(conn: Connection, locale: str, *, lock: bool = False) -> list[FaqEdit]:
    """What the next version adds, oldest first."""
    columns = [_edit.c[name] for name in FaqEdit.__dataclass_fields__]
    query = select(*columns).where(_edit.c.locale == locale, _edit.c.published_at.is_(None))
    query = query.order_by(_edit.c.at, _edit.c.id)
    return [FaqEdit(**row._mapping) for row in conn.execute(query.with_for_update() if lock else query)]


def mark_published(conn: Connection, uni: Universe, edit_ids: list[str], sha256: str, staff_id: str) -> None:
    """They are live from here on."""
    values = {"faq_sha256": sha256, "published_by": staff_id, "published_at": uni.now()}
    conn.execute(update(_edit).where(_edit.c.id.in_(edit_ids)).values(values))
    conn.execute(update(_decision).where(_decision.c.edit_id.in_(edit_ids)).values(faq_sha256=sha256))


def take_out(conn: Connection, edit_id: str) -> FaqEdit | None:
    """The phrasing does not go into the next version; ``None`` where it is live or gone already."""
    columns = [_edit.c[name] for name in FaqEdit.__dataclass_fields__]
    waiting = (_edit.c.id == edit_id) & _edit.c.published_at.is_(None)
    row = conn.execute(select(*columns).where(waiting).with_for_update()).first()
    if row is None:
        return None
    conn.execute(delete(_decision).where(_decision.c.edit_id == edit_id))
    conn.execute(delete(_edit).where(waiting))
    return FaqEdit(**row._mapping)
