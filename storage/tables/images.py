"""Pictures that customers sent: what became of each, and its bytes while they are kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text

from storage.tables.base import Stored, code, link, number, sealed, when

_WAITING = text("state = 'waiting'")
_HELD = text("state IN ('waiting', 'kept')")


class ImageRow(Stored, table=True):
    """One picture of one message; the row stays when the bytes go."""

    __tablename__ = "received_image"
    __table_args__ = (
        Index("ix_received_image_due", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_received_image_held", "received_at", "id", sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_received_image_conversation", "conversation_id", "received_at"),
    )

    #: The id of the message's content row: one message, one picture.
    id: str = link("content.id", primary_key=True)
    conversation_id: str = link("conversation.id")
    channel: str = code(16)
    #: waiting, kept, refused, gone, expired, erased
    state: str = code(16)
    #: Why it is refused or gone, or what the last try came to; a code.
    reason: str = code(32)
    received_at: datetime = when()
    due_at: datetime = when()
    lease_owner: str | None = code(80, nullable=True)
    lease_until: datetime | None = when(nullable=True)
    attempts: int = number()
    width: int | None = number(nullable=True)
    height: int | None = number(nullable=True)
    settled_at: datetime | None = when(nullable=True)
    #: While waiting where to fetch it from (the platform's reference), once kept the picture itself.
    sealed: bytes | None = sealed(nullable=True)
