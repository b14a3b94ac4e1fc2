"""Who is due: how often reviews come round, what made one due before its time, and what keeps a customer out."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text

from storage.tables.base import Stored, code, day, key, link, number, sealed, when

_LIVE = text("lifted_at IS NULL")


class ReviewCadenceRow(Stored, table=True):
    """The months between two reviews as they were decided; the newest row counts, none is ever changed."""

    __tablename__ = "review_cadence"

    id: str = key()
    high: int = number()
    medium: int = number()
    low: int = number()
    #: Months before the end of a residence permit.
    before_expiry: int = number()
    decided_at: datetime = when()
    decided_by: str = code(80)
    #: Why: a longer interval needs a ground.
    sealed: bytes = sealed()


class CustomerFlagRow(Stored, table=True):
    """Why a customer is left alone, from when until when; the reasons are sealed."""

    __tablename__ = "customer_flag"
    __table_args__ = (
        Index("uq_customer_flag_live", "customer_id", "kind", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: str = key()
    customer_id: str = link("customer.id")
    #: sdd, deceased, guardianship, dispute, stopped
    kind: str = code(16)
    placed_at: datetime = when()
    placed_by: str = code(80)
    lifted_at: datetime | None = when(nullable=True)
    lifted_by: str | None = code(80, nullable=True)
    sealed: bytes = sealed()


class TriggerEventRow(Stored, table=True):
    """Something that happened to a customer outside the cadence, and what came of it; never altered."""

    __tablename__ = "trigger_event"
    __table_args__ = (UniqueConstraint("customer_id", "kind", "happened_on"),)

    id: str = key()
    customer_id: str = link("customer.id")
    kind: str = code(32)
    happened_on: date = day()
    #: command, file, master:<version>
    source: str = code(40)
    noted_at: datetime = when()
    noted_by: str = code(80)
    #: opened, covered, recent, ended, stopped
    outcome: str = code(16)
    #: The case that it opened, or that covers it.
    case_id: str | None = link("review_case.id", nullable=True)
