"""What was done in a conversation, told apart from what we say in the name of those who did it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.transcripts.deeds import Deed, said_by_staff

TEN = datetime(2026, 11, 2, 1, tzinfo=UTC)


def test_the_words_of_a_takeover_are_not_those_of_staff_although_a_clock_runs_on_between() -> None:
    claim, said = (Deed(at=TEN, kind=kind) for kind in ("claimed", "staff_said"))
    joined = Deed(at=TEN + timedelta(microseconds=412), kind="staff_said")
    later = Deed(at=TEN + timedelta(seconds=4), kind="staff_said")
    before = Deed(at=TEN - timedelta(microseconds=1), kind="staff_said")
    assert said_by_staff([before, said, joined, later], [claim]) == [before, later]
    assert said_by_staff([joined], []) == [joined]
