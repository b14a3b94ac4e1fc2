"""When a customer's next review is due.

Promise: the earliest of the risk-based cycle and the residence expiry wins, so nobody is forgotten;
a customer without a rating is treated like the strictest one until the bank has rated him.
Pure but for ``stored_cadence``: the day comes in from outside.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import Connection

from storage.cadences import current_cadence

#: Never confirmed: due before every other customer.
AT_ONCE = date.min


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """Months between two reviews by rating, and how long before a residence expiry the review begins."""

    months: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({"high": 12, "medium": 24, "low": 36}))
    months_before_expiry: int = 3


@dataclass(frozen=True, kw_only=True)
class Due:
    """The day of the next review and what makes it due."""

    on: date
    #: never_confirmed, cycle or residence_expiry
    why: str


DEFAULT_CADENCE = Cadence()
#: A longer interval than this is no review any more, whatever the ground.
MOST_MONTHS = 120


def stored_cadence(conn: Connection) -> Cadence:
    """The cadence that the bank has decided on; the defaults where it has decided nothing."""
    found = current_cadence(conn)
    if found is None:
        return DEFAULT_CADENCE
    months = {"high": found.high, "medium": found.medium, "low": found.low}
    return Cadence(months=MappingProxyType(months), months_before_expiry=found.before_expiry)


def due_on(
    risk_rating: str,
    last_confirmed_on: date | None,
    residence_expiry: date | None,
    cadence: Cadence = DEFAULT_CADENCE,
) -> date:
    """The day on which the next review is due; ``AT_ONCE`` where nothing was ever confirmed."""
    return next_due(risk_rating, last_confirmed_on, residence_expiry, cadence).on


def next_due(
    risk_rating: str,
    last_confirmed_on: date | None,
    residence_expiry: date | None,
    cadence: Cadence = DEFAULT_CADENCE,
) -> Due:
    """``due_on`` with its reason."""
    if last_confirmed_on is None:
        return Due(on=AT_ONCE, why="never_confirmed")
    months = cadence.months.get(risk_rating, min(cadence.months.values()))
    cycle = Due(on=add_months(last_confirmed_on, months), why="cycle")
    expiry = expiry_due(last_confirmed_on, residence_expiry, cadence)
    return cycle if expiry is None else min(cycle, expiry, key=lambda due: due.on)


def expiry_due(
    last_confirmed_on: date | None, residence_expiry: date | None, cadence: Cadence = DEFAULT_CADENCE
) -> Due | None:
    """When the end of a residence permit alone makes a review due: also for who is spared the cycle."""
    if residence_expiry is None:
        return None
    begins = add_months(residence_expiry, -cadence.months_before_expiry)
    if last_confirmed_on is not None and begins <= last_confirmed_on < residence_expiry:
        # Confirmed since the reminder began: this expiry has been dealt with until the day itself.
        begins = residence_expiry
    return Due(on=begins, why="residence_expiry")


@lru_cache(8192)  # a whole base has no more days than a few years
def add_months(day: date, months: int) -> date:
    """The same day some months on; the last day of the month where it has no such day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
