"""Checks on kinds of values: comparisons that can never hold, text in sums, defaults that do not fit."""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.definition.cells import nearest
from dialogs.definition.checks.acceptable import is_refused
from dialogs.definition.checks.subject import CONDITIONS, Subject, check, question_place
from dialogs.definition.expressions import number_of
from dialogs.definition.expressions.typecheck import NameType, check_types
from dialogs.definition.expressions.values import is_nan, read_day, truncate
from dialogs.definition.issues import Issue
from dialogs.definition.model import Question, QuestionType


@check
def expressions_fit_their_types(subject: Subject) -> Iterator[Issue]:
    for use in subject.uses:
        own = subject.types.get(use.owner.name, NameType())
        for problem in check_types(use.expression, subject.types, own=own, condition=use.column in CONDITIONS):
            params = {**problem.params, "position": str(problem.position + 1)}
            if problem.code == "unknown_choice":
                name = params["name"].strip("${}")
                codes = (own if name == "." else subject.types.get(name, NameType())).codes or frozenset()
                params["suggestion"] = nearest(params["value"], codes)
            yield Issue(code=problem.code, place=use.place, params=params)


@check
def defaults_fit(subject: Subject) -> Iterator[Issue]:
    for question in subject.questionnaire.questions:
        value = question.default.constant if question.default is not None else None
        if value is None:
            continue
        place = question_place(question, "default")
        if not _fits(subject, question, value):
            yield Issue(code="default_wrong_type", place=place, params={"value": value})
        elif is_refused(question, value):
            yield Issue(code="default_breaks_constraint", place=place, params={"value": value})


def _fits(subject: Subject, question: Question, value: str) -> bool:
    match question.type:
        case QuestionType.SELECT_ONE:
            codes = subject.codes(question)
            return codes is None or value in codes
        case QuestionType.SELECT_MULTIPLE:
            codes = subject.codes(question)
            return codes is None or set(value.split()) <= codes
        case QuestionType.INTEGER:
            return not is_nan(number_of(value)) and read_day(value) is None and number_of(value) == truncate(value)
        case QuestionType.DECIMAL:
            return not is_nan(number_of(value)) and read_day(value) is None
        case QuestionType.DATE:
            return len(value) == 10 and read_day(value) is not None
        case _:
            return True
