"""Which customers get a case, and why.

Promise: a customer whose relationship has ended, whom a flag stops, or who has an open case of the same cause gets
none; who is spared by simplified due diligence gets none by the cycle.  The reason that is stored is a code, and
words a person gave are sealed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.outreach.cadence import Cadence, Due, expiry_due, next_due, stored_cadence
from storage import audit
from storage.cases import cases_of_customer, open_case
from storage.customers import find_customer_no, load_customer
from storage.database import Database
from storage.encryption import Vault
from storage.flags import STOPS, flags_in_force
from storage.opening_cases import NewCase, open_cases
from storage.standing import Standing, iter_standings

#: Customers per transaction.
BATCH = 50


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
    #: Spared by simplified due diligence; events still make a review due.
    exempt: int = 0
    #: A flag stops all mailing: death, guardianship, dispute.
    stopped: int = 0


def open_due_cases(
    database: Database,
    *,
    due_by: date,
    today: date,
    actor: str,
    zone: ZoneInfo,
    cadence: Cadence | None = None,
) -> Opened:
    """Open a periodic case for every customer whose review is due by ``due_by``; the cadence is the bank's own."""

    def find(conn: Connection) -> tuple[list[NewCase], Counter[str]]:
        used = cadence or stored_cadence(conn)
        due: list[NewCase] = []
        counts: Counter[str] = Counter()
        for one in iter_standings(conn):
            if has_ended(one, today):
                counts["ended"] += 1
            elif one.stopped_by is not None:
                counts["stopped"] += 1
            elif (found := due_of(one, database.vault, zone, used)) is None:
                counts["exempt"] += 1
            elif found.on > due_by:
                counts["not_due"] += 1
            elif one.periodic_case_id is not None:
                counts["already_open"] += 1
            else:
                # What is overdue is due today: a letter with a day long past would only alarm.
                day = max(found.on, today)
                due.append(NewCase(customer_id=one.customer_id, kind=one.kind, reason=found.why, due_on=day))
        return due, counts

    due, counts = database.run_read(find)
    for start in range(0, len(due), BATCH):
        batch = due[start : start + BATCH]

        def run(conn: Connection, batch: list[NewCase] = batch) -> int:
            return open_cases(conn, database.universe, batch, cause="periodic", actor=actor)

        opened = database.run_piece(run)
        counts.update(opened=opened, already_open=len(batch) - opened)
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
        if flags_in_force(conn, customer.id) & STOPS:
            return "stopped"
        return _open(conn, database, customer.id, cause, reason, due, actor)

    return Opened(**{database.run(run): 1})


def due_of(one: Standing, vault: Vault, zone: ZoneInfo, cadence: Cadence) -> Due | None:
    """When the review of a customer is due; ``None`` where he is spared the cycle and no permit of his ends."""
    # What the bank's file does not know yet: a review that was completed here.
    here = None if one.completed_at is None else one.completed_at.astimezone(zone).date()
    told = one.last_confirmed_on
    confirmed = max(told, here) if told and here else told or here
    expiry = one.residence_expiry(vault)
    if one.has_sdd:
        return expiry_due(confirmed, expiry, cadence)
    return next_due(one.risk_rating, confirmed, expiry, cadence)


class _Related(Protocol):
    """A customer as read in either way."""

    @property
    def relationship_end_on(self) -> date | None: ...


def has_ended(customer: _Related, today: date) -> bool:
    """Whether the relationship is over."""
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
