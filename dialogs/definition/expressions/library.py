"""The functions on texts, codes, conditions and numbers."""

from __future__ import annotations

from collections.abc import Callable
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
    less_or_equal,
    number_of,
    round_half_up,
    text_of,
    tidy,
    truncate,
    truth_of,
)

_ZERO = Decimal(0)
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
    place = whole(index)
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


@function("checklist", 3, None, BOOLEAN, NUMBER, NUMBER, ANY)
def checklist(least: ExprValue, most: ExprValue, *conditions: ExprValue) -> ExprValue:
    """Whether so many conditions hold; a bound below 0 is none."""
    return _is_within(least, most, Decimal(sum(map(truth_of, conditions))))


@special("weighted-checklist", 4, None, BOOLEAN, NUMBER, NUMBER, ANY)
def weighted_checklist(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    """Whether the weights of the conditions that hold add up to so much; condition and weight by turns."""
    least, most, *pairs = arguments
    if len(pairs) % 2:
        raise ExpressionError(
            "wrong_argument_count", call.position, {"function": call.function, "given": str(len(arguments))}
        )

    def run(scope: Scope) -> ExprValue:
        total: ExprValue = _ZERO
        for condition, weight in zip(pairs[::2], pairs[1::2], strict=True):
            if truth_of(condition(scope)):
                total = add(total, weight(scope))
        return _is_within(least(scope), most(scope), total)

    return run


def _is_within(least: ExprValue, most: ExprValue, found: ExprValue) -> bool:
    enough = less(least, _ZERO) or less_or_equal(least, found)
    return enough and (less(most, _ZERO) or less_or_equal(found, most))


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
    first = whole(start)
    last = len(text) if end is None else whole(end)
    return "" if first is None or last is None else text[first:last]


@function("substring", 2, 3, TEXT, ANY, NUMBER)
def substring(value: ExprValue, start: ExprValue, length: ExprValue | None = None) -> ExprValue:
    """XPath's own: from 1, and so many characters; places and lengths are rounded."""
    first = round_half_up(start)
    end = Decimal("Infinity") if length is None else add(first, round_half_up(length))
    places = enumerate(text_of(value), 1)
    return "".join(c for at, c in places if less_or_equal(first, Decimal(at)) and less(Decimal(at), end))


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


@function("sqrt", 1, 1, NUMBER, NUMBER)
def square_root(value: ExprValue) -> ExprValue:
    return _by(ARITHMETIC.sqrt, value)


@function("exp", 1, 1, NUMBER, NUMBER)
def exponential(value: ExprValue) -> ExprValue:
    return _by(ARITHMETIC.exp, value)


@function("exp10", 1, 1, NUMBER, NUMBER)
def power_of_ten(value: ExprValue) -> ExprValue:
    return power(Decimal(10), value)


@function("log", 1, 1, NUMBER, NUMBER)
def logarithm(value: ExprValue) -> ExprValue:
    return _by(ARITHMETIC.ln, value)


@function("log10", 1, 1, NUMBER, NUMBER)
def decimal_logarithm(value: ExprValue) -> ExprValue:
    return _by(ARITHMETIC.log10, value)


@function("int", 1, 1, NUMBER, ANY)
def integer(value: ExprValue) -> ExprValue:
    return truncate(value)


@function("round", 1, 2, NUMBER, NUMBER)
def rounded(value: ExprValue, places: ExprValue = Decimal(0)) -> ExprValue:
    count = whole(places)
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


def whole(value: ExprValue) -> int | None:
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


def _by(compute: Callable[[Decimal], Decimal], value: ExprValue) -> Number:
    found = number_of(value)
    return found if isinstance(found, float) else tidy(compute(found))
