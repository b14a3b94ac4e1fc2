"""在留カード番号: two letters, eight digits, two letters, in whatever way they are typed or read out.

Source: Immigration Services Agency (the shape of the number; there is no public check rule).  What is one letter or
digit too long, or has a letter that looks like a digit, is asked back and says which; nothing is put right unasked.
"""

from __future__ import annotations

import re

from dialogs.japanese.kana import to_katakana
from dialogs.japanese.numerals import digits_of
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, WRITTEN, about, opening, strip_chatter, words
from dialogs.replies.problems import problem
from dialogs.replies.sentences import lone

_LEAD = (
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
_TAIL = (
    *(*WRITTEN, "番", *CASUAL_TAIL),
    *words(
        "で合ってます で合っています であってます で間違いない で間違いありません で間違いないです で間違いございません"
    ),
)
_WORDS = (
    "在留|ざいりゅう|ザイリュウ|zairyu|書いて(?:ある|あります|あった)?|id|カード|かーど|番号|ばんごう|等|右上|ナンバー|なんばー|ビザ|びざ|(?:に)?なった|ワタシ|ノ|ハ|デス"
    "|印刷|記載|されて|います|見たら|みたら|見て|見ました|更新して|いま|今|以上|no|number|card|residence|new|on|here|hi|hello|ok|okay|zairyuu?|ka-?do|bangou?|wa|ha"
)


_CARD = re.compile(r"[A-Z]{2}\d{8}[A-Z]{2}")
_INSIDE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[ \-]?\d{4}[ \-]?\d{4}[ \-]?[A-Z]{2}(?![A-Za-z0-9])", re.IGNORECASE)
_SEPARATORS = re.compile(r"[ .,、。:・_/()+*ー\-]|(?<=[A-Za-z0-9])の(?=[A-Za-z0-9])")


#: Until when the card is valid, behind its number: that is asked by itself.
_VALID_UNTIL = re.compile(
    r"(?<=[A-Za-z])[ 、,。(]*(?:で、? ?)?"
    r"(?:(?:有効)?期限|満了日?|有効期間|expires?(?: on)?|valid until|until|exp\.?)?(?:は|が|:)? ?"
    r"(?:令和 ?|R)?\d{1,4}(?:年|[/.\-])\d{1,2}(?:月|[/.\-])\d{1,2}日? ?(?:まで|迄)?(?:有効)?(?:です)?[。)]*$",
    re.IGNORECASE,
)
#: The vowel that a long mark stands for, as people type it instead: エイビイシイ.
_LONG = {**dict.fromkeys("エケデ", "イエ"), **dict.fromkeys("ビシィイジピニ", "イ"), "オ": "オ", "ゴ": "オ"}
#: What is said of a part of the number, in katakana: 最初がAB、数字が12345678、最後がCD; デ begins a letter, too.
_PART_OF_IT = re.compile(
    "(?:最初|ハジメ|最後|サイゴ|次|ツギ|終ワリ|英語|英字|アルファベット|ローマ字|大文字|数字|(?:ソノ|ノ)(?:アト|後|次)|ソレカラ|続ケテ|ツヅケテ)"
    "(?:ガ|ハ(?!チ))?|ノ|デ(?![ィーイ])|[ .,、。:・_/()+*-]"
)
#: Letters that are taken for digits, and the other way round.
_LOOKS_LIKE = {"O": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8"}
_LOOKED_AT = {digit: letter for letter, digit in _LOOKS_LIKE.items() if letter != "L"}
_SHAPE = "AA00000000AA"
_DESU = re.compile("デス(?:ヨ|ネ)?$")
_LONGEST_SPELLED = 80
#: A text that is a number of this kind in all but its length.
_ABOUT_A_CARD = re.compile("([A-Z]{0,4})([0-9]{4,12})([A-Z]{0,4})")


def _with_vowels(names: dict[str, str]) -> dict[str, str]:
    """The names, the signs themselves, and the names with a vowel for their long mark."""
    spelled = {sign: sign for sign in names.values()} | names
    for name, sign in names.items():
        for vowel in _LONG.get(name[-2:-1], "") if name.endswith("ー") else "":
            spelled.setdefault(name[:-1] + vowel, sign)
    return spelled


#: How letters are read out.
_LETTERS = _with_vowels(
    {
        name: letter
        for letter, names in zip(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            words(
                "エー・エイ ビー シー ディー・デー イー エフ ジー エイチ・エッチ アイ ジェー・ジェイ ケー・ケイ エル"
                " エム エヌ オー ピー キュー"
                " アール エス ティー・テー ユー ブイ・ヴィー ダブリュー・ダブリュ・ダブル・ダブルユー エックス ワイ"
                " ゼット・ズィー"
            ),
            strict=True,
        )
        for name in names.split("・")
    }
)
#: How digits are read out, one by one.
_DIGITS = _with_vowels(
    {
        name: digit
        for digit, names in zip(
            "0123456789",
            words(
                "ゼロ・レイ・マル イチ ニー・ニイ・ニ サン ヨン・シ ゴー・ゴ ロク ナナ・シチ ハチ キュー・キュウ・ク"
            ),
            strict=True,
        )
        for name in names.split("・")
    }
)


def read_residence_card(text: str, context: ReplyContext) -> Parsed | Problem:
    """Two capitals, eight digits, two capitals."""
    plain = opening("residence_card", text, context)
    if isinstance(plain, Problem):
        return plain
    plain = _VALID_UNTIL.sub("", plain)
    stripped = digits_of(strip_chatter(plain, lead=_LEAD, tail=_TAIL))
    card = _SEPARATORS.sub("", stripped).upper()
    if not _CARD.fullmatch(card) and (told := lone(plain, _INSIDE, _WORDS)):
        card = _SEPARATORS.sub("", told).upper()
    if not _CARD.fullmatch(card):
        card = _read_out(stripped) or card
    return Parsed(value=card, display=card) if _CARD.fullmatch(card) else _not_a_card(card, context)


def _read_out(typed: str) -> str | None:
    """A number some of whose signs are spelled: エービー いちにさんよん5678 シーディー; ``None`` if it may be two."""
    spelled = _DESU.sub("", _PART_OF_IT.sub("", to_katakana(typed.upper())))
    if len(spelled) > _LONGEST_SPELLED:
        return None
    found = next(filter(None, (_readings(spelled, digits) for digits in (8, 7, 9))), frozenset())
    return next(iter(found)) if len(found) == 1 else None


def _readings(spelled: str, digits: int) -> frozenset[str]:
    """Every number of two letters, so many digits and two letters that the whole text spells."""
    reached = {0: frozenset(("",))}
    for names in (*(_LETTERS,) * 2, *(_DIGITS,) * digits, *(_LETTERS,) * 2):
        following: dict[int, frozenset[str]] = {}
        for start, numbers in reached.items():
            for name, sign in names.items():
                if spelled.startswith(name, start):
                    end = start + len(name)
                    following[end] = following.get(end, frozenset()) | {number + sign for number in numbers}
        reached = following
    return reached.get(len(spelled), frozenset())


def _not_a_card(card: str, context: ReplyContext) -> Problem:
    """What is wrong with a number: one sign that looks like another, its digits, its length; else its shape."""
    if len(card) == len(_SHAPE) and card.isascii() and card.isalnum():
        wrong = [place for place, sign in enumerate(card) if sign.isdigit() is not _SHAPE[place].isdigit()]
        meant = [(_LOOKED_AT if card[place].isdigit() else _LOOKS_LIKE).get(card[place]) for place in wrong]
        if 0 < len(meant) <= 2 and all(meant):
            params = {"place": str(wrong[0] + 1), "typed": card[wrong[0]], "meant": str(meant[0])}
            return problem("residence_card.look_alike", context, **params)
    if parts := _ABOUT_A_CARD.fullmatch(card):
        if len(parts[1]) == 2 == len(parts[3]):
            return problem("residence_card.digits", context, count=str(len(parts[2])))
        if len(card) != len(_SHAPE):
            return problem("residence_card.length", context, count=str(len(card)))
    return problem("residence_card.format", context)
