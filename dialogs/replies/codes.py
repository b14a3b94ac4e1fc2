"""法人番号: thirteen digits, the first of which checks the others.

Source: National Tax Agency (check digit of the corporate number).
"""

from __future__ import annotations

import re

from dialogs.japanese.numerals import DIGIT_CHARS, digits_of
from dialogs.japanese.romaji import from_romaji
from dialogs.japanese.spoken import spoken_digits
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, WRITTEN, about, opening, strip_chatter
from dialogs.replies.problems import problem
from dialogs.replies.sentences import lone

_OURS = ("当社の", "弊社の", "当法人の", "会社の", "わが社の", "我が社の", "my ", "our ")
_CORPORATE_LEAD = (
    *about("法人番号", "番号", "登録番号", "インボイス番号", "インボイス", "当社", "弊社", "会社"),
    *about("corporate number", "company number", "corporate number is", "number is", "number"),
    *(
        "法人番号",
        "登録番号",
        "番号",
        "国税庁の",
        "適格請求書の",
        "適格請求書発行事業者の",
        "インボイスの",
        "No.",
        "No ",
        "no.",
        *_OURS,
    ),
)
_TAIL = (*WRITTEN, "番", *CASUAL_TAIL)

_COMPANY_WORDS = (
    "法人|ほうじん|ホウジン|番号|ばんごう|バンゴウ|デス|ハ(?= )|会社|本社|当社|弊社|うち|no|インボイス|適格請求書"
    "|登録|済み?|発行事業者|国税庁|サイト|ネット|見たら|調べたら|確認したら|とうろく|13桁|corporate|company's|company|number|invoice"
)
_FIGURES = re.compile(f"[\\d{DIGIT_CHARS} .,ー~のノ・_/\\-]+")
_NOT_FIGURES = re.compile(r"\D")
#: Thirteen figures inside a sentence.
_THIRTEEN = re.compile(r"(?<![A-Za-z0-9])(?:T ?-? ?)?\d(?:[ \-]?\d){12}(?![A-Za-z0-9])", re.IGNORECASE)


def read_corporate_number(text: str, context: ReplyContext) -> Parsed | Problem:
    """Thirteen digits with their check digit; the T of an invoice number is taken off."""
    plain = opening("corporate_number", text, context)
    if isinstance(plain, Problem):
        return plain
    plain = strip_chatter(plain, lead=_CORPORATE_LEAD, tail=_TAIL).strip("()")
    digits = only_figures(re.sub(r"^[Tt][ \-]?(?=\d)", "", plain))
    if digits is None and (told := lone(plain, _THIRTEEN, _COMPANY_WORDS)):
        digits = _NOT_FIGURES.sub("", told)
    digits = digits or spoken_digits(from_romaji(plain) or plain)
    if digits is None:
        return problem("corporate_number.unreadable", context)
    if len(digits) != 13:
        return problem("corporate_number.digits", context, count=str(len(digits)))
    if not is_corporate_number(digits):
        return problem("corporate_number.check_digit", context)
    return Parsed(value=digits, display=digits)


def is_corporate_number(digits: str) -> bool:
    """Whether 13 ASCII digits carry the right check digit: 9 minus the weighted sum of the last 12, modulo 9."""
    if len(digits) != 13 or not digits.isascii() or not digits.isdigit():
        return False
    total = sum(int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits[1:])))
    return int(digits[0]) == 9 - total % 9


def only_figures(plain: str) -> str | None:
    """The digits of a text that holds nothing else than digits and separators."""
    if not _FIGURES.fullmatch(plain):
        return None
    return _NOT_FIGURES.sub("", digits_of(plain)) or None
