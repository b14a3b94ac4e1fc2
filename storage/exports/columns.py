"""The columns of a responses file, from the questionnaires whose answers it holds.

Promise: the columns depend on the questionnaires and on nothing else: every column is always there,
in the order of the form, whether or not anybody answered.  Codes and labels never share a column.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dialogs.definition.model import Question, Questionnaire, QuestionType

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
#: Of these, the ones that hold a time.
TIME_COLUMNS = frozenset(("started_at", "submitted_at", "approved_at"))
_DAY_COLUMNS = frozenset(("next_due_on",))

#: Readers whose values are written by people, so that a spreadsheet could take them for a formula.
_FREE_KINDS = (None, "name", "address", "email")


class Part(StrEnum):
    """What of an answer a column holds."""

    VALUE = "value"
    LABEL = "label"
    STATE = "state"
    CHOICE = "choice"


class Cell(StrEnum):
    """What the cells of a column are, for a format that has types; all others write text and know only times apart."""

    TEXT = "text"
    TIME = "time"
    DAY = "day"
    WHOLE = "whole"
    DECIMAL = "decimal"
    #: Codes with a semicolon between them.
    CODES = "codes"
    #: 1 or 0
    FLAG = "flag"


_CELLS = {
    QuestionType.DATE: Cell.DAY,
    QuestionType.INTEGER: Cell.WHOLE,
    QuestionType.DECIMAL: Cell.DECIMAL,
    QuestionType.SELECT_MULTIPLE: Cell.CODES,
}


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


def fixed_cell(name: str) -> Cell:
    """What stands in a fixed column."""
    return Cell.TIME if name in TIME_COLUMNS else Cell.DAY if name in _DAY_COLUMNS else Cell.TEXT


def cell_of(questionnaires: Iterable[Questionnaire], column: Column, *, masked: bool = False) -> Cell:
    """What stands in a column of answers; where the forms do not agree, or what is typed is masked, it is text."""
    if column.part is not Part.VALUE:
        return Cell.FLAG if column.part is Part.CHOICE else Cell.TEXT
    questions = [form.by_name.get(column.question.name) for form in questionnaires]
    found = {_cell_of_value(question) for question in questions if question is not None}
    cell = found.pop() if len(found) == 1 else Cell.TEXT
    return Cell.TEXT if masked and cell is not Cell.CODES else cell


def _cell_of_value(question: Question) -> Cell:
    if question.type is QuestionType.TEXT and question.bot.kind == "amount":
        return Cell.WHOLE
    return _CELLS.get(question.type, Cell.TEXT)


def _repeats(questionnaire: Questionnaire, question: Question) -> int:
    """The bound of the repeat around a question; 0 where there is none."""
    for name in reversed(question.groups):
        bound = questionnaire.groups[name].max_repeats
        if bound is not None:
            return bound
    return 0


def _is_typed(question: Question) -> bool:
    return question.type is QuestionType.TEXT and question.bot.kind in _FREE_KINDS
