"""The report of a month from the store to its pages, for a command and for the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from sqlalchemy import Connection

from bot.console.question_names import live_forms, names
from bot.console.report.contents import Contents, Reader, write
from bot.console.report.gathering import Month, gather
from bot.console.report.paper import draw
from bot.costs import read_costs
from bot.settings import Settings
from locales import Catalogue
from storage.branches import Branches


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which report, for whom."""

    month: Month
    branches: Branches
    every_count: bool
    #: When it is made.
    now: datetime

    def running(self, zone: ZoneInfo) -> bool:
        """Whether the month is not over yet."""
        return self.now.astimezone(zone).date() <= self.month.last


def can_draw() -> bool:
    """Whether what draws pages is installed (the extra ``pdf``)."""
    return find_spec("fpdf") is not None


def is_to_come(month: Month, now: datetime, settings: Settings) -> bool:
    """Whether nothing can be said of the month yet."""
    return month.first > now.astimezone(ZoneInfo(settings.time_zone)).date()


def collect(conn: Connection, order: Order, settings: Settings, catalogue: Catalogue) -> Contents:
    """What stands in it."""
    zone = ZoneInfo(settings.time_zone)
    now = gather(conn, order.month, zone, order.branches, order.now)
    before = gather(conn, order.month.before, zone, order.branches, order.now)
    reader = Reader(
        catalogue=catalogue,
        zone=zone,
        name_of=names(catalogue, live_forms(conn), order.now.astimezone(zone)),
        every_count=order.every_count,
        bank_name=settings.bank_name,
        costs=read_costs(settings.costs),
        wait_most=settings.wait_most_minutes,
    )
    return write(order.month, now, before, reader, running=order.running(zone))


def pages(contents: Contents, order: Order, settings: Settings, catalogue: Catalogue) -> bytes:
    """The PDF; the same order on the same store gives the same bytes."""
    local = order.now.astimezone(ZoneInfo(settings.time_zone))
    made = format_datetime(local, "yyyy-MM-dd HH:mm", locale=catalogue.locale)
    return draw(
        contents,
        made_at=order.now,
        made=catalogue.text("report.made", at=made, zone=settings.time_zone),
        page=catalogue.template("report.page"),
        before=catalogue.text("report.before"),
        nothing=catalogue.text("console.charts.nothing"),
        locale=catalogue.locale,
    )
