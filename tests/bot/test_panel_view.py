"""The answers that stand beside a conversation call for a look where one is due."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.panel_view import answer_state
from dialogs.conversation import events as ev
from dialogs.conversation.events import AnswerState, Key
from dialogs.conversation.form import Position
from dialogs.conversation.state import State, apply
from dialogs.definition.yaml_format import load_shipped

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)


def states(name: str, kana: str, state: AnswerState = AnswerState.ANSWERED) -> list[str]:
    form = load_shipped("individual")
    so_far = apply(State(), ev.Started(at=NOW, definition_sha256=form.sha256, locale="ja", receipt_no="R"))
    answers = (("consent", "agree"), ("respondent", "self"), ("name", name), ("name_kana", kana))
    for question, value in answers:
        answered = ev.Answered(
            at=NOW, key=Key(question), value=value, display=value, state=state, locale="ja", content_id=None
        )
        so_far = apply(so_far, answered)
    position = Position(form, so_far, NOW)
    return [answer_state(position, slot) for slot in position.asked_slots if slot.key in so_far.answers]


def test_a_reading_that_hardly_belongs_to_the_name_before_it_is_marked() -> None:
    assert states("佐藤 花子", "スズキ ハナコ") == ["answered", "answered", "answered", "reading"]


@pytest.mark.parametrize(
    ("name", "kana", "state"),
    [
        ("山崎 一", "ヤマサキ ハジメ", AnswerState.ANSWERED),
        ("NGUYEN VAN A", "グエン ヴァン アー", AnswerState.ANSWERED),
        # The bank's own reading is not the customer's slip.
        ("佐藤 花子", "スズキ ハナコ", AnswerState.UNCHANGED),
    ],
)
def test_any_other_is_left_alone(name: str, kana: str, state: AnswerState) -> None:
    assert "reading" not in states(name, kana, state)
