"""Submitted answers.

Promise: what a customer confirmed is kept as it was confirmed, under a receipt number that is found by its
digest; a correction is a further submission.  ``completed_seq`` numbers submissions in the order in which
they were reconciled, so "everything after number N" misses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from storage.counters import next_value
from storage.differences import (
    Difference,
    load_differences,
    replace_differences,
)
from storage.direct import Direct
from storage.encryption import DigestKind, Vault
from storage.link_codes import normal_code
from storage.outlets.hooks import tell
from storage.tables import CaseRow, SubmissionRow, table_of
from storage.universe import Universe

__all__ = [
    "Difference",
    "Submission",
    "claim_unreconciled",
    "find_receipt",
    "has_unreconciled",
    "is_receipt_taken",
    "iter_submissions",
    "load_differences",
    "load_submission",
    "mark_reconciled",
    "save_differences",
    "save_submission",
    "submissions_of_case",
    "was_entered",
]

_submission = table_of(SubmissionRow)
_INSERT = Direct(insert(_submission))
_BY_RECEIPT = Direct(select(_submission.c.id).where(_submission.c.receipt_digest == bindparam("digest")))
_case = table_of(CaseRow)
_BY_ID = Direct(select(_submission).where(_submission.c.id == bindparam("wanted")))
_waiting = (_submission.c.id == bindparam("wanted")) & _submission.c.reconciled_at.is_(None)
_WAITING = Direct(select(_submission.c.id).where(_waiting).with_for_update(key_share=True))
_RECONCILED = Direct(
    update(_submission)
    .where(_waiting)
    .values(reconciled_at=bindparam("reconciled_at"), completed_seq=bindparam("completed_seq"))
)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Confirmed answers of one case."""

    id: str
    case_id: str
    customer_id: str
    #: ``None`` where it was entered from paper or from the telephone (``storage.entries``).
    conversation_id: str | None
    receipt_no: str
    started_at: datetime
    submitted_at: datetime
    #: customer; of what was entered also family, guardian, clerk
    answered_by: str
    #: line, telegram, paper, phone
    channel: str
    locale: str
    questionnaire_id: str
    questionnaire_version: str
    questionnaire_sha256: str
    #: ``None`` until the submission was reconciled.
    completed_seq: int | None
    #: Per answer: name, instance, value, display, state, raw, wording, definition_sha256, locale, channel, at, by.
    answers: list[dict[str, Any]] = field(repr=False)


def save_submission(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    *,
    case_id: str,
    customer_id: str,
    conversation_id: str | None,
    receipt_no: str,
    answered_by: str,
    channel: str,
    locale: str,
    questionnaire_id: str,
    questionnaire_version: str,
    questionnaire_sha256: str,
    answers: Sequence[Mapping[str, Any]],
    started_at: datetime | None = None,
    submitted_at: datetime | None = None,
) -> Submission:
    """Keep what a customer confirmed (now, where no times are given)."""
    submission = Submission(
        id=uni.new_id(),
        case_id=case_id,
        customer_id=customer_id,
        conversation_id=conversation_id,
        receipt_no=receipt_no,
        started_at=started_at or submitted_at or uni.now(),
        submitted_at=submitted_at or uni.now(),
        answered_by=answered_by,
        channel=channel,
        locale=locale,
        questionnaire_id=questionnaire_id,
        questionnaire_version=questionnaire_version,
        questionnaire_sha256=questionnaire_sha256,
        completed_seq=None,
        answers=[dict(answer) for answer in answers],
    )
    kept_sealed = {"receipt_no": receipt_no, "answers": submission.answers}
    clear = [name for name in Submission.__dataclass_fields__ if name not in kept_sealed]
    values = {name: getattr(submission, name) for name in clear}
    values["receipt_digest"] = _receipt_digest(vault, receipt_no)
    values["reconciled_at"] = None
    values["sealed"] = vault.seal(_submission.name, submission.id, kept_sealed)
    _INSERT.run(conn, values)
    told = {"submission_id": submission.id, "channel": channel, "questionnaire_id": questionnaire_id}
    tell(conn, uni, "submission", case_id=case_id, facts=told, counts={"answers": len(submission.answers)})
    return submission


def _receipt_digest(vault: Vault, receipt_no: str) -> bytes:
    return vault.digest(DigestKind.RECEIPT, normal_code(receipt_no))


def load_submission(conn: Connection, vault: Vault, submission_id: str) -> Submission | None:
    """One submission."""
    row = _BY_ID.first(conn, {"wanted": submission_id})
    return None if row is None else _submission_of(vault, row)


def case_of_submission(conn: Connection, submission_id: str) -> str:
    """The id of the case that was answered."""
    case_id: str = conn.execute(select(_submission.c.case_id).where(_submission.c.id == submission_id)).scalar_one()
    return case_id


def was_entered(conn: Connection, case_id: str) -> bool:
    """Whether answers of the case came on paper or by telephone."""
    entered = (_submission.c.case_id == case_id) & _submission.c.conversation_id.is_(None)
    return conn.execute(select(_submission.c.id).where(entered).limit(1)).first() is not None


def is_receipt_taken(conn: Connection, vault: Vault, receipt_no: str) -> bool:
    """Whether a submission bears this number."""
    return _BY_RECEIPT.first(conn, {"digest": _receipt_digest(vault, receipt_no)}) is not None


def find_receipt(conn: Connection, vault: Vault, receipt_no: str) -> Submission | None:
    """The submission with this receipt number, however it is spelled."""
    query = select(_submission).where(_submission.c.receipt_digest == _receipt_digest(vault, receipt_no))
    row = conn.execute(query).first()
    return None if row is None else _submission_of(vault, row)


def submissions_of_case(conn: Connection, vault: Vault, case_id: str) -> list[Submission]:
    """What was submitted for a case, oldest first."""
    query = select(_submission).where(_submission.c.case_id == case_id)
    rows = conn.execute(query.order_by(_submission.c.submitted_at, _submission.c.id))
    return [_submission_of(vault, row) for row in rows]


def iter_submissions(
    conn: Connection,
    vault: Vault,
    *,
    statuses: Sequence[str] | None = None,
    since_seq: int = 0,
    latest_only: bool = True,
) -> Iterator[Submission]:
    """Submissions of cases in the given statuses in the order of completion; consume it inside the transaction.

    With ``since_seq`` only those completed after it; with ``latest_only`` the last submission of each case.
    """
    query = select(_submission).join(_case, _case.c.id == _submission.c.case_id)
    query = query.where(_submission.c.erased_at.is_(None))
    if statuses is not None:
        query = query.where(_case.c.status.in_([str(status) for status in statuses]))
    if since_seq:
        query = query.where(_submission.c.completed_seq > since_seq)
    if latest_only:
        query = query.where(~_later().exists())
    query = query.order_by(
        _submission.c.completed_seq.is_(None), _submission.c.completed_seq, _submission.c.submitted_at, _submission.c.id
    )
    for row in conn.execute(query, execution_options={"yield_per": 500}):
        yield _submission_of(vault, row)


def _later() -> Select[Any]:
    later = _submission.alias("later")
    return select(later.c.id).where(later.c.case_id == _submission.c.case_id, later.c.id > _submission.c.id)


def has_unreconciled(conn: Connection) -> bool:
    """Whether a submission waits to be reconciled."""
    query = select(_submission.c.id).where(_submission.c.reconciled_at.is_(None)).limit(1)
    return conn.execute(query).first() is not None


def claim_unreconciled(conn: Connection, limit: int) -> list[str]:
    """Ids of submissions to reconcile, oldest first, held until the end of the transaction.

    Reconcile them in the same transaction; another worker passes them over meanwhile.
    """
    query = (
        select(_submission.c.id)
        .where(_submission.c.reconciled_at.is_(None))
        .order_by(_submission.c.submitted_at, _submission.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(conn.execute(query).scalars())


def save_differences(
    conn: Connection, vault: Vault, uni: Universe, submission: Submission, rows: Sequence[Mapping[str, Any]]
) -> int:
    """Keep the verdicts on a submission's fields in place of earlier ones, and mark it reconciled."""
    kept = replace_differences(conn, vault, uni, submission.id, submission.case_id, rows)
    mark_reconciled(conn, uni, submission.id)
    return kept


def mark_reconciled(conn: Connection, uni: Universe, submission_id: str) -> None:
    """Note that a submission was reconciled and give it its number; a second time changes nothing."""
    if _WAITING.first(conn, {"wanted": submission_id}) is None:
        return
    values = {"reconciled_at": uni.now(), "completed_seq": next_value(conn, "submission.completed")}
    _RECONCILED.run(conn, {"wanted": submission_id, **values})


def _submission_of(vault: Vault, row: Row[Any]) -> Submission:
    opened = vault.open(_submission.name, row.id, row.sealed)
    clear = {name: getattr(row, name) for name in Submission.__dataclass_fields__ if name not in opened}
    return Submission(**clear, **opened)
