"""The checker's judgement on the shipped forms, and their examples in the hands of the readers."""

from __future__ import annotations

from datetime import date

import pytest

from bot.channels.limits import LIMITS
from dialogs.definition.checker import CheckLimits, check
from dialogs.definition.model import Question, Questionnaire, QuestionType
from dialogs.definition.yaml_format import load_shipped, shipped_names
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, ReplyContext

TYPED = [
    pytest.param(question, id=f"{form.id}-{question.name}")
    for form in map(load_shipped, shipped_names())
    for question in form.questions
    if question.bot.example
]


def test_the_checker_finds_nothing(form: Questionnaire) -> None:
    limits = CheckLimits(
        label=min(limits.label for limits in LIMITS.values()),
        text=min(limits.text for limits in LIMITS.values()),
    )
    assert [f"{issue.code} at {issue.place}" for issue in check(form, limits)] == []


def kind_of(question: Question) -> str:
    return question.bot.kind or ("date" if question.type is QuestionType.DATE else "text")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("question", TYPED)
def test_each_example_is_read_by_its_own_reader(question: Question, language: str) -> None:
    context = ReplyContext(today=date(2026, 11, 24), locale=language)
    assert isinstance(READERS[kind_of(question)](question.bot.example[language], context), Parsed)
