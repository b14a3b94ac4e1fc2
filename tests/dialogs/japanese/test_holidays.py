"""Public holidays against a table that was written by hand from the published calendars."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.japanese.holidays import holidays_of, is_holiday

#: Month/day; in the order of the year.  What follows a Sunday's holiday, and the day between two, stand among them.
TABLE = {
    2024: "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14 11/3 11/4 11/23",
    2025: "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/21 8/11 9/15 9/23 10/13 11/3 11/23 11/24",
    2026: "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
    2027: "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
    2028: "1/1 1/10 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/22 10/9 11/3 11/23",
    2029: "1/1 1/8 2/11 2/12 2/23 3/20 4/29 4/30 5/3 5/4 5/5 7/16 8/11 9/17 9/23 9/24 10/8 11/3 11/23",
    2030: "1/1 1/14 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 10/14 11/3 11/4 11/23",
}


@pytest.mark.parametrize("year", TABLE)
def test_the_holidays_of_a_year(year: int) -> None:
    wanted = [date(year, *map(int, entry.split("/"))) for entry in TABLE[year].split()]
    assert sorted(holidays_of(year)) == wanted


def test_a_day() -> None:
    assert is_holiday(date(2026, 9, 22)), "between two holidays"
    assert not is_holiday(date(2026, 9, 24))
    with pytest.raises(ValueError, match="2100"):
        is_holiday(date(2100, 1, 1))
