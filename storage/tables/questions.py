"""What staff decided about questions that were not understood."""

from __future__ import annotations

from datetime import datetime

from storage.tables.base import Stored, code, link, number, when


class QuestionDecisionRow(Stored, table=True):
    """The one decision about a recorded question; the question itself is an event, its words a content row."""

    __tablename__ = "question_decision"

    conversation_id: str = link("conversation.id", primary_key=True)
    #: Number of the event in its conversation.
    seq: int = number(primary_key=True)
    #: phrasing, set_aside
    decision: str = code(16)
    #: The topic it became a phrasing of, and the FAQ version in which it did.
    topic: str | None = code(32, nullable=True)
    faq_sha256: str | None = code(64, nullable=True)
    #: The phrasing that came of it (``FaqEditRow``); no foreign key: what is taken out is deleted.
    edit_id: str | None = code(36, nullable=True)
    staff_id: str = link("staff.id")
    at: datetime = when()
