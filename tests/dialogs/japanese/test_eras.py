"""Eras begin and end on their real days."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from dialogs.japanese.eras import ERAS, HEISEI, REIWA, SHOWA, TAISHO, era_year, era_year_name


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2019, 4, 30), "平成31年"),
        (date(2019, 5, 1), "令和元年"),
        (date(1989, 1, 7), "昭和64年"),
        (date(1989, 1, 8), "平成元年"),
        (date(1926, 12, 24), "大正15年"),
        (date(1926, 12, 25), "昭和元年"),
        (date(1912, 7, 29), "明治45年"),
        (date(1912, 7, 30), "大正元年"),
        (date(1873, 1, 1), "明治6年"),
        (date(1872, 12, 31), ""),
    ],
)
def test_year_names(day: date, name: str) -> None:
    assert era_year_name(day) == name


def test_eras_follow_each_other_without_a_gap() -> None:
    for before, after in itertools.pairwise(ERAS):
        assert before.last is not None
        assert after.first - before.last in (timedelta(0), timedelta(1))


def test_western_years() -> None:
    assert SHOWA.western_year(39) == 1964
    assert TAISHO.western_year(1) == 1912
    assert era_year(date(2025, 6, 1)) == (REIWA, 7)
    assert era_year(date(2000, 1, 1)) == (HEISEI, 12)
