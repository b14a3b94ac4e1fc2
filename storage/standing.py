"""Where every customer stands: open case, last review, flags, from one query for the whole base.

Promise: each customer with a current record comes exactly once, and the query asks for all that a decision about
his next review needs, so that a base of a hundred thousand is looked through in seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from dialogs.records import quick
from storage.case_status import CaseStatus
from storage.customers import current_seq
from storage.direct import Direct, codes
from storage.encryption import Vault
from storage.flags import FlagKind
from storage.tables import (
    CaseRow,
    CaseTransitionRow,
    CustomerFlagRow,
    CustomerRow,
    MasterRecordRow,
    table_of,
)
from storage.tables.cases import CLOSED_STATUSES
from storage.transitions import went_to

_customer, _record = table_of(CustomerRow), table_of(MasterRecordRow)
_case, _transition, _flag = table_of(CaseRow), table_of(CaseTransitionRow), table_of(CustomerFlagRow)

#: Customers of one query.
_PAGE = 2000
_EXPIRY = "residence_expiry"


@quick
@dataclass(frozen=True, kw_only=True)
class Standing:
    """One customer, as far as the question goes whether a review is due."""

    customer_id: str
    customer_no: str
    branch_no: str
    kind: str
    risk_rating: str
    last_confirmed_on: date | None
    relationship_end_on: date | None
    #: When the last review was completed here; the bank's file may not know of it yet.
    completed_at: datetime | None
    periodic_case_id: str | None
    event_case_id: str | None
    has_sdd: bool
    #: A flag that stops all mailing: one of them, where there are several.
    stopped_by: str | None
    _record_id: str
    _sealed: bytes = field(repr=False)

    @property
    def open_case_id(self) -> str | None:
        """An open case, the periodic one first."""
        return self.periodic_case_id or self.event_case_id

    def residence_expiry(self, vault: Vault) -> date | None:
        """Opened only where it matters: it stands in the sealed row."""
        if self.kind == "corporate":
            return None
        body = vault.open_bytes(_record.name, self._record_id, self._sealed)
        # Most have none: the row need not be read for that.
        text = json.loads(body).get(_EXPIRY, "") if _EXPIRY.encode() in body else ""
        return date.fromisoformat(text) if text else None


def _query() -> Select[Any]:
    done = (
        select(func.max(_transition.c.at))
        .join(_case, _case.c.id == _transition.c.case_id)
        .where(_case.c.customer_id == _customer.c.id, went_to(CaseStatus.DONE))
    )
    in_force = (_flag.c.customer_id == _customer.c.id) & _flag.c.lifted_at.is_(None)
    sdd = select(_flag.c.id).where(in_force, _flag.c.kind == FlagKind.SDD.value)
    stopped = select(func.min(_flag.c.kind)).where(in_force, _flag.c.kind != FlagKind.SDD.value)
    return (
        select(
            _customer.c.id.label("customer_id"),
            _customer.c.customer_no,
            _record.c.id,
            _record.c.branch_no,
            _record.c.kind,
            _record.c.risk_rating,
            _record.c.last_confirmed_on,
            _record.c.relationship_end_on,
            _record.c.sealed,
            done.scalar_subquery().label("completed_at"),
            _open_case("periodic").label("periodic_case_id"),
            _open_case("event").label("event_case_id"),
            sdd.exists().label("has_sdd"),
            stopped.scalar_subquery().label("stopped_by"),
        )
        .select_from(_customer)
        .join(_record, (_record.c.customer_id == _customer.c.id) & (_record.c.seq == current_seq(_customer.c.id)))
    )


def _open_case(cause: str) -> ColumnElement[Any]:
    here = select(_case.c.id).where(
        _case.c.customer_id == _customer.c.id, _case.c.cause == cause, _case.c.status.not_in(codes(CLOSED_STATUSES))
    )
    return here.scalar_subquery()


_NEXT = Direct(_query().where(_customer.c.id > bindparam("after")).order_by(_customer.c.id).limit(_PAGE))


def iter_standings(conn: Connection) -> Iterator[Standing]:
    """All customers with a current record, by id; consume it inside the transaction."""
    after = ""
    while True:
        rows = _NEXT.rows(conn, {"after": after})
        for row in rows:
            yield _standing_of(row)
        if len(rows) < _PAGE:
            return
        after = rows[-1].customer_id


def standing_of(conn: Connection, customer_id: str) -> Standing | None:
    """One customer; ``None`` where there is no current record."""
    row = conn.execute(_query().where(_customer.c.id == customer_id)).first()
    return None if row is None else _standing_of(row)


def count_without_record(conn: Connection) -> int:
    """Customers of whom nothing is kept any more, or nothing counts yet."""
    known = select(_record.c.id).where(
        _record.c.customer_id == _customer.c.id, _record.c.seq == current_seq(_customer.c.id)
    )
    return conn.execute(select(func.count()).select_from(_customer).where(~known.exists())).scalar_one()


def _standing_of(row: Any) -> Standing:
    return Standing(
        customer_id=row.customer_id,
        customer_no=row.customer_no,
        branch_no=row.branch_no,
        kind=row.kind,
        risk_rating=row.risk_rating,
        last_confirmed_on=row.last_confirmed_on,
        relationship_end_on=row.relationship_end_on,
        completed_at=row.completed_at,
        periodic_case_id=row.periodic_case_id,
        event_case_id=row.event_case_id,
        has_sdd=bool(row.has_sdd),
        stopped_by=row.stopped_by,
        _record_id=row.id,
        _sealed=row.sealed,
    )
