"""Walking through differences and status changes in one snapshot, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, FromClause, Row, Select, Table, or_, select

from storage.branches import Branches
from storage.customers import current_seq
from storage.differences import Difference, difference_of
from storage.encryption import Vault
from storage.tables import (
    CaseRow,
    CaseTransitionRow,
    CustomerRow,
    DifferenceRow,
    MasterRecordRow,
    SubmissionRow,
    table_of,
)

_case, _customer = table_of(CaseRow), table_of(CustomerRow)
_record = table_of(MasterRecordRow)
_submission = table_of(SubmissionRow)
_difference, _transition = table_of(DifferenceRow), table_of(CaseTransitionRow)

_PAGE = 500

#: Case id, customer number and branch of a row.
Place = tuple[str, str, str]


def walk_differences(
    conn: Connection, vault: Vault, branches: Branches
) -> Iterator[tuple[Place, Difference, int | None]]:
    """The verdicts that hold, case by case, each with the number under which its submission was completed."""
    query = _placed(_difference, branches).where(_difference.c.superseded_at.is_(None))
    query = query.add_columns(_submission.c.completed_seq)
    query = query.join(_submission, _submission.c.id == _difference.c.submission_id)
    page = query.order_by(_difference.c.case_id, _difference.c.id).limit(_PAGE)
    case_id, difference_id = "", ""
    while True:
        newer = or_(
            _difference.c.case_id > case_id, (_difference.c.case_id == case_id) & (_difference.c.id > difference_id)
        )
        rows = conn.execute(page.where(newer)).all()
        for row in rows:
            yield _place(row), difference_of(vault, row), row.completed_seq
        if len(rows) < _PAGE:
            return
        case_id, difference_id = rows[-1].case_id, rows[-1].id


def walk_transitions(conn: Connection, branches: Branches) -> Iterator[tuple[Place, Row[Any]]]:
    """Every change of status in the order of time."""
    page = _placed(_transition, branches).order_by(_transition.c.id).limit(_PAGE)
    after = ""
    while True:
        rows = conn.execute(page.where(_transition.c.id > after)).all()
        for row in rows:
            yield _place(row), row
        if len(rows) < _PAGE:
            return
        after = rows[-1].id


def _placed(table: Table, branches: Branches) -> Select[Any]:
    query = select(table, _customer.c.customer_no, _record.c.branch_no).select_from(_joined(table))
    return branches.narrow(query, _record.c.branch_no)


def _joined(table: Table) -> FromClause:
    newest = current_seq(_case.c.customer_id)
    return (
        table.join(_case, _case.c.id == table.c.case_id)
        .join(_customer, _customer.c.id == _case.c.customer_id)
        .outerjoin(_record, (_record.c.customer_id == _case.c.customer_id) & (_record.c.seq == newest))
    )


def _place(row: Row[Any]) -> Place:
    return row.case_id, row.customer_no, row.branch_no or ""
