"""A questionnaire prepared for checking, and the registry that checks join.

A check is a function from the subject to issues; a new one is a new decorated function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dialogs.definition.expressions import Expression, Kind, parse
from dialogs.definition.expressions.typecheck import NameType, infer
from dialogs.definition.issues import Issue, Place
from dialogs.definition.model import Group, Question, Questionnaire, QuestionType

#: Columns whose expression is evaluated once the question has its answer.
AFTER_ANSWER = frozenset({"constraint", "bot.check", "bot.handover", "bot.end", "bot.proxy"})
#: Columns whose expression decides something.
CONDITIONS = frozenset({"relevant", "required", "choice_filter", *AFTER_ANSWER})


@dataclass(frozen=True, kw_only=True)
class CheckLimits:
    """What the platforms allow, handed in as data; lengths in UTF-16 units, as both platforms count."""

    #: A button.
    label: int = 20
    #: One message.
    text: int = 4096


@dataclass(frozen=True)
class Use:
    """An expression where it stands."""

    owner: Question | Group
    column: str
    expression: Expression

    @property
    def place(self) -> Place:
        return Place(sheet="survey", row=self.owner.row, name=self.owner.name, column=self.column)


class Subject:
    """The questionnaire with what several checks need to look up."""

    def __init__(self, questionnaire: Questionnaire, limits: CheckLimits) -> None:
        self.questionnaire = questionnaire
        self.limits = limits
        self.questions: Mapping[str, Question] = {q.name: q for q in reversed(questionnaire.questions)}
        self.groups = questionnaire.groups

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every expression of the form, in order of rows."""
        found = [use for group in self.groups.values() for use in _group_uses(group)]
        found += [use for question in self.questionnaire.questions for use in _question_uses(question)]
        return tuple(sorted(found, key=lambda use: use.owner.row))

    @cached_property
    def types(self) -> Mapping[str, NameType]:
        """What is known of the value of every question."""
        types: dict[str, NameType] = {}
        for question in self.questionnaire.questions:
            types.setdefault(question.name, self._type_of(question, types))
        return types

    def _type_of(self, question: Question, types: Mapping[str, NameType]) -> NameType:
        if question.calculation is not None:
            return NameType() if question.bot.prefill else infer(question.calculation, types)
        match question.type:
            case QuestionType.INTEGER | QuestionType.DECIMAL:
                return NameType(Kind.NUMBER)
            case QuestionType.DATE:
                return NameType(Kind.DATE)
            case QuestionType.TEXT if question.bot.kind not in ("amount", "yes_no"):
                return NameType(Kind.TEXT)
            case QuestionType.SELECT_ONE:
                return NameType(Kind.CODE, self.codes(question))
            case QuestionType.SELECT_MULTIPLE:
                return NameType(Kind.CODES, self.codes(question))
            case _:
                return NameType()

    def codes(self, question: Question) -> frozenset[str] | None:
        """The codes of a select; ``None`` when its list does not exist."""
        choices = self.questionnaire.choices.get(question.list_name or "")
        return None if choices is None else frozenset(choice.name for choice in choices)

    def around(self, owner: Question | Group) -> Iterator[Group]:
        """The groups around a row, outermost first."""
        return (self.groups[name] for name in owner.groups if name in self.groups)

    def conditions_around(self, owner: Question | Group) -> tuple[Expression, ...]:
        """What must hold for the groups around a row: their relevance and a count above none."""
        found: list[Expression] = []
        for group in self.around(owner):
            if group.relevant is not None:
                found.append(group.relevant)
            if group.name in self.counts:
                found.append(self.counts[group.name])
        return tuple(found)

    @cached_property
    def counts(self) -> Mapping[str, Expression]:
        """That a counted repeat has an instance; read once, for it is asked at every step of a proof."""
        counted = [(group.name, group.repeat_count) for group in self.groups.values()]
        return {name: parse(f"({count.source}) >= 1") for name, count in counted if count is not None}

    def conditions_of(self, owner: Question | Group) -> tuple[Expression, ...]:
        """All that must hold for a row to be relevant."""
        own = () if owner.relevant is None else (owner.relevant,)
        return (*self.conditions_around(owner), *own)

    @cached_property
    def dependencies(self) -> Mapping[str, frozenset[str]]:
        """The names that decide whether, and with which value, a question is there."""
        needed: dict[str, frozenset[str]] = {}
        for question in self.questionnaire.questions:
            expressions = [*self.conditions_of(question)]
            expressions += [e for e in (question.calculation, question.choice_filter, question.required) if e]
            names = frozenset(name for expression in expressions for name in expression.references)
            needed[question.name] = needed.get(question.name, frozenset()) | names
        return needed


Check = Callable[[Subject], Iterable[Issue]]

#: Every check, in the order of registration.
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    """Registers a check."""
    CHECKS.append(function)
    return function


def question_place(question: Question, column: str = "", language: str = "") -> Place:
    return Place(sheet="survey", row=question.row, name=question.name, column=column, language=language)


def is_always_true(expression: Expression | None) -> bool:
    return expression is not None and expression.source.replace(" ", "") == "true()"


def _group_uses(group: Group) -> Iterator[Use]:
    for column, expression in (("relevant", group.relevant), ("repeat_count", group.repeat_count)):
        if expression is not None:
            yield Use(group, column, expression)


def _question_uses(question: Question) -> Iterator[Use]:
    columns = {
        "relevant": question.relevant,
        "required": question.required,
        "constraint": question.constraint,
        "calculation": question.calculation,
        "choice_filter": question.choice_filter,
        "default": question.default,
        "bot.check": question.bot.check,
        "bot.handover": question.bot.handover,
        "bot.end": question.bot.end,
        "bot.proxy": question.bot.proxy,
    }
    for column, expression in columns.items():
        if expression is not None:
            yield Use(question, column, expression)
