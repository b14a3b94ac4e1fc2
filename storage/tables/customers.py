"""Customers and the versions of their master record.

A version of the master file adds only the rows that differ; a customer's current record is the one
with the highest ``seq`` up to ``master_current.seq``, so an import becomes visible by one update.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint

from storage.tables.base import Stored, code, day, digest, key, link, number, sealed, when


class CustomerRow(Stored, table=True):
    """The bank's customer, known by its number alone."""

    __tablename__ = "customer"

    id: str = key()
    customer_no: str = code(64, unique=True)
    created_at: datetime = when()
    #: When all about the customer was last erased; a later import may bring him back.
    erased_at: datetime | None = when(nullable=True)


class MasterVersionRow(Stored, table=True):
    """One import of the master file."""

    __tablename__ = "master_version"

    seq: int = number(primary_key=True)
    #: staged, current, retired, failed
    state: str = code(16)
    file_sha256: str = code(64)
    rows: int = number()
    changed: int = number()
    rejected: int = number()
    started_at: datetime = when()
    made_current_at: datetime | None = when(nullable=True)


class MasterCurrentRow(Stored, table=True):
    """The one row that says which version counts (id is always 1)."""

    __tablename__ = "master_current"

    id: int = number(primary_key=True)
    seq: int = number()


class MasterRecordRow(Stored, table=True):
    """What the bank held about a customer as of one version."""

    __tablename__ = "master_record"
    __table_args__ = (
        UniqueConstraint("customer_id", "seq"),
        Index("ix_master_record_seq", "seq"),
        Index("ix_master_record_branch", "branch_no", "customer_id", "seq"),
        Index("ix_master_record_name_digest", "name_digest"),
        Index("ix_master_record_phone_digest", "phone_digest"),
    )

    id: str = key()
    customer_id: str = link("customer.id")
    seq: int = number()
    row_digest: bytes = digest()
    branch_no: str = code(16)
    kind: str = code(16)
    risk_rating: str = code(16)
    last_confirmed_on: date | None = day(nullable=True)
    relationship_end_on: date | None = day(nullable=True)
    locale: str = code(16)
    name_digest: bytes | None = digest(nullable=True)
    phone_digest: bytes | None = digest(nullable=True)
    sealed: bytes = sealed()
