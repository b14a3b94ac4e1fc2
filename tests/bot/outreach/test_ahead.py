"""How much waits ahead of each platform: what is worked off in a few seconds, whoever is the slower."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.outreach.ahead import Ahead

NOON = datetime(2026, 11, 4, 3, tzinfo=UTC)


class Line:
    """A queue that is filled as far as there is room, and worked off at a speed, for so many rounds."""

    def __init__(self, ahead: Ahead, channel: str, speed: float) -> None:
        self.ahead, self.channel, self.speed = ahead, channel, speed
        self.waiting, self.done, self.idle, self.at = 0.0, 0.0, 0, NOON
        self.longest = 0.0

    def run(self, seconds: float, left: dict[str, int] | None = None) -> None:
        for _ in range(int(seconds * 4)):
            self.ahead.look({self.channel: round(self.waiting)}, left or {}, self.at)
            room = self.ahead.rooms()[self.channel]
            self.ahead.queued(self.channel, room)
            self.waiting += room
            self.longest = max(self.longest, self.waiting)
            gone = min(self.waiting, self.speed / 4)
            self.idle += gone < self.speed / 4
            self.waiting -= gone
            self.done += gone
            self.at += timedelta(seconds=0.25)


@pytest.mark.parametrize("speed", [20, 150, 900, 2000])
def test_the_senders_are_kept_busy_and_little_waits(speed: float) -> None:
    line = Line(Ahead({"line": 2000}), "line", speed)
    line.run(15)
    warm, line.idle, line.longest = line.done, 0, 0
    line.run(30)
    assert line.idle == 0
    assert line.done - warm == pytest.approx(30 * speed, rel=0.02)
    # A stop leaves no more than is gone in a few seconds, or the little that waits where nobody knew better.
    assert line.longest <= max(200, 4 * speed)


def test_a_platform_that_becomes_slow_is_given_less() -> None:
    line = Line(Ahead({"line": 2000}), "line", 1000)
    line.run(20)
    assert line.longest > 2000
    line.speed = 50
    line.run(120)
    assert line.waiting <= 200


def test_what_is_left_of_the_month_is_not_gone_beyond() -> None:
    line = Line(Ahead({"line": 2000}), "line", 1000)
    line.run(1, left={"line": 70})
    assert line.longest == 70


def test_who_finds_no_room_with_a_slow_platform_has_a_turn_by_its_pace() -> None:
    ahead = Ahead({"telegram": 30, "line": 2000})
    ahead.look({"telegram": 90}, {}, NOON)
    assert ahead.rooms()["telegram"] == 0
    turns = [ahead.turn("telegram", NOON) for _ in range(60)]
    gaps = [(turn - NOON).total_seconds() for turn in turns if turn is not None]
    assert len(gaps) == 60
    assert gaps == sorted(gaps)
    # What waits already goes first: three seconds; and these sixty take two.
    assert (round(gaps[0], 1), round(gaps[-1], 1)) == (3.0, 5.0)
    # Of the fast platform it is we who are slower: nobody knows when there is room.
    assert ahead.turn("line", NOON) is None


def test_turns_do_not_outlive_those_to_whom_they_were_given() -> None:
    ahead, later = Ahead({"telegram": 30}), NOON + timedelta(seconds=10)
    ahead.look({"telegram": 90}, {}, NOON)
    for _ in range(5000):
        ahead.turn("telegram", NOON)
    # Their campaign is stopped, and nothing waits any more.
    ahead.look({"telegram": 0}, {}, later)
    ahead.queued("telegram", 90)
    turn = ahead.turn("telegram", later)
    assert turn is not None
    assert (turn - later).total_seconds() == pytest.approx(3, abs=0.1)


def test_no_turn_is_more_than_an_hour_away() -> None:
    ahead = Ahead({"telegram": 1})
    ahead.look({"telegram": 3}, {}, NOON)
    turns = [ahead.turn("telegram", NOON) for _ in range(5000)]
    assert turns[-1] == NOON + timedelta(hours=1)


def test_where_nobody_counts_calls_there_is_room_for_what_is_worked_off() -> None:
    line = Line(Ahead({"telegram": 0}), "telegram", 400)
    line.run(20)
    assert line.waiting >= 400
