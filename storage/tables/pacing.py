"""How much of what a platform takes is used up, over all processes."""

from __future__ import annotations

from datetime import datetime

from storage.tables.base import Stored, code, when


class SendingPaceRow(Stored, table=True):
    """A platform, or one chat of it: each call moves ``paid_until`` on by the time that it costs."""

    __tablename__ = "sending_pace"

    #: The name of the channel, or the id of the account.
    key: str = code(36, primary_key=True)
    paid_until: datetime = when()
    #: Of a channel: the account whose chat was refused last, and until when.  A second chat that is refused
    #: meanwhile means that the whole channel is too fast.
    refused: str | None = code(36, nullable=True)
    refused_until: datetime | None = when(nullable=True)
