"""The functions on dates.  The day and the time come from the scope, never from a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import ROUND_FLOOR, Decimal

from dialogs.definition.expressions.errors import ExpressionError
from dialogs.definition.expressions.functions import Compiled, Kind, function, special
from dialogs.definition.expressions.scope import Scope
from dialogs.definition.expressions.syntax import Call, Literal
from dialogs.definition.expressions.values import (
    NAN,
    ExprValue,
    day_after_epoch,
    days_of,
    number_of,
    read_day,
    read_moment,
    text_of,
)

DATE, NUMBER, TEXT, ANY = Kind.DATE, Kind.NUMBER, Kind.TEXT, Kind.ANY

_DAY_MILLISECONDS = 86_400_000

#: The marks of ODK's ``format-date`` that do not depend on a language.
_MARKS: dict[str, Callable[[datetime], str]] = {
    "Y": lambda m: f"{m.year:04}",
    "y": lambda m: f"{m.year % 100:02}",
    "m": lambda m: f"{m.month:02}",
    "n": lambda m: f"{m.month}",
    "d": lambda m: f"{m.day:02}",
    "e": lambda m: f"{m.day}",
    "H": lambda m: f"{m.hour:02}",
    "h": lambda m: f"{m.hour}",
    "M": lambda m: f"{m.minute:02}",
    "S": lambda m: f"{m.second:02}",
    "3": lambda m: f"{m.microsecond // 1000:03}",
    "%": lambda m: "%",
}


@special("today", 0, 0, DATE)
def today(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    return lambda scope: scope.today().isoformat()


@special("now", 0, 0, DATE)
def now(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    return lambda scope: scope.now().isoformat(timespec="milliseconds")


@function("date", 1, 1, DATE, ANY)
def date_of(value: ExprValue) -> ExprValue:
    """A day from an ISO text or from days since 1970-01-01; empty where it is none."""
    if isinstance(value, str):
        day = read_day(value)
        if day is None:
            days = number_of(value)
            day = None if isinstance(days, float) else day_after_epoch(days)
    elif isinstance(value, Decimal):
        day = day_after_epoch(value)
    else:
        day = None
    return day.isoformat() if day else ""


@function("date-time", 1, 1, DATE, ANY)
def date_time_of(value: ExprValue) -> ExprValue:
    """The moment of an ISO text, of a day at midnight, or of days since 1970-01-01; empty where it is none."""
    if isinstance(value, str) and read_moment(value) is not None:
        return value
    days = number_of(value) if isinstance(value, str | Decimal) else NAN
    day = None if isinstance(days, float) else day_after_epoch(days)
    if day is None or isinstance(days, float):
        return ""
    part = (days - days.to_integral_value(rounding=ROUND_FLOOR)) * _DAY_MILLISECONDS
    moment = datetime.combine(day, time()) + timedelta(milliseconds=min(round(part), _DAY_MILLISECONDS - 1))
    return moment.isoformat(timespec="milliseconds")


@function("decimal-date-time", 1, 1, NUMBER, DATE)
def decimal_date_time(value: ExprValue) -> ExprValue:
    """Days since 1970-01-01 with the time of day as a fraction, by the value's own wall clock."""
    return days_of(text_of(value)) if isinstance(value, str) else NAN


@function("decimal-time", 1, 1, NUMBER, DATE)
def decimal_time(value: ExprValue) -> ExprValue:
    """The time of day as a fraction of a day."""
    days = decimal_date_time(value)
    if not isinstance(days, Decimal) or not days.is_finite():
        return NAN
    return days - days.to_integral_value(rounding=ROUND_FLOOR)


def _format(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
    written = call.arguments[1]
    if not isinstance(written, Literal) or not isinstance(written.value, str):
        raise ExpressionError("literal_expected", call.position, {"function": call.function})
    parts = _read_format(written.value, written.position)
    value = arguments[0]

    def run(scope: Scope) -> ExprValue:
        text = text_of(value(scope))
        moment = read_moment(text)
        if moment is None:
            day = read_day(text)
            if day is None:
                return ""
            moment = datetime.combine(day, time())
        return "".join(part if isinstance(part, str) else part(moment) for part in parts)

    return run


special("format-date", 2, 2, TEXT, DATE, TEXT)(_format)
special("format-date-time", 2, 2, TEXT, DATE, TEXT)(_format)


def _read_format(text: str, position: int) -> list[str | Callable[[datetime], str]]:
    parts: list[str | Callable[[datetime], str]] = []
    characters = iter(text)
    for character in characters:
        if character != "%":
            parts.append(character)
            continue
        mark = next(characters, "")
        if mark not in _MARKS:
            raise ExpressionError("bad_format", position, {"part": "%" + mark})
        parts.append(_MARKS[mark])
    return parts
