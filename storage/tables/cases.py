"""Cases (one review of one customer), their transitions, and the codes of their letters."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text

from storage.tables.base import Stored, code, day, digest, key, link, number, sealed, when

#: The statuses in which a case is over; a new one of the same cause may then be opened.
CLOSED_STATUSES = ("75", "90", "91", "99")

_OPEN = text("status NOT IN ('75', '90', '91', '99')")


class CaseRow(Stored, table=True):
    """One review; ``case`` is a word of SQL, hence the longer name."""

    __tablename__ = "review_case"
    __table_args__ = (
        Index(
            "uq_review_case_open",
            "customer_id",
            "cause",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_review_case_status", "status"),
    )

    id: str = key()
    customer_id: str = link("customer.id", index=True)
    kind: str = code(16)
    cause: str = code(16)
    #: A code; where a person gave a reason in words, ``stated``, and the words are sealed.
    reason: str = code(64)
    status: str = code(2)
    #: The status to which a handed-over case (55) goes back.
    returns_to: str | None = code(2, nullable=True)
    check_number: str = code(4)
    opened_at: datetime = when()
    due_on: date = day()
    questionnaire_id: str = code(64)
    next_due_on: date | None = day(nullable=True)
    sealed: bytes | None = sealed(nullable=True)


class CaseTransitionRow(Stored, table=True):
    """A change of status; never altered."""

    __tablename__ = "case_transition"
    __table_args__ = (
        Index("ix_case_transition_case", "case_id", "to_status"),
        # How many were invited and reminded on a day.
        Index("ix_case_transition_when", "to_status", "at", "case_id"),
    )

    id: str = key()
    case_id: str = link("review_case.id")
    from_status: str | None = code(2, nullable=True)
    to_status: str = code(2)
    at: datetime = when()
    actor: str = code(80)
    reason: str = code(64)
    source: str | None = code(80, nullable=True)
    #: What a person wrote about it.
    sealed: bytes | None = sealed(nullable=True)


class LinkCodeRow(Stored, table=True):
    """The code of a letter, kept as a keyed digest only."""

    __tablename__ = "link_code"
    __table_args__ = (
        Index(
            "uq_link_code_active",
            "case_id",
            unique=True,
            sqlite_where=text("state IN ('active', 'locked')"),
            postgresql_where=text("state IN ('active', 'locked')"),
        ),
    )

    id: str = key()
    case_id: str = link("review_case.id", index=True)
    code_digest: bytes = digest(unique=True)
    check_number: str = code(4)
    expires_on: date = day()
    #: active, used, locked, revoked
    state: str = code(16)
    tries: int = number()
    created_at: datetime = when()
    used_at: datetime | None = when(nullable=True)
