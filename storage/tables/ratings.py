"""Proposed changes of a customer's risk rating, and what people decided about them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint

from storage.tables.base import Stored, code, key, link, sealed, when


class RatingProposalRow(Stored, table=True):
    """What a rule of the bank proposes for the customer of a case; the rating itself stays the bank's."""

    __tablename__ = "rating_proposal"
    __table_args__ = (UniqueConstraint("case_id", "rule", name="uq_rating_proposal_rule"),)

    id: str = key()
    case_id: str = link("review_case.id", index=True)
    rule: str = code(64)
    #: The rating of then, and the one that is proposed.
    before: str = code(16)
    after: str = code(16)
    created_at: datetime = when()
    #: Set when later answers no longer say so and nobody had decided yet.
    withdrawn_at: datetime | None = when(nullable=True)
    decision: str | None = code(32, nullable=True)
    decided_by: str | None = code(80, nullable=True)
    decided_at: datetime | None = when(nullable=True)


class RatingDecisionRow(Stored, table=True):
    """Each decision on a proposal; the row above shows the last one."""

    __tablename__ = "rating_decision"

    id: str = key()
    proposal_id: str = link("rating_proposal.id", index=True)
    before: str = code(32)
    decision: str = code(32)
    decided_by: str = code(80)
    decided_at: datetime = when()
    #: The note, where one was written.
    sealed: bytes | None = sealed(nullable=True)
