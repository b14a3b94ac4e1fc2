"""What of a form is known before anybody answers it: its places in order, and what depends on what.

Worked out once for a form and shared by all its conversations, so that an answer costs only what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TypeVar

from dialogs.conversation.events import Key
from dialogs.definition.expressions import Expression
from dialogs.definition.model import Group, Question, Questionnaire, QuestionType

T = TypeVar("T")


@dataclass(frozen=True)
class Slot:
    """One place of the form that takes an answer (or shows a note)."""

    key: Key
    #: ``None`` for "another instance of this repeat?".
    question: Question | None
    #: The repeat of a "more?" slot.
    repeat: Group | None = None

    @cached_property
    def is_asked(self) -> bool:
        """Whether it expects an answer of the customer."""
        return self.question is None or self.question.is_asked

    @cached_property
    def is_shown(self) -> bool:
        """Whether it only says something: a note, or a value that nobody can change."""
        question = self.question
        if question is None or question.type is QuestionType.CALCULATE:
            return False
        return question.type is QuestionType.NOTE or question.read_only


@dataclass(frozen=True)
class Section:
    """The places of a group, which are there while it is relevant."""

    group: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Repeat:
    """The questions of a repeat, for each of its instances."""

    group: Group
    questions: tuple[Question, ...]


#: In the order of the form: slots that are always there, one under a condition of its own, or a section of them.
Part = tuple[Slot, ...] | Slot | Section | Repeat


class Plan:
    """The plan of one form (``plan_of``)."""

    def __init__(self, definition: Questionnaire) -> None:
        self._definition = definition
        #: The slots outside repeats, by name.
        self.slots = {
            question.name: Slot(Key(question.name), question)
            for question in definition.questions
            if question.name not in definition.repeats
        }
        self.parts = tuple(_parts(list(self._rows()), 0))
        #: Questions that are relevant whatever is answered.
        self.always = frozenset(slot.key.question for part in self.parts if isinstance(part, tuple) for slot in part)
        #: Questions whose value is worked out and not given.
        self.calculated = frozenset(question.name for question in definition.questions if _is_calculated(question))
        self._depending = self._read_backwards()
        self._touched: dict[str, frozenset[str]] = {}

    def _rows(self) -> Iterator[tuple[tuple[str, ...], Slot | Repeat]]:
        """Every slot and every repeat, with the conditional groups around it, outermost first."""
        definition = self._definition
        for repeat, run in groupby(definition.questions, lambda question: definition.repeats.get(question.name)):
            questions = tuple(run)
            if repeat is not None:
                yield self._conditional(repeat.groups), Repeat(repeat, questions)
                continue
            for question in questions:
                yield self._conditional(question.groups), self.slots[question.name]

    def _conditional(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if self._definition.groups[name].relevant is not None)

    # What depends on what -------------------------------------------------------------------------

    def touched(self, name: str) -> frozenset[str]:
        """The questions and groups of which anything may be otherwise once an answer at ``name`` is."""
        found = self._touched.get(name)
        if found is None:
            reached, waiting = {name}, [name]
            while waiting:
                new = self._depending.get(waiting.pop(), frozenset()) - reached
                reached |= new
                waiting += new
            found = self._touched[name] = frozenset(reached)
        return found

    def _read_backwards(self) -> dict[str, frozenset[str]]:
        """For each name what reads it: in an expression, or by standing in it."""
        definition = self._definition
        depending: dict[str, set[str]] = {}
        for question in definition.questions:
            read = _names(
                question.relevant,
                question.calculation,
                question.constraint,
                question.choice_filter,
                question.required,
                question.bot.check,
            )
            for name in (*read, *question.groups):
                depending.setdefault(name, set()).add(question.name)
        for group in definition.groups.values():
            for name in (*_names(group.relevant, group.repeat_count), *group.groups):
                depending.setdefault(name, set()).add(group.name)
        return {name: frozenset(reading) for name, reading in depending.items()}


def plan_of(definition: Questionnaire) -> Plan:
    """The plan of a form, made when it is first asked for."""
    return definition.once(Plan, lambda: Plan(definition))


def _parts(rows: Iterable[tuple[tuple[str, ...], Slot | Repeat]], depth: int) -> Iterator[Part]:
    """The rows as parts, those of one group together; ``depth`` groups are around all of them."""
    for group, run in groupby(rows, lambda row: row[0][depth] if len(row[0]) > depth else None):
        if group is not None:
            yield Section(group, tuple(_parts(list(run), depth + 1)))
            continue
        for free, parts in groupby((part for _, part in run), _is_free):
            if free:
                yield tuple(part for part in parts if isinstance(part, Slot))
            else:
                yield from parts


def _is_free(part: Slot | Repeat) -> bool:
    return isinstance(part, Slot) and part.question is not None and part.question.relevant is None


def _is_calculated(question: Question) -> bool:
    return question.type is QuestionType.CALCULATE or (question.read_only and question.calculation is not None)


def _names(*expressions: Expression | None) -> Iterator[str]:
    for expression in expressions:
        if expression is not None:
            yield from expression.references


def differing(before: Mapping[Key, T], after: Mapping[Key, T]) -> Iterable[Key]:
    """The keys whose values are not the very same."""
    yield from (key for key, value in before.items() if after.get(key) is not value)
    yield from (key for key in after if key not in before)


def without(found: Mapping[Key, T], names: frozenset[str]) -> dict[Key, T]:
    """What was found out of a form, except at these names."""
    return {key: value for key, value in found.items() if key.question not in names}
