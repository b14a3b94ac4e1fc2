"""Japan's public holidays, computed from the law (国民の祝日に関する法律, Act on National Holidays, No. 178 of 1948).

Article 2 names the days, as amended up to 2018; article 3 (2) moves a Sunday's holiday to the next day that is none,
and article 3 (3) makes a day between two holidays one.  The laws that moved some days of 2019 to 2021 only are left
out: nobody waits for a day that is past.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)
_MONDAY, _SUNDAY = 0, 6

#: Month and day.
_FIXED = ((1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23))
#: Month and which of its Mondays.
_MONDAYS = ((1, 2), (7, 3), (9, 3), (10, 2))


def is_holiday(day: date) -> bool:
    """Whether ``day`` is a public holiday."""
    return day in holidays_of(day.year)


@lru_cache(maxsize=16)
def holidays_of(year: int) -> frozenset[date]:
    """The public holidays of a year, 2022 to 2099; raises ``ValueError`` for any other."""
    if not 2022 <= year <= 2099:
        raise ValueError(f"the holidays of {year} are not known")
    named = {date(year, month, day) for month, day in _FIXED}
    named |= {_monday(year, month, number) for month, number in _MONDAYS}
    named |= {date(year, 3, _equinox(year, 20.8431)), date(year, 9, _equinox(year, 23.2488))}
    instead = set()
    for day in named:
        if day.weekday() == _SUNDAY:
            while day in named:
                day += _DAY
            instead.add(day)
    between = {day + _DAY for day in named if day + 2 * _DAY in named} - named
    return frozenset(named | instead | between)


def _monday(year: int, month: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(_MONDAY - first.weekday()) % 7 + 7 * (number - 1))


def _equinox(year: int, of_1980: float) -> int:
    """The day of an equinox in Japan: the government announces it a year before, by the same course of the sun."""
    passed = year - 1980
    return int(of_1980 + 0.242194 * passed - passed // 4)
