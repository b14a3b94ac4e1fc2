"""What came in and is to be worked off, and what is to go out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Index, UniqueConstraint, literal_column, text

from storage.tables.base import Stored, code, key, link, number, sealed, when

_UNDONE = text("done_at IS NULL")
_WORDED = text("content_id IS NOT NULL")
_OPEN = text("state IN ('pending', 'leased')")
_LOST = text("state IN ('unknown', 'failed')")
#: The kind of message that nobody has asked for, of which there may be thousands: a campaign's.
UNASKED = "invitation"
#: The states of an open message, written out: SQLite uses the indexes over open messages only where it can read
#: them in the statement.
OPEN_STATES: tuple[ColumnElement[str], ...] = (literal_column("'pending'"), literal_column("'leased'"))


class InboundRow(Stored, table=True):
    """One event of a platform; the unique key makes a second delivery a no-op."""

    __tablename__ = "inbound_event"
    __table_args__ = (
        UniqueConstraint("channel", "event_key"),
        Index("ix_inbound_event_undone", "conversation_id", sqlite_where=_UNDONE, postgresql_where=_UNDONE),
        Index("ix_inbound_event_message", "account_id", "message_id"),
        Index("ix_inbound_event_content", "content_id", sqlite_where=_WORDED, postgresql_where=_WORDED),
    )

    id: str = key()
    channel: str = code(16)
    event_key: str = code(128)
    account_id: str = link("channel_account.id")
    conversation_id: str = link("conversation.id")
    kind: str = code(16)
    occurred_at: datetime = when()
    received_at: datetime = when()
    #: No foreign key: the event is stored first, because its unique key decides whether the words are kept.
    content_id: str | None = code(36, nullable=True)
    message_id: str | None = code(128, nullable=True)
    attempts: int = number()
    #: The code or the class of the error that kept it undone.
    problem: str | None = code(128, nullable=True)
    done_at: datetime | None = when(nullable=True)
    sealed: bytes = sealed()


class OutgoingRow(Stored, table=True):
    """One message to a customer, written in the transaction of the turn that decided on it."""

    __tablename__ = "outgoing_message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        Index("ix_outgoing_message_open", "conversation_id", "seq", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_outgoing_message_due", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_outgoing_message_lost", "id", "conversation_id", sqlite_where=_LOST, postgresql_where=_LOST),
        Index("ix_outgoing_message_content", "content_id"),
    )

    id: str = key()
    conversation_id: str = link("conversation.id")
    seq: int = number()
    kind: str = code(16)
    #: pending, leased, sent, unknown, failed, cancelled, dropped
    state: str = code(16)
    epoch: int = number()
    turn_id: str = code(36)
    #: The key under which the platform recognises a second try; fixed here, before the first.
    retry_key: str = code(36, unique=True)
    #: The retry key of the first message of the batch in which it was first tried: a second try
    #: carries the same messages, else the platform would take new ones for old.
    batch_key: str | None = code(36, nullable=True)
    content_id: str = link("content.id")
    due_at: datetime = when()
    lease_owner: str | None = code(80, nullable=True)
    lease_until: datetime | None = when(nullable=True)
    attempts: int = number()
    provider_id: str | None = code(128, nullable=True)
    #: Of a question on a channel that can change messages: its prompt, as long as its buttons stand in the chat.
    token: str | None = code(32, nullable=True)
    #: The message of this conversation in whose place this one comes.
    replaces: str | None = code(36, nullable=True)
    detail: str = code(500)
    #: Until when the reply token makes it free; of a sent one: empty where it was pushed.
    reply_until: datetime | None = when(nullable=True)
    created_at: datetime = when()
    settled_at: datetime | None = when(nullable=True)
    #: The reply token; empty once it is used up.
    sealed: bytes | None = sealed(nullable=True)
