"""When somebody is there, when somebody is there next, and when time has passed in which somebody could have come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.office_hours import OfficeHours
from bot.settings import SettingsProblem, load_settings

TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = load_settings().office


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-02T09:00", "2026-11-02T09:00"),
        ("2026-11-02T16:59", "2026-11-02T16:59"),
        ("2026-11-02T08:59", "2026-11-02T09:00"),
        # The third of November is a holiday.
        ("2026-11-02T17:00", "2026-11-04T09:00"),
        ("2026-11-03T10:00", "2026-11-04T09:00"),
        ("2026-11-07T10:00", "2026-11-09T09:00"),
        # Three holidays in a row, two of them named by the law and one between.
        ("2026-09-18T18:00", "2026-09-24T09:00"),
        # Closed from the last day of the year to the third of January, which is a Sunday.
        ("2026-12-30T17:30", "2027-01-04T09:00"),
    ],
)
def test_the_next_opening(moment: str, opens: str) -> None:
    assert OFFICE.next_opening(at(moment)) == at(opens)
    assert OFFICE.is_open(at(moment)) is (moment == opens)
    assert OFFICE.next_opening(at(moment).astimezone(UTC)) == at(opens)


@pytest.mark.parametrize(
    ("moment", "minutes", "due"),
    [
        ("2026-11-02T10:00", 15, "2026-11-02T10:15"),
        ("2026-11-02T16:50", 15, "2026-11-04T09:05"),
        ("2026-11-02T16:50", 10, "2026-11-02T17:00"),
        ("2026-11-02T20:00", 15, "2026-11-04T09:15"),
        ("2026-11-02T10:00", 8 * 60 + 60, "2026-11-04T11:00"),
    ],
)
def test_waiting_counts_only_while_somebody_is_there(moment: str, minutes: int, due: str) -> None:
    assert OFFICE.after(at(moment), timedelta(minutes=minutes)) == at(due)


def test_without_hours_somebody_is_always_there() -> None:
    office = OfficeHours(zone=TOKYO)
    night = at("2027-01-01T03:00")
    assert office.is_open(night)
    assert office.after(night, timedelta(hours=1)) == at("2027-01-01T04:00")
    assert office.words("ja") == ""


@pytest.mark.parametrize(
    ("days", "ja", "en"),
    [
        ("mon,tue,wed,thu,fri", "月〜金 9:00〜17:00", "Mon–Fri 9:00–17:00"),
        ("mon,wed", "月・水 9:00〜17:00", "Mon・Wed 9:00–17:00"),
    ],
)
def test_in_words(days: str, ja: str, en: str) -> None:
    office = load_settings(office_days=days).office
    assert (office.words("ja"), office.words("en")) == (ja, en)


def test_other_banks_have_other_hours() -> None:
    office = load_settings(
        office_hours="08:30-20:00", office_days="sat,sun", office_on_holidays=True, office_closed="2026-11-07"
    ).office
    assert office.next_opening(at("2026-11-03T10:00")) == at("2026-11-08T08:30")
    assert load_settings(office_days="tue", office_on_holidays=True).office.is_open(at("2026-11-03T10:00"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"office_hours": "9-17"},
        {"office_hours": "17:00-09:00"},
        {"office_days": "mon,frog"},
        {"office_days": ""},
        {"office_closed": "02-30"},
        {"office_closed": "yesterday"},
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, str]) -> None:
    (name,) = wrong
    with pytest.raises(SettingsProblem, match=name.upper()):
        load_settings(**wrong)


def test_a_bank_that_never_opens_is_no_endless_search() -> None:
    never = OfficeHours(zone=TOKYO, hours=OFFICE.hours, days=frozenset())
    with pytest.raises(ValueError, match="no working day"):
        never.next_opening(at("2026-11-02T10:00"))
