"""The cases that reviewers have before them, one row a case, without personal data.

Most serious first, then the oldest.  Every query goes through ``_in_scope``: a member of staff bound to branches
never sees that another branch's case exists.  What is on a list is a code, a count or a time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, func, or_, select

from storage.case_status import ANSWERABLE, CaseStatus
from storage.customers import current_seq
from storage.differences import Difference
from storage.reviews import AWAITS_SECOND, CARRIED, IN_REVIEW, SETTLED, TO_DECIDE, Decision
from storage.staff import StaffMember
from storage.tables import (
    CaseRow,
    DifferenceDecisionRow,
    DifferenceRow,
    MasterRecordRow,
    RatingProposalRow,
    table_of,
)

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])

#: The lists in the order of the page.
LISTS = ("open", "second", "rating", "documents", "held", "asked")
#: A page shows so many; the others come up as these are decided.
PAGE = 50
#: Of the past cases of the same kind, so many are named.
NAMED = 3

_case, _difference, _decision = table_of(CaseRow), table_of(DifferenceRow), table_of(DifferenceDecisionRow)
_proposal = table_of(RatingProposalRow)
_record = table_of(MasterRecordRow)
#: Statuses of a case that is reviewed, or whose customer is being asked again.
_BEFORE_ANSWERS = frozenset({CaseStatus.SELECTED, CaseStatus.ANNOUNCED, CaseStatus.SENT})
_AT_WORK = sorted(status.value for status in (IN_REVIEW | ANSWERABLE) - _BEFORE_ANSWERS)
_rank = case({"high": 3, "medium": 2, "low": 1}, value=_difference.c.severity, else_=0)
_SEVERITIES = ("none", "low", "medium", "high")


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One case on a list."""

    case_id: str
    customer_id: str
    check_number: str
    kind: str
    branch_no: str | None
    status: str
    due_on: date
    #: none, low, medium, high: of what is still to be decided.
    severity: str
    #: Since when it waits: the oldest comparison, or the opening of the case.
    since: datetime
    to_decide: int
    second: int
    fields: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Past:
    """How differences of the same kind were settled in other cases; without values."""

    approved: int = 0
    rejected: int = 0
    #: The latest: case, check number, decision, who, when.
    latest: tuple[tuple[str, str, str, str, datetime], ...] = ()


def _among(decisions: Collection[Decision]) -> ColumnElement[bool]:
    known = _difference.c.decision.in_([one.value for one in decisions])
    return or_(known, _difference.c.decision.is_(None)) if Decision.OPEN in decisions else known


def _count(decisions: Collection[Decision]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((_among(decisions), 1), else_=0)), 0)


def _work(person: Collection[str]) -> Subquery:
    """What is to be decided, by case."""
    holds = _difference.c.superseded_at.is_(None)
    wanted = or_(_difference.c.verdict.in_(list(person)), _difference.c.decision.is_not(None))
    # Most cases are done: what was found in those is not gone through for a list.
    at_work = select(_case.c.id).where(_case.c.status.in_(_AT_WORK))
    open_rank = case((_among(set(Decision) - SETTLED), _rank), else_=0)
    return (
        select(
            _difference.c.case_id,
            func.max(open_rank).label("rank"),
            func.min(_difference.c.created_at).label("since"),
            _count(TO_DECIDE).label("to_decide"),
            _count({Decision.HELD}).label("held"),
            _count(AWAITS_SECOND).label("second"),
            _count({Decision.ASKED_AGAIN}).label("asked"),
        )
        .where(holds, wanted, _difference.c.case_id.in_(at_work))
        .group_by(_difference.c.case_id)
        .subquery()
    )


def _of_list(work: Subquery, name: str) -> ColumnElement[bool]:
    in_review = _case.c.status.in_([status.value for status in IN_REVIEW])
    to_decide, held = func.coalesce(work.c.to_decide, 0), func.coalesce(work.c.held, 0)
    match name:
        case "second":
            return or_(and_(in_review, work.c.second > 0), _proposed(AWAITS_SECOND))
        case "rating":
            return _proposed(set(Decision) - SETTLED)
        case "documents":
            return _case.c.status == "71"
        case "held":
            return and_(_case.c.status == "70", held > 0, held == to_decide)
        case "asked":
            return work.c.asked > 0
        case _:
            # Without a difference: what was stored does not open, or there is no record to compare with.
            return and_(_case.c.status == "70", or_(to_decide > held, work.c.case_id.is_(None)))


def _proposed(decisions: Collection[Decision]) -> ColumnElement[bool]:
    """Whether a change of the rating is proposed that stands so."""
    known = _proposal.c.decision.in_([one.value for one in decisions])
    stands = or_(known, _proposal.c.decision.is_(None)) if Decision.OPEN in decisions else known
    here = (_proposal.c.case_id == _case.c.id) & _proposal.c.withdrawn_at.is_(None)
    return select(_proposal.c.id).where(here, stands).exists()


def _visible(staff: StaffMember) -> Select[*tuple[Any, ...]]:
    """Cases that this member may see: id and check number."""
    own = (_record.c.customer_id == _case.c.customer_id) & (_record.c.seq == current_seq(_case.c.customer_id))
    source = _case.outerjoin(_record, own)
    return _in_scope(select(_case.c.id, _case.c.check_number).select_from(source), staff)


def _tickets(staff: StaffMember, work: Subquery) -> Select[*tuple[Any, ...]]:
    source = _case.outerjoin(work, work.c.case_id == _case.c.id).outerjoin(
        _record, (_record.c.customer_id == _case.c.customer_id) & (_record.c.seq == current_seq(_case.c.customer_id))
    )
    columns = [
        _case.c.id.label("case_id"),
        *(_case.c[name] for name in ("customer_id", "check_number", "kind", "status", "due_on")),
        _record.c.branch_no,
        func.coalesce(work.c.rank, 0).label("rank"),
        func.coalesce(work.c.since, _case.c.opened_at).label("since"),
        func.coalesce(work.c.to_decide, 0).label("to_decide"),
        func.coalesce(work.c.second, 0).label("second"),
    ]
    return _in_scope(select(*columns).select_from(source), staff)


def _in_scope(query: _Query, staff: StaffMember) -> _Query:
    return staff.branches.narrow(query, _record.c.branch_no)


def _ticket(row: Any) -> Ticket:
    values = dict(row)
    values["severity"] = _SEVERITIES[values.pop("rank")]
    return Ticket(**values)


def list_tickets(
    conn: Connection, staff: StaffMember, name: str, person: Collection[str], *, limit: int = PAGE
) -> list[Ticket]:
    """The cases of a list: the most serious first, then those that wait longest."""
    work = _work(person)
    query = _tickets(staff, work).where(_of_list(work, name))
    order = (func.coalesce(work.c.rank, 0).desc(), func.coalesce(work.c.since, _case.c.opened_at), _case.c.id)
    tickets = [_ticket(row) for row in conn.execute(query.order_by(*order).limit(limit)).mappings()]
    names = _fields(conn, [ticket.case_id for ticket in tickets], person)
    return [replace(ticket, fields=names.get(ticket.case_id, ())) for ticket in tickets]


def _fields(conn: Connection, case_ids: Collection[str], person: Collection[str]) -> dict[str, tuple[str, ...]]:
    query = (
        select(_difference.c.case_id, _difference.c.field)
        .where(_difference.c.case_id.in_(case_ids), _difference.c.superseded_at.is_(None))
        .where(_difference.c.verdict.in_(list(person)), _among(set(Decision) - SETTLED))
        .order_by(_rank.desc(), _difference.c.id)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in conn.execute(query):
        found[row.case_id] = (*found.get(row.case_id, ()), row.field)
    return found


def count_lists(conn: Connection, staff: StaffMember, person: Collection[str]) -> dict[str, int]:
    """How many cases each list holds."""
    work = _work(person)
    return {
        name: conn.execute(
            select(func.count()).select_from(_tickets(staff, work).where(_of_list(work, name)).subquery())
        ).scalar_one()
        for name in LISTS
    }


def count_decided(conn: Connection, staff: StaffMember, since: datetime) -> int:
    """How many decisions this member of staff has made since then."""
    query = select(func.count()).select_from(_decision).where(_decision.c.decided_by == staff.id)
    own = or_(_decision.c.before.is_(None), _decision.c.before != CARRIED)
    return int(conn.execute(query.where(_decision.c.decided_at >= since, own)).scalar_one())


def find_ticket(conn: Connection, staff: StaffMember, case_id: str, person: Collection[str]) -> Ticket | None:
    """The case, or ``None`` where it is none of this member's business."""
    row = conn.execute(_tickets(staff, _work(person)).where(_case.c.id == case_id)).mappings().first()
    return None if row is None else _ticket(row)


def past_of(conn: Connection, staff: StaffMember, difference: Difference) -> Past:
    """How the same verdict on the same field was settled in other cases that this member may see."""
    scope = _visible(staff).subquery()
    same = (
        select(
            _difference.c.case_id,
            scope.c.check_number,
            *(_difference.c[name] for name in ("decision", "decided_by", "decided_at")),
        )
        .join(scope, scope.c.id == _difference.c.case_id)
        .where(_difference.c.field == difference.field, _difference.c.verdict == difference.verdict)
        .where(_difference.c.case_id != difference.case_id, _among(SETTLED), _difference.c.superseded_at.is_(None))
    )
    counts = same.subquery()
    grouped = conn.execute(select(counts.c.decision, func.count()).group_by(counts.c.decision))
    found: dict[str, int] = {row[0]: row[1] for row in grouped}
    latest = conn.execute(same.order_by(_difference.c.decided_at.desc()).limit(NAMED))
    return Past(
        approved=found.get(Decision.APPROVED, 0),
        rejected=found.get(Decision.REJECTED, 0),
        latest=tuple((row[0], row[1], row[2], row[3], row[4]) for row in latest),
    )
