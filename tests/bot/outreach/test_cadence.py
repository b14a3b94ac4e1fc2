"""When a review is due."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, strategies as st

from bot.outreach.cadence import AT_ONCE, Cadence, add_months, due_on, next_due

LAST = date(2024, 4, 1)


@pytest.mark.parametrize(
    ("rating", "expiry", "expected"),
    [
        ("high", None, date(2025, 4, 1)),
        ("medium", None, date(2026, 4, 1)),
        ("low", None, date(2027, 4, 1)),
        # Not rated yet: as strict as the strictest.
        ("", None, date(2025, 4, 1)),
        # The residence expiry is three months earlier than the cycle.
        ("low", date(2026, 7, 31), date(2026, 4, 30)),
        ("low", date(2035, 1, 1), date(2027, 4, 1)),
        # Expired at the last confirmation already: still to be put right.
        ("low", date(2023, 1, 1), date(2022, 10, 1)),
        # Confirmed when the three months had begun: due again on the day itself.
        ("low", date(2024, 5, 1), date(2024, 5, 1)),
    ],
)
def test_the_earliest_of_cycle_and_expiry(rating: str, expiry: date | None, expected: date) -> None:
    assert due_on(rating, LAST, expiry) == expected


def test_who_was_never_confirmed_is_due_at_once() -> None:
    assert due_on("low", None, date(2030, 1, 1)) == AT_ONCE
    assert next_due("low", None, None).why == "never_confirmed"


def test_a_bank_may_set_its_own_cycle() -> None:
    assert due_on("high", LAST, None, Cadence(months={"high": 6, "medium": 6, "low": 6})) == date(2024, 10, 1)


def test_the_reason_goes_with_the_day() -> None:
    assert next_due("low", LAST, None).why == "cycle"
    assert next_due("low", LAST, date(2026, 7, 31)).why == "residence_expiry"


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(min_value=-40, max_value=40))
def test_months_never_leave_their_month(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day <= day.day


@given(st.sampled_from(["high", "medium", "low"]), st.dates(date(2000, 1, 1), date(2050, 1, 1)))
def test_a_stricter_rating_is_never_due_later(rating: str, last: date) -> None:
    assert due_on("high", last, None) <= due_on(rating, last, None) <= due_on("low", last, None)
