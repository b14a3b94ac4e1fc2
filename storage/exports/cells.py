"""The cells of one response: what stands in each column of answers.

Promise: every column gets its cell from the form in which the response was answered; blank means that nothing
was said, and never a choice that was not offered.  What depends on the form alone is worked out once, so that
a row costs little more than its answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dialogs.definition.model import Questionnaire, QuestionType, pick
from dialogs.replies.masking import mask
from storage.exports.columns import Column, Part

#: An answer as a submission keeps it.
Answer = Mapping[str, Any]

NOT_APPLICABLE = "not_applicable"
#: States in which an answer has a value.
_WITH_VALUE = frozenset(("answered", "unchanged"))
#: Types whose values a person typed.
_TYPED = frozenset((QuestionType.TEXT, QuestionType.DATE, QuestionType.INTEGER, QuestionType.DECIMAL))


@lru_cache(maxsize=4096)
def codes_of(value: str) -> tuple[str, ...]:
    """The codes of a multiple choice, however they are separated (``;`` of the master, blanks of XLSForm)."""
    return tuple(dict.fromkeys(code for code in re.split(r"[;\s]+", value) if code))


@dataclass(slots=True)
class _Place:
    """Where one question of one repeat instance stands in the row."""

    multiple: bool = False
    #: How its value is masked; ``None`` where it may be shown.
    masked_as: str | None = None
    value_at: int | None = None
    label_at: int | None = None
    state_at: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    #: Choices that this form offers, and their columns.
    choices: list[tuple[str, int]] = field(default_factory=list)

    def fill(self, cells: list[str], answer: Answer) -> None:
        state = answer["state"]
        if self.state_at is not None:
            cells[self.state_at] = state
        if state not in _WITH_VALUE:
            return
        value = str(answer["value"])
        if self.multiple:
            codes = codes_of(value)
            value = ";".join(codes)
            for name, at in self.choices:
                cells[at] = "1" if name in codes else "0"
            if self.label_at is not None:
                cells[self.label_at] = ";".join(self.labels.get(code, "") for code in codes)
        elif self.label_at is not None:
            cells[self.label_at] = self.labels.get(value, "")
        if self.value_at is not None:
            cells[self.value_at] = value if self.masked_as is None else mask(self.masked_as, value)


class Row:
    """The columns of answers as one form fills them."""

    def __init__(self, questionnaire: Questionnaire, columns: Sequence[Column], *, masked: bool = False) -> None:
        self._empty = [NOT_APPLICABLE if column.part is Part.STATE else "" for column in columns]
        self._places: dict[tuple[str, int], _Place] = {}
        for at, column in enumerate(columns):
            question = questionnaire.by_name.get(column.question.name)
            if question is None:
                continue
            place = self._places.setdefault((question.name, column.instance), _Place())
            if column.part is Part.VALUE:
                place.value_at = at
                place.multiple = question.type is QuestionType.SELECT_MULTIPLE
                if masked and question.type in _TYPED:
                    place.masked_as = question.bot.kind or question.type.value
            elif column.part is Part.STATE:
                place.state_at = at
            elif column.part is Part.LABEL:
                place.label_at = at
                language = questionnaire.default_language
                offered = questionnaire.choices.get(question.list_name or "", ())
                place.labels = {choice.name: pick(choice.label, language, language) for choice in offered}
            elif questionnaire.choice(question, column.choice) is not None:
                # A choice that the form of this response did not have was not refused by the customer.
                place.choices.append((column.choice, at))

    def cells(self, answers: Iterable[Answer]) -> list[str]:
        """One cell for each column."""
        cells = self._empty.copy()
        for answer in answers:
            place = self._places.get((answer["name"], answer.get("instance") or 0))
            if place is not None:
                place.fill(cells, answer)
        return cells
