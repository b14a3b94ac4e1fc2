"""The values of the language and how one kind becomes another: XPath 1.0's rules with decimals.

A value is a text, a decimal number, NaN, or a truth value.  Unanswered is the empty text, which as
a number is NaN, and every comparison with NaN but ``!=`` is false.  One rule goes beyond XPath, as
in ODK: an ISO date read as a number is the days since 1970-01-01 on its own calendar (its wall
clock, whatever the offset), so dates compare and add up as people expect.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

ExprValue = str | Decimal | float | bool
Number = Decimal | float

#: The only float of the language.
NAN = float("nan")

#: Wide enough for money, narrow enough that no product can grow without bound; nothing traps.
ARITHMETIC = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-999, Emax=999, traps=[])

_ONE, _ZERO, _HALF = Decimal(1), Decimal(0), Decimal("0.5")
_EPOCH = date(1970, 1, 1)
_DAY_MICROSECONDS = 86_400_000_000
_DECIMAL = re.compile(r"[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}[0-9:.+\-Z]*")


def is_nan(value: ExprValue) -> bool:
    return type(value) is float


def tidy(number: Decimal) -> Number:
    """A result of the decimal context, with NaN in the one form that compares quietly."""
    return NAN if number.is_nan() else number


def read_day(text: str) -> date | None:
    """The calendar day of an ISO date or an ISO date and time."""
    if _ISO_DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    moment = read_moment(text)
    return moment.date() if moment else None


def read_moment(text: str) -> datetime | None:
    """The date and time of an ISO text that has both."""
    if not _ISO_MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def days_of(text: str) -> Number:
    """Days since 1970-01-01 of an ISO date or moment, NaN for any other text."""
    if _ISO_DAY.fullmatch(text):
        day = read_day(text)
        return NAN if day is None else Decimal((day - _EPOCH).days)
    moment = read_moment(text)
    if moment is None:
        return NAN
    clock = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    fraction = ARITHMETIC.divide(Decimal(clock // timedelta(microseconds=1)), Decimal(_DAY_MICROSECONDS))
    return ARITHMETIC.add(Decimal((moment.date() - _EPOCH).days), fraction)


def day_after_epoch(days: Decimal) -> date | None:
    """The calendar day so many days after 1970-01-01; ``None`` outside the calendar."""
    if not days.is_finite() or abs(days) > 4_000_000:
        return None
    try:
        return _EPOCH + timedelta(days=int(days.to_integral_value(rounding=ROUND_FLOOR)))
    except OverflowError:
        return None


def number_of(value: ExprValue) -> Number:
    """The value as a number; NaN where it is none."""
    if isinstance(value, bool):
        return _ONE if value else _ZERO
    if not isinstance(value, str):
        return value
    if not value:
        return NAN
    if len(value) <= 30 and value.isascii() and value.isdigit():
        # Most numbers of a form; exact without rounding, so the same as the long way.
        return Decimal(value)
    found = _DECIMAL.fullmatch(value)
    if found:
        return tidy(ARITHMETIC.create_decimal(found[1]))
    return days_of(value)


def text_of(value: ExprValue) -> str:
    """The value as text: numbers in plain decimal notation, truth as ``true`` and ``false``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "NaN"
    if value.is_infinite():
        return "Infinity" if value > 0 else "-Infinity"
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def truth_of(value: ExprValue) -> bool:
    """The value as truth: a text that is not empty, a number that is neither 0 nor NaN."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return False
    return bool(value)


def equal(left: ExprValue, right: ExprValue) -> bool:
    """XPath's ``=``: truth before numbers before text."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return truth_of(left) == truth_of(right)
    return number_of(left) == number_of(right)


def less(left: ExprValue, right: ExprValue) -> bool:
    """XPath's ``<``: always by number."""
    a, b = number_of(left), number_of(right)
    # Ordering a decimal against a NaN raises in Python; in XPath it is simply false.
    return not (isinstance(a, float) or isinstance(b, float)) and a < b


def less_or_equal(left: ExprValue, right: ExprValue) -> bool:
    a, b = number_of(left), number_of(right)
    return not (isinstance(a, float) or isinstance(b, float)) and a <= b


def add(left: ExprValue, right: ExprValue) -> Number:
    a, b = number_of(left), number_of(right)
    return NAN if isinstance(a, float) or isinstance(b, float) else tidy(ARITHMETIC.add(a, b))


def subtract(left: ExprValue, right: ExprValue) -> Number:
    a, b = number_of(left), number_of(right)
    return NAN if isinstance(a, float) or isinstance(b, float) else tidy(ARITHMETIC.subtract(a, b))


def multiply(left: ExprValue, right: ExprValue) -> Number:
    a, b = number_of(left), number_of(right)
    return NAN if isinstance(a, float) or isinstance(b, float) else tidy(ARITHMETIC.multiply(a, b))


def divide(left: ExprValue, right: ExprValue) -> Number:
    a, b = number_of(left), number_of(right)
    return NAN if isinstance(a, float) or isinstance(b, float) else tidy(ARITHMETIC.divide(a, b))


def modulo(left: ExprValue, right: ExprValue) -> Number:
    """The remainder with the sign of the left side, as XPath has it."""
    a, b = number_of(left), number_of(right)
    if isinstance(a, float) or isinstance(b, float) or a.is_infinite() or not b:
        return NAN
    if b.is_infinite():
        return a
    # Exact with as many digits as the quotient has; the general context would give up beyond 34.
    wide = Context(prec=2100, Emin=-9999, Emax=9999, traps=[])
    return tidy(ARITHMETIC.plus(wide.remainder(a, b)))


def negate(value: ExprValue) -> Number:
    number = number_of(value)
    return NAN if isinstance(number, float) else tidy(ARITHMETIC.minus(number))


def truncate(value: ExprValue) -> Number:
    """Towards zero."""
    number = number_of(value)
    if isinstance(number, float) or number.is_infinite():
        return number
    return number.to_integral_value(rounding=ROUND_DOWN)


def round_half_up(value: ExprValue, places: int = 0) -> Number:
    """To the nearest, halves upwards (towards +infinity), as XPath's ``round``."""
    number = number_of(value)
    if isinstance(number, float) or number.is_infinite():
        return number
    wide = Context(prec=2100, Emin=-9999, Emax=9999, traps=[])
    scaled = wide.add(wide.scaleb(number, places), _HALF).to_integral_value(rounding=ROUND_FLOOR)
    return tidy(ARITHMETIC.plus(wide.scaleb(scaled, -places)))
