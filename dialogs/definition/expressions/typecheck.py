"""Finds what an expression can never mean: codes that a list lacks, arithmetic on text, and the like.

Only what is certain is reported; where a type is not known, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from dialogs.definition.expressions.expression import Expression
from dialogs.definition.expressions.functions import FUNCTIONS, Kind
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
    Parent,
    children,
)
from dialogs.definition.expressions.values import is_nan, number_of, text_of


@dataclass(frozen=True)
class NameType:
    """What is known of a value: its kind and, where they are few, all texts it can be."""

    kind: Kind = Kind.ANY
    #: ``None`` is unknown; empty (unanswered) is always possible beside these.
    codes: frozenset[str] | None = None


@dataclass(frozen=True)
class TypeProblem:
    """A finding; its codes are issue codes of the checker."""

    code: str
    position: int
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


_ANY = NameType()
_NOTHING = frozenset({""})
_TEXTUAL = frozenset({Kind.TEXT, Kind.CODE, Kind.CODES})


def check_types(
    expression: Expression,
    types: Mapping[str, NameType],
    *,
    own: NameType = _ANY,
    condition: bool = False,
) -> list[TypeProblem]:
    """Problems of an expression whose names have these types; ``condition`` when it decides something."""
    checker = _Checker(types, own)
    checker.visit(expression.tree, condition=condition)
    return checker.problems


def infer(expression: Expression, types: Mapping[str, NameType]) -> NameType:
    """The type of the expression's value."""
    return _Checker(types, _ANY).type_of(expression.tree)


class _Checker:
    def __init__(self, types: Mapping[str, NameType], own: NameType) -> None:
        self._types = types
        self._own = own
        self.problems: list[TypeProblem] = []

    def _report(self, code: str, node: Node, **params: str) -> None:
        self.problems.append(TypeProblem(code, node.position, MappingProxyType(params)))

    def type_of(self, node: Node) -> NameType:
        match node:
            case Literal(value=value):
                if isinstance(value, Decimal):
                    return NameType(Kind.NUMBER, frozenset({text_of(value)}))
                kind = Kind.ANY if not value or not is_nan(number_of(value)) else Kind.TEXT
                return NameType(kind, frozenset({value}))
            case Name(name=name):
                return self._types.get(name, _ANY)
            case Own():
                return self._own
            case Column() | Parent():
                return _ANY
            case Negate() | Arithmetic():
                return NameType(Kind.NUMBER)
            case Comparison() | Logic():
                return NameType(Kind.BOOLEAN)
            case Call(function="if", arguments=(_, yes, no)):
                return _either(self.type_of(yes), self.type_of(no))
            case Call(function="coalesce", arguments=arguments):
                found = self.type_of(arguments[0])
                for argument in arguments[1:]:
                    found = _either(found, self.type_of(argument))
                return found
            case Call(function="once", arguments=(argument,)):
                return self.type_of(argument)
            case Call(function=function):
                return NameType(FUNCTIONS[function].result)

    def visit(self, node: Node, *, condition: bool) -> None:
        if condition and isinstance(node, Name | Own) and self.type_of(node).kind is not Kind.NUMBER:
            self._report("text_as_condition", node, name=_shown(node))
        match node:
            case Comparison():
                self._comparison(node)
            case Arithmetic(left=left, right=right):
                self._refuse(self._is_text, "arithmetic_on_text", left, right)
            case Negate(operand=operand):
                self._refuse(self._is_text, "arithmetic_on_text", operand)
            case Call():
                self._call(node)
        for position, child in enumerate(children(node)):
            self.visit(child, condition=_is_condition(node, position))

    def _call(self, node: Call) -> None:
        for number, argument in enumerate(node.arguments):
            wanted = FUNCTIONS[node.function].parameter(number)
            if wanted is Kind.NUMBER and self._is_text(argument):
                self._report("text_for_number", argument, name=_shown(argument), function=node.function)
            elif wanted is Kind.CODES and self._is_number(argument):
                self._report("not_a_selection", argument, name=_shown(argument), function=node.function)
        if node.function == "selected":
            self._known_code(*node.arguments)

    def _is_number(self, node: Node) -> bool:
        return isinstance(node, Name | Own) and self.type_of(node).kind in (Kind.NUMBER, Kind.DATE)

    def _refuse(self, unfit: Callable[[Node], bool], code: str, *nodes: Node) -> None:
        for node in nodes:
            if unfit(node):
                self._report(code, node, name=_shown(node))

    def _is_text(self, node: Node) -> bool:
        """Certainly no number: a literal, or the name of a question that takes text or codes."""
        if not isinstance(node, Literal | Name | Own):
            return False
        found = self.type_of(node)
        if found.kind not in _TEXTUAL:
            return False
        return found.codes is None or all(is_nan(number_of(code)) for code in found.codes)

    def _comparison(self, node: Comparison) -> None:
        for one, other in ((node.left, node.right), (node.right, node.left)):
            is_number = isinstance(other, Literal) and isinstance(other.value, Decimal)
            if is_number and isinstance(one, Name | Own) and self.type_of(one).kind is Kind.DATE:
                self._report("date_against_number", one, name=_shown(one), value=_shown(other))
        if node.operator not in ("=", "!="):
            self._refuse(self._is_text, "order_on_text", node.left, node.right)
            return
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, Name | Own) and isinstance(other, Literal):
                if other.value != "" and self.type_of(one).kind is Kind.CODES:
                    self._report("equals_on_multiple", one, name=_shown(one))
                self._known_code(one, other)
                self._known_value(one, other)
                return
        left, right = self.type_of(node.left).codes, self.type_of(node.right).codes
        if left and right and not (left & right) and "" not in left | right:
            self._report("never_equal", node, name=_shown(node.left), value=_shown(node.right))

    def _known_code(self, codes: Node, code: Node) -> None:
        if not isinstance(codes, Name | Own) or not isinstance(code, Literal):
            return
        found, wanted = self.type_of(codes), text_of(code.value)
        if found.codes is not None and wanted and not set(wanted.split()) <= found.codes:
            self._report("unknown_choice", code, name=_shown(codes), value=wanted)

    def _known_value(self, one: Node, literal: Literal) -> None:
        kind = self.type_of(one).kind
        if kind in (Kind.NUMBER, Kind.DATE) and literal.value != "" and is_nan(number_of(literal.value)):
            self._report("never_equal", literal, name=_shown(one), value=text_of(literal.value))


def _either(left: NameType, right: NameType) -> NameType:
    codes = left.codes | right.codes if left.codes is not None and right.codes is not None else None
    if left.kind is right.kind:
        return NameType(left.kind, codes)
    # An empty literal in one branch only says "no answer".
    if left.codes == _NOTHING:
        return NameType(right.kind, codes)
    if right.codes == _NOTHING:
        return NameType(left.kind, codes)
    return NameType(Kind.ANY, codes)


def _is_condition(node: Node, position: int) -> bool:
    """Whether a child decides something, so that a bare text there is a likely slip."""
    if isinstance(node, Logic):
        return True
    return isinstance(node, Call) and (node.function == "not" or (node.function == "if" and position == 0))


def _shown(node: Node) -> str:
    match node:
        case Name(name=name):
            return f"${{{name}}}"
        case Own():
            return "."
        case Literal(value=value):
            return text_of(value)
        case Column(name=name):
            return name
        case Call(function=function):
            return f"{function}()"
        case _:
            return "..."
