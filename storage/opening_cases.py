"""Opening many cases in one transaction: the same rows as ``cases.open_case`` makes one by one, sent together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select

from storage import audit
from storage.case_status import CaseStatus
from storage.cases import new_check_number
from storage.tables import CaseRow, CaseTransitionRow, CustomerRow, table_of
from storage.tables.cases import CLOSED_STATUSES
from storage.universe import Universe

_case, _transition, _customer = table_of(CaseRow), table_of(CaseTransitionRow), table_of(CustomerRow)


@dataclass(frozen=True, kw_only=True)
class NewCase:
    """A case to open."""

    customer_id: str
    #: individual, corporate: the kind of customer, and the questionnaire that is his.
    kind: str
    #: A code.
    reason: str
    due_on: date


def open_cases(conn: Connection, uni: Universe, wanted: Sequence[NewCase], *, cause: str, actor: str) -> int:
    """Open a case for each customer who has no open one of this cause, with its audit entry; returns how many.

    ``actor`` is the operating system's user; no customer may stand in ``wanted`` twice.
    """
    ids = sorted(one.customer_id for one in wanted)
    # In one order, so that two that open cases never wait for each other.
    lock = select(_customer.c.id).where(_customer.c.id.in_(ids)).order_by(_customer.c.id)
    conn.execute(lock.with_for_update(key_share=True)).all()
    has_one = select(_case.c.customer_id).where(
        _case.c.customer_id.in_(ids), _case.c.cause == cause, _case.c.status.not_in(CLOSED_STATUSES)
    )
    busy = set(conn.execute(has_one).scalars())
    now = uni.now()
    cases = [
        {
            "id": uni.new_id(),
            "customer_id": one.customer_id,
            "kind": one.kind,
            "cause": cause,
            "reason": one.reason,
            "status": CaseStatus.SELECTED.value,
            "returns_to": None,
            "check_number": new_check_number(uni),
            "opened_at": now,
            "due_on": one.due_on,
            "questionnaire_id": one.kind,
            "next_due_on": None,
            "sealed": None,
        }
        for one in wanted
        if one.customer_id not in busy
    ]
    if not cases:
        return 0
    first = {"from_status": None, "to_status": CaseStatus.SELECTED.value, "at": now, "actor": f"os_user:{actor}"}
    moves = [
        {"id": uni.new_id(), "case_id": case["id"], **first, "reason": case["reason"], "source": None, "sealed": None}
        for case in cases
    ]
    conn.execute(insert(_case), cases)
    conn.execute(insert(_transition), moves)
    entries = [
        (
            {"case": str(case["id"]), "customer": str(case["customer_id"])},
            {"cause": cause, "reason": str(case["reason"])},
        )
        for case in cases
    ]
    audit.record_each(conn, uni, "case.opened", actor_kind="os_user", actor_id=actor, entries=entries)
    return len(cases)
