"""When a customer needs a person: since when, why, who has it, and what happens if nobody moves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text

from storage.tables.base import Stored, code, key, link, number, when

_OPEN = text("ended_at IS NULL")


class HandOverRow(Stored, table=True):
    """One hand-over of a conversation, from the moment a person is needed until the bot has it for good again."""

    __tablename__ = "hand_over"
    __table_args__ = (
        Index("uq_hand_over_open", "conversation_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_hand_over_due_at", "due_at"),
        Index("ix_hand_over_claimed_at", "claimed_at"),
        # All that the figures of a day or a week are counted from.
        Index("ix_hand_over_figures", "asked_at", "waited_seconds", "reason", "branch_no"),
    )

    id: str = key()
    conversation_id: str = link("conversation.id", index=True)
    #: Why: the reason of the change of owner (dialogs.conversation.events), with what follows its colon.
    reason: str = code(128)
    #: The customer's branch when it began; a later one has nothing to do with it.
    branch_no: str | None = code(16, nullable=True)
    #: The FAQ topic that may help.
    topic: str | None = code(32, nullable=True)
    #: waiting; staff; later (the bot goes on with the form, staff reply on a working day); ended
    state: str = code(16)
    asked_at: datetime = when()
    #: When it was put off to a working day.
    later_at: datetime | None = when(nullable=True)
    #: When a member of staff took it first, and when one last did something with it.
    claimed_at: datetime | None = when(nullable=True)
    #: From being asked for to the first claim; nothing where nobody waited, or was put off to a working day.
    waited_seconds: int | None = number(nullable=True)
    touched_at: datetime | None = when(nullable=True)
    ended_at: datetime | None = when(nullable=True)
    #: handed_back, customer_returned, settled, erased, ...
    outcome: str | None = code(32, nullable=True)
    #: What happens at ``due_at``: told (still waiting), nobody (nobody came), idle; nothing while there is none.
    timer: str | None = code(16, nullable=True)
    due_at: datetime | None = when(nullable=True)
    #: The epoch of the conversation for which the timer was set.
    epoch: int = number()
