"""Turns a tree into one closure, once; nothing is looked up or parsed again at evaluation.

The shapes that conditions are made of (an answer against a code, ``selected``) get closures of
their own; the meaning is that of the general case, and a test holds both against each other.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal

from dialogs.definition.expressions.functions import FUNCTIONS, Compiled
from dialogs.definition.expressions.scope import Scope
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
)
from dialogs.definition.expressions.values import (
    ExprValue,
    add,
    divide,
    equal,
    less,
    less_or_equal,
    modulo,
    multiply,
    negate,
    number_of,
    subtract,
    truth_of,
)

_ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_ARITHMETIC: dict[str, Callable[[ExprValue, ExprValue], ExprValue]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "div": divide,
    "mod": modulo,
}


def compile_node(node: Node) -> Compiled:
    """The closure of a tree; raises ``ExpressionError`` where a function refuses its arguments."""
    match node:
        case Literal(value=value):
            return lambda scope: value
        case Name(name=name):
            return lambda scope: scope.value(name)
        case Own():
            return lambda scope: scope.own()
        case Column(name=name):
            return lambda scope: scope.column(name)
        case Parent():
            # Never a value of its own: the parser takes it in ``position(..)`` only.
            return lambda scope: ""
        case Negate(operand=operand):
            inner = compile_node(operand)
            return lambda scope: negate(inner(scope))
        case Arithmetic(left=left, right=right):
            return _binary(_ARITHMETIC[node.operator], compile_node(left), compile_node(right))
        case Comparison():
            return _comparison(node)
        case Logic(operands=operands):
            return _logic(node.operator, tuple(compile_node(operand) for operand in operands))
        case Call():
            return _call(node)


def _binary(apply: Callable[[ExprValue, ExprValue], ExprValue], left: Compiled, right: Compiled) -> Compiled:
    return lambda scope: apply(left(scope), right(scope))


def _comparison(node: Comparison) -> Compiled:
    special = _against_code(node) or _against_number(node)
    if special is not None:
        return special
    left, right = compile_node(node.left), compile_node(node.right)
    match node.operator:
        case "=":
            return lambda scope: equal(left(scope), right(scope))
        case "!=":
            return lambda scope: not equal(left(scope), right(scope))
        case "<":
            return lambda scope: less(left(scope), right(scope))
        case "<=":
            return lambda scope: less_or_equal(left(scope), right(scope))
        case ">":
            return lambda scope: less(right(scope), left(scope))
        case _:
            return lambda scope: less_or_equal(right(scope), left(scope))


def _against_code(node: Comparison) -> Compiled | None:
    """``${q} = 'code'``: text against text, so plain equality of strings."""
    left, right = node.left, node.right
    if isinstance(left, Literal):
        left, right = right, left
    if not (isinstance(right, Literal) and isinstance(right.value, str) and node.operator in ("=", "!=")):
        return None
    code, wanted = right.value, node.operator == "="
    if isinstance(left, Name):
        name = left.name
        return lambda scope: (scope.value(name) == code) is wanted
    if isinstance(left, Own):
        return lambda scope: (scope.own() == code) is wanted
    return None


def _against_number(node: Comparison) -> Compiled | None:
    """``${age} >= 18``: the number on the right needs no conversion each time."""
    compare = _ORDERS.get(node.operator)
    if compare is None or not (isinstance(node.right, Literal) and isinstance(node.right.value, Decimal)):
        return None
    left, bound = compile_node(node.left), node.right.value

    def run(scope: Scope) -> ExprValue:
        value = number_of(left(scope))
        return not isinstance(value, float) and compare(value, bound)

    return run


def _logic(word: str, operands: tuple[Compiled, ...]) -> Compiled:
    stop = word == "or"

    def run(scope: Scope) -> ExprValue:
        for operand in operands:
            value = operand(scope)
            if (value if isinstance(value, bool) else truth_of(value)) is stop:
                return stop
        return not stop

    return run


def _call(node: Call) -> Compiled:
    if node.function == "selected":
        codes, code = node.arguments
        if isinstance(codes, Name) and isinstance(code, Literal) and not isinstance(code.value, Decimal):
            name, wanted = codes.name, code.value
            return lambda scope: wanted in scope.value(name).split()
    arguments = tuple(compile_node(argument) for argument in node.arguments)
    return FUNCTIONS[node.function].build(node, arguments)
