"""The columns of a responses file, from the questionnaires whose answers it holds.

Promise: the columns depend on the questionnaires and on nothing else: every column is always there,
in the order of the form, whether or not anybody answered.  Codes and labels never share a column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dialogs.definition.model import Question, Questionnaire, QuestionType, pick
from dialogs.replies.masking import mask

FIXED_COLUMNS = (
    "batch_id",
    "case_id",
    "customer_no",
    "branch_no",
    "kind",
    "questionnaire_id",
    "questionnaire_version",
    "definition_sha256",
    "channel",
    "locale",
    "started_at",
    "submitted_at",
    "answered_by",
    "receipt_no",
    "reconciliation",
    "reviewed_by",
    "approved_at",
    "next_due_on",
)

NOT_APPLICABLE = "not_applicable"
#: States in which an answer has a value.
_WITH_VALUE = ("answered", "unchanged")
#: Types whose values a person typed.
_TYPED = frozenset((QuestionType.TEXT, QuestionType.DATE, QuestionType.INTEGER, QuestionType.DECIMAL))
#: Readers whose values are written by people, so that a spreadsheet could take them for a formula.
_FREE_KINDS = (None, "name", "address", "email")


class Part(StrEnum):
    """What of an answer a column holds."""

    VALUE = "value"
    LABEL = "label"
    STATE = "state"
    CHOICE = "choice"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of answers."""

    name: str
    question: Question
    part: Part
    #: 0 outside repeats, else from 1.
    instance: int
    #: The choice of a ``Part.CHOICE`` column.
    choice: str = ""
    #: Whether people type what stands here.
    typed: bool = False


#: An answer as a submission keeps it.
Answer = Mapping[str, Any]
Answers = Mapping[tuple[str, int], Answer]


def columns_of(questionnaires: Iterable[Questionnaire]) -> tuple[Column, ...]:
    """The columns of one or several questionnaires; a later one only adds what the earlier ones lack."""
    found: dict[str, Column] = {}
    for questionnaire in questionnaires:
        for question in questionnaire.questions:
            if question.is_asked:
                for column in _columns_of_question(questionnaire, question):
                    found.setdefault(column.name, column)
    return tuple(found.values())


def _columns_of_question(questionnaire: Questionnaire, question: Question) -> Iterable[Column]:
    bound = _repeats(questionnaire, question)
    for instance in range(1, bound + 1) if bound else (0,):
        name = f"{question.name}__{instance}" if instance else question.name
        yield Column(name=name, question=question, part=Part.VALUE, instance=instance, typed=_is_typed(question))
        if question.is_select:
            yield Column(name=f"{name}__label", question=question, part=Part.LABEL, instance=instance)
        yield Column(name=f"{name}__state", question=question, part=Part.STATE, instance=instance)
        if question.type is QuestionType.SELECT_MULTIPLE:
            for choice in questionnaire.choices.get(question.list_name or "", ()):
                yield Column(
                    name=f"{name}__{choice.name}",
                    question=question,
                    part=Part.CHOICE,
                    instance=instance,
                    choice=choice.name,
                )


def _repeats(questionnaire: Questionnaire, question: Question) -> int:
    """The bound of the repeat around a question; 0 where there is none."""
    for name in reversed(question.groups):
        bound = questionnaire.groups[name].max_repeats
        if bound is not None:
            return bound
    return 0


def _is_typed(question: Question) -> bool:
    return question.type is QuestionType.TEXT and question.bot.kind in _FREE_KINDS


def answers_by_place(answers: Sequence[Answer]) -> Answers:
    """The answers of a submission by question and repeat instance."""
    return {(answer["name"], int(answer.get("instance") or 0)): answer for answer in answers}


def masked(column: Column, text: str) -> str:
    """A cell as it may leave without approval: what people typed is hidden, codes and states stay."""
    if column.part is not Part.VALUE or column.question.type not in _TYPED:
        return text
    question = column.question
    return mask(question.bot.kind or question.type.value, text)


def cell(column: Column, questionnaire: Questionnaire, answers: Answers) -> str:
    """What stands in one column of one response; blank where there is nothing to say."""
    answer = answers.get((column.question.name, column.instance))
    state = NOT_APPLICABLE if answer is None else str(answer["state"])
    if column.part is Part.STATE:
        return state
    if answer is None or state not in _WITH_VALUE:
        return ""
    value = str(answer["value"])
    if column.part is Part.VALUE:
        return ";".join(codes_of(value)) if column.question.type is QuestionType.SELECT_MULTIPLE else value
    codes = codes_of(value) if column.question.type is QuestionType.SELECT_MULTIPLE else (value,)
    if column.part is Part.CHOICE:
        # A choice that the form of this response did not have was not refused by the customer.
        offered = questionnaire.choice(column.question, column.choice) is not None
        return ("1" if column.choice in codes else "0") if offered else ""
    return ";".join(_label(questionnaire, column.question, code) for code in codes)


def codes_of(value: str) -> tuple[str, ...]:
    """The codes of a multiple choice, however they are separated (``;`` of the master, blanks of XLSForm)."""
    return tuple(dict.fromkeys(code for code in re.split(r"[;\s]+", value) if code))


def _label(questionnaire: Questionnaire, question: Question, code: str) -> str:
    choice = questionnaire.choice(question, code)
    return "" if choice is None else pick(choice.label, questionnaire.default_language, questionnaire.default_language)
