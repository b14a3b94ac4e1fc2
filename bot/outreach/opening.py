"""Which customers get a case, and why.

Promise: a customer whose relationship has ended, or who has an open case of the same cause, gets no
second one; the reason that is stored is a code, and words a person gave are sealed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.outreach.cadence import DEFAULT_CADENCE, Cadence, Due, next_due
from storage import audit
from storage.cases import CaseStatus, cases_of_customer, open_case, transitions_of
from storage.customers import Customer, find_customer_no, iter_customers, load_customer
from storage.database import Database

#: Customers per transaction.
BATCH = 8


class NoSuchCustomer(Exception):
    """The store holds no current record of this customer number."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What became of the customers that were looked at."""

    opened: int = 0
    #: Had an open case of the same cause already.
    already_open: int = 0
    #: The relationship has ended.
    ended: int = 0
    not_due: int = 0


def open_due_cases(
    database: Database,
    *,
    due_by: date,
    today: date,
    actor: str,
    zone: ZoneInfo,
    cadence: Cadence = DEFAULT_CADENCE,
) -> Opened:
    """Open a periodic case for every customer whose review is due by ``due_by``."""

    def find(conn: Connection) -> tuple[list[tuple[str, Due]], Counter[str]]:
        due: list[tuple[str, Due]] = []
        counts: Counter[str] = Counter()
        for customer in iter_customers(conn, database.vault):
            found = due_of(customer, cadence)
            if found.on <= due_by and not has_ended(customer, today):
                # What the bank's file does not know yet: a review that was completed here.
                found = due_of(customer, cadence, completed_on=_completed_on(conn, customer.id, zone))
            if has_ended(customer, today):
                counts["ended"] += 1
            elif found.on > due_by:
                counts["not_due"] += 1
            else:
                due.append((customer.id, found))
        return due, counts

    due, counts = database.run_read(find)
    for start in range(0, len(due), BATCH):
        batch = due[start : start + BATCH]

        def run(conn: Connection, batch: list[tuple[str, Due]] = batch) -> Counter[str]:
            return Counter(
                _open(conn, database, customer_id, "periodic", found.why, max(found.on, today), actor)
                for customer_id, found in batch
            )

        counts.update(database.run_piece(run))
    return Opened(**counts)


def open_case_of(
    database: Database, customer_no: str, *, cause: str, reason: str, due: date, today: date, actor: str
) -> Opened:
    """Open a case for one customer, whatever the cadence says."""

    def run(conn: Connection) -> str:
        customer_id = find_customer_no(conn, customer_no)
        customer = None if customer_id is None else load_customer(conn, database.vault, customer_id)
        if customer is None:
            raise NoSuchCustomer
        if has_ended(customer, today):
            return "ended"
        return _open(conn, database, customer.id, cause, reason, due, actor)

    return Opened(**{database.run(run): 1})


def due_of(customer: Customer, cadence: Cadence = DEFAULT_CADENCE, *, completed_on: date | None = None) -> Due:
    """When the review of a customer is due; ``completed_on`` is the day of the last one completed here."""
    expiry = _day(customer.fields, "residence_expiry")
    confirmed = max((day for day in (customer.last_confirmed_on, completed_on) if day), default=None)
    return next_due(customer.risk_rating, confirmed, expiry, cadence)


def _completed_on(conn: Connection, customer_id: str, zone: ZoneInfo) -> date | None:
    """The day on which the last review of a customer was completed in this store."""
    done = [case for case in cases_of_customer(conn, customer_id) if case.status is CaseStatus.DONE]
    days = [
        move.at.astimezone(zone).date()
        for case in done
        for move in transitions_of(conn, case.id)
        if move.to_status is CaseStatus.DONE
    ]
    return max(days, default=None)


def has_ended(customer: Customer, today: date) -> bool:
    return customer.relationship_end_on is not None and customer.relationship_end_on <= today


def _open(
    conn: Connection, database: Database, customer_id: str, cause: str, reason: str, due: date, actor: str
) -> str:
    """Open one case and say what became of it: ``opened`` or ``already_open``."""
    uni, vault = database.universe, database.vault
    if any(case.cause == cause for case in cases_of_customer(conn, customer_id, open_only=True)):
        return "already_open"
    customer = load_customer(conn, vault, customer_id)
    kind = customer.kind if customer is not None else "individual"
    case = open_case(
        conn,
        uni,
        customer_id,
        cause=cause,
        reason=reason,
        due_on=due,
        questionnaire_id=kind,
        actor=f"os_user:{actor}",
        vault=vault,
    )
    audit.record(
        conn,
        uni,
        "case.opened",
        actor_kind="os_user",
        actor_id=actor,
        subjects={"case": case.id, "customer": customer_id},
        # Never the words of a person: open_case has sealed those and keeps a code instead.
        detail={"cause": cause, "reason": case.reason},
    )
    return "opened"


def _day(fields: Mapping[str, str], column: str) -> date | None:
    text = fields.get(column, "")
    return date.fromisoformat(text) if text else None
