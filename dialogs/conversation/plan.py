"""What of a form is known before anybody answers it: its places in order, and what depends on what.

Worked out once for a form and shared by all its conversations, so that an answer costs only what depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import NamedTuple, TypeGuard, TypeVar

from dialogs.conversation.events import Key
from dialogs.conversation.prompts import Phrase, Prompt, Wording
from dialogs.definition.expressions import Expression
from dialogs.definition.expressions.syntax import Call, Comparison, Literal, Logic, Name, Node, Own
from dialogs.definition.model import Group, Question, Questionnaire, QuestionType

T = TypeVar("T")

#: So many ways of how its conditions stand are remembered of a form.
_OUTLINES = 1000
#: A range of whole numbers is written out up to so many.
_NUMBERS = 1000


class When(NamedTuple):
    """The answer at ``name`` is one of these codes, or (``within`` false) none of them."""

    name: str
    codes: frozenset[str]
    within: bool


@dataclass(frozen=True)
class Slot:
    """One place of the form that takes an answer (or shows a note)."""

    key: Key
    #: ``None`` for "another instance of this repeat?".
    question: Question | None
    #: The repeat of a "more?" slot.
    repeat: Group | None = None
    #: Values that are a settled answer whatever else is answered, since no rule says more of them: all but none where
    #: this is ``None``.
    fits: Container[str] | None = field(default=(), compare=False, repr=False)

    @cached_property
    def name(self) -> Phrase | Wording:
        """What it is called in lists and on buttons; in a repeat with its number."""
        if self.question is None:
            return Phrase(key="engine.more_name")
        return Wording(field="button", question=self.question.name, instance=self.key.instance)

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

    @cached_property
    def is_bare(self) -> bool:
        """Whether neither the bank nor the author has a value for it before it is asked."""
        return self.question is None or (self.question.bot.prefill is None and self.question.default is None)

    @cached_property
    def is_always_required(self) -> bool:
        """Whether its author wrote ``true()``, as is done for what must be answered."""
        rule = None if self.question is None else self.question.required
        return rule is not None and isinstance(rule.tree, Call) and rule.tree.function == "true"

    @cached_property
    def is_plain(self) -> bool:
        """Whether it is asked in the same way whatever was answered before, and on whichever day."""
        question = self.question
        if question is None or question.choice_filter is not None or question.type is QuestionType.DATE:
            return False
        return question.required is None or self.is_always_required


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


class Outline:
    """The places of a form, as its conditions stand."""

    def __init__(self, slots: tuple[Slot, ...]) -> None:
        self.slots = slots
        #: Those that expect an answer of the customer, and where each key stands among them.
        self.asked = tuple([slot for slot in slots if slot.is_asked])
        self.places: Mapping[Key, int] = {slot.key: place for place, slot in enumerate(self.asked)}
        #: Those that only say something, each with the number of asked ones before it.
        self.notes = tuple(self._notes())

    def _notes(self) -> Iterator[tuple[int, Slot]]:
        before = 0
        for slot in self.slots:
            before += slot.is_asked
            if slot.is_shown:
                yield before, slot


#: In the order of the form: slots that are always there, one under a condition of its own, or a section of them.
Part = tuple[Slot, ...] | Slot | Section | Repeat


class Plan:
    """The plan of one form (``plan_of``)."""

    def __init__(self, definition: Questionnaire) -> None:
        self._definition = definition
        #: The slots outside repeats, by name.
        self.slots = {
            question.name: Slot(Key(question.name), question, fits=_fitting(definition, question))
            for question in definition.questions
            if question.name not in definition.repeats
        }
        #: Those of repeats that were met so far, by their keys.
        self._repeated: dict[Key, Slot] = {}
        self._outlines: dict[tuple[int, ...], Outline] = {}
        #: What asks a question for the first time, by all that makes a difference (``asking.question_prompt``).
        self.prompts: dict[object, Prompt] = {}
        #: The labels of choices that were read so far, by voice, list and code.
        self.labels: dict[tuple[str, str | None, str], str] = {}
        self.parts = tuple(_parts(list(self._rows()), 0))
        #: Questions that are relevant whatever is answered.
        self.always = frozenset(slot.key.question for part in self.parts if isinstance(part, tuple) for slot in part)
        #: Questions whose value is worked out and not given.
        self.calculated = frozenset(question.name for question in definition.questions if _is_calculated(question))
        #: The outline of a form without conditions.
        self.outline = Outline(self.parts[0]) if _is_fixed(self.parts) else None
        #: The conditions that only ask whether one answer is one of some codes, as most do, by their questions.
        conditions = ((question.name, question.relevant) for question in definition.questions)
        found = ((name, _when(condition.tree)) for name, condition in conditions if condition is not None)
        self.whens = {name: when for name, when in found if when is not None}
        #: Rules by which an answer says that somebody else answers for the customer.
        rules = ((question.name, question.bot.proxy) for question in definition.questions)
        self.proxies = tuple((name, rule) for name, rule in rules if rule is not None)
        self._depending = self._read_backwards()
        self._touched: dict[str, frozenset[str]] = {}
        self._moving: dict[str, bool] = {}

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

    # Where conditions stand as they do ------------------------------------------------------------

    def in_repeat(self, key: Key, question: Question | None, repeat: Group | None = None) -> Slot:
        """The slot in one instance of a repeat, always the same one."""
        found = self._repeated.get(key)
        if found is None:
            found = Slot(key, question, repeat, fits=() if question is None else _fitting(self._definition, question))
            self._repeated[key] = found
        return found

    def outline_of(self, slots: Sequence[Slot]) -> Outline:
        """The outline of these slots of this plan; conversations whose conditions stand alike share it."""
        # The slots live as long as the plan, so they can be told apart by where they are.
        which = tuple(map(id, slots))
        found = self._outlines.get(which)
        if found is None:
            if len(self._outlines) >= _OUTLINES:
                self._outlines.clear()
            found = self._outlines[which] = Outline(tuple(slots))
        return found

    # What depends on what -------------------------------------------------------------------------

    def touched(self, name: str) -> frozenset[str]:
        """The questions and groups of which anything may be otherwise once an answer at ``name`` is."""
        found = self._touched.get(name)
        if found is None:
            found = self._touched[name] = self._reading(name) | {name}
        return found

    def moves(self, name: str) -> bool:
        """Whether an answer at ``name`` may change which places there are."""
        found = self._moving.get(name)
        if found is None:
            named, groups = self._definition.by_name, self._definition.groups
            found = name in groups or any(
                one in groups or named[one].relevant is not None for one in self._reading(name)
            )
            self._moving[name] = found
        return found

    def _reading(self, name: str) -> frozenset[str]:
        """What reads an answer at ``name``, however far."""
        reached: set[str] = set()
        waiting = [name]
        while waiting:
            new = self._depending.get(waiting.pop(), frozenset()) - reached
            reached |= new
            waiting += new
        return frozenset(reached)

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


def _when(node: Node) -> When | None:
    """The condition as ``When``: an answer against a code, or against several of them in a row."""
    match node:
        case Comparison(operator="=" | "!=", left=Name(name=name), right=Literal(value=str(code))):
            return When(name, frozenset({code}), node.operator == "=")
        case Logic(operands=operands):
            found = [_when(operand) for operand in operands]
            first = found[0]
            if first is None or first.within is not (node.operator == "or"):
                return None
            if any(one is None or (one.name, one.within) != (first.name, first.within) for one in found):
                return None
            return first._replace(codes=frozenset[str]().union(*(one.codes for one in found if one is not None)))
    return None


def _is_fixed(parts: Sequence[Part]) -> TypeGuard[tuple[tuple[Slot, ...]]]:
    """Whether every slot is always there."""
    return len(parts) == 1 and isinstance(parts[0], tuple)


def _fitting(definition: Questionnaire, question: Question) -> Container[str] | None:
    """See ``Slot.fits``."""
    if question.choice_filter is not None or question.bot.check is not None:
        return ()
    if question.constraint is not None:
        return () if question.is_select else _whole_numbers(question.constraint.tree)
    return definition.codes.get(question.list_name or "", ()) if question.is_select else None


def _whole_numbers(node: Node) -> Container[str]:
    """The whole numbers that a constraint like ``. >= 18 and . <= 120`` allows, as answers; none of any other one."""
    least, most = [], []
    for one in node.operands if isinstance(node, Logic) and node.operator == "and" else (node,):
        match one:
            case Comparison(operator=">=", left=Own(), right=Literal(value=Decimal() as bound)):
                least.append(math.ceil(bound))
            case Comparison(operator=">", left=Own(), right=Literal(value=Decimal() as bound)):
                least.append(math.floor(bound) + 1)
            case Comparison(operator="<=", left=Own(), right=Literal(value=Decimal() as bound)):
                most.append(math.floor(bound))
            case Comparison(operator="<", left=Own(), right=Literal(value=Decimal() as bound)):
                most.append(math.ceil(bound) - 1)
            case _:
                return ()
    if not least or not most or min(most) - max(least) >= _NUMBERS:
        return ()
    return frozenset(map(str, range(max(least), min(most) + 1)))


def _is_calculated(question: Question) -> bool:
    return question.type is QuestionType.CALCULATE or (question.read_only and question.calculation is not None)


def _names(*expressions: Expression | None) -> Iterator[str]:
    for expression in expressions:
        if expression is not None:
            yield from expression.references


def differing(before: Mapping[Key, T], after: Mapping[Key, T]) -> list[Key]:
    """The keys whose values are not the very same."""
    found = [key for key, value in after.items() if before.get(key) is not value]
    return found if before.keys() <= after.keys() else found + [key for key in before if key not in after]


def forget(found: dict[Key, T], names: frozenset[str]) -> None:
    """Let go of what was found out of a form at these names."""
    if found:
        for key in [key for key in found if key.question in names]:
            del found[key]
