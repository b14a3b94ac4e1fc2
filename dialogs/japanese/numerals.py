"""Numbers as they are written in Japanese: 三百五十万, 1億2千万, 1.5億, 二〇二四, 壱百万, 35百万.

Pure and exact (``Decimal``).  What is not surely one number is ``None``; nothing is guessed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise

_DIGITS = {
    **{char: value for value, char in enumerate("〇一二三四五六七八九")},
    # Formal figures, as on certificates and cheques.
    **{"零": 0, "壱": 1, "壹": 1, "弐": 2, "貳": 2, "参": 3, "參": 3, "肆": 4},
    **{"伍": 5, "陸": 6, "漆": 7, "捌": 8, "玖": 9},
    # Round marks that people type for zero.
    **{"◯": 0, "○": 0},
}
_SMALL_UNITS = {"十": 10, "拾": 10, "百": 100, "陌": 100, "千": 1000, "阡": 1000, "仟": 1000}
_LARGE_UNITS = {"万": 10**4, "萬": 10**4, "億": 10**8, "兆": 10**12}

DIGIT_CHARS = "".join(_DIGITS)
NUMERAL_CHARS = DIGIT_CHARS + "".join(_SMALL_UNITS) + "".join(_LARGE_UNITS)

_DIGIT_TABLE = str.maketrans({char: str(value) for char, value in _DIGITS.items()})
_RUN = re.compile(f"[{DIGIT_CHARS}{''.join(_SMALL_UNITS)}]+")
#: A plain figure: grouped in threes by commas or spaces, or not at all; with decimals.
_PLAIN = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)(?:\.\d+)?")
_TOKEN = re.compile(r"(?P<number>\d[\d, ]*(?:\.\d+)?)|(?P<small>[十拾百陌千阡仟])|(?P<large>[万萬億兆])")

#: 二三人 is "two or three" to one writer and 23 to the next.
_NEIGHBOURS = "|".join(first + second for first, second in pairwise("一二三四五六七八九"))
_TWO_OR_THREE = re.compile(f"(?<![{DIGIT_CHARS}])(?:{_NEIGHBOURS})(?![{DIGIT_CHARS}])")

MAX_LENGTH = 60


def digits_of(text: str) -> str:
    """Kanji digits as figures, one by one: 〇九〇 becomes 090. Units such as 十 stay."""
    return text.translate(_DIGIT_TABLE)


def read_kanji_number(run: str) -> int | None:
    """The value of a run of kanji digits with 十, 百, 千: 二十三 and 二三 are 23; ``None`` if it is malformed."""
    if not run:
        return None
    if all(char in _DIGITS for char in run):
        return int(digits_of(run))
    total, digit, last_unit = 0, None, 10**4
    for char in run:
        if char in _DIGITS:
            if digit is not None:
                return None
            digit = _DIGITS[char]
        elif char in _SMALL_UNITS:
            unit = _SMALL_UNITS[char]
            if unit >= last_unit or digit == 0:
                return None
            total += (1 if digit is None else digit) * unit
            digit, last_unit = None, unit
        else:
            return None
    return total + (digit or 0)


def arabic(text: str) -> str:
    """Every well-formed run of kanji numerals below 万 as figures: 三十九年十月 becomes 39年10月."""

    def figure(match: re.Match[str]) -> str:
        run = match[0]
        if all(char in _DIGITS for char in run):
            return digits_of(run)
        value = read_kanji_number(run)
        return run if value is None else str(value)

    return _RUN.sub(figure, text)


def parse_number(text: str) -> Decimal | None:
    """One number, possibly with kanji digits and units (十 百 千 万 億 兆); ``None`` if it is anything else.

    A factor stands before its unit (1.5億, 35百万, 2,000千); units fall from left to right (1億2千万).
    """
    text = text.strip()
    if not text or len(text) > MAX_LENGTH or _TWO_OR_THREE.search(text):
        return None
    text = digits_of(text)
    if _PLAIN.fullmatch(text):
        return _plain(text)
    total, section, factor = Decimal(0), Decimal(0), None
    last_large, last_small = 10**16, 10**4
    position, seen_section, seen_fraction = 0, False, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        # After 1.5億 nothing more may follow: 1.5億2千万 is nobody's number.
        if match is None or (seen_fraction and match["number"]):
            return None
        position = match.end()
        if number := match["number"]:
            number = number.strip()
            if factor is not None or not _PLAIN.fullmatch(number):
                return None
            factor = _plain(number)
            seen_fraction = "." in number
        elif small := match["small"]:
            unit = _SMALL_UNITS[small]
            too_large = seen_section and factor is not None and factor * unit >= last_small
            if unit >= last_small or factor == 0 or too_large:
                return None
            section += (Decimal(1) if factor is None else factor) * unit
            factor, last_small, seen_section = None, unit, True
        else:
            unit = _LARGE_UNITS[match["large"]]
            part = _sum(section, factor, last_small, seen_section)
            if unit >= last_large or part is None:
                return None
            total += part * unit
            section, factor, last_large, last_small, seen_section = Decimal(0), None, unit, 10**4, False
    if not seen_section and factor is None:
        return total
    rest = _sum(section, factor, last_small, seen_section)
    return None if rest is None or (last_large < 10**16 and rest >= last_large) else total + rest


def _sum(section: Decimal, factor: Decimal | None, last_small: int, seen_section: bool) -> Decimal | None:
    """千五百 and the 30 after it; ``None`` where there is nothing, or the rest is larger than its unit allows."""
    if factor is None:
        return section if seen_section else None
    if seen_section and factor >= last_small:
        return None
    return section + factor


def _plain(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace(" ", ""))
