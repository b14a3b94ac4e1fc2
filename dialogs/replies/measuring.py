"""How well the readers read: rows of typed replies with what must come of them, judged one by one.

A row is never half right.  What was taken and is not what the row says is *wrongly taken*, the one fault
that a bank cannot see; what was asked back although the row says that it can be read, or asked back
otherwise than the row says, is *wrongly refused*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from dialogs.definition.model import Question, Questionnaire, QuestionType
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.choices import Ambiguous, ParsedMany, read_choice, read_choices

#: The kind of rows that name a question of the form.
CHOICES = "choices"
#: The day on which a row without a day of its own is read.
DEFAULT_DAY = date(2026, 11, 28)


class Judgement(StrEnum):
    """What came of one row."""

    RIGHT = "right"
    #: A value was taken that the row does not allow: nobody would notice.
    WRONGLY_TAKEN = "wrongly_taken"
    #: Asked back although it can be read, or asked back otherwise than it should be.
    WRONGLY_REFUSED = "wrongly_refused"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a reply comes to: taken as a value or choices, or asked back, among choices or not."""

    taken: bool
    #: The value; of choices their names.
    value: object = field(default=None, repr=False)
    #: The choices among which is asked; empty where the reply is only explained.
    offered: frozenset[str] = frozenset()

    def is_like(self, other: Outcome) -> bool:
        """Whether both mean the same; 25 and 25.0 do, 1 and true do not."""
        both_or_neither = isinstance(self.value, bool) is isinstance(other.value, bool)
        return (
            (self.taken, self.offered) == (other.taken, other.offered) and both_or_neither and self.value == other.value
        )

    def as_row(self) -> dict[str, object]:
        """As a row of a file would say it."""
        if self.offered:
            return {"offered": sorted(self.offered)}
        return {"choices": sorted(self.value)} if isinstance(self.value, frozenset) else {"value": self.value}


_ASKED_BACK = Outcome(taken=False)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One typed reply and the outcomes that are right for it, the first one being the expected."""

    kind: str
    text: str = field(repr=False)
    right: tuple[Outcome, ...]
    today: date = DEFAULT_DAY
    #: The select question that the reply answers, for a row of choices.
    question: Question | None = None


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A row with what came of it."""

    row: Row
    found: Outcome
    judgement: Judgement


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many rows of a kind there are, and what came of them."""

    rows: int
    right: int
    wrongly_taken: int
    wrongly_refused: int


class RowProblem(ValueError):
    """A row that cannot be judged, in one sentence."""


def read_row(kind: str, row: Mapping[str, Any], form: Questionnaire) -> Row:
    """A row of a file; its question, if it names one, is one of ``form``."""
    text = row.get("text")
    if not isinstance(text, str):
        raise RowProblem('expected an object with "text".')
    today = DEFAULT_DAY
    if "today" in row:
        try:
            today = date.fromisoformat(row["today"])
        except (TypeError, ValueError):
            raise RowProblem('"today" must be a date such as "2026-04-01".') from None
    also = row.get("also", [])
    if not isinstance(also, list):
        raise RowProblem('"also" must be a list.')
    if "question" in row:
        question = form.by_name.get(str(row["question"]))
        if question is None or not question.is_select:
            raise RowProblem(f"the form has no choices at a question {row['question']!r}.")
        known = {choice.name for choice in form.choices[question.list_name or ""]}
        right = tuple(_chosen(wanted, known) for wanted in (row, *also))
        return Row(kind=kind, text=text, right=right, today=today, question=question)
    if kind not in READERS:
        raise RowProblem(f"unknown kind {kind!r}; use one of {', '.join(READERS)}, {CHOICES}.")
    if "value" not in row:
        raise RowProblem('expected "value": the value that the reply has, or null.')
    return Row(kind=kind, text=text, right=tuple(map(_valued, (row["value"], *also))), today=today)


def judge(row: Row, form: Questionnaire, *, locale: str = "ja") -> Judged:
    """Read the reply as the bot would, and compare."""
    context = ReplyContext(today=row.today, locale=locale)
    if row.question is None:
        read = READERS[row.kind](row.text, context)
        found = _ASKED_BACK if isinstance(read, Problem) else Outcome(taken=True, value=read.value)
    else:
        found = _choose(row.question, row.text, form, context)
    if any(found.is_like(right) for right in row.right):
        judgement = Judgement.RIGHT
    else:
        judgement = Judgement.WRONGLY_TAKEN if found.taken else Judgement.WRONGLY_REFUSED
    return Judged(row=row, found=found, judgement=judgement)


def tally(judged: Sequence[Judged]) -> dict[str, Tally]:
    """The counts of every kind, in the order in which the kinds came."""
    kinds = dict.fromkeys(one.row.kind for one in judged)
    counts = {}
    for kind in kinds:
        said = [one.judgement for one in judged if one.row.kind == kind]
        counts[kind] = Tally(rows=len(said), **{each.value: said.count(each) for each in Judgement})
    return counts


def _choose(question: Question, text: str, form: Questionnaire, context: ReplyContext) -> Outcome:
    choices = form.choices[question.list_name or ""]
    read: Parsed | ParsedMany | Ambiguous | Problem
    if question.type is QuestionType.SELECT_MULTIPLE:
        read = read_choices(text, choices, context, form.default_language)
    else:
        read = read_choice(text, choices, context, form.default_language, kind=question.bot.kind)
    if isinstance(read, Ambiguous):
        return Outcome(taken=False, offered=frozenset(read.candidates))
    if isinstance(read, Problem):
        return _ASKED_BACK
    names = read.values if isinstance(read, ParsedMany) else (str(read.value),)
    return Outcome(taken=True, value=frozenset(names))


def _valued(value: object) -> Outcome:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise RowProblem("a value must be a text, a number, true, false or null.")
    return _ASKED_BACK if value is None else Outcome(taken=True, value=value)


def _chosen(row: object, known: set[str]) -> Outcome:
    """The outcome that an object with "choices" or "offered" names."""
    if row is None:
        return _ASKED_BACK
    if not isinstance(row, Mapping) or ("choices" in row) is ("offered" in row):
        raise RowProblem('expected either "choices" or "offered".')
    names = row["choices"] if "choices" in row else row["offered"]
    if names is None and "choices" in row:
        return _ASKED_BACK
    if not isinstance(names, list) or not names or not {str(name) for name in names} <= known:
        raise RowProblem(f"the choices must be a list of names such as {', '.join(sorted(known)[:3])}.")
    chosen = frozenset(map(str, names))
    return Outcome(taken=True, value=chosen) if "choices" in row else Outcome(taken=False, offered=chosen)
