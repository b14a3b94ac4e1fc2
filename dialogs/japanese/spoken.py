"""Numbers spelled in kana as they are spoken: さんじゅうごまん, れいわななねん.

Pure.  Only a whole run of number words is read, so that no particle is taken for a figure; whether the
run is a number at all is for ``numerals`` to say.
"""

from __future__ import annotations

import re

from dialogs.japanese.kana import to_hiragana

_WORDS = {
    **{
        "ぜろ": "〇",
        "れい": "〇",
        "いち": "一",
        "いっ": "一",
        "に": "二",
        "さん": "三",
        "よん": "四",
        "よ": "四",
        "し": "四",
    },
    **{"ご": "五", "ろく": "六", "ろっ": "六", "なな": "七", "しち": "七", "はち": "八", "はっ": "八", "きゅう": "九"},
    **{
        "きゅー": "九",
        "く": "九",
        "じゅう": "十",
        "じゅー": "十",
        "じゅっ": "十",
        "じっ": "十",
        "ひゃく": "百",
        "ひゃっ": "百",
    },
    **{"びゃく": "百", "ぴゃく": "百", "せん": "千", "ぜん": "千", "まん": "万", "おく": "億"},
}
_DIGIT_WORDS = {
    **{"ぜろ": "0", "れい": "0", "まる": "0", "いち": "1", "に": "2", "にー": "2", "さん": "3", "よん": "4", "し": "4"},
    **{
        "ご": "5",
        "ごー": "5",
        "ろく": "6",
        "なな": "7",
        "しち": "7",
        "はち": "8",
        "きゅう": "9",
        "きゅー": "9",
        "く": "9",
    },
}
_DIGIT = re.compile("|".join((*sorted(_DIGIT_WORDS, key=len, reverse=True), "[0-9]")))
_DIGITS_READ_OUT = re.compile(f"(?:{_DIGIT.pattern})+")
#: What is said between groups of digits.
_BETWEEN = re.compile("[ 、,・\\-]|の|はいふん")
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_EACH = re.compile(_WORD)
_RUN = re.compile(f"(?:{_WORD})+")


def spoken_number(text: str) -> str | None:
    """A text that is nothing but spoken number words, in kanji numerals; ``None`` for any other."""
    kana = to_hiragana(text)
    return _in_kanji(kana) if _RUN.fullmatch(kana) else None


def spoken_digits(text: str) -> str | None:
    """Digits that are read out one by one, some perhaps as figures: いちぜろごの ゼロゼロ11; ``None`` for any other."""
    kana = _BETWEEN.sub("", to_hiragana(text))
    if not _DIGITS_READ_OUT.fullmatch(kana):
        return None
    return "".join(found[0] if found[0].isdigit() else _DIGIT_WORDS[found[0]] for found in _DIGIT.finditer(kana))


def spoken_before(text: str, units: dict[str, str]) -> str:
    """Spoken numbers before one of the ``units`` as kanji numerals with its sign: ごねん is 五年."""
    return re.sub(
        f"((?:{_WORD})+|\\d+)({'|'.join(units)})",
        lambda match: (match[1] if match[1].isdigit() else _in_kanji(match[1])) + units[match[2]],
        text,
    )


def _in_kanji(kana: str) -> str:
    return "".join(_WORDS[word] for word in _EACH.findall(kana))
