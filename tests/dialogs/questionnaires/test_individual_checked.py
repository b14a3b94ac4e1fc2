"""The checker's judgement on the individual form, and its examples in the hands of the readers."""

from __future__ import annotations

from datetime import date

import pytest

from bot.channels.limits import LIMITS
from dialogs.definition.checker import CheckLimits, Severity, check
from dialogs.definition.model import Question, QuestionType
from dialogs.definition.yaml_format import load_shipped
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, ReplyContext

FORM = load_shipped("individual")
TYPED = [question for question in FORM.questions if question.bot.example]


def test_the_checker_finds_no_error() -> None:
    limits = CheckLimits(
        label=min(limits.label for limits in LIMITS.values()),
        text=min(limits.text for limits in LIMITS.values()),
    )
    errors = [issue for issue in check(FORM, limits) if issue.severity is Severity.ERROR]
    assert [f"{issue.code} at {issue.place}" for issue in errors] == []


def kind_of(question: Question) -> str:
    return question.bot.kind or ("date" if question.type is QuestionType.DATE else "text")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("question", TYPED, ids=lambda question: question.name)
def test_each_example_is_read_by_its_own_reader(question: Question, language: str) -> None:
    context = ReplyContext(today=date(2026, 11, 24), locale=language)
    assert isinstance(READERS[kind_of(question)](question.bot.example[language], context), Parsed)
