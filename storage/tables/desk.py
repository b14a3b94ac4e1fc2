"""What the console keeps about conversations for its own sake: who looked, who is there, what is put off."""

from __future__ import annotations

from datetime import datetime

from storage.tables.base import Stored, link, number, when


class ConversationVisitRow(Stored, table=True):
    """What one member of staff has seen of a conversation, and until when he counts as being there."""

    __tablename__ = "conversation_visit"

    staff_id: str = link("staff.id", primary_key=True)
    conversation_id: str = link("conversation.id", primary_key=True, index=True)
    seen_at: datetime | None = when(nullable=True)
    here_until: datetime | None = when(nullable=True)
    typing_until: datetime | None = when(nullable=True)


class ConversationSnoozeRow(Stored, table=True):
    """A conversation that its owner has put off; without force once the epoch has moved on."""

    __tablename__ = "conversation_snooze"

    conversation_id: str = link("conversation.id", primary_key=True)
    staff_id: str = link("staff.id")
    #: The epoch in which it was put off.
    epoch: int = number()
    at: datetime = when()
    #: Without a time it lasts until the customer writes; it never lasts longer than that.
    until: datetime | None = when(nullable=True)


class ConversationBarRow(Stored, table=True):
    """A member of staff who passed a conversation on and does not see it while the other one has it."""

    __tablename__ = "conversation_bar"

    conversation_id: str = link("conversation.id", primary_key=True)
    staff_id: str = link("staff.id", primary_key=True)
    #: The epoch that passing it on made: any later change of owner ends it.
    epoch: int = number()
