"""When a customer's next review is due.

Promise: the earliest of the risk-based cycle and the residence expiry wins, so nobody is forgotten;
a customer without a rating is treated like the strictest one until the bank has rated him.
Pure: the day comes in from outside.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

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
    if residence_expiry is None:
        return cycle
    expiry = Due(on=add_months(residence_expiry, -cadence.months_before_expiry), why="residence_expiry")
    # Confirmed since the reminder began: this expiry has been dealt with, the cycle counts again.
    if expiry.on <= last_confirmed_on and residence_expiry > last_confirmed_on:
        return min(cycle, Due(on=residence_expiry, why="residence_expiry"), key=lambda due: due.on)
    return min(cycle, expiry, key=lambda due: due.on)


def add_months(day: date, months: int) -> date:
    """The same day some months on; the last day of the month where it has no such day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
