"""What the bank tried outside the chat to reach a customer, and what he promised."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text

from storage.tables.base import Stored, code, day, key, link, sealed, when

_OPEN = text("settled_at IS NULL")


class ContactTryRow(Stored, table=True):
    """One call, visit or letter, and what came of it; never altered."""

    __tablename__ = "contact_try"
    __table_args__ = (Index("ix_contact_try_case", "case_id", "channel", "result"),)

    id: str = key()
    case_id: str = link("review_case.id")
    #: phone, visit, post
    channel: str = code(16)
    result: str = code(32)
    at: datetime = when()
    #: A member of staff, or the operating system's user of a command.
    by: str = code(80)
    entered_at: datetime = when()
    #: Nobody tries again before this day.
    next_on: date | None = day(nullable=True)
    #: By when the customer said that he will answer.
    promised_on: date | None = day(nullable=True)
    #: When he is reached best.
    best_time: str | None = code(16, nullable=True)
    #: The note, where one was written.
    sealed: bytes | None = sealed(nullable=True)


class AnswerPromiseRow(Stored, table=True):
    """The reminder that a promise to answer has set; a later promise takes its place."""

    __tablename__ = "answer_promise"
    __table_args__ = (Index("ix_answer_promise_due", "remind_at", sqlite_where=_OPEN, postgresql_where=_OPEN),)

    case_id: str = link("review_case.id", primary_key=True)
    try_id: str = link("contact_try.id")
    remind_at: datetime = when()
    settled_at: datetime | None = when(nullable=True)
    #: reminded, answered, with_staff, no_chat, blocked, closed, failed
    outcome: str | None = code(16, nullable=True)
