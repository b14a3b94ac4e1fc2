"""When the bank's staff are there: hours, days of the week, public holidays, days on which the bank is closed.

Promise: a customer is never told that somebody comes at an hour when nobody is there, and time-outs of the waiting
line run only while somebody could come.  Banks close on Saturdays, Sundays, public holidays and from 31 December to
3 January (Banking Act, enforcement order, article 5); everything else is a setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

from babel.dates import format_skeleton, get_day_names

from dialogs.japanese.holidays import is_holiday
from locales import language_of

DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[DayName, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DAY = timedelta(days=1)
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_CLOSED = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
#: Days that are looked through for the next one on which somebody is there.
_LOOK_AHEAD = 366


def parse_hours(text: str) -> tuple[time, time] | None:
    """Opening and closing time of ``09:00-17:00``; ``None`` for nothing: always open. Raises ``ValueError``."""
    if not text.strip():
        return None
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError("is no span of hours, for example 09:00-17:00")
    opens, closes = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if opens >= closes:
        raise ValueError("must open before it closes")
    return opens, closes


def parse_closed(text: str) -> date | tuple[int, int]:
    """A day (``2026-11-27``) or one of every year (``12-31``); raises ``ValueError``."""
    found = _CLOSED.fullmatch(text)
    if found is None:
        raise ValueError(f"names {text!r}, which is no day like 12-31 or 2026-11-27")
    try:
        day = date(int(found[1] or 2024), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueError(f"names {text!r}, which is no day of the calendar") from None
    return day if found[1] else (day.month, day.day)


@dataclass(frozen=True, kw_only=True)
class OfficeHours:
    """The hours of one bank; without ``hours`` somebody is always there."""

    zone: tzinfo
    hours: tuple[time, time] | None = None
    #: Days of the week from 0, Monday.
    days: frozenset[int] = frozenset(range(5))
    #: Whether public holidays are working days.
    on_holidays: bool = False
    #: Other days without staff.
    closed: frozenset[date | tuple[int, int]] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at that moment."""
        return self.next_opening(at) == at

    def next_opening(self, at: datetime) -> datetime:
        """The first moment from ``at`` on at which somebody is there; ``at`` itself where that is now."""
        return at if self.hours is None else max(at, next(self._spans(at))[0])

    def after(self, at: datetime, wait: timedelta) -> datetime:
        """When ``wait`` has passed since ``at``, counted while somebody is there."""
        if self.hours is None:
            return at + wait
        for opens, closes in self._spans(at):
            begins = max(at, opens)
            if begins + wait <= closes:
                return begins + wait
            wait -= closes - begins
        raise AssertionError("the days of a year without end")

    def day_promised(self, at: datetime) -> datetime:
        """When somebody is there next on a working day, as it was said at ``at``: today's hours are not meant."""
        if self.hours is not None and self.is_open(at):
            at = at.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        return self.next_opening(at)

    def _spans(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """From the one that ``at`` lies in, or the next."""
        assert self.hours is not None
        opens, closes = self.hours
        today = at.astimezone(self.zone).date()
        for day in (today + number * _DAY for number in range(_LOOK_AHEAD)):
            span = datetime.combine(day, opens, self.zone), datetime.combine(day, closes, self.zone)
            if at < span[1] and self._is_working_day(day):
                yield span
        raise ValueError("the bank has no working day in a year")

    def _is_working_day(self, day: date) -> bool:
        if day.weekday() not in self.days or day in self.closed or (day.month, day.day) in self.closed:
            return False
        return self.on_holidays or not is_holiday(day)

    # In words -----------------------------------------------------------------------------------

    def words(self, locale: str) -> str:
        """Days and hours as they stand in a sentence."""
        if self.hours is None:
            return ""
        language = language_of(locale)
        names = get_day_names("abbreviated", locale=language)
        days = sorted(self.days)
        in_a_row = len(days) > 2 and days[-1] - days[0] == len(days) - 1
        shown = (names[days[0]], names[days[-1]]) if in_a_row else tuple(names[day] for day in days)
        dash = "〜" if language == "ja" else "–"
        opens, closes = (f"{at.hour}:{at.minute:02d}" for at in self.hours)
        return f"{(dash if in_a_row else '・').join(shown)} {opens}{dash}{closes}"

    def day_words(self, at: datetime, locale: str) -> str:
        """The day and hour of ``at`` as they stand in a sentence."""
        local = at.astimezone(self.zone)
        return f"{format_skeleton('MMMEd', local.date(), locale=language_of(locale))} {local.hour}:{local.minute:02d}"
