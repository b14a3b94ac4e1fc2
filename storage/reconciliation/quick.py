"""The usual ways of writing a day, a number or a mail address, read without the patience that replies need.

Promise: what is read here is read the same by the reader of replies (tests/storage/reconciliation/test_quick.py);
what is not read here is left to it.  Whole files hold millions of such values.
"""

from __future__ import annotations

import re
from datetime import date

from dialogs.japanese.eras import SPELLINGS

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
_YEARS = (1800, 2199)
#: Years of an era in which every day is its own.
_WHOLE_YEARS = {"明": (6, 44), "大": (2, 14), "昭": (2, 63), "平": (2, 30), "令": (2, 99)}
_LETTERS = {"M": "明", "T": "大", "S": "昭", "H": "平", "R": "令"}
_SEPARATORS = str.maketrans("", "", "-‐‑‒–—―−ー()  ")
_NATIONAL = re.compile(r"0[0-9]{9,10}")
_SEVEN = re.compile(r"〒? ?([0-9]{3})[-‐‑‒–—―−ー]?([0-9]{4})")
_MAIL = re.compile(r"[a-z0-9_](?:[._+-]?[a-z0-9_])*@[a-z0-9](?:[.-]?[a-z0-9])*\.[a-z]{2,12}", re.ASCII | re.IGNORECASE)


def quick_day(text: str) -> str | None:
    """ISO 8601; expects unified width."""
    if match := _DAY.fullmatch(text):
        year = int(match["year"])
        month, day = (match[name + "1"] or match[name + "2"] or match[name + "3"] for name in "md")
    elif match := _ERA_DAY.fullmatch(text):
        era = _LETTERS.get(match["era"], match["era"][0])
        first, last = _WHOLE_YEARS[era]
        if match["year"] == "元" or not first <= int(match["year"]) <= last:
            return None
        year = SPELLINGS[era].western_year(int(match["year"]))
        month, day = (match[name + "1"] or match[name + "2"] for name in "md")
    else:
        return None
    if not _YEARS[0] <= year <= _YEARS[1]:
        return None
    try:
        return date(year, int(month), int(day)).isoformat()
    except ValueError:
        return None


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
