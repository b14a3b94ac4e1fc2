"""Phrasings that staff have added and that wait for the next version of the FAQ."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text as sql

from storage.tables.base import Stored, code, key, link, text, when

_WAITING = sql("published_at IS NULL")


class FaqEditRow(Stored, table=True):
    """One phrasing; it is looked through for personal data before it gets here, so it stands in clear like the FAQ."""

    __tablename__ = "faq_edit"
    __table_args__ = (Index("ix_faq_edit_waiting", "locale", "at", sqlite_where=_WAITING, postgresql_where=_WAITING),)

    id: str = key()
    locale: str = code(16)
    topic: str = code(32)
    phrasing: str = text()
    staff_id: str = link("staff.id")
    at: datetime = when()
    #: The version in which it went live, and who published that.
    faq_sha256: str | None = code(64, nullable=True)
    published_by: str | None = link("staff.id", nullable=True)
    published_at: datetime | None = when(nullable=True)
