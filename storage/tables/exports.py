"""Exports that staff asked for on the console, and their files while they can be fetched."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text as sql

from storage.tables.base import Stored, code, key, link, number, sealed, text, when

_OPEN = sql("state IN ('asked', 'queued', 'running', 'ready')")


class ExportRequestRow(Stored, table=True):
    """What was asked for, who allowed it, and what became of it; the row stays when the file goes."""

    __tablename__ = "export_request"
    __table_args__ = (Index("ix_export_request_open", "ends_at", sqlite_where=_OPEN, postgresql_where=_OPEN),)

    id: str = key()
    #: asked, queued, running, ready, refused, failed, over
    state: str = code(16)
    #: Canonical JSON of codes: all that decides what stands in the file.
    query: str = text()
    query_sha256: str = code(64)
    #: The branches of who asked, as ``Branches`` writes them; empty for the head office.
    branches: str = text()
    requested_by: str = link("staff.id")
    requested_at: datetime = when()
    decided_by: str | None = link("staff.id", nullable=True)
    decided_at: datetime | None = when(nullable=True)
    #: When the question, the approval or the file ends.
    ends_at: datetime = when()
    lease_owner: str | None = code(80, nullable=True)
    lease_until: datetime | None = when(nullable=True)
    attempts: int = number()
    done_rows: int = number()
    total_rows: int = number()
    #: Why it is refused, failed or over; a code.
    detail: str = code(64)
    batch_id: str | None = link("export_batch.id", nullable=True, index=True)
    file_name: str = code(120)
    file_bytes: int = number()
    file_sha256: str = code(64)
    unmappable: int = number()
    #: The first time.
    downloaded_at: datetime | None = when(nullable=True)
    #: Why it is needed, in the words of who asked.
    sealed: bytes = sealed()


class ExportPartRow(Stored, table=True):
    """A piece of a file."""

    __tablename__ = "export_part"

    request_id: str = link("export_request.id", primary_key=True)
    no: int = number(primary_key=True)
    sealed: bytes = sealed()
