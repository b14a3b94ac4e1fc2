"""What the report of a month is made of: the charts' counts as of the month's end, and those of the month before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.console.charts import Counted, count
from storage import charts
from storage.branches import Branches
from storage.case_status import CaseStatus
from storage.charts import Span
from storage.reports import monthly
from storage.reports.monthly import Pace

_MONTH = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])", re.ASCII)
#: How far ahead the report looks for what has to be begun.
AHEAD = timedelta(days=30)
_EARLIEST = date(1, 1, 1)
RETURNED, CONSIDERED, RESTRICTED = CaseStatus.UNDELIVERABLE, CaseStatus.RESTRICTION_CONSIDERED, CaseStatus.RESTRICTED

Standing = Mapping[tuple[str, str], int]


@dataclass(frozen=True, order=True)
class Month:
    """A month of the calendar."""

    first: date

    @classmethod
    def parse(cls, text: str) -> Month:
        """From ``2026-10``; raises ``ValueError``."""
        found = _MONTH.fullmatch(text)
        if found is None:
            raise ValueError("a month is written YYYY-MM")
        return cls(date(int(found[1]), int(found[2]), 1))

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.replace(day=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def before(self) -> Month:
        return Month.of(self.first - timedelta(days=1))

    @property
    def after(self) -> Month:
        return Month.of(self.first + timedelta(days=31))

    @property
    def last(self) -> date:
        return self.after.first - timedelta(days=1)

    def span(self, zone: ZoneInfo, branches: Branches) -> Span:
        """From its first moment up to the first of the next, in the bank's zone."""
        since, until = (datetime.combine(day, time(), zone) for day in (self.first, self.after.first))
        return Span(since=since, now=until - timedelta(microseconds=1), branches=branches, until=until)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One month."""

    span: Span
    counted: Counted
    #: Cases due in the month by risk rating and by branch; all whose day is over by its end; those due soon after it.
    by_risk: Standing
    by_branch: Standing
    due_so_far: Standing
    due_soon: Standing
    channels: Mapping[str, int]
    pace: Pace
    moved: Mapping[CaseStatus, int]
    decisions: Mapping[str, int]
    outside: Mapping[str, int]


def gather(conn: Connection, month: Month, zone: ZoneInfo, branches: Branches, now: datetime) -> Figures:
    """All of it, as of the month's end, or of ``now`` where that comes first."""
    span = month.span(zone, branches)
    due = (month.first, month.last)
    # Who is due today has the day still.
    over = min(month.last, now.astimezone(zone).date() - timedelta(days=1))
    return Figures(
        span=span,
        counted=count(conn, span),
        by_risk=charts.statuses(conn, span, due=due),
        by_branch=charts.statuses(conn, span, due=due, by="branch_no"),
        due_so_far=charts.statuses(conn, span, due=(_EARLIEST, over)),
        due_soon=charts.statuses(conn, span, due=(month.after.first, month.last + AHEAD)),
        channels=monthly.answered_by_channel(conn, span),
        pace=monthly.pace(conn, span),
        moved=monthly.moved_to(conn, span, (RETURNED, CONSIDERED, RESTRICTED)),
        decisions=monthly.decisions(conn, span),
        outside=monthly.sent_outside(conn, span),
    )
