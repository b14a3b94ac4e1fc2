"""Whole numbers, decimals and percentages, in figures or in words.

A counter (3人, 2回) is taken off; anything that is not surely one number is refused.
"""

from __future__ import annotations

import re
from decimal import Decimal

from dialogs.japanese.numerals import digits_of, parse_number
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, about, opening, strip_chatter
from dialogs.replies.problems import problem

LARGEST = 10**15

_COUNTERS = (
    *(
        "人",
        "名",
        "名様",
        "回",
        "個",
        "件",
        "社",
        "つ",
        "歳",
        "才",
        "年",
        "年間",
        "日",
        "日間",
        "か月",
        "ヶ月",
        "ヵ月",
        "カ月",
        "ケ月",
        "箇月",
    ),
    *("か国", "ヶ国", "カ国", "口", "株", "枚", "本", "台", "度", "種類", "people", "persons", "times"),
)
_LEAD = (
    *about("人数", "回数", "件数", "年齢", "割合", "比率", "持株比率", "議決権"),
    "約",
    "だいたい",
    "全部で",
    "合計",
)
_TAIL = (*CASUAL_TAIL, "くらい", "ぐらい", "ほど", "程度")
_NATIVE = {
    **{"ひとつ": 1, "一つ": 1, "ふたつ": 2, "みっつ": 3, "よっつ": 4, "いつつ": 5, "むっつ": 6, "ななつ": 7},
    **{"やっつ": 8, "ここのつ": 9, "とお": 10, "ひとり": 1, "一人": 1, "ふたり": 2, "二人": 2},
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"ゼロ": 0, "ぜろ": 0, "zero": 0},
}
_FRACTION = re.compile(r"(\d{1,4}) ?分の ?(\d{1,4})|(\d{1,4}) ?/ ?(\d{1,4})")
_WARI = re.compile(r"(?:(\d{1,2}) ?割)(?: ?(\d) ?分)?(?: ?(\d) ?厘)?")
_PERCENT = re.compile(r" ?(?:%|パーセント|ぱーせんと|パー|プロ|percent)$")
_HALVES = {"半分": 50, "半々": 50, "はんぶん": 50, "half": 50, "全部": 100, "全て": 100, "すべて": 100, "全額": 100}


def read_integer(text: str, context: ReplyContext) -> Parsed | Problem:
    """A whole number."""
    number = _read("integer", text, context)
    if isinstance(number, Problem):
        return number
    if number != number.to_integral_value():
        return problem("integer.fraction", context)
    return Parsed(value=int(number), display=f"{int(number):,}")


def read_decimal(text: str, context: ReplyContext) -> Parsed | Problem:
    """A number with or without decimals."""
    number = _read("decimal", text, context)
    if isinstance(number, Problem):
        return number
    return Parsed(value=float(number), display=_shown(number))


def read_percentage(text: str, context: ReplyContext) -> Parsed | Problem:
    """A share in per cent: 25%, 2割5分, 4分の1, 半分. A bare 0.25 could be either and is refused."""
    plain = opening("percentage", text, context)
    if isinstance(plain, Problem):
        return plain
    plain = strip_chatter(plain.lower(), lead=_LEAD, tail=_TAIL)
    number = _share(plain)
    if number is None:
        return problem("percentage.unreadable", context)
    if number < 0:
        return problem("percentage.negative", context)
    if 0 < number < 1 and not _PERCENT.search(plain) and "." in digits_of(plain).replace("点", "."):
        return problem("percentage.ambiguous", context)
    if number > 100:
        return problem("percentage.over", context)
    value = int(number) if number == number.to_integral_value() else float(number)
    return Parsed(value=value, display=f"{_shown(number)}%")


def _share(plain: str) -> Decimal | None:
    if plain in _HALVES:
        return Decimal(_HALVES[plain])
    figures = digits_of(plain)
    if match := _FRACTION.fullmatch(figures):
        part, whole = (match[2], match[1]) if match[1] else (match[3], match[4])
        return None if int(whole) == 0 else _two_places(Decimal(part) * 100 / Decimal(whole))
    if match := _WARI.fullmatch("10割" if figures == "十割" else figures):
        return Decimal(match[1]) * 10 + Decimal(match[2] or 0) + Decimal(match[3] or 0) / 10
    return _number(_PERCENT.sub("", plain))


def _read(kind: str, text: str, context: ReplyContext) -> Decimal | Problem:
    plain = opening(kind, text, context)
    if isinstance(plain, Problem):
        return plain
    plain = strip_chatter(plain.lower(), lead=_LEAD, tail=_TAIL)
    if plain in _NATIVE:
        return Decimal(_NATIVE[plain])
    number = _number(strip_chatter(plain, tail=_COUNTERS))
    if number is None:
        return problem(f"{kind}.unreadable", context)
    return problem(f"{kind}.too_large", context) if abs(number) > LARGEST else number


def _number(text: str) -> Decimal | None:
    """One number, possibly negative; 三点五 is 3.5."""
    sign = Decimal(1)
    for mark in ("-", "マイナス", "▲"):
        if text.startswith(mark):
            text, sign = text.removeprefix(mark).strip(), Decimal(-1)
            break
    whole, point, places = text.partition("点")
    if point:
        text = f"{digits_of(whole)}.{digits_of(places)}"
    number = parse_number(text.removeprefix("+"))
    return None if number is None else sign * number


def _two_places(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.01")).normalize()


def _shown(number: Decimal) -> str:
    """Without an exponent and without trailing zeros."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
