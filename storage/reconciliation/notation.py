"""Ways of writing that change nothing: width, spaces, dashes, case, kanji numerals.

Promise: each step is a function that says whether it did anything, so that the reason of a verdict
names exactly what was taken out.  Nothing here is ever written back to a record.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from dialogs.japanese.width import strip_invisible

#: Everything that is typed for a dash: hyphens, minus signs, the long mark, box drawing, wave dashes.
DASHES = "-‐‑‒–—―−－ーｰ─━⁻₋﹣〜～~"
_DASH = re.compile(f"[{re.escape(DASHES)}]")
_LONG = re.compile(f"(?<=[ァ-ヺー])[{re.escape(DASHES)}]")
_VOICING = str.maketrans({"゛": "\u3099", "゜": "\u309a"})
#: A circled figure beside another figure must not make one number of the two.
_CIRCLED = re.compile("[①-⑳㉑-㉟㊱-㊿❶-❿⑴-⒇⒈-⒛²³¹⁰-⁹₀-₉¼-¾⅐-⅞]")
#: Characters of a numeral as written in addresses and dates.
KANJI_NUMERAL = "[〇零一二三四五六七八九十百千壱弐参拾]+"

#: Forms of a company, each with the way it is spelled out.
_COMPANY = {
    "株": "株式会社",
    "有": "有限会社",
    "合": "合同会社",
    "名": "合名会社",
    "資": "合資会社",
    "医": "医療法人",
    "社": "社団法人",
    "財": "財団法人",
    "一社": "一般社団法人",
    "一財": "一般財団法人",
    "学": "学校法人",
    "宗": "宗教法人",
    "福": "社会福祉法人",
    "同": "合同会社",
    "特非": "特定非営利活動法人",
}
COMPANY_FORMS = tuple(_COMPANY.values())
_COMPANY_BRACKET = re.compile(r"\((" + "|".join(sorted(_COMPANY, key=len, reverse=True)) + r")\)")


class Steps:
    """A text on its way to its canonical key, and the steps that changed it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rules: list[str] = []

    def to(self, text: str, rule: str) -> Steps:
        """The next form; the rule is noted only when it did something."""
        if text != self.text:
            self.text = text
            if rule not in self.rules:
                self.rules.append(rule)
        return self


def unify_width(text: str) -> str:
    """Full and half width, circled and squared forms, compatibility ideographs."""
    text = _CIRCLED.sub(lambda match: f" {match[0]} ", strip_invisible(text).translate(_VOICING))
    return unicodedata.normalize("NFKC", text)


def dashes_between(text: str, before: str, after: str) -> str:
    """Every kind of dash between two kinds of character becomes a hyphen; elsewhere a long mark stays one."""
    return _between(before, after).sub("-", text)


@cache
def _between(before: str, after: str) -> re.Pattern[str]:
    return re.compile(f"(?<={before})\\s*{_DASH.pattern}+\\s*(?={after})")


def without_dashes(text: str) -> str:
    return _DASH.sub("", text)


def without_spaces(text: str) -> str:
    return "".join(text.split())


def long_marks(text: str) -> str:
    """In kana a dash of any kind stands for the long mark (transfer files have no other)."""
    return _LONG.sub("ー", text)


def spell_out_company(text: str) -> str:
    """(株) and ㈱ are 株式会社; expects unified width."""
    return _COMPANY_BRACKET.sub(lambda match: _COMPANY[match[1]], text)
