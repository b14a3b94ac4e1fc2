"""The hours of staff as they stand in a transcript, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Any

from bot.office_hours import DAYS, OfficeHours, parse_closed, parse_hours


def written(office: OfficeHours) -> dict[str, Any]:
    """As plain data; ``read`` is its inverse."""
    hours = "" if office.hours is None else "-".join(f"{at:%H:%M}" for at in office.hours)
    closed = sorted(str(day) if isinstance(day, date) else f"{day[0]:02}-{day[1]:02}" for day in office.closed)
    return {
        "hours": hours,
        "days": [DAYS[number] for number in sorted(office.days)],
        "on_holidays": office.on_holidays,
        "closed": closed,
    }


def read(given: Mapping[str, Any], zone: tzinfo) -> OfficeHours:
    """The hours that a transcript names."""
    return OfficeHours(
        zone=zone,
        hours=parse_hours(given["hours"]),
        days=frozenset(DAYS.index(day) for day in given["days"]),
        on_holidays=given["on_holidays"],
        closed=frozenset(map(parse_closed, given["closed"])),
    )
