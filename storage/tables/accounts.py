"""LINE and Telegram accounts and the customers they are linked to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text

from storage.tables.base import Stored, code, digest, key, link, number, sealed, when


class AccountRow(Stored, table=True):
    """A user of a platform; the user id is sealed and found by its digest."""

    __tablename__ = "channel_account"

    id: str = key()
    channel: str = code(16)
    #: Of ``<channel>:<user id>``.
    user_digest: bytes = digest(unique=True)
    locale: str = code(16)
    #: active, blocked
    state: str = code(16)
    #: No foreign key: conversation refers to this table, and two rows cannot come first.
    active_conversation_id: str | None = code(36, nullable=True)
    #: Wrong codes and wrong second factors in a row.
    failures: int = number()
    locked_until: datetime | None = when(nullable=True)
    created_at: datetime = when()
    sealed: bytes = sealed()


class AccountLinkRow(Stored, table=True):
    """An account acting for a customer in one case; ended, never deleted."""

    __tablename__ = "account_link"
    __table_args__ = (
        Index(
            "uq_account_link_live",
            "case_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: str = key()
    account_id: str = link("channel_account.id", index=True)
    customer_id: str = link("customer.id", index=True)
    case_id: str = link("review_case.id", index=True)
    linked_at: datetime = when()
    ended_at: datetime | None = when(nullable=True)
    end_reason: str | None = code(64, nullable=True)
