"""Kana: one script for comparing, and the coarser forms that bank transfers use.

Nothing here guesses a reading; it only says when two spellings sound alike on paper.
"""

from __future__ import annotations

import re

_HIRAGANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_KATAKANA = {after: before for before, after in _HIRAGANA.items()}

_SMALL = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
#: Second-tier folds: written apart, heard alike. A difference here is a variant, never "the same".
_ALIKE = {"ヂ": "ジ", "ヅ": "ズ", "ヲ": "オ", "ヱ": "エ", "ヰ": "イ"}
_VU = re.compile("ヴ([アイエオ])?")
_VU_ROW = {"ア": "バ", "イ": "ビ", "エ": "ベ", "オ": "ボ", None: "ブ"}

#: Full-width katakana as the bank keeps a reading: kana, long mark, middle dot, single spaces.
KATAKANA_READING = re.compile("[ァ-ヺー・]+(?: [ァ-ヺー・]+)*")


def to_katakana(text: str) -> str:
    """Hiragana as katakana; everything else stays."""
    return text.translate(_HIRAGANA)


def to_hiragana(text: str) -> str:
    """Katakana as hiragana where a hiragana exists; everything else stays."""
    return text.translate(_KATAKANA)


def is_katakana_reading(text: str) -> bool:
    """Whether the whole text is full-width katakana with single spaces."""
    return KATAKANA_READING.fullmatch(text) is not None


def transfer_key(reading: str) -> str:
    """A katakana reading as bank transfers write it: no small kana, no long mark, no separators.

    ショウ and ｼﾖｳ have one key, as have オオノ and オーノ's parts without the mark.
    """
    return re.sub("[ー\\-・ 　.]", "", reading.translate(_SMALL))


def alike_key(reading: str) -> str:
    """``transfer_key`` with ヂ/ジ, ヅ/ズ, ヴ/ブ, ヲ/オ folded: for "suspected slip", not for "same"."""
    large = transfer_key(reading)
    large = _VU.sub(lambda match: _VU_ROW[match[1]], large)
    return "".join(_ALIKE.get(char, char) for char in large)
