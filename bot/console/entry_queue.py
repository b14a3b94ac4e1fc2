"""The forms that are being entered, and the cases of which one could be: without what is typed in them.

Every query goes through ``_in_scope``: who is bound to branches never sees that another branch's form exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, select

from storage.case_status import CaseStatus, way_to_answered
from storage.customers import current_seq
from storage.entries import OPEN_STATES
from storage.staff import StaffMember
from storage.tables import CaseRow, CustomerRow, EntryRow, MasterRecordRow, StaffRow, table_of

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])

#: A page shows so many.
PAGE = 50

_case, _customer, _entry = table_of(CaseRow), table_of(CustomerRow), table_of(EntryRow)
_record, _staff = table_of(MasterRecordRow), table_of(StaffRow)
_of_case = (_record.c.customer_id == _case.c.customer_id) & (_record.c.seq == current_seq(_case.c.customer_id))


@dataclass(frozen=True, kw_only=True)
class EntrySlip:
    """One form on the list."""

    entry_id: str
    case_id: str
    customer_id: str
    customer_no: str
    check_number: str
    kind: str
    branch_no: str | None
    #: first, second, compare, submitted, discarded
    state: str
    medium: str
    scan_no: str | None
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, kw_only=True)
class CaseSlip:
    """One case that was looked for."""

    case_id: str
    customer_no: str
    check_number: str
    kind: str
    branch_no: str | None
    status: str
    due_on: date
    #: The form of it that is being entered.
    entry_id: str | None

    @property
    def can_begin(self) -> bool:
        """Whether a form of it can be entered now."""
        return self.entry_id is None and bool(way_to_answered(CaseStatus(self.status)))


def list_entries(conn: Connection, staff: StaffMember) -> list[EntrySlip]:
    """What is not finished, the oldest first."""
    query = _entries(staff).where(_entry.c.state.in_(OPEN_STATES)).order_by(_entry.c.saved_at, _entry.c.id)
    return [EntrySlip(**row._mapping) for row in conn.execute(query.limit(PAGE))]


def find_entry(conn: Connection, staff: StaffMember, entry_id: str) -> EntrySlip | None:
    """The form, or ``None`` where it is none of this member's business."""
    row = conn.execute(_entries(staff).where(_entry.c.id == entry_id)).first()
    return None if row is None else EntrySlip(**row._mapping)


def case_slips(conn: Connection, staff: StaffMember, case_ids: list[str]) -> list[CaseSlip]:
    """The cases as far as this member of staff may see them, the newest first."""
    opened = (_entry.c.case_id == _case.c.id) & _entry.c.state.in_(OPEN_STATES)
    source = _cases().outerjoin(_entry, opened)
    query = select(
        _case.c.id.label("case_id"),
        _customer.c.customer_no,
        *(_case.c[name] for name in ("check_number", "kind", "status", "due_on")),
        _record.c.branch_no,
        _entry.c.id.label("entry_id"),
    ).select_from(source)
    query = _in_scope(query.where(_case.c.id.in_(case_ids)), staff).order_by(_case.c.opened_at.desc(), _case.c.id)
    return [CaseSlip(**row._mapping) for row in conn.execute(query.limit(PAGE))]


def _cases() -> Any:
    return _case.join(_customer, _customer.c.id == _case.c.customer_id).outerjoin(_record, _of_case)


def _entries(staff: StaffMember) -> Select[*tuple[Any, ...]]:
    source = _cases().join(_entry, _entry.c.case_id == _case.c.id).join(_staff, _staff.c.id == _entry.c.saved_by)
    columns = (
        _entry.c.id.label("entry_id"),
        *(_entry.c[name] for name in ("case_id", "state", "medium", "scan_no", "saved_at")),
        *(_case.c[name] for name in ("customer_id", "check_number", "kind")),
        _customer.c.customer_no,
        _record.c.branch_no,
        _staff.c.login.label("saved_by"),
    )
    return _in_scope(select(*columns).select_from(source), staff)


def _in_scope(query: _Query, staff: StaffMember) -> _Query:
    return staff.branches.narrow(query, _record.c.branch_no)
