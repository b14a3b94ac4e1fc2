"""What must be kept although its time is over, and what was erased: ids, times and who decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text

from storage.tables.base import Stored, code, key, link, sealed, when

_LIVE = text("released_at IS NULL")


class CustomerHoldRow(Stored, table=True):
    """A legal hold: nothing of the customer is erased while it lasts; the reason is sealed."""

    __tablename__ = "customer_hold"
    __table_args__ = (
        Index("uq_customer_hold_live", "customer_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: str = key()
    customer_id: str = link("customer.id")
    placed_at: datetime = when()
    placed_by: str = code(80)
    released_at: datetime | None = when(nullable=True)
    released_by: str | None = code(80, nullable=True)
    sealed: bytes = sealed()


class ErasureRow(Stored, table=True):
    """One erasure; the same id stands in the record outside the database."""

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_scope", "scope", "at"),)

    id: str = key()
    #: customer: all about one; words: the raw words of closed cases and of lobbies that are older than ``before``.
    scope: str = code(16)
    #: retention, request
    cause: str = code(16)
    #: No foreign key: the record outlives what it speaks of.
    customer_id: str | None = code(36, nullable=True)
    before: datetime | None = when(nullable=True)
    at: datetime = when()
    actor: str = code(80)
    #: The reason of a request.
    sealed: bytes | None = sealed(nullable=True)
