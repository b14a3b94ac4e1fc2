"""The functions that read a question over the instances of its repeat.

One name means all its instances; several arguments of ``min``, ``max`` and ``join`` mean values.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from dialogs.definition.expressions.errors import ExpressionError
from dialogs.definition.expressions.functions import Compiled, Kind, special
from dialogs.definition.expressions.library import whole
from dialogs.definition.expressions.scope import Scope
from dialogs.definition.expressions.syntax import Call, Name, Parent
from dialogs.definition.expressions.values import NAN, ExprValue, Number, add, is_nan, less, number_of, text_of

TEXT, NUMBER, ANY = Kind.TEXT, Kind.NUMBER, Kind.ANY


@special("position", 1, 1, NUMBER, ANY)
def position(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    """``position(..)``: which instance of its repeat this is, from 1; the checker says where it means nothing."""
    if not isinstance(call.arguments[0], Parent):
        raise ExpressionError("parent_expected", call.position, {"function": call.function})
    return lambda scope: Decimal(scope.instance())


@special("indexed-repeat", 3, 3, TEXT, ANY, ANY, NUMBER)
def indexed_repeat(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    """``indexed-repeat(${question}, ${repeat}, number)``: the answer in one instance, empty where there is none."""
    question, repeat, _ = call.arguments
    if not isinstance(question, Name) or not isinstance(repeat, Name):
        raise ExpressionError("name_expected", call.position, {"function": call.function})
    name, number = question.name, arguments[2]

    def run(scope: Scope) -> ExprValue:
        place = whole(number(scope))
        return "" if place is None or place < 1 else scope.of_instance(name, place)

    return run


@special("sum", 1, 1, NUMBER, NUMBER)
def total(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    name = _series_name(call)

    def run(scope: Scope) -> ExprValue:
        result: Number = Decimal(0)
        for value in scope.series(name):
            result = add(result, value)
        return result

    return run


@special("count", 1, 1, NUMBER, ANY)
def count(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    name = _series_name(call)
    return lambda scope: Decimal(len(scope.series(name)))


@special("count-non-empty", 1, 1, NUMBER, ANY)
def count_non_empty(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    name = _series_name(call)
    return lambda scope: Decimal(sum(1 for value in scope.series(name) if value))


@special("join", 2, None, TEXT, TEXT, ANY)
def join(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    """The answers of one question over all instances, or several values, with the first text between them."""
    between, *parts = arguments
    only = call.arguments[1]
    name = only.name if len(parts) == 1 and isinstance(only, Name) else None

    def run(scope: Scope) -> ExprValue:
        values: Sequence[ExprValue] = scope.series(name) if name is not None else [part(scope) for part in parts]
        return text_of(between(scope)).join(map(text_of, values))

    return run


@special("min", 1, None, NUMBER, NUMBER)
def least(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    return _extreme(call, arguments, smallest=True)


@special("max", 1, None, NUMBER, NUMBER)
def greatest(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    return _extreme(call, arguments, smallest=False)


def _extreme(call: Call, arguments: tuple[Compiled, ...], *, smallest: bool) -> Compiled:
    only = call.arguments[0]
    name = only.name if len(call.arguments) == 1 and isinstance(only, Name) else None

    def run(scope: Scope) -> ExprValue:
        values: Sequence[ExprValue] = (
            scope.series(name) if name is not None else [argument(scope) for argument in arguments]
        )
        best: Number = NAN
        for position, value in enumerate(values):
            found = number_of(value)
            if is_nan(found):
                return NAN
            if position == 0 or (less(found, best) if smallest else less(best, found)):
                best = found
        return best

    return run


def _series_name(call: Call) -> str:
    only = call.arguments[0]
    if not isinstance(only, Name):
        raise ExpressionError("name_expected", call.position, {"function": call.function})
    return only.name
