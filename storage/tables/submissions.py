"""Submitted answers, their differences from the master record, and the exports that carried them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text as sql

from storage.tables.base import Stored, code, digest, key, link, number, sealed, text, when

_UNRECONCILED = sql("reconciled_at IS NULL")
_COUNTS = sql("superseded_at IS NULL")
_DECIDED = sql("decision IS NOT NULL")
_ASKED = sql("ask_until IS NOT NULL")


class SubmissionRow(Stored, table=True):
    """Confirmed answers; a record of its own, never altered."""

    __tablename__ = "submission"
    __table_args__ = (
        Index(
            "ix_submission_unreconciled",
            "submitted_at",
            sqlite_where=_UNRECONCILED,
            postgresql_where=_UNRECONCILED,
        ),
        # Which forms an export meets is asked without walking through the answers.
        Index("ix_submission_form", "questionnaire_sha256", "completed_seq"),
        # With the id, by which a later submission of the same case is told.
        Index("ix_submission_case", "case_id", "id"),
        # How many came on a day.
        Index("ix_submission_submitted_at", "submitted_at", "customer_id"),
        Index("ix_submission_ask_until", "ask_until", sqlite_where=_ASKED, postgresql_where=_ASKED),
    )

    id: str = key()
    case_id: str = link("review_case.id")
    customer_id: str = link("customer.id")
    #: Empty where it was entered from paper or from the telephone (``EntryRow``).
    conversation_id: str | None = link("conversation.id", nullable=True)
    receipt_digest: bytes = digest(unique=True)
    started_at: datetime = when()
    submitted_at: datetime = when()
    answered_by: str = code(32)
    channel: str = code(16)
    locale: str = code(16)
    questionnaire_id: str = code(64)
    questionnaire_version: str = code(64)
    questionnaire_sha256: str = code(64)
    #: The place in the order of completion; given when the submission was reconciled.
    completed_seq: int | None = number(nullable=True, unique=True)
    reconciled_at: datetime | None = when(nullable=True)
    #: With which version of the master record it was last compared, and by which comparators.
    master_seq: int | None = number(nullable=True)
    comparator_version: str | None = code(32, nullable=True)
    #: The customer is asked once more before a person looks, for as long as this.
    ask_until: datetime | None = when(nullable=True)
    #: The answers are gone; the row stays for what was exported and decided.
    erased_at: datetime | None = when(nullable=True)
    sealed: bytes = sealed()


class DifferenceRow(Stored, table=True):
    """The verdict on one field."""

    __tablename__ = "difference"
    __table_args__ = (
        # Named by hand: the convention's name would be longer than PostgreSQL's 63 signs.
        UniqueConstraint(
            "submission_id", "field", "master_digest", "comparator_version", name="uq_difference_comparison"
        ),
        # What the comparisons found, field by field.
        Index(
            "ix_difference_verdicts",
            "created_at",
            "field",
            "verdict",
            "case_id",
            sqlite_where=_COUNTS,
            postgresql_where=_COUNTS,
        ),
        # How the same was decided before is asked on every page of a case.
        Index(
            "ix_difference_decided",
            "field",
            "verdict",
            "decided_at",
            sqlite_where=_DECIDED,
            postgresql_where=_DECIDED,
        ),
    )

    id: str = key()
    case_id: str = link("review_case.id", index=True)
    submission_id: str = link("submission.id")
    field: str = code(128)
    verdict: str = code(32)
    severity: str = code(16)
    reason: str = code(128)
    #: Codes of the rules that led to the verdict, separated by blanks.
    rules: str = text()
    master_digest: bytes = digest()
    comparator_version: str = code(32)
    created_at: datetime = when()
    #: Set when a later comparison of the same submission took its place.
    superseded_at: datetime | None = when(nullable=True)
    decision: str | None = code(32, nullable=True)
    decided_by: str | None = code(80, nullable=True)
    decided_at: datetime | None = when(nullable=True)
    sealed: bytes = sealed()


class DifferenceDecisionRow(Stored, table=True):
    """Each decision on a difference; the row above shows the last one."""

    __tablename__ = "difference_decision"
    __table_args__ = (Index("ix_difference_decision_by", "decided_by", "decided_at"),)

    id: str = key()
    difference_id: str = link("difference.id", index=True)
    #: What held until then: a decision, ``open``, or ``carried`` of one that came from an earlier comparison.
    before: str | None = code(32, nullable=True)
    decision: str = code(32)
    decided_by: str = code(80)
    decided_at: datetime = when()
    #: The note, where one was written.
    sealed: bytes | None = sealed(nullable=True)


class ExportBatchRow(Stored, table=True):
    """One export: who, what, how many, and the digest of the file."""

    __tablename__ = "export_batch"

    id: str = key()
    seq: int = number(unique=True)
    kind: str = code(32)
    actor: str = code(80)
    rows: int = number()
    sha256: str = code(64)
    #: Canonical JSON of codes.
    filters: str = text()
    made_at: datetime = when()
    #: Where the order of completion stood; empty where that plays no part.
    through: int | None = number(nullable=True)


class ExportSpanRow(Stored, table=True):
    """Submissions that an export carried: a run of numbers in the order of completion."""

    __tablename__ = "export_span"

    batch_id: str = link("export_batch.id", primary_key=True)
    first: int = number(primary_key=True)
    last: int = number()


class ExportMemberRow(Stored, table=True):
    """A submission that an export carried, as earlier versions noted it; nothing is added any more."""

    __tablename__ = "export_member"

    batch_id: str = link("export_batch.id", primary_key=True)
    submission_id: str = link("submission.id", primary_key=True, index=True)
