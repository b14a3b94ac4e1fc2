"""Which answers have to be told apart: the few values that stand for all a question can have.

A condition looks at an answer in few ways (is it this code, is it among the chosen, is it above
this number), so a handful of representatives covers every answer.  A condition that looks in
another way (at the day, at two answers at once, through a function) is an *open* one: it is tried
both ways, and what then fails is reported as not proved, never as wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from itertools import combinations, pairwise

from dialogs.definition.checks.filters import MOST_CHOICES
from dialogs.definition.checks.subject import Subject
from dialogs.definition.expressions.syntax import Call, Comparison, Literal, Logic, Name, Node, Own, walk
from dialogs.definition.expressions.values import day_after_epoch, number_of, text_of
from dialogs.definition.model import Decline, Question, QuestionType

#: An answer that is none of those the form asks about.
OTHER = "\N{BULLET}"

#: Selections of more codes than this are not enumerated.
_MOST_CODES = 6

_CONNECTIVES = frozenset({"not", "if", "true", "false", "boolean"})


@dataclass
class Look:
    """The ways in which conditions look at one answer."""

    codes: set[str] = field(default_factory=set)
    numbers: set[Decimal] = field(default_factory=set)
    #: Looked at in another way, so only complete values would do.
    whole: bool = False


@dataclass(frozen=True)
class Domain:
    """Representatives of the answers that are not empty."""

    #: ``None`` stands for "some answer" where the answers are too many to tell apart.
    values: tuple[str | None, ...]
    #: Those that stand for nothing but themselves; any function may look at them.
    alone: frozenset[str] = frozenset()


def atoms(node: Node) -> Iterator[Node]:
    """The conditions that ``and``, ``or``, ``not`` and ``if`` combine."""
    match node:
        case Logic(operands=operands):
            for operand in operands:
                yield from atoms(operand)
        case Call(function=function, arguments=arguments) if function in _CONNECTIVES:
            for argument in arguments:
                yield from atoms(argument)
        case _:
            yield node


def simple_look(node: Node, own: str) -> tuple[str, str | Decimal] | None:
    """``(name, literal)`` of a condition that compares one answer with one literal."""
    match node:
        case Comparison(left=Literal(value=value), right=Name() | Own() as one):
            pass
        case Comparison(left=Name() | Own() as one, right=Literal(value=value)):
            pass
        case Call(function="selected", arguments=(Name() | Own() as one, Literal(value=value))):
            value = text_of(value)
        case _:
            return None
    ordering = isinstance(node, Comparison) and node.operator not in ("=", "!=")
    if ordering and isinstance(value, str):
        number = number_of(value)
        if isinstance(number, float):
            return None
        value = number
    return (one.name if isinstance(one, Name) else own), value


def looks_of(expressions: Iterable[tuple[Node, str]]) -> dict[str, Look]:
    """How these trees (each with the name that ``.`` means) look at each name."""
    looks: dict[str, Look] = {}
    for tree, own in expressions:
        for atom in atoms(tree):
            found = simple_look(atom, own)
            if found is None:
                for node in walk(atom):
                    if isinstance(node, Name | Own):
                        looks.setdefault(node.name if isinstance(node, Name) else own, Look()).whole = True
                continue
            name, value = found
            look = looks.setdefault(name, Look())
            if isinstance(value, Decimal):
                look.numbers.add(value)
            else:
                look.codes.add(value)
    return looks


def domain_of(subject: Subject, question: Question, look: Look) -> Domain:
    """The representatives of a question's answers for these looks."""
    codes = [choice.name for choice in subject.questionnaire.choices.get(question.list_name or "", ())]
    if question.is_select and not codes:
        return Domain((None,))
    if question.type is QuestionType.SELECT_ONE:
        # With a filter no code stands for another: each is offered when its own row says so.
        if question.choice_filter is not None and len(codes) > MOST_CHOICES:
            return Domain((None,))
        if look.whole or look.numbers or question.choice_filter is not None:
            return Domain(tuple(codes), frozenset(codes))
        rest = [code for code in codes if code not in look.codes]
        named = [code for code in codes if code in look.codes]
        return Domain((*named, *rest[:1]), frozenset(codes if len(rest) < 2 else named))
    if question.type is QuestionType.SELECT_MULTIPLE:
        looked = {code for codes_together in look.codes for code in codes_together.split()}
        named = [code for code in codes if code in looked]
        rest = [code for code in codes if code not in looked]
        if question.choice_filter is None:
            rest = rest[:1]
        if len(named) > _MOST_CODES or len(rest) > _MOST_CODES:
            return Domain((None,))
        sets = [c for size in range(len(named) + 1) for c in combinations(named, size)]
        with_rest = tuple(" ".join((*chosen, other)) for chosen in sets for other in rest)
        without = tuple(" ".join(chosen) for chosen in sets if chosen)
        return Domain(with_rest + without, frozenset(without if rest else with_rest + without))
    return _values(question.type, look)


def _values(kind: QuestionType, look: Look) -> Domain:
    """For each class of texts or numbers that the looks tell apart, a member of it."""
    words = {code for code in look.codes if code}
    if not look.numbers:
        return Domain((*sorted(words), OTHER), frozenset(words))
    bounds = sorted(look.numbers | {n for n in map(number_of, words) if isinstance(n, Decimal)})
    if kind in (QuestionType.INTEGER, QuestionType.DATE):
        whole = sorted({number.to_integral_value(ROUND_FLOOR) + step for number in bounds for step in (-1, 0, 1, 2)})
        # Those at the edges and beside a gap stand for what lies beyond.
        alone = {number for number in whole if number - 1 in whole and number + 1 in whole}
        return Domain(tuple(_written(kind, whole)), frozenset(_written(kind, alone)))
    points = [bounds[0] - 1, *bounds, *((low + high) / 2 for low, high in pairwise(bounds)), bounds[-1] + 1]
    numbers = {text_of(point) for point in points}
    if kind is QuestionType.DECIMAL:
        return Domain(tuple(sorted(words | numbers)), frozenset(map(text_of, bounds)))
    # A text may be the same number as another and yet not the same text.
    others = {f"0{number}" for number in numbers if number[0] != "-"}
    return Domain((*sorted(words | numbers | others), OTHER), frozenset(words))


def _written(kind: QuestionType, numbers: Iterable[Decimal]) -> Iterator[str]:
    for number in numbers:
        day = day_after_epoch(number) if kind is QuestionType.DATE else None
        if kind is QuestionType.INTEGER:
            yield text_of(number)
        elif day is not None:
            yield day.isoformat()


def may_be_empty(question: Question) -> bool:
    """Whether a relevant question can end up without a value also where it is required."""
    return not question.is_asked or question.bot.decline is not Decline.NONE or question.bot.sensitive
