"""How the day goes, for who leads the staff: who is there, who waits, for how long people waited and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, needs
from bot.console.context import Visit
from bot.console.queue import visible
from bot.console.rendering import render
from storage.supervision import Line, Online, Period, line, online, periods

#: Today counts as one of them.
_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    line: Line
    online: list[Online]
    today: Period
    week: Period


@needs(Permission.SUPERVISE)
async def show(visit: Visit) -> web.StreamResponse:
    """The figures of now, today and seven days, within the branches of who looks."""
    console, staff = visit.console, visit.staff
    now = console.universe.now()
    midnight = datetime.combine(now.astimezone(console.zone).date(), time(), console.zone)
    within = visible(staff)

    def load(conn: Connection) -> _Loaded:
        today, week = periods(conn, (midnight, midnight - timedelta(days=_DAYS - 1)), staff.branches)
        return _Loaded(
            line=line(conn, within),
            online=online(conn, now, staff.branches, within),
            today=today,
            week=week,
        )

    loaded = await console.database.read(load)
    context = {
        "area": "supervision",
        "line": loaded.line,
        "online": loaded.online,
        "periods": (("today", loaded.today), ("week", loaded.week)),
        "reasons": [
            (reason, loaded.today.reasons.get(reason, 0), count) for reason, count in loaded.week.reasons.items()
        ],
        "most_often": max(loaded.week.reasons.values(), default=1),
        # A length of time is worded like a wait that began so long ago.
        "lasting": lambda length: None if length is None else now - length,
    }
    return render(visit, "supervision.html", context)
