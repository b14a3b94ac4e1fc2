"""How much of its monthly allowance a platform says that we have used."""

from __future__ import annotations

from datetime import datetime

from storage.tables.base import Stored, code, number, when


class ChannelQuotaRow(Stored, table=True):
    """The newest word of one platform."""

    __tablename__ = "channel_quota"

    channel: str = code(16, primary_key=True)
    #: Messages a month; empty where there is no limit.
    allowed: int | None = number(nullable=True)
    used: int = number()
    #: Per cent at which an alarm was last given: 0, 80, 100.
    alarm: int = number()
    asked_at: datetime = when()
    #: Since when messages are refused for it.
    refused_at: datetime | None = when(nullable=True)
