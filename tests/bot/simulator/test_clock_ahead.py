"""The demo's clock by itself: it never goes back, and how far it is ahead is said in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.simulator.stage.around import length
from storage.universe import Universe


def test_the_clock_never_goes_back() -> None:
    uni = Universe.shifted()
    uni.advance_to(uni.now() + timedelta(days=1))
    ahead = uni.ahead
    uni.advance_to(uni.now() - timedelta(days=1))
    assert uni.ahead == ahead
    assert uni.new_id() < uni.new_id()


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(days=8, hours=23, minutes=5), "8 日 23 時間 5 分"),
        (timedelta(hours=21, seconds=59), "21 時間"),
        (timedelta(minutes=70), "1 時間 10 分"),
    ],
)
def test_how_far_it_is_ahead_is_said_in_days_hours_and_minutes(ahead: timedelta, words: str) -> None:
    assert length(ahead, "ja") == words
