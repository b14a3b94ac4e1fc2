"""Names and their readings, as they are to be stored.

Width is put right and nothing else: every kanji stays as typed (a name is not "corrected"), and the
reading is full-width katakana.  What is plainly an answer to something else (同じです, 変わりません)
is refused, because a name that is taken silently cannot be noticed as wrong.
"""

from __future__ import annotations

import re
import unicodedata

from dialogs.japanese.kana import is_katakana_reading, to_hiragana, to_katakana
from dialogs.japanese.morphology import is_family_name_alone, is_family_name_in_kana, words
from dialogs.japanese.municipalities import fold_place
from dialogs.japanese.variants import has_gaiji
from dialogs.japanese.width import strip_variation_selectors, to_storable_width
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import about, opening, strip_chatter
from dialogs.replies.name_words import KANJI, holds_its_reading, is_not_a_name
from dialogs.replies.problems import problem

LONGEST = 60

_LEAD = (
    *about(
        "お名前",
        "名前",
        "おなまえ",
        "なまえ",
        "氏名",
        "しめい",
        "名",
        "本名",
        "フルネーム",
        "フリガナ",
        "ふりがな",
        "カナ",
        "読み",
        "読み方",
        "よみ",
        "よみがな",
        "読み仮名",
        "会社名",
    ),
    *about("私", "わたし", "わたくし", "僕", "俺", "うち", "わし", "おれ", "ぼく"),
    *("お名前 ", "名前 ", "氏名 ", "フリガナ ", "ふりがな "),
    *("漢字で", "カタカナで", "ひらがなで", "カナで", "ローマ字で", "英字で"),
    *("my name is ", "name: ", "name:", "i am ", "i'm ", "this is ", "mr. ", "ms. ", "mrs. "),
)
_TAIL = (
    " desu",
    "様",
    "と申します",
    "ともうします",
    "といいます",
    "って言います",
    "っていいます",
    "という者です",
    "という名前です",
    *(
        mark + became
        for mark in ("に", "へ")
        for became in ("変わりました", "変更しました", "変更になりました", "改姓しました")
    ),
)
_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_NAME = re.compile(f"[{KANJI}ぁ-ゖァ-ヺーヽヾゝゞ{_LETTERS}・.,'’& \\-]+")
_WITH_FIGURES = re.compile(f"[{KANJI}ぁ-ゖァ-ヺーヽヾゝゞ{_LETTERS}0-9・.,'’& \\-()]+")
#: Between Latin names a comma has a meaning, between Japanese ones nobody knows which; no name ends in a dash.
_MISPLACED = re.compile(f"[{KANJI}ぁ-ゖァ-ヺー],|^[-ー]|-$")
_ANY_LETTER = re.compile(f"[{KANJI}ぁ-ゖァ-ヺ{_LETTERS}]")
_CORPORATE = re.compile(
    "株式会社|有限会社|合同会社|合資会社|合名会社|法人|組合|事務所|協会|学園|財団|社団|inc|llc|ltd|corp|gmbh|co\\.",
    re.IGNORECASE,
)
_FEW_KANJI = re.compile(f"[{KANJI}]{{1,5}}")
_FEW_KANA = re.compile("[ぁ-ゖー]{2,6}|[ァ-ヺー]{2,6}")
_COMPANY_AND_PERSON = re.compile("(?:社|法人).* (?:代表|取締役|社長|理事)")
_CORPORATE_MARKS = {
    "㈱": "株式会社",
    "(株)": "株式会社",
    "㍿": "株式会社",
    "㈲": "有限会社",
    "(有)": "有限会社",
    "(同)": "合同会社",
}
#: What people add to a name of kanji: 山田太郎だよ, 山田太郎さん.
_BEHIND_KANJI = re.compile(f"(?<=[{KANJI}])(?:だよ|だね|やで|じゃよ|ですわ| ?さん| ?様)+$")
#: デス in katakana, which foreign names end with as well (フェルナンデス, バルデス).
_BEHIND_READING = re.compile("(?: ?(?<![ンル])デス| サマ)+$")
_BEHIND_HIRAGANA = re.compile("(?<=[ぁ-ゖ]) さん$")
_MARKED = re.compile(f"[{_LETTERS}][\u0300-\u036f]+")
_APOSTROPHES = str.maketrans("`´‘’ʻʼ", "'" * 6)
_NARI = re.compile("[ぁ-ゖー ]*[ぁ-ゖー]なり")
#: やす, まさ, とも: with なり they are given names.
_LONGEST_BEFORE_NARI = 2
#: No reading of a name begins with these.
_NO_BEGINNING = re.compile("(?:^|[ ・])(?:[ャュョッヮー]|$)")


def read_name(text: str, context: ReplyContext) -> Parsed | Problem:
    """A person's or a company's name: kanji, kana or Latin letters, in the width that is stored."""
    typed = _typed("name", text, context)
    if isinstance(typed, Problem):
        return typed
    for mark, word in _CORPORATE_MARKS.items():
        typed = typed.replace(mark, word)
    typed = _BEHIND_KANJI.sub("", typed)
    if has_gaiji(typed):
        return problem("name.gaiji", context)
    if (
        is_not_a_name(typed)
        or _is_still_chatter(typed)
        or _ends_in_nari(typed)
        or _COMPANY_AND_PERSON.search(typed)
        or holds_its_reading(typed)
    ):
        return problem("name.not_a_name", context)
    allowed = _WITH_FIGURES if _CORPORATE.search(typed) else _NAME
    if (
        _MISPLACED.search(typed)
        or not allowed.fullmatch(strip_variation_selectors(typed))
        or not _ANY_LETTER.search(typed)
    ):
        return problem("name.bad_character", context)
    if _FEW_KANJI.fullmatch(typed) and (is_family_name_alone(typed) or is_family_name_alone(fold_place(typed))):
        return problem("name.family_only", context)
    if len(strip_variation_selectors(typed)) < 2:
        return problem("name.not_a_name", context)
    if _FEW_KANA.fullmatch(typed) and is_family_name_in_kana(typed):
        return problem("name.family_only", context)
    return Parsed(value=typed, display=typed)


def read_kana(text: str, context: ReplyContext) -> Parsed | Problem:
    """A reading in full-width katakana; hiragana and half-width kana are turned into it."""
    typed = _typed("kana", text, context)
    if isinstance(typed, Problem):
        return typed
    reading = to_katakana(_BEHIND_HIRAGANA.sub("", typed).replace("-", "ー").replace("=", "・").replace(" ・ ", "・"))
    reading = _BEHIND_READING.sub("", reading)
    if is_not_a_name(typed) or is_not_a_name(reading) or _is_still_chatter(reading) or _ends_in_nari(reading):
        return problem("kana.not_a_name", context)
    if len(reading) < 2:
        return problem("kana.not_a_name", context)
    if not is_katakana_reading(reading) or not re.search("[ァ-ヺ]", reading) or _NO_BEGINNING.search(reading):
        return problem("kana.not_kana", context)
    return Parsed(value=reading, display=reading)


def _ends_in_nari(typed: str) -> bool:
    """Whether kana end in a copula of old (たろうなり), which whole names have as well (やすなり): then it is asked."""
    plain = to_hiragana(typed)
    if not _NARI.fullmatch(plain):
        return False
    *_, before, last = ("", *(word.surface for word in words(plain)))
    return last == "なり" and len(before) > _LONGEST_BEFORE_NARI


def _is_still_chatter(typed: str) -> bool:
    """Whether words around a name are left where its own were taken off: だれだれ様さん."""
    return strip_chatter(typed, lead=_LEAD, tail=_TAIL) != typed


def _typed(kind: str, text: str, context: ReplyContext) -> str | Problem:
    plain = opening(kind, text, context)
    if isinstance(plain, Problem):
        return plain
    typed = strip_chatter(to_storable_width(text.translate(_APOSTROPHES)), lead=_LEAD, tail=_TAIL)
    # マリア＝ルイサ and マリア・ルイサ are one; only the dot is a sign that every system writes.
    typed = re.sub("(?<=[ァ-ヺー])[=＝゠](?=[ァ-ヺ])", "・", typed)
    # Letters that were typed apart from their accents become one, as they are compared and printed.
    typed = _MARKED.sub(lambda match: unicodedata.normalize("NFC", match[0]), typed)
    if not typed:
        return problem(f"{kind}.empty", context)
    return typed if len(typed) <= LONGEST else problem(f"{kind}.too_long", context, limit=str(LONGEST))
