"""Characters that are written differently and mean the same name or place.

Promise: 髙 and 高, 邉 and 辺, 𠮷 and 吉 are found equal; look-alikes that the family register keeps
apart stay apart.  Only the family-register scheme of the MJ tables is used: it joins the pairs of
the reference and none of its look-alikes.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from dialogs.japanese.variants import variant_forms
from dialogs.japanese.width import strip_variation_selectors

#: Second-tier kana: what a transfer file or an older spelling writes for the same sound.
_SMALL = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_SOUNDS = str.maketrans("ヂヅヲヰヱ", "ジズオイエ")
_VU = (("ヴァ", "バ"), ("ヴィ", "ビ"), ("ヴェ", "ベ"), ("ヴォ", "ボ"), ("ヴュ", "ビュ"), ("ヴ", "ブ"))


def fold_kana(text: str) -> str:
    """Katakana with small kana made large and rare spellings of one sound joined."""
    for rare, usual in _VU:
        text = text.replace(rare, usual)
    return text.translate(_SMALL).translate(_SOUNDS)


def same_characters(left: str, right: str) -> tuple[str, ...] | None:
    """The rules by which two texts are the same but for character variants; ``None`` where they are not."""
    rules: list[str] = []
    if strip_variation_selectors(left) != left or strip_variation_selectors(right) != right:
        left, right = strip_variation_selectors(left), strip_variation_selectors(right)
        rules.append("selector")
    if left == right:
        return tuple(rules)
    if "々" in left or "々" in right:
        left, right = _repeat(left), _repeat(right)
        rules.append("repetition")
    if len(left) != len(right):
        left, right = fold_kana(left), fold_kana(right)
        rules.append("small_kana")
    if len(left) != len(right):
        return None
    for one, other in zip(left, right, strict=True):
        if one == other:
            continue
        rule = _pair(one, other)
        if rule is None:
            return None
        rules.append(rule)
    return tuple(dict.fromkeys(rules))


def _repeat(text: str) -> str:
    out: list[str] = []
    for mark in text:
        out.append(out[-1] if mark == "々" and out else mark)
    return "".join(out)


@lru_cache(maxsize=16_384)
def _pair(one: str, other: str) -> str | None:
    """The rule that makes two single characters the same."""
    if fold_kana(one) == fold_kana(other):
        return "small_kana"
    if _without_accents(one) == _without_accents(other):
        return "accent"
    if not variant_forms(one).isdisjoint(variant_forms(other)):
        return "kanji_variant"
    return None


def _without_accents(mark: str) -> str:
    """A Latin letter without its accents; kana keep their voicing marks, which are another sound."""
    if ord(mark) > 0x24F:
        return mark
    return "".join(part for part in unicodedata.normalize("NFD", mark) if not unicodedata.combining(part))
