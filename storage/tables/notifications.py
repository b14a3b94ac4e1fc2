"""LINE notification messages: what is sent to a telephone number instead of an account, and what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text

from storage.tables.base import Stored, code, digest, key, link, number, when

_SENDING = text("state = 'sending'")
_OPEN = text("state IN ('pending', 'sending', 'accepted', 'unknown')")


class NotificationRow(Stored, table=True):
    """One message of one step of a campaign; its id is the tag by which the platform reports the delivery."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("campaign_id", "case_id", "step_no", name="uq_notification_step"),
        Index("ix_notification_open", "state", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_notification_number", "number_digest"),
        # Customers may share a number: one call to it at a time, whichever process makes it.
        Index(
            "uq_notification_calling", "number_digest", unique=True, sqlite_where=_SENDING, postgresql_where=_SENDING
        ),
    )

    id: str = key()
    campaign_id: str = link("campaign.id")
    case_id: str = link("review_case.id", index=True)
    customer_id: str = link("customer.id")
    step_no: int = number()
    step: str = code(32)
    #: pending, sending; accepted or unknown (perhaps accepted): the platform has it, nobody knows more; delivered: the
    #: platform says that it arrived; undelivered: it did not say so in time; unreachable: the number has no account or
    #: wants none; dropped, failed: nothing left the house.
    state: str = code(16)
    tries: int = number()
    due_at: datetime = when()
    created_at: datetime = when()
    #: When the platform took it, and when it said that it arrived.
    accepted_at: datetime | None = when(nullable=True)
    delivered_at: datetime | None = when(nullable=True)
    detail: str = code(500)
    #: The number that is called or was, in its international form; none while it is put off.
    number_digest: bytes | None = digest(nullable=True)
