"""A date in a transcript is another one, nobody can tell how far away, and stays a date in the same notation."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from bot.transcripts.fiction import Fiction
from tests.bot.transcripts.saying import ASKED, FORMS, TODAY, in_place_of, said_instead


def moved(day: str, salt: str) -> str:
    return Fiction(salt, TODAY).master({"birth_date": day}, FORMS[0])["birth_date"]


@given(day=st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)), salt=st.text(max_size=5))
def test_an_iso_date_stays_one(day: date, salt: str) -> None:
    found = date.fromisoformat(moved(day.isoformat(), salt))
    assert found.isoformat() == moved(day.isoformat(), salt)
    assert 200 <= abs((found - day).days) <= 1500


def test_how_far_a_date_went_cannot_be_guessed() -> None:
    day = date(1980, 5, 12)
    shifts = {(date.fromisoformat(moved(day.isoformat(), f"salt {one}")) - day).days for one in range(200)}
    assert len(shifts) > 100
    assert min(shifts) < -365
    assert max(shifts) > 365


def test_what_is_past_stays_past_and_what_is_to_come_is_to_come() -> None:
    for salt in map(str, range(50)):
        for days in (-100, 100):
            day = TODAY + timedelta(days=days)
            found = Fiction(salt, TODAY).master({"residence_expiry": day.isoformat()}, FORMS[0])["residence_expiry"]
            assert (found < TODAY.isoformat()) == (days < 0)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("1980-11-12", r"\d{4}-\d\d-\d\d"),
        ("1980/11/12", r"\d{4}/\d\d/\d\d"),
        ("昭和55年11月12日", r"昭和\d\d年\d\d?月\d\d?日"),
        ("S55.11.12", r"S\d\d\.\d\d?\.\d\d?"),
        ("１９８０年１１月１２日", r"[０-９]{4}年[０-９]{1,2}月[０-９]{1,2}日"),
    ],
)
def test_a_date_that_is_said_keeps_its_notation(text: str, shape: str) -> None:
    for salt in map(str, range(20)):
        assert re.fullmatch(shape, said_instead(ASKED["date"], text, "1980-11-12", salt)[0])


def test_whoever_says_the_date_of_the_record_says_the_one_that_stands_for_it() -> None:
    for salt in map(str, range(20)):
        fiction = Fiction(salt, TODAY)
        there = date.fromisoformat(fiction.master({"birth_date": "1980-11-12"}, FORMS[0])["birth_date"])
        said = next(in_place_of(fiction, ASKED["date"], "1980年11月12日", "1980-11-12"))
        assert said == f"{there.year}年{there.month}月{there.day}日"
