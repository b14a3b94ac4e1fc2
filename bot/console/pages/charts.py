"""Charts: how far everybody is, whether a reminder helped, which question is hard; each with its table and a CSV."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from aiohttp import web

from bot.console.access import NotFound, Permission, needs
from bot.console.charts import SEE_FEW, Charts, count
from bot.console.context import Visit
from bot.console.pages import report
from bot.console.question_names import live_forms, names
from bot.console.rendering import render
from storage.charts import Span

#: Days that can be looked at.
SPANS = (30, 90, 365)
_USUAL = 90


@needs(Permission.SEE_CHARTS)
async def show(visit: Visit) -> web.StreamResponse:
    """All charts."""
    days = _days(visit)
    context = {
        "area": "charts",
        "charts": (await _draw(visit, days)).all(),
        "spans": SPANS,
        "days": days,
        "every_count": visit.staff.role in SEE_FEW,
        "months": report.offered(visit),
    }
    return render(visit, "charts.html", context)


@needs(Permission.SEE_CHARTS)
async def fetch(visit: Visit) -> web.StreamResponse:
    """The table of one chart as CSV; raises ``NotFound``."""
    wanted, days = visit.request.match_info["chart"], _days(visit)
    for chart in (await _draw(visit, days)).all():
        if chart.id == wanted:
            name = {"Content-Disposition": f'attachment; filename="{chart.id}-{days}.csv"'}
            return web.Response(text=chart.as_csv(), content_type="text/csv", charset="utf-8", headers=name)
    raise NotFound


def _days(visit: Visit) -> int:
    asked = visit.request.query.get("days", "")
    return int(asked) if asked in map(str, SPANS) else _USUAL


async def _draw(visit: Visit, days: int) -> Charts:
    console, staff = visit.console, visit.staff
    now = console.universe.now()
    midnight = datetime.combine(now.astimezone(console.zone).date(), time(), console.zone)
    span = Span(since=midnight - timedelta(days=days - 1), now=now, branches=staff.branches)

    counted, forms = await console.database.read(lambda conn: (count(conn, span), live_forms(conn)))
    name_of = names(visit.catalogue, forms, now.astimezone(console.zone))
    return Charts(counted, span, visit.catalogue, console.zone, name_of, every_count=staff.role in SEE_FEW)
