"""How words sound: 会社員 as かいしゃいん, so that a reply in kana finds it.

The dictionary is opened with the first word that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.morphology import words

_READABLE = re.compile("[ぁ-ゖー一-鿿々]{2,20}")
_KANJI = re.compile("[一-鿿々]")


def sounds_like(text: str, terms: Iterable[str]) -> bool:
    """Whether a folded text in Japanese sounds like one of the terms, of which at least one of the two has kanji."""
    if not _READABLE.fullmatch(text):
        return False
    return any(
        (_KANJI.search(term) or _KANJI.search(text)) and _reading(term) == _reading(text)
        for term in terms
        if _READABLE.fullmatch(term)
    )


@lru_cache(maxsize=8192)
def _reading(text: str) -> str:
    return "".join(to_hiragana(word.reading) for word in words(text)) if _KANJI.search(text) else text
