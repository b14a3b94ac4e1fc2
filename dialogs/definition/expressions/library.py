"""The functions on texts, codes, numbers, conditions, and on repeats."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from dialogs.definition.expressions.errors import ExpressionError
from dialogs.definition.expressions.functions import Compiled, Kind, function, special
from dialogs.definition.expressions.pattern_syntax import PatternError
from dialogs.definition.expressions.patterns import Pattern
from dialogs.definition.expressions.scope import Scope
from dialogs.definition.expressions.syntax import Call, Literal, Name
from dialogs.definition.expressions.values import (
    ARITHMETIC,
    NAN,
    ExprValue,
    Number,
    add,
    is_nan,
    less,
    number_of,
    round_half_up,
    text_of,
    tidy,
    truncate,
    truth_of,
)

TEXT, NUMBER, BOOLEAN, CODES, ANY = Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.CODES, Kind.ANY


# Codes


@function("selected", 2, 2, BOOLEAN, CODES, TEXT)
def selected(codes: ExprValue, code: ExprValue) -> ExprValue:
    return text_of(code) in text_of(codes).split()


@function("count-selected", 1, 1, NUMBER, CODES)
def count_selected(codes: ExprValue) -> ExprValue:
    return Decimal(len(text_of(codes).split()))


@function("selected-at", 2, 2, TEXT, CODES, NUMBER)
def selected_at(codes: ExprValue, index: ExprValue) -> ExprValue:
    chosen = text_of(codes).split()
    place = _index(index)
    return chosen[place] if place is not None and 0 <= place < len(chosen) else ""


@special("jr:choice-name", 2, 2, TEXT, ANY, ANY)
def choice_name(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    question = call.arguments[1]
    if not isinstance(question, Name):
        raise ExpressionError("name_expected", call.position, {"function": call.function})
    name, code = question.name, arguments[0]

    def run(scope: Scope) -> ExprValue:
        chosen = text_of(code(scope))
        return scope.label(name, chosen) if chosen else ""

    return run


# Conditions


@function("true", 0, 0, BOOLEAN)
def true() -> ExprValue:
    return True


@function("false", 0, 0, BOOLEAN)
def false() -> ExprValue:
    return False


@function("not", 1, 1, BOOLEAN, ANY)
def negation(value: ExprValue) -> ExprValue:
    return not truth_of(value)


@function("boolean", 1, 1, BOOLEAN, ANY)
def boolean(value: ExprValue) -> ExprValue:
    return truth_of(value)


@function("boolean-from-string", 1, 1, BOOLEAN, ANY)
def boolean_from_string(value: ExprValue) -> ExprValue:
    return text_of(value) in ("true", "1")


@special("if", 3, 3, ANY, BOOLEAN, ANY)
def if_else(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    condition, yes, no = arguments
    return lambda scope: yes(scope) if truth_of(condition(scope)) else no(scope)


@special("coalesce", 2, None, ANY, ANY)
def coalesce(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    def run(scope: Scope) -> ExprValue:
        value: ExprValue = ""
        for argument in arguments:
            value = argument(scope)
            if value != "" and not is_nan(value):
                break
        return value

    return run


@special("once", 1, 1, ANY, ANY)
def once(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    (first,) = arguments
    return lambda scope: scope.own() or first(scope)


# Texts


@function("string", 1, 1, TEXT, ANY)
def string(value: ExprValue) -> ExprValue:
    return text_of(value)


@function("string-length", 1, 1, NUMBER, ANY)
def string_length(value: ExprValue) -> ExprValue:
    return Decimal(len(text_of(value)))


@function("concat", 1, None, TEXT, ANY)
def concat(*values: ExprValue) -> ExprValue:
    return "".join(text_of(value) for value in values)


@function("contains", 2, 2, BOOLEAN, ANY)
def contains(value: ExprValue, part: ExprValue) -> ExprValue:
    return text_of(part) in text_of(value)


@function("starts-with", 2, 2, BOOLEAN, ANY)
def starts_with(value: ExprValue, part: ExprValue) -> ExprValue:
    return text_of(value).startswith(text_of(part))


@function("ends-with", 2, 2, BOOLEAN, ANY)
def ends_with(value: ExprValue, part: ExprValue) -> ExprValue:
    return text_of(value).endswith(text_of(part))


@function("substr", 2, 3, TEXT, ANY, NUMBER)
def substr(value: ExprValue, start: ExprValue, end: ExprValue | None = None) -> ExprValue:
    """From 0, the end not included, negative places from the back, as in ODK."""
    text = text_of(value)
    first = _index(start)
    last = len(text) if end is None else _index(end)
    return "" if first is None or last is None else text[first:last]


@function("substring-before", 2, 2, TEXT, ANY)
def substring_before(value: ExprValue, part: ExprValue) -> ExprValue:
    before, found, _ = text_of(value).partition(text_of(part)) if part != "" else ("", "", "")
    return before if found else ""


@function("substring-after", 2, 2, TEXT, ANY)
def substring_after(value: ExprValue, part: ExprValue) -> ExprValue:
    return text_of(value).partition(text_of(part))[2] if part != "" else text_of(value)


@function("normalize-space", 1, 1, TEXT, ANY)
def normalize_space(value: ExprValue) -> ExprValue:
    return " ".join(text_of(value).split())


@function("translate", 3, 3, TEXT, ANY)
def translate(value: ExprValue, these: ExprValue, those: ExprValue) -> ExprValue:
    """Each character of the second text becomes the one at its place in the third, or goes."""
    wanted, instead = text_of(these), text_of(those)
    # Of a character that is named twice, the first place counts.
    places = {ord(character): instead[place : place + 1] for place, character in reversed(list(enumerate(wanted)))}
    return text_of(value).translate(places)


@special("regex", 2, 2, BOOLEAN, ANY, TEXT)
def regex(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    written = call.arguments[1]
    if not isinstance(written, Literal) or not isinstance(written.value, str):
        raise ExpressionError("literal_expected", call.position, {"function": call.function})
    try:
        pattern = Pattern(written.value)
    except PatternError as refused:
        raise ExpressionError("bad_pattern", written.position, {"part": refused.reason}) from refused
    value = arguments[0]
    return lambda scope: pattern.matches(text_of(value(scope)))


# Numbers


@function("number", 1, 1, NUMBER, ANY)
def number(value: ExprValue) -> ExprValue:
    return number_of(value)


@function("decimal", 1, 1, NUMBER, ANY)
def decimal(value: ExprValue) -> ExprValue:
    return number_of(value)


@function("pow", 2, 2, NUMBER, NUMBER)
def power(value: ExprValue, exponent: ExprValue) -> ExprValue:
    base, times = number_of(value), number_of(exponent)
    if times == 0:
        return Decimal(1)
    if isinstance(base, float) or isinstance(times, float):
        return NAN
    return tidy(ARITHMETIC.power(base, times))


@function("int", 1, 1, NUMBER, ANY)
def integer(value: ExprValue) -> ExprValue:
    return truncate(value)


@function("round", 1, 2, NUMBER, NUMBER)
def rounded(value: ExprValue, places: ExprValue = Decimal(0)) -> ExprValue:
    count = _index(places)
    return NAN if count is None or abs(count) > 30 else round_half_up(value, count)


@function("floor", 1, 1, NUMBER, NUMBER)
def floor(value: ExprValue) -> ExprValue:
    return _integral(value, ROUND_FLOOR)


@function("ceiling", 1, 1, NUMBER, NUMBER)
def ceiling(value: ExprValue) -> ExprValue:
    return _integral(value, ROUND_CEILING)


@function("abs", 1, 1, NUMBER, NUMBER)
def absolute(value: ExprValue) -> ExprValue:
    found = number_of(value)
    return found if isinstance(found, float) else tidy(ARITHMETIC.abs(found))


# Over the instances of a repeat.  One name means all its instances; several arguments mean values.


@special("sum", 1, 1, NUMBER, ANY)
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


@special("min", 1, None, NUMBER, ANY)
def least(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    return _extreme(call, arguments, smallest=True)


@special("max", 1, None, NUMBER, ANY)
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


def _index(value: ExprValue) -> int | None:
    """A whole number for counting places; ``None`` for NaN and for what no text is long enough for."""
    found = truncate(value)
    if isinstance(found, float) or found.is_infinite() or abs(found) > 1_000_000:
        return None
    return int(found)


def _integral(value: ExprValue, rounding: str) -> Number:
    found = number_of(value)
    if isinstance(found, float) or found.is_infinite():
        return found
    return found.to_integral_value(rounding=rounding)
