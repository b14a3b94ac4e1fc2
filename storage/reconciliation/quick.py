"""The usual ways of writing a day, a number or a mail address, read without the patience that replies need.

Promise: what is read here is read the same by the reader of replies (tests/storage/reconciliation/test_quick.py);
what is not read here is left to it.  Whole files hold millions of such values.
"""

from __future__ import annotations

import re
from datetime import date

from dialogs.japanese.eras import SOLAR_CALENDAR, SPELLINGS, Era

_DAY = re.compile(
    r"(?P<year>\d{4})(?:(?P<sign>[-/.])(?P<m1>\d{1,2})(?P=sign)(?P<d1>\d{1,2})"
    r"|年 ?(?P<m2>\d{1,2})月 ?(?P<d2>\d{1,2})日|(?P<m3>\d\d)(?P<d3>\d\d))",
    re.ASCII,
)
_ERA_DAY = re.compile(
    r"(?P<era>明治|大正|昭和|平成|令和|[MTSHR明大昭平令])\.?(?P<year>元|\d{1,2})"
    r"(?:年 ?(?P<m1>\d{1,2})月 ?(?P<d1>\d{1,2})日|(?P<sign>[-/.]) ?(?P<m2>\d{1,2})(?P=sign) ?(?P<d2>\d{1,2}))",
    re.ASCII,
)
_KANJI = "(?:[一二三四五六七八]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_KANJI_DAY = re.compile(
    f"(?P<era>明治|大正|昭和|平成|令和)(?P<year>元|{_KANJI})年(?P<month>{_KANJI})月(?P<day>{_KANJI})日"
)
_YEARS = (1800, 2199)
_LETTERS = {"M": "明", "T": "大", "S": "昭", "H": "平", "R": "令"}
_YEN = re.compile(
    r"¥?(?P<plain>[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,14})円?"
    r"|(?:(?P<oku>[1-9]\d{0,3})億)?(?:(?P<man>[1-9],\d{3}|[1-9]\d{0,3})万)?円?",
    re.ASCII,
)
_SEPARATORS = str.maketrans("", "", "-‐‑‒–—―−ー()  ")
_NATIONAL = re.compile(r"0[0-9]{9,10}")
_SEVEN = re.compile(r"〒? ?([0-9]{3})[-‐‑‒–—―−ー]?([0-9]{4})")
_MAIL = re.compile(r"[a-z0-9_](?:[._+-]?[a-z0-9_])*@[a-z0-9](?:[.-]?[a-z0-9])*\.[a-z]{2,12}", re.ASCII | re.IGNORECASE)


def quick_day(text: str) -> str | None:
    """ISO 8601; expects unified width."""
    if match := _DAY.fullmatch(text):
        year = int(match["year"])
        month, day = (int(match[name + "1"] or match[name + "2"] or match[name + "3"]) for name in "md")
        return _iso(year, month, day, None) if _YEARS[0] <= year <= _YEARS[1] else None
    if match := _ERA_DAY.fullmatch(text):
        era = SPELLINGS[_LETTERS.get(match["era"], match["era"][0])]
        year = 1 if match["year"] == "元" else int(match["year"])
        month, day = (int(match[name + "1"] or match[name + "2"]) for name in "md")
        return _iso(era.western_year(year), month, day, era) if year else None
    if match := _KANJI_DAY.fullmatch(text):
        era = SPELLINGS[match["era"][0]]
        year = 1 if match["year"] == "元" else _number(match["year"])
        return _iso(era.western_year(year), _number(match["month"]), _number(match["day"]), era)
    return None


def _number(kanji: str) -> int:
    tens, ten, ones = kanji.rpartition("十")
    digits = "〇一二三四五六七八九"
    return (digits.index(tens or "一") * 10 if ten else 0) + (digits.index(ones) if ones else 0)


def _iso(year: int, month: int, day: int, era: Era | None) -> str | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    if era is not None and (found < max(era.first, SOLAR_CALENDAR) or found > (era.last or date.max)):
        return None
    return found.isoformat() if found.year <= _YEARS[1] else None


def quick_amount(text: str) -> str | None:
    """A whole number of yen; expects unified width."""
    match = _YEN.fullmatch(text)
    if match is None:
        return None
    if match["plain"]:
        return match["plain"].replace(",", "")
    hundreds, tens = (int((match[name] or "0").replace(",", "")) for name in ("oku", "man"))
    return str(hundreds * 10**8 + tens * 10**4) if hundreds or tens else None


def quick_phone(text: str) -> str | None:
    """National digits of a Japanese number; expects unified width."""
    digits = text.translate(_SEPARATORS)
    if digits.startswith("+81"):
        digits = "0" + digits[3:].removeprefix("0")
    return digits if _NATIONAL.fullmatch(digits) else None


def quick_postal_code(text: str) -> str | None:
    """Seven digits; expects unified width."""
    match = _SEVEN.fullmatch(text)
    return match[1] + match[2] if match else None


def quick_email(text: str) -> str | None:
    """A plain mail address in lower case; expects unified width."""
    return text.casefold() if _MAIL.fullmatch(text) else None
