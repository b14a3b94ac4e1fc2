"""Whether a question takes any answer at all where it is asked: answers are tried, not argued about.

The constraint is judged in three values: true, false, and open where it reads what the case does not tell.
One answer for which it is true settles the matter.  Of a repeat the first instance is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from dialogs.definition.checks.domains import simple_look
from dialogs.definition.checks.scopes import ELSEWHERE, Tried, part
from dialogs.definition.expressions import Expression
from dialogs.definition.expressions.syntax import (
    Arithmetic,
    Call,
    Column,
    Comparison,
    Literal,
    Logic,
    Name,
    Negate,
    Node,
    Own,
    walk,
)
from dialogs.definition.model import Question, QuestionType

#: A day on which dates are tried; what is as true on any other day is all that is believed of it.
A_DAY = date(2026, 4, 1)

#: Over the instances of the question's own repeat: the one on trial is the only one yet.
_SERIES = frozenset({"sum", "count", "count-non-empty", "min", "max", "join"})
_NO_NAMES: frozenset[str] = frozenset()


class Takes(Enum):
    """Whether a question takes an answer."""

    YES = "some answer is taken"
    NO = "every answer there is, is refused"
    OPEN = "not settled"


@dataclass(frozen=True)
class Told:
    """What a case tells of the answers before."""

    values: Mapping[str, str | None]
    #: Whether the value of a name is the very value, not one that stands for several.
    is_exact: Callable[[str, str | None], bool]


@dataclass(frozen=True)
class _Verdict:
    #: ``None`` is open.
    truth: bool | None
    #: The unknown answers from which the one on trial was taken to differ.
    apart: frozenset[str] = _NO_NAMES


def takes(
    question: Question, condition: Expression | None, tried: Iterable[str], told: Told, *, all_there_is: bool
) -> Takes:
    """Whether one of these answers fulfils the condition; ``all_there_is`` when there are no others."""
    verdicts = [
        _Verdict(True) if condition is None else _Trial(question, answer, condition, told).verdict(condition.tree)
        for answer in tried
    ]
    accepted = [verdict for verdict in verdicts if verdict.truth]
    # An unknown answer is the same as one of the tried ones at most, so enough of them are one too many.
    apart = _NO_NAMES.union(*(verdict.apart for verdict in accepted))
    if len(accepted) > len(apart) or any(not verdict.apart for verdict in accepted):
        return Takes.YES
    if all_there_is and all(verdict.truth is False and not verdict.apart for verdict in verdicts):
        return Takes.NO
    return Takes.OPEN


def is_refused(question: Question, answer: str) -> bool:
    """Whether the constraint is sure to refuse an answer, whatever else was answered."""
    if question.constraint is None:
        return False
    verdict = _Trial(question, answer, question.constraint, NOTHING_KNOWN).verdict(question.constraint.tree)
    return verdict.truth is False and not verdict.apart


NOTHING_KNOWN = Told({}, lambda name, value: False)


class _Trial:
    """One answer, judged by one condition."""

    def __init__(self, question: Question, answer: str, condition: Expression, told: Told) -> None:
        self._question = question
        self._told = told
        self._scope = Tried(told.values, answer, question.name, A_DAY)
        self._by_day = condition.reads_clock

    def verdict(self, node: Node) -> _Verdict:
        match node:
            case Logic(operator=operator, operands=operands):
                return self._logic(operator == "or", operands)
            case Call(function="not", arguments=(operand,)):
                inner = self.verdict(operand)
                return _Verdict(None if inner.truth is None else not inner.truth, inner.apart)
            case Call(function="boolean", arguments=(operand,)):
                return self.verdict(operand)
            case Call(function="if", arguments=(condition, yes, no)):
                decided = self.verdict(condition)
                if decided.truth is None:
                    return decided
                taken = self.verdict(yes if decided.truth else no)
                return _Verdict(taken.truth, taken.apart | decided.apart)
            case _:
                return self._atom(node)

    def _logic(self, stop: bool, operands: Iterable[Node]) -> _Verdict:
        supposed: _Verdict | None = None
        is_open = False
        apart = _NO_NAMES
        for operand in operands:
            found = self.verdict(operand)
            apart |= found.apart
            if found.truth is None:
                is_open = True
            elif found.truth is stop:
                if not found.apart:
                    return found
                supposed = supposed or found
        if supposed is not None:
            return supposed
        return _Verdict(None if is_open else not stop, apart)

    def _atom(self, node: Node) -> _Verdict:
        match node:
            case Comparison(operator="=" | "!=", left=Own(), right=Name(name=name)) if not self._is_told(name):
                return _Verdict(node.operator == "!=", frozenset({name}))
            case Comparison(operator="=" | "!=", left=Name(name=name), right=Own()) if not self._is_told(name):
                return _Verdict(node.operator == "!=", frozenset({name}))
            case _:
                return _Verdict(part(node).truth(self._scope) if self._can_be_judged(node) else None)

    def _can_be_judged(self, node: Node) -> bool:
        if self._by_day and not self._is_of_any_day(node):
            return False
        stands_for_all = simple_look(node, self._question.name) is not None
        for each in walk(node):
            match each:
                case Column():
                    return False
                case Call(function=function) if function in ELSEWHERE and function != "today":
                    if function not in _SERIES or not self._is_own(each):
                        return False
                case Name(name=name) if not self._is_told(name):
                    if not stands_for_all or self._told.values.get(name) is None:
                        return False
        return True

    def _is_told(self, name: str) -> bool:
        """Whether a name has one known value; the question's own is the answer on trial."""
        if name == self._question.name:
            return True
        value = self._told.values.get(name)
        return value == "" or self._told.is_exact(name, value)

    def _is_own(self, call: Call) -> bool:
        return all(each.name == self._question.name for each in walk(call) if isinstance(each, Name))

    def _is_of_any_day(self, node: Node) -> bool:
        """Whether a condition on an answer so many days from today is the same on every day."""
        parts = list(walk(node))
        if not any(isinstance(each, Own) or (isinstance(each, Call) and each.function == "today") for each in parts):
            return True
        if self._question.type is not QuestionType.DATE or not isinstance(node, Comparison):
            return False
        if any(isinstance(side, Literal) and side.value == "" for side in (node.left, node.right)):
            return True
        before, after = _days_in(node.left), _days_in(node.right)
        return before is not None and before == after


def _days_in(node: Node) -> int | None:
    """How often the day counts in a sum (``today() - .`` is none); ``None`` where it is no such sum."""
    match node:
        case Own() | Call(function="today"):
            return 1
        case Literal(value=value):
            return None if isinstance(value, str) else 0
        case Call(function="date" | "number" | "decimal", arguments=(only,)):
            return _days_in(only)
        case Call(function="int" | "floor" | "ceiling" | "abs", arguments=(only,)):
            return 0 if _days_in(only) == 0 else None
        case Negate(operand=operand):
            found = _days_in(operand)
            return None if found is None else -found
        case Arithmetic(operator=operator, left=left, right=right):
            before, after = _days_in(left), _days_in(right)
            if before is None or after is None:
                return None
            if operator in ("+", "-"):
                return before + after if operator == "+" else before - after
            return 0 if before == after == 0 else None
        case _:
            return None
