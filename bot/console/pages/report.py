"""The report of a month as a file: the counts of the page of charts, within the branches and rights of who asks."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.console.access import NotFound, Permission, needs
from bot.console.charts import SEE_FEW
from bot.console.context import Visit
from bot.console.proving import record_own
from bot.console.report.gathering import Month
from bot.console.report.making import Order, can_draw, collect, is_to_come, pages

#: Months that the page offers.
OFFERED = 12


@needs(Permission.SEE_CHARTS)
async def fetch(visit: Visit) -> web.StreamResponse:
    """The PDF; raises ``NotFound`` for what is no month, one to come, or where nothing can draw."""
    console, staff, catalogue = visit.console, visit.staff, visit.catalogue
    now = console.universe.now()
    try:
        month = Month.parse(visit.request.query.get("month", ""))
    except ValueError:
        raise NotFound from None
    if not can_draw() or is_to_come(month, now, console.settings):
        raise NotFound
    order = Order(month=month, branches=staff.branches, every_count=staff.role in SEE_FEW, now=now)
    detail = {"month": str(month), "branches": str(staff.branches)}
    await console.database.transact(lambda conn: record_own(conn, visit, "report.monthly", staff.id, detail))
    contents = await console.database.read(lambda conn: collect(conn, order, console.settings, catalogue))
    drawn = await asyncio.to_thread(pages, contents, order, console.settings, catalogue)
    name = {"Content-Disposition": f'attachment; filename="report-{month}.pdf"'}
    return web.Response(body=drawn, content_type="application/pdf", headers=name)


def offered(visit: Visit) -> list[str]:
    """The months that can be asked for, the last whole one first; none where nothing can draw."""
    if not can_draw():
        return []
    month = Month.of(visit.console.universe.now().astimezone(visit.console.zone).date())
    found = []
    for _ in range(OFFERED):
        month = month.before
        found.append(str(month))
    return found
