"""Forms that staff enter for a customer, from paper or from the telephone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text

from storage.tables.base import Stored, code, key, link, number, sealed, when

_OPEN = text("state IN ('first', 'second', 'compare')")
_SCANNED = text("scan_no IS NOT NULL AND state != 'discarded'")


class EntryRow(Stored, table=True):
    """One form that is being entered, or was."""

    __tablename__ = "data_entry"
    __table_args__ = (
        # A case is entered once at a time, and a sheet of paper once at all.
        Index("uq_data_entry_open", "case_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("uq_data_entry_scan_no", "scan_no", unique=True, sqlite_where=_SCANNED, postgresql_where=_SCANNED),
    )

    id: str = key()
    case_id: str = link("review_case.id", index=True)
    #: paper, phone
    medium: str = code(8)
    #: The number of the scan, where there is paper.
    scan_no: str | None = code(64, nullable=True)
    #: customer, family, guardian, clerk
    said_by: str = code(16)
    locale: str = code(16)
    questionnaire_sha256: str = code(64)
    #: first, second, compare, submitted, discarded
    state: str = code(16)
    #: 1 where a second person enters the same again.
    doubled: int = number()
    version: int = number()
    opened_by: str = link("staff.id")
    opened_at: datetime = when()
    saved_by: str = link("staff.id")
    saved_at: datetime = when()
    #: Who enters it for the second time.
    second_by: str | None = link("staff.id", nullable=True)
    ended_by: str | None = link("staff.id", nullable=True)
    ended_at: datetime | None = when(nullable=True)
    submission_id: str | None = link("submission.id", nullable=True, unique=True)
    sealed: bytes = sealed()
