"""What happened in each month of a simulation, in counts that can be added up.

Promise: two halves of a bank come to the same as the whole: everything is a sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.console.charts import GROUPS
from bot.forecast.assumptions import WORK, Assumptions

#: Ways on which a customer is reached; each costs.
WAYS = ("line", "telegram", "letter")
#: Where a customer is, in words that fit a bar: of the open case, or nothing is due, or he has left.
PLACES: Mapping[str, str] = {
    "not_due": "",
    # As the charts of the console have them; of a case that is closed nothing is due.
    **{name: statuses for name, statuses in GROUPS.items() if name not in ("done", "other")},
    "other": "80 81 92",
}
PLACE_OF = {status: name for name, statuses in PLACES.items() for status in statuses.split() or [""]}
#: Days within which an answer is counted after the invitation.
WITHIN = (30, 60, 90)


@dataclass
class Month:
    """One month."""

    #: As 2026-11.
    name: str
    #: What was done: opened, answered, done, the ways and the work, blocked, failed, returned, ...
    done: Counter[str] = field(default_factory=Counter)
    #: At its end: customers by ``<rating>.<place>``.
    places: Counter[str] = field(default_factory=Counter)
    #: At its end: customers whose review is overdue, by rating.
    overdue: Counter[str] = field(default_factory=Counter)
    #: At its end: what waits for people, by work.
    waiting: Counter[str] = field(default_factory=Counter)

    def add(self, other: Month) -> None:
        """The same month of another part of the bank."""
        for name in _COUNTS:
            getattr(self, name).update(getattr(other, name))

    def to_json(self) -> dict[str, Any]:
        """As it stands in ``summary.json``."""
        return {"month": self.name, **{name: dict(sorted(getattr(self, name).items())) for name in _COUNTS}}


_COUNTS = ("done", "places", "overdue", "waiting")


@dataclass
class Tally:
    """All months of a simulation."""

    customers: int
    months: list[Month] = field(default_factory=list)
    #: Of the cases that were sent early enough to know: how many, and within so many days answered.
    sent: Counter[int] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    #: Conversations that began.
    talks: int = 0

    @property
    def month(self) -> Month:
        """The one that is running."""
        return self.months[-1]

    def total(self, name: str) -> int:
        """What was done in all months."""
        return sum(month.done[name] for month in self.months)

    def share_within(self, days: int) -> float | None:
        """Per cent of those who were sent an invitation and answered within so many days."""
        return 100 * self.answered[days] / self.sent[days] if self.sent[days] else None


def together(tallies: Iterable[Tally]) -> Tally:
    """The parts of a bank as one."""
    first, *others = tallies
    for other in others:
        first.customers += other.customers
        first.talks += other.talks
        first.sent.update(other.sent)
        first.answered.update(other.answered)
        for mine, its in zip(first.months, other.months, strict=True):
            mine.add(its)
    return first


# What it comes to -----------------------------------------------------------------------------


def capacity(assumptions: Assumptions, work: str, customers: int) -> float:
    """Pieces of a work for which the bank has the time in a month."""
    of_work = assumptions.work[work]  # type: ignore[index]
    return of_work.hours * 60 / of_work.minutes * customers / 10_000


def costs(assumptions: Assumptions, done: Mapping[str, int]) -> dict[str, int]:
    """Yen by way and work."""
    prices = assumptions.costs
    found = {"letter": prices.letter, "line": prices.line, "telegram": prices.telegram}
    for work in WORK:
        minutes = assumptions.work[work].minutes  # type: ignore[index]
        found[work] = minutes / 60 * prices.hour + (prices.trip if work == "visit" else 0)
    return {name: round(price * done.get(name, 0)) for name, price in found.items()}


def figures(tally: Tally, assumptions: Assumptions) -> dict[str, float | int | None]:
    """The lines of the table at the top, by name; ``None`` where the months are too few to say."""
    names = ("opened", "answered", "done", *WAYS, *WORK, "blocked", "returned", "restriction")
    found: dict[str, float | int | None] = {name: tally.total(name) for name in names}
    for days in WITHIN:
        share = tally.share_within(days)
        found[f"within_{days}"] = None if share is None else round(share, 1)
    yen = sum(sum(costs(assumptions, month.done).values()) for month in tally.months)
    found["cost"] = yen
    found["cost_each"] = round(yen / tally.total("done")) if tally.total("done") else None
    found["overdue_end"] = tally.months[-1].overdue.total()
    found["overdue_most"] = max(month.overdue.total() for month in tally.months)
    for work in WORK:
        found[f"waiting_{work}"] = max(month.waiting[work] for month in tally.months)
        found[f"full_{work}"] = full_months(tally.months, assumptions, work, tally.customers)
    return found


def full_months(months: Sequence[Month], assumptions: Assumptions, work: str, customers: int) -> int:
    """In how many months more of a work came than the bank has the time for: some was left at their end."""
    most = capacity(assumptions, work, customers)
    # A day's work that came on the last evening is no backlog.
    return sum(month.waiting[work] > most / 20 for month in months)
