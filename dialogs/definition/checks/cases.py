"""Follows every path that matters to a question about the form, case by case.

Only the answers that can make a difference take part (the slice), each with its few representative
values.  A condition that cannot be decided from them is tried both ways and the case is marked as
guessed: what holds in all cases is proved; what fails only in guessed ones is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dialogs.definition.checks.acceptable import NOTHING_KNOWN, Takes, takes
from dialogs.definition.checks.domains import Domain, Look, domain_of, looks_of, may_be_empty, simple_look
from dialogs.definition.checks.filters import filters_of
from dialogs.definition.checks.scopes import ELSEWHERE, Known, part
from dialogs.definition.checks.subject import Subject
from dialogs.definition.checks.trials import trials
from dialogs.definition.expressions import Expression
from dialogs.definition.expressions.syntax import Call, Column, Literal, Logic, Name, Node, Own, walk
from dialogs.definition.model import Question

#: Most steps that are taken for one question about the form.
MAX_STEPS = 50_000


class TooManyCases(Exception):
    """The cases are too many to follow; nothing is proved."""


class _Undecided(Exception):
    """A condition is open; carries what it looks like."""

    def __init__(self, key: str) -> None:
        super().__init__("undecided")
        self.key = key


@dataclass(frozen=True)
class Case:
    """One way through the slice: values by name (``None``: not one of a few), open conditions."""

    values: dict[str, str | None] = field(default_factory=dict)
    guesses: dict[str, bool] = field(default_factory=dict)

    def with_value(self, name: str, value: str | None) -> Case:
        return Case({**self.values, name: value}, self.guesses)

    def with_guess(self, key: str, truth: bool) -> Case:
        return Case(self.values, {**self.guesses, key: truth})

    def witness(self, subject: Subject) -> str:
        """The answers that lead here, for people."""
        shown = [
            f"{name}={value}"
            for name, value in self.values.items()
            if value and name in subject.questions and subject.questions[name].is_asked
        ]
        return ", ".join(shown) or "-"


class _Atom:
    """A condition without a condition inside: what it looks at, read once, for it is met at every step."""

    def __init__(self, node: Node, own: str) -> None:
        self.key = _key(node, own)
        seen = {
            each.name if isinstance(each, Name) else own: None for each in walk(node) if isinstance(each, Name | Own)
        }
        self.names = tuple(seen)
        #: Whether it looks at nothing but these names.
        self.is_closed = not any(_looks_elsewhere(each) for each in walk(node))
        self.is_simple = simple_look(node, own) is not None
        self.part = part(node)
        #: By the values of its names; ``None``: they do not tell.
        self.truths: dict[tuple[str | None, ...], bool | None] = {}


class Cases:
    """All cases of the answers that these expressions depend on."""

    def __init__(
        self,
        subject: Subject,
        targets: Iterable[tuple[Expression, str]],
        names: Iterable[str] = (),
        *,
        without: str = "",
        unjudged: str = "",
        before: int | None = None,
    ) -> None:
        """``without`` names a question that takes no part, ``unjudged`` one whose constraint is not asked.

        ``before`` is the row up to which a conversation may have been closed.
        """
        self._subject = subject
        self._unjudged = unjudged
        self._before = before
        self._steps = 0
        self._targets = list(targets)
        seeds = {name for expression, _ in self._targets for name in expression.references} | set(names)
        self._ends: dict[str, Expression] = {}
        self._taking: dict[str, bool] = {}
        #: By the place in memory, with the node itself so that nothing else comes to lie there.
        self._atoms: dict[tuple[int, str], tuple[Node, _Atom]] = {}
        self.names = self._order(self._closure(seeds) - {without})
        self.filters = {name: filters_of(subject, subject.questions[name]) for name in self.names}
        self._looks = looks_of(self._trees())
        self._domains = {name: self._domain(subject.questions[name]) for name in self.names}

    def __iter__(self) -> Iterator[Case]:
        """Every case to its end; those that an ``end`` closes are left out."""
        waiting: list[tuple[int, Case]] = [(0, Case())]
        while waiting:
            self._step()
            position, case = waiting.pop()
            if position == len(self.names):
                yield case
                continue
            for following in self._branches(self._subject.questions[self.names[position]], case):
                waiting.append((position + 1, following))

    def decided(self, expression: Expression, own: str, case: Case) -> Iterator[tuple[bool, Case]]:
        """The truth of an expression in a case; in both guesses where it is open."""
        self._step()
        try:
            yield self._decide(expression.tree, own, case), case
        except _Undecided as open_one:
            for truth in (True, False):
                yield from self.decided(expression, own, case.with_guess(open_one.key, truth))

    def all_hold(self, expressions: Sequence[Expression], own: str, case: Case) -> Iterator[tuple[bool, Case]]:
        """Whether every one of them is true."""
        if not expressions:
            yield True, case
            return
        for truth, following in self.decided(expressions[0], own, case):
            if truth:
                yield from self.all_hold(expressions[1:], own, following)
            else:
                yield False, following

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooManyCases

    def _closure(self, seeds: set[str]) -> set[str]:
        """The names that decide about the seeds, and the ends that look at the same names."""
        known = set(self._subject.questions)
        found: set[str] = set()
        waiting = seeds & known
        while waiting:
            found |= waiting
            more = {other for name in waiting for other in self._subject.dependencies[name]}
            for question in self._subject.questionnaire.questions:
                end = question.bot.end
                if end is None or (self._before is not None and question.row >= self._before):
                    continue
                if ({question.name} | end.references | self._subject.dependencies[question.name]) & found:
                    self._ends[question.name] = end
                    more |= {question.name, *end.references}
            waiting = (more & known) - found
        return found

    def _order(self, names: set[str]) -> tuple[str, ...]:
        """What is read comes first; otherwise the order of the form."""
        ordered: dict[str, None] = {}

        def place(name: str) -> None:
            if name in ordered or name not in names:
                return
            for other in sorted(self._subject.dependencies[name], key=self._row):
                place(other)
            ordered[name] = None

        for name in sorted(names, key=self._row):
            place(name)
        return tuple(ordered)

    def _row(self, name: str) -> int:
        question = self._subject.questions.get(name)
        return question.row if question else 0

    def _trees(self) -> Iterator[tuple[Node, str]]:
        for expression, own in self._targets:
            yield expression.tree, own
        for name, end in self._ends.items():
            yield end.tree, name
        for name in self.names:
            question = self._subject.questions[name]
            for expression in self._subject.conditions_of(question):
                yield expression.tree, name
            for further in (question.calculation, question.constraint, question.required):
                if further is not None:
                    yield further.tree, name
            for left in self.filters[name].values():
                yield left.tree, name

    def _domain(self, question: Question) -> Domain:
        return domain_of(self._subject, question, self._looks.get(question.name, Look()))

    def _branches(self, question: Question, case: Case) -> Iterator[Case]:
        conditions = self._subject.conditions_of(question)
        for relevant, following in self.all_hold(conditions, question.name, case):
            if not relevant:
                yield following.with_value(question.name, "")
                continue
            if question.calculation is not None and question.bot.prefill is None:
                yield from self._calculated(question, question.calculation, following)
                continue
            for value in self._domains[question.name].values:
                for offered in self._taken(question, value, following):
                    yield from self._unless_ended(question, offered)
            for open_, left in self._left_open(question, following):
                if open_:
                    yield left.with_value(question.name, "")

    def _left_open(self, question: Question, case: Case) -> Iterator[tuple[bool, Case]]:
        """Whether a relevant question can end up without a value."""
        if may_be_empty(question) or question.required is None:
            yield True, case
            return
        for required, following in self.decided(question.required, question.name, case):
            yield not required, following

    def _taken(self, question: Question, value: str | None, case: Case) -> Iterator[Case]:
        """The case with that answer, unless the choice filter or the constraint is sure to refuse it."""
        answered = case.with_value(question.name, value)
        if question.constraint is not None and question.name != self._unjudged:
            try:
                if not self._decide(question.constraint.tree, question.name, answered):
                    return
            except _Undecided:
                # Of the values that this one stands for, one that is taken will do.
                if self.is_exact(question.name, value) or not self._takes_something(question):
                    answered = answered.with_guess(f"{question.name} takes {value}", True)
        filters = self.filters[question.name]
        needed = [filters[code] for code in (value or "").split() if code in filters]
        for offered, following in self.all_hold(needed, question.name, answered):
            if offered:
                yield following

    def _takes_something(self, question: Question) -> bool:
        """Whether a constraint that reads only the answer itself is known to take one."""
        if question.name not in self._taking:
            tried, _ = trials(self._subject, question)
            found = takes(question, question.constraint, tried, NOTHING_KNOWN, all_there_is=False)
            self._taking[question.name] = found is Takes.YES
        return self._taking[question.name]

    def _unless_ended(self, question: Question, case: Case) -> Iterator[Case]:
        end = self._ends.get(question.name)
        if end is None:
            yield case
            return
        for ended, following in self.decided(end, question.name, case):
            if not ended:
                yield following

    def _calculated(self, question: Question, calculation: Expression, case: Case) -> Iterator[Case]:
        """The value where all it reads is known exactly, else not one of a few."""
        for value, following in self._value(calculation.tree, question.name, case):
            yield following.with_value(question.name, value)

    def _value(self, node: Node, own: str, case: Case) -> Iterator[tuple[str | None, Case]]:
        match node:
            case Call(function="if", arguments=(condition, yes, no)):
                holds = part(condition)
                for truth, following in self.decided(holds, own, case):
                    yield from self._value(yes if truth else no, own, following)
            case Literal():
                yield part(node).text(_scope(case, own)), case
            case Name(name=name):
                value = case.values.get(name)
                yield (value if self.is_exact(name, value) else None), case
            case _:
                names = [each.name for each in walk(node) if isinstance(each, Name)]
                exact = all(self.is_exact(name, case.values.get(name)) for name in names)
                known = self._is_known(node, own, case) and exact
                yield (part(node).text(_scope(case, own)) if known else None), case

    def is_exact(self, name: str, value: str | None) -> bool:
        """Whether a value in a case is the very value, not one that stands for several."""
        question = self._subject.questions.get(name)
        if value is None or question is None:
            return False
        calculated = question.calculation is not None and question.bot.prefill is None
        return not value or calculated or (name in self._domains and value in self._domains[name].alone)

    def _is_known(self, node: Node, own: str, case: Case) -> bool:
        atom = self._atom(node, own)
        return atom.is_closed and all(case.values.get(name) is not None for name in atom.names)

    def _decide(self, node: Node, own: str, case: Case) -> bool:
        match node:
            case Logic(operator=operator, operands=operands):
                return self._decide_logic(operator == "or", operands, own, case)
            case Call(function="not", arguments=(operand,)):
                return not self._decide(operand, own, case)
            case Call(function="boolean", arguments=(operand,)):
                return self._decide(operand, own, case)
            case Call(function="if", arguments=(condition, yes, no)):
                return self._decide(yes if self._decide(condition, own, case) else no, own, case)
            case _:
                return self._decide_atom(node, own, case)

    def _decide_logic(self, stop: bool, operands: Sequence[Node], own: str, case: Case) -> bool:
        open_one: _Undecided | None = None
        for operand in operands:
            try:
                if self._decide(operand, own, case) is stop:
                    return stop
            except _Undecided as undecided:
                open_one = open_one or undecided
        if open_one is not None:
            raise open_one
        return not stop

    def _decide_atom(self, node: Node, own: str, case: Case) -> bool:
        atom = self._atom(node, own)
        values = tuple(map(case.values.get, atom.names))
        if values not in atom.truths:
            atom.truths[values] = self._told(atom, node, own, case)
        truth = atom.truths[values]
        if truth is not None:
            return truth
        if atom.key not in case.guesses:
            raise _Undecided(atom.key)
        return case.guesses[atom.key]

    def _told(self, atom: _Atom, node: Node, own: str, case: Case) -> bool | None:
        """What the answers themselves say."""
        if not self._is_known(node, own, case):
            return None
        if atom.is_simple or all(self.is_exact(name, case.values[name]) for name in atom.names):
            return atom.part.truth(_scope(case, own))
        return None

    def _atom(self, node: Node, own: str) -> _Atom:
        found = self._atoms.get((id(node), own))
        if found is None:
            found = self._atoms[id(node), own] = node, _Atom(node, own)
        return found[1]


def _looks_elsewhere(node: Node) -> bool:
    return isinstance(node, Column) or (isinstance(node, Call) and node.function in ELSEWHERE)


def _scope(case: Case, own: str) -> Known:
    return Known(case.values, case.values.get(own) or "")


def _key(node: Node, own: str) -> str:
    """The same text for the same open condition, wherever it stands."""
    parts = []
    for each in walk(node):
        shown = own if isinstance(each, Own) else ""
        for attribute in ("name", "value", "operator", "function"):
            shown += str(getattr(each, attribute, ""))
        parts.append(f"{type(each).__name__}:{shown}")
    return "|".join(parts)
