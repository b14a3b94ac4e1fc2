"""Conversations (snapshot and append-only events) and the content rows where raw text lives."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text

from storage.tables.base import Stored, code, key, link, number, sealed, when

_UNMATCHED = text("kind = 'not_understood'")
_WITH_BOT = text("owner = 'bot' AND closed_at IS NULL")
_OVER = text("closed_at IS NOT NULL")


class ConversationRow(Stored, table=True):
    """A conversation: who may speak in clear, what was said in the sealed snapshot."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index(
            "uq_conversation_case",
            "case_id",
            unique=True,
            sqlite_where=text("case_id IS NOT NULL"),
            postgresql_where=text("case_id IS NOT NULL"),
        ),
        Index("ix_conversation_owner", "owner", "waiting_since"),
        Index("ix_conversation_with_bot", "last_inbound_at", sqlite_where=_WITH_BOT, postgresql_where=_WITH_BOT),
        Index("ix_conversation_over", "last_inbound_at", sqlite_where=_OVER, postgresql_where=_OVER),
    )

    id: str = key()
    #: Eight lower-case signs; travels in button data.
    ref: str = code(8, unique=True)
    #: lobby, case
    kind: str = code(16)
    account_id: str = link("channel_account.id", index=True)
    case_id: str | None = link("review_case.id", nullable=True)
    questionnaire_sha256: str | None = code(64, nullable=True)
    locale: str = code(16)
    #: bot, waiting, staff, closed
    owner: str = code(16)
    owner_staff_id: str | None = link("staff.id", nullable=True)
    epoch: int = number()
    waiting_since: datetime | None = when(nullable=True)
    phase: str = code(32)
    open_question: str | None = code(128, nullable=True)
    version: int = number()
    event_seq: int = number()
    out_seq: int = number()
    last_inbound_at: datetime | None = when(nullable=True)
    last_occurred_at: datetime | None = when(nullable=True)
    verified_at: datetime | None = when(nullable=True)
    created_at: datetime = when()
    closed_at: datetime | None = when(nullable=True)
    sealed: bytes = sealed()


class ConversationEventRow(Stored, table=True):
    """One recorded event; the state is the fold over them."""

    __tablename__ = "conversation_event"
    __table_args__ = (
        Index("ix_conversation_event_unmatched", "at", sqlite_where=_UNMATCHED, postgresql_where=_UNMATCHED),
    )

    conversation_id: str = link("conversation.id", primary_key=True)
    seq: int = number(primary_key=True)
    kind: str = code(64)
    at: datetime = when()
    #: Of what was asked or answered, the name of the question in its form.
    question: str | None = code(128, nullable=True)
    sealed: bytes = sealed()


class ContentRow(Stored, table=True):
    """The raw words of one message; the only place where they are kept, and where they are erased."""

    __tablename__ = "content"
    __table_args__ = (Index("ix_content_conversation", "conversation_id", "at", "id"),)

    id: str = key()
    conversation_id: str = link("conversation.id")
    #: in, out, note
    direction: str = code(8)
    at: datetime = when()
    staff_id: str | None = link("staff.id", nullable=True)
    erased_at: datetime | None = when(nullable=True)
    sealed: bytes | None = sealed(nullable=True)
