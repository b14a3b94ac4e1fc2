"""Numbers with a fixed shape: 法人番号, 在留カード番号.

Sources: National Tax Agency (check digit of the corporate number), Immigration Services Agency (two letters,
eight digits, two letters; no public check rule).
"""

from __future__ import annotations

import re

from dialogs.japanese.kana import to_katakana
from dialogs.japanese.numerals import DIGIT_CHARS, digits_of
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, WRITTEN, about, opening, strip_chatter, words
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
_CARD_LEAD = (
    *about("在留カード番号", "在留カード", "カード番号", "番号", "カード", "在留番号"),
    *about(
        "residence card number", "residence card", "card number", "card", "number", "my card number is", "number is"
    ),
    *(
        "在留カードの",
        "カードの",
        "在留カード番号",
        "在留カード",
        "カード番号",
        "番号",
        "No.",
        "No ",
        "no.",
        "my ",
        "card no.",
        "card no",
    ),
)
_TAIL = (*WRITTEN, "番", *CASUAL_TAIL)

_COMPANY_WORDS = (
    "法人|ほうじん|ホウジン|番号|ばんごう|バンゴウ|デス|ハ(?= )|会社|本社|当社|弊社|うち|no|インボイス|適格請求書"
    "|登録|済み?|発行事業者|国税庁|サイト|ネット|見たら|調べたら|確認したら|とうろく|13桁|corporate|company's|company|number|invoice"
)
_CARD_WORDS = (
    "在留|ざいりゅう|ザイリュウ|zairyu|書いて(?:ある|あります|あった)?|id|カード|かーど|番号|ばんごう|等|右上"
    "|印刷|記載|されて|います|見たら|みたら|見て|いま|今|以上|no|number|card|residence|new"
)

_FIGURES = re.compile(f"[\\d{DIGIT_CHARS} .,ー~のノ・_/\\-]+")
_NOT_FIGURES = re.compile(r"\D")
#: Thirteen figures inside a sentence, and a card's number inside one.
_THIRTEEN = re.compile(r"(?<![A-Za-z0-9])(?:T ?-? ?)?\d(?:[ \-]?\d){12}(?![A-Za-z0-9])", re.IGNORECASE)
_CARD = re.compile(r"[A-Z]{2}\d{8}[A-Z]{2}")
_CARD_INSIDE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[ \-]?\d{4}[ \-]?\d{4}[ \-]?[A-Z]{2}(?![A-Za-z0-9])", re.IGNORECASE)
_CARD_SEPARATORS = re.compile(r"[ .,、:・_/()ー\-]|(?<=[A-Za-z0-9])の(?=[A-Za-z0-9])")


#: Until when the card is valid, behind its number: that is asked by itself.
_VALID_UNTIL = re.compile(
    r"(?<=[A-Za-z])[ 、,。(]*(?:で、? ?)?"
    r"(?:(?:有効)?期限|満了日?|有効期間|expires?(?: on)?|valid until|until|exp\.?)?(?:は|が|:)? ?"
    r"(?:令和 ?|R)?\d{1,4}(?:年|[/.\-])\d{1,2}(?:月|[/.\-])\d{1,2}日? ?(?:まで|迄)?(?:有効)?(?:です)?[。)]*$",
    re.IGNORECASE,
)
#: How letters are read out.
_LETTERS = {
    name: letter
    for letter, names in zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        words(
            "エー・エイ ビー シー ディー・デー イー エフ ジー エイチ・エッチ アイ ジェー・ジェイ ケー・ケイ エル"
            " エム エヌ オー ピー キュー"
            " アール エス ティー・テー ユー ブイ・ヴィー ダブリュー・ダブル エックス ワイ ゼット"
        ),
        strict=True,
    )
    for name in names.split("・")
}
_LETTER = "|".join(sorted(_LETTERS, key=len, reverse=True))
_READ_OUT = re.compile(rf"({_LETTER})({_LETTER})(\d{{8}})({_LETTER})({_LETTER})(?:デス)?")


def read_corporate_number(text: str, context: ReplyContext) -> Parsed | Problem:
    """Thirteen digits with their check digit; the T of an invoice number is taken off."""
    plain = opening("corporate_number", text, context)
    if isinstance(plain, Problem):
        return plain
    plain = strip_chatter(plain, lead=_CORPORATE_LEAD, tail=_TAIL).strip("()")
    digits = only_figures(re.sub(r"^[Tt][ \-]?(?=\d)", "", plain))
    if digits is None and (told := lone(plain, _THIRTEEN, _COMPANY_WORDS)):
        digits = _NOT_FIGURES.sub("", told)
    if digits is None:
        return problem("corporate_number.unreadable", context)
    if len(digits) != 13:
        return problem("corporate_number.digits", context, count=str(len(digits)))
    if not is_corporate_number(digits):
        return problem("corporate_number.check_digit", context)
    return Parsed(value=digits, display=digits)


def read_residence_card(text: str, context: ReplyContext) -> Parsed | Problem:
    """Two capitals, eight digits, two capitals."""
    plain = opening("residence_card", text, context)
    if isinstance(plain, Problem):
        return plain
    plain = _VALID_UNTIL.sub("", plain)
    stripped = digits_of(strip_chatter(plain, lead=_CARD_LEAD, tail=_TAIL))
    card = _CARD_SEPARATORS.sub("", stripped).upper()
    if read_out := _READ_OUT.fullmatch(re.sub("[ ・、,]", "", to_katakana(stripped))):
        card = "".join(_LETTERS.get(part, part) for part in read_out.groups())
    if not _CARD.fullmatch(card) and (told := lone(plain, _CARD_INSIDE, _CARD_WORDS)):
        card = _CARD_SEPARATORS.sub("", told).upper()
    if not _CARD.fullmatch(card):
        return problem("residence_card.format", context)
    return Parsed(value=card, display=card)


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
