"""Places in a list as customers type them: ２, ②, 二番, No.2, いちばん上, 1から3, 全部.

Only a text that is nothing but a place is one; ``12`` where several may be chosen could be two places.
"""

from __future__ import annotations

import re

from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.numerals import parse_number, read_kanji_number
from dialogs.japanese.spoken import spoken_number
from dialogs.japanese.width import fold, normalise

_NUMBER = re.compile(
    r"(?:no\.? ?|number |option |choice |# ?|番号(?:は)? ?|上から|その|第|\()?"
    r"(?P<number>\d{1,2}|[〇一二三四五六七八九十]{1,3})"
    r"(?:\)|番目|番め|番|ばん|つ目|つめ|個目|こ目|号)?(?:の(?:やつ|もの|方|ほう)?)?(?:\.|です)?"
)
_SPOKEN = re.compile(r"(?P<number>[ぁ-ん]{1,6}?)(?P<place>ばんめ|ばん)?(?:です)?")
_BARE = re.compile(r"(?:\d{1,2}|[〇一二三四五六七八九十]{1,3})(?:です)?")
#: The first and the last of what is shown.
_FIRST = frozenset(("一番上", "いちばん上", "1番上", "一番上の", "一番上のやつ", "the first", "the first one", "first"))
_LAST = frozenset(("一番下", "いちばん下", "1番下", "一番下の", "一番下のやつ", "the last", "the last one", "last"))
#: Between places and words that are listed; a space between Latin words separates nothing.
SEPARATORS = re.compile(
    r" ?(?:[,、，・/／&+\n;。]| and |(?<!ほ)と(?!.{0,2}[てい]|[るりんっく]|こ(?:ろ|$))|および|及び"
    r"|それから|あと(?=.)|ならびに|並びに|や(?=[^ってりるらめわれろすしせ])|(?<=[っいしんきちりめべけせてえれねみ])[ただ]り(?!す|し)"
    r"|(?<=\d)\)(?=[\d(])) ?|(?<![A-Za-z]) +| +(?![A-Za-z])"
)
NUMBER_THEN_WORDS = re.compile(r"(?P<number>\d{1,2})(?:番(?:の|目の)?|[.)): ]|の) ?(?P<words>\D.*)")
SPAN = re.compile(r"(\d{1,2})(?:番)? ?(?:~|から) ?(\d{1,2})(?:番)?(?:まで)?")
DASH_SPAN = re.compile(r"(\d{1,2}) ?- ?(\d{1,2})")
#: Every place at once.
ALL = frozenset(
    fold(word + ending)
    for word, endings in (
        ("全部 ぜんぶ 全て すべて", "_ です 該当 該当します 当てはまる あてはまる 当てはまります あてはまります"),
        ("みんな オール 上記全て 上記すべて 全項目 all everything", "_"),
    )
    for word in word.split()
    for ending in endings.replace("_", "").split(" ")
) | frozenset(map(fold, ("all of them", "all of the above")))
ALL_BUT = (
    re.compile("(?P<but>.+?)(?:以外|を除いて|を除く|を除き)(?:は|の|、)?(?:全部|ぜんぶ|全て|すべて)"),
    re.compile("(?:全部|全て|すべて)(?:で|、)?(?P<but>.+?)(?:以外|を除く)"),
    re.compile("(?:all|everything) (?:but|except(?: for)?) (?P<but>.+)", re.IGNORECASE),
)
_RUN_TOGETHER = re.compile(r"[1-9]{2}")


def place_of(text: str, last: int) -> int | None:
    """The place that the text names, in a list of ``last``; it may lie beyond it."""
    plain = normalise(text).lower()
    if plain in _FIRST or plain in _LAST:
        return 1 if plain in _FIRST else last
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return _spoken_place(plain)
    value = parse_number(match["number"])
    return None if value is None else int(value)


def is_bare(text: str) -> bool:
    """Whether the text is a figure without a word that makes a place of it."""
    return _BARE.fullmatch(normalise(text)) is not None


def run_together(text: str, last: int) -> tuple[int, ...]:
    """The places that 12 may stand for: the twelfth, or the first and the second."""
    if not _RUN_TOGETHER.fullmatch(text) or len(set(text)) == 1 or int(text) > last:
        return ()
    return (*map(int, text), int(text))


def _spoken_place(plain: str) -> int | None:
    """いち, さんばん; a single kana such as に is a place only with ばん."""
    match = _SPOKEN.fullmatch(to_hiragana(plain))
    kanji = spoken_number(match["number"]) if match is not None else None
    if match is None or kanji is None or not (match["place"] or len(match["number"]) > 1):
        return None
    return read_kanji_number(kanji) if len(kanji) == 1 or "十" in kanji else None
