"""Words of a customer as staff may read them away from the conversation: without what obviously tells who it is.

Promise: figures that may be a number of somebody, e-mail addresses, secrets and the names that the bank holds are
masked; what is left may still name others, so a person looks before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dialogs.guard import find_secret
from dialogs.japanese import normalise
from dialogs.japanese.kana import to_hiragana

MASK = "●"
_HIDDEN = MASK * 3
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: Three figures and more, whatever separates them: no year, day or sum is worth the risk.
_FIGURE = "[0-9〇一二三四五六七八九]"
_FIGURES = re.compile(rf"{_FIGURE}(?:[-ー()., /の]{{0,2}}{_FIGURE}){{2,}}|(?:{_FIGURE}|十)+(?:丁目|番地|号室)")
_KANJI = re.compile("[々一-鿿]")
#: Columns of the master record that name somebody.
_NAMES = ("name", "name_kana", "representative_name", "employer", "email")


def names_in(fields: Mapping[str, str]) -> frozenset[str]:
    """How a customer may call himself, by his master record."""
    names: set[str] = set()
    for column in _NAMES:
        whole = normalise(fields.get(column, ""))
        for part in (whole, whole.replace(" ", ""), *whole.split()):
            names |= {part, to_hiragana(part)}
    # One kana would mask half of every sentence.
    return frozenset(name for name in names if len(name) > 1 or _KANJI.fullmatch(name))


def redact(text: str, names: Iterable[str] = ()) -> str:
    """The text in one line and one width, with a mask over what must not be read or copied."""
    text = normalise(text)
    if find_secret(text, expected=None) is not None:
        return _HIDDEN
    text = _FIGURES.sub(_HIDDEN, _EMAIL.sub(_HIDDEN, text))
    # The longest first: a family name must not cut the whole name in two.
    found = sorted(names, key=lambda name: (-len(name), name))
    if found:
        text = re.sub("|".join(map(_pattern, found)), _HIDDEN, text, flags=re.IGNORECASE)
    return text


def _pattern(name: str) -> str:
    """The name where it can be one: a single 森 only where it is no part of another word."""
    return re.escape(name) if len(name) > 1 else f"(?<!{_KANJI.pattern}){name}(?!(?!様|殿){_KANJI.pattern})"


def is_clean(text: str, names: Iterable[str] = ()) -> bool:
    """Whether nothing is to be masked in the text, and nothing was."""
    return MASK not in text and redact(text, names) == normalise(text)
