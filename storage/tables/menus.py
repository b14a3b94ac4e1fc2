"""The menus beside the chat: those that there are, and which an account is shown."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text

from storage.tables.base import Stored, code, link, number, when

_DUE = text("due_at IS NOT NULL")


class ChannelMenuRow(Stored, table=True):
    """A menu that was made on a platform."""

    __tablename__ = "channel_menu"

    #: The platform's own id.
    menu_id: str = code(64, primary_key=True)
    channel: str = code(16)
    #: Which of our menus it is: state and language.
    kind: str = code(32)
    #: live, old
    state: str = code(16)
    made_at: datetime = when()


class AccountMenuRow(Stored, table=True):
    """What one account is shown, and whether that has to be looked at again."""

    __tablename__ = "account_menu"
    __table_args__ = (
        Index("ix_account_menu_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_account_menu_shown", "shown"),
    )

    account_id: str = link("channel_account.id", primary_key=True)
    #: The platform's id of the menu; empty where it shows its default.
    shown: str = code(64)
    #: How often something happened that the menu may follow from: what was decided before is out of date.
    touched: int = number()
    #: When to look at it; nothing where it is as it should be.
    due_at: datetime | None = when(nullable=True)
    tries: int = number()
    lease_owner: str | None = code(80, nullable=True)
    lease_until: datetime | None = when(nullable=True)
