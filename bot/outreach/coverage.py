"""The coverage report: every customer has an open case, or a reason why there is none.

Promise: each customer of the current master file is in exactly one state, and whoever is due without a case is
told apart (``uncovered``); customers of whom nothing is kept are counted, so that the sum is the whole base.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.outreach.cadence import AT_ONCE, Cadence, stored_cadence
from bot.outreach.opening import due_of, has_ended
from storage.encryption import Vault
from storage.standing import Standing, count_without_record, iter_standings

#: In the order of the report.
STATES = ("open", "not_due", "exempt", "stopped", "ended", "uncovered", "no_record")
COLUMNS = ("customer_no", "branch_no", "risk_rating", "state", "reason", "case_id", "next_due_on")


@dataclass(frozen=True, kw_only=True)
class Covered:
    """Where one customer stands."""

    customer_no: str
    branch_no: str
    risk_rating: str
    state: str
    #: Why: the flag, or what makes the next review due.
    reason: str = ""
    case_id: str = ""
    next_due_on: date | None = None

    def row(self) -> tuple[str, ...]:
        """As it stands in the file."""
        day = "" if self.next_due_on is None else self.next_due_on.isoformat()
        rating = self.risk_rating or "none"
        return (self.customer_no, self.branch_no, rating, self.state, self.reason, self.case_id, day)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The counts of a report."""

    by_state: Counter[str]
    #: Rating and state.
    by_risk: Counter[tuple[str, str]]
    #: Branch and state.
    by_branch: Counter[tuple[str, str]]

    @property
    def customers(self) -> int:
        return self.by_state.total()


def iter_coverage(conn: Connection, vault: Vault, *, today: date, zone: ZoneInfo) -> Iterator[Covered]:
    """Every customer with a current record; consume it inside the transaction."""
    cadence = stored_cadence(conn)
    for one in iter_standings(conn):
        yield _covered(one, vault, today, zone, cadence)


def count_coverage(conn: Connection, found: Iterator[Covered]) -> Totals:
    """Count a report while it is written."""
    totals = Totals(by_state=Counter(), by_risk=Counter(), by_branch=Counter())
    for one in found:
        totals.by_state[one.state] += 1
        totals.by_risk[one.risk_rating or "none", one.state] += 1
        totals.by_branch[one.branch_no, one.state] += 1
    if gone := count_without_record(conn):
        totals.by_state["no_record"] += gone
    return totals


def _covered(one: Standing, vault: Vault, today: date, zone: ZoneInfo, cadence: Cadence) -> Covered:
    state, reason, next_due_on = "uncovered", "", None
    if one.open_case_id is not None:
        state = "open"
    elif has_ended(one, today):
        state = "ended"
    elif one.stopped_by is not None:
        state, reason = "stopped", one.stopped_by
    elif (due := due_of(one, vault, zone, cadence)) is None:
        state, reason = "exempt", "sdd"
    else:
        reason, next_due_on = due.why, None if due.on == AT_ONCE else due.on
        if due.on > today:
            state = "not_due"
    return Covered(
        customer_no=one.customer_no,
        branch_no=one.branch_no,
        risk_rating=one.risk_rating,
        state=state,
        reason=reason,
        case_id=one.open_case_id or "",
        next_due_on=next_due_on,
    )
