"""The level that the evaluation set holds, on both tiers: what is below it is a step back.

Nothing is tuned on these texts (README.md); the floors lie a little below what was measured.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dialogs.conversation.evaluation import judge, judge_reply, read_rows, report
from dialogs.conversation.understanding import Understanding
from dialogs.definition.yaml_format import load_shipped as load_form
from dialogs.faq.encoder import Mode
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import load_shipped


@cache
def figures(mode: Mode, locale: str = "ja") -> dict[str, Any]:
    file = Path(__file__).with_name(f"questions_{locale}.jsonl")
    understanding = Understanding({locale: matcher_for(load_shipped(locale), locale, mode)})
    form = load_form("individual")
    outcomes = []
    for row in read_rows(file.read_text(encoding="utf-8").splitlines(), name=file.name):
        reading = understanding.read(row.text, locale)
        at_question = row.expect == "reply" and row.question is not None
        outcomes.append(judge_reply(row, reading, form, locale) if at_question else judge(row, reading))
    return report(outcomes)


@pytest.mark.parametrize(
    ("mode", "first", "in_three", "coverage"), [("on", 0.88, 0.96, 0.46), ("off", 0.825, 0.95, 0.28)]
)
def test_the_right_topic_is_found(mode: Mode, first: float, in_three: float, coverage: float) -> None:
    found = figures(mode)
    assert found["first"] >= first
    assert found["in_three"] >= in_three
    assert found["coverage"] >= coverage


@pytest.mark.parametrize("mode", ["on", "off"])
def test_hardly_any_answer_is_confident_and_wrong(mode: Mode) -> None:
    assert figures(mode)["wrong_answers"] <= 0.005


@pytest.mark.parametrize(("mode", "commands", "staff"), [("on", 0.95, 0.82), ("off", 0.92, 0.76)])
def test_what_is_to_be_done_is_understood(mode: Mode, commands: float, staff: float) -> None:
    found = figures(mode)
    assert found["commands"] >= commands
    assert found["staff"] >= staff
    assert found["wrong_commands"] <= 0.03


def test_english_is_understood_too() -> None:
    found = figures("on", "en")
    assert found["first"] >= 0.78
    assert found["in_three"] >= 0.92
    assert found["wrong_answers"] <= 0.005
