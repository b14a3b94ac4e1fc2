"""Kanji numerals and units are read exactly, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st
from kanjize import number2kanji

from dialogs.japanese.numerals import arabic, parse_number, read_kanji_number


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("三百五十万", 3_500_000),
        ("1.5億", 150_000_000),
        ("2,000千", 2_000_000),
        ("35百万", 35_000_000),
        ("350百万", 350_000_000),
        ("壱百万", 1_000_000),
        ("1億2千万", 120_000_000),
        ("二〇二四", 2024),
        ("5千", 5000),
        ("3千500", 3500),
        ("12万3,456", 123_456),
        ("1 000 000", 1_000_000),
        ("十", 10),
        ("千二百", 1200),
    ],
)
def test_numbers(typed: str, value: int) -> None:
    assert parse_number(typed) == value


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "万",
        "1,00",
        "100 00",
        "十10",
        "5千5000",
        "1万50000",
        "1.5億2千万",
        "2,30万",
        "1,5億",
        "万1",
        "百千",
        "x1",
        "1..5",
    ],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    assert parse_number(typed) is None


@given(st.integers(min_value=1, max_value=10**15))
def test_agrees_with_another_writer_of_kanji_numbers(number: int) -> None:
    assert parse_number(number2kanji(number)) == Decimal(number)


def test_runs_inside_a_text() -> None:
    assert arabic("昭和三十九年十月二十日") == "昭和39年10月20日"
    assert arabic("一九六四年") == "1964年"


def test_malformed_runs_stay() -> None:
    assert read_kanji_number("十十") is None
    assert arabic("十十") == "十十"
