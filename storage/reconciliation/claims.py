"""Which submissions are to be compared again, and which customers were asked in vain.

Promise: a newer master file brings back only the open cases whose customer's row changed, newer comparators bring
back every open case once, and what is claimed is held until the end of the transaction, so that several workers
share the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select, update

from storage.case_status import CaseStatus
from storage.customers import current_seq
from storage.direct import Direct
from storage.reconciliation.verdict import COMPARATOR_VERSION
from storage.tables import (
    CaseRow,
    DifferenceRow,
    MasterCurrentRow,
    MasterRecordRow,
    SubmissionRow,
    table_of,
)

_submission = table_of(SubmissionRow)
_case = table_of(CaseRow)
_record = table_of(MasterRecordRow)
_current = table_of(MasterCurrentRow)
_difference = table_of(DifferenceRow)

_COMPARED = Direct(
    update(_submission)
    .where(_submission.c.id == bindparam("wanted"))
    .values(master_seq=bindparam("seq"), comparator_version=bindparam("version"))
)
_EARLIER = Direct(
    select(_difference.c.id)
    .where(_difference.c.case_id == bindparam("case"), _difference.c.submission_id < bindparam("wanted"))
    .limit(1)
)

#: Cases that wait for somebody to decide, and so for a newer record as well.
WAITING = (CaseStatus.TO_CHECK, CaseStatus.AWAITING_DOCUMENTS, CaseStatus.AWAITING_APPROVAL)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where the reconciliation stands."""

    #: Submissions that were not compared yet.
    waiting: int
    #: Of open cases, compared with an older record or by older comparators.
    to_compare_again: int
    #: Customers who are being asked once more.
    asked: int
    compared: int
    #: Open cases by status.
    cases: dict[str, int]
    #: Verdicts that hold, of open cases.
    verdicts: dict[str, int]


def current_master(conn: Connection) -> int:
    """The version of the master file that counts."""
    seq: int = conn.execute(select(_current.c.seq).where(_current.c.id == 1)).scalar_one()
    return seq


def _outdated() -> Select[Any]:
    newest = current_seq(_submission.c.customer_id)
    later = _submission.alias("later")
    of_the_case = later.c.case_id == _submission.c.case_id
    is_last = ~select(later.c.id).where(of_the_case, later.c.id > _submission.c.id).exists()
    outdated: ColumnElement[bool] = or_(
        _submission.c.comparator_version != COMPARATOR_VERSION, _submission.c.master_seq < newest
    )
    return (
        select(_submission.c.id)
        .join(_case, _case.c.id == _submission.c.case_id)
        .where(
            _case.c.status.in_([status.value for status in WAITING]),
            _submission.c.comparator_version.is_not(None),
            _submission.c.erased_at.is_(None),
            is_last,
            outdated,
        )
    )


def has_outdated(conn: Connection) -> bool:
    """Whether anything is to be compared again; walks over the cases that wait for a decision."""
    return conn.execute(_outdated().limit(1)).first() is not None


def claim_outdated(conn: Connection, limit: int) -> list[str]:
    """Ids of submissions to compare again, held until the end of the transaction."""
    query = _outdated().order_by(_submission.c.id).limit(limit)
    return list(conn.execute(query.with_for_update(of=_submission, skip_locked=True, key_share=True)).scalars())


def note_comparison(conn: Connection, submission_id: str, seq: int) -> None:
    """Note with which version of the record a submission was compared, by the comparators of today."""
    _COMPARED.run(conn, {"wanted": submission_id, "seq": seq, "version": COMPARATOR_VERSION})


def has_earlier(conn: Connection, case_id: str, submission_id: str) -> bool:
    """Whether a comparison of an earlier submission of the case is kept."""
    return _EARLIER.first(conn, {"case": case_id, "wanted": submission_id}) is not None


def note_asked(conn: Connection, submission_id: str, until: datetime | None) -> None:
    """Note until when the customer has time for his second answer; ``None`` when that is over."""
    conn.execute(update(_submission).where(_submission.c.id == submission_id).values(ask_until=until))


def has_asked_in_vain(conn: Connection, now: datetime) -> bool:
    """Whether somebody's time for a second answer is over."""
    return conn.execute(select(_submission.c.id).where(_submission.c.ask_until <= now).limit(1)).first() is not None


def claim_asked_in_vain(conn: Connection, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
    """Submission and case of those whose time is over, held until the end of the transaction."""
    query = (
        select(_submission.c.id, _submission.c.case_id)
        .where(_submission.c.ask_until <= now)
        .order_by(_submission.c.ask_until, _submission.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return [(row.id, row.case_id) for row in conn.execute(query)]


def count_waiting(conn: Connection) -> int:
    """How many submissions a worker would compare now."""
    return _count(conn, *_NEW) + conn.execute(select(func.count()).select_from(_outdated().subquery())).scalar_one()


_NEW = (_submission.c.reconciled_at.is_(None), _submission.c.erased_at.is_(None))


def _count(conn: Connection, *conditions: ColumnElement[bool]) -> int:
    found: int = conn.execute(select(func.count()).select_from(_submission).where(*conditions)).scalar_one()
    return found


def standing(conn: Connection) -> Standing:
    """Counts over the whole store."""
    held = (CaseStatus.ANSWERED, CaseStatus.RECONCILING, CaseStatus.RECONCILED, *WAITING)
    open_now = _case.c.status.in_([status.value for status in held])
    by_status = select(_case.c.status, func.count()).where(open_now).group_by(_case.c.status)
    by_verdict = (
        select(_difference.c.verdict, func.count())
        .join(_case, _case.c.id == _difference.c.case_id)
        .where(_difference.c.superseded_at.is_(None), open_now)
        .group_by(_difference.c.verdict)
    )

    new = _count(conn, *_NEW)
    return Standing(
        waiting=new,
        to_compare_again=count_waiting(conn) - new,
        asked=_count(conn, _submission.c.ask_until.is_not(None)),
        compared=_count(conn, _submission.c.reconciled_at.is_not(None)),
        cases={row[0]: row[1] for row in conn.execute(by_status.order_by(_case.c.status))},
        verdicts={row[0]: row[1] for row in conn.execute(by_verdict.order_by(_difference.c.verdict))},
    )
