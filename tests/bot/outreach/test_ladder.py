"""The ladder as a file: what is taken and what is refused, and the hours in which messages may leave."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.outreach.ladder import (
    TEXTS,
    LadderProblem,
    StepKind,
    ladder_of,
    opening_on,
    read_ladder,
    sending_hours,
    shipped_ladder,
)
from bot.settings import Settings
from locales import VOICES, load_catalogue

TOKYO = ZoneInfo("Asia/Tokyo")
SMALL = """
high: &all
  - {step: invitation, kind: invitation, day: 0, by: [chat, letter], text: invitation, answer: 30}
  - {step: call, kind: phone, day: 20}
medium: *all
low: *all
"""


def test_the_shipped_ladder_is_the_one_of_the_reference() -> None:
    ladder = shipped_ladder()
    assert [(step.day, step.kind.value) for step in ladder.high] == [
        (-14, "notice"),
        (0, "invitation"),
        (10, "reminder"),
        (21, "reminder"),
        (30, "phone"),
        (45, "visit"),
        (60, "restriction"),
    ]
    assert [step.day for step in ladder.low] == [-14, 0, 14, 30, 45, 75, 90]
    assert ladder.steps("") == ladder.high
    assert ladder_of(ladder.to_json()) == ladder


@pytest.mark.parametrize("voice", VOICES)
def test_each_text_is_there_and_says_something_else(voice: str) -> None:
    words = load_catalogue(voice)
    facts = {"answer_by": "X", "bank_name": "Y", "bank_phone": "Z"}
    said = [words.text(f"outreach.{name}", **facts) for name in TEXTS]
    assert len(set(said)) == len(TEXTS)
    # No address of a page in any of them: what is sent unasked must not look like what criminals send.
    assert not any("http" in text for text in said)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("day: 0", "day: 1"), "invitation, on day 0"),
        (("day: 20", "day: 0"), "order"),
        (("step: call", "step: invitation"), "twice"),
        (("kind: phone, day: 20", "kind: phone, day: 20, by: [chat], text: notice, answer: 9"), "by"),
        (("text: invitation", "text: hello"), "text"),
        (("by: [chat, letter]", "by: [pigeon]"), "high.0.by.0"),
        (("answer: 30", "answer: 3"), "7 days"),
        (("low: *all", "low: []"), "low"),
        (("high: &all", "hours: '08:00-20:00'\nhigh: &all"), "09:00"),
        (("high: &all", "colour: red\nhigh: &all"), "colour"),
        (("high: &all", "high: &all ["), "line"),
    ],
)
def test_a_file_that_is_no_ladder_says_where(change: tuple[str, str], place: str) -> None:
    assert len(read_ladder(SMALL).high) == 2
    with pytest.raises(LadderProblem, match=place):
        read_ladder(SMALL.replace(*change, 1))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-02 08:59", "2026-11-02 09:00"),
        ("2026-11-02 19:59", "2026-11-02 19:59"),
        ("2026-11-02 20:00", "2026-11-04 09:00"),  # the 3rd is a holiday
        ("2026-11-07 10:00", "2026-11-07 10:00"),  # a Saturday
        ("2026-11-08 10:00", "2026-11-09 09:00"),  # a Sunday
        ("2026-12-30 20:30", "2027-01-04 09:00"),  # year end: 31 to 3 closed, the 1st a holiday, the 3rd a Sunday
        ("2026-05-02 21:00", "2026-05-07 09:00"),  # the holidays of May
        ("2026-09-19 20:00", "2026-09-24 09:00"),  # Sunday, holiday, the day between two, holiday
    ],
)
def test_messages_leave_by_day_on_working_days_and_saturdays(at: str, opens: str) -> None:
    hours = sending_hours(shipped_ladder(), TOKYO, Settings().office.closed)
    moment = datetime.fromisoformat(at).replace(tzinfo=TOKYO)
    assert hours.next_opening(moment) == datetime.fromisoformat(opens).replace(tzinfo=TOKYO)


def test_a_step_on_a_closed_day_comes_on_the_next_open_one() -> None:
    hours = sending_hours(shipped_ladder(), TOKYO, Settings().office.closed)
    assert opening_on(hours, date(2026, 12, 31)) == datetime(2027, 1, 4, 9, tzinfo=TOKYO)
    assert StepKind("notice") is StepKind.NOTICE
