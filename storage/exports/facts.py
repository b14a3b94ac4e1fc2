"""What an export says about a response besides its answers: who, when, how it was reviewed.

Promise: times carry the bank's offset, and a person is named only where a person decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from storage.cases import Case, CaseStatus, Transition, load_case, transitions_of
from storage.customers import load_customer
from storage.encryption import Vault
from storage.submissions import Submission
from storage.tables import ConversationRow, table_of

_conversation = table_of(ConversationRow)
#: Statuses in which the comparison left something for a person.
_OPEN = {CaseStatus.TO_CHECK, CaseStatus.AWAITING_DOCUMENTS, CaseStatus.AWAITING_APPROVAL}


def fixed_cells(
    conn: Connection, vault: Vault, submission: Submission, batch_id: str, zone: ZoneInfo
) -> dict[str, str]:
    """The fixed columns of one response."""
    case = load_case(conn, submission.case_id)
    customer = load_customer(conn, vault, submission.customer_id)
    moves = transitions_of(conn, submission.case_id)
    started = conn.execute(
        select(_conversation.c.created_at).where(_conversation.c.id == submission.conversation_id)
    ).scalar()
    reviewer, approved = _review(moves)
    return {
        "batch_id": batch_id,
        "case_id": submission.case_id,
        "customer_no": "" if case is None else case.customer_no,
        "branch_no": "" if customer is None else customer.branch_no,
        "kind": "" if case is None else case.kind,
        "questionnaire_id": submission.questionnaire_id,
        "questionnaire_version": submission.questionnaire_version,
        "definition_sha256": submission.questionnaire_sha256,
        "channel": submission.channel,
        "locale": submission.locale,
        "started_at": _time(started, zone),
        "submitted_at": _time(submission.submitted_at, zone),
        "answered_by": submission.answered_by,
        "receipt_no": submission.receipt_no,
        "reconciliation": _outcome(case, moves),
        "reviewed_by": reviewer,
        "approved_at": _time(approved, zone),
        "next_due_on": case.next_due_on.isoformat() if case is not None and case.next_due_on else "",
    }


def _time(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")


def _outcome(case: Case | None, moves: Sequence[Transition]) -> str:
    """``matched`` without a difference for a person, ``to_check`` while one decides, then ``reviewed``."""
    if case is None:
        return ""
    if case.status in _OPEN:
        return "to_check"
    compared = [move.to_status for move in moves if move.to_status in (CaseStatus.RECONCILED, CaseStatus.TO_CHECK)]
    if not compared:
        return ""
    if compared[-1] is CaseStatus.RECONCILED:
        return "matched"
    return "reviewed" if case.status is CaseStatus.DONE else "to_check"


def _review(moves: Sequence[Transition]) -> tuple[str, datetime | None]:
    """Who moved the case to done, and when; the reviewer stays empty where the program did."""
    done = [move for move in moves if move.to_status is CaseStatus.DONE]
    if not done:
        return "", None
    last = done[-1]
    return ("" if last.actor.startswith("system") else last.actor), last.at
