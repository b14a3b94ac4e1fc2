"""Two values side by side: which characters make the difference, and what both are once notation is taken out.

Pure.  Width, case, blanks and the many dashes are no difference to look at, so they are not marked.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from storage.reconciliation.comparators import COMPARATORS, FIELD_KINDS
from storage.reconciliation.verdict import Comparator

_DASHES = frozenset("-‐‑‒–—―−ー－﹣ｰ")


@dataclass(frozen=True)
class Piece:
    """A stretch of a value."""

    text: str = field(repr=False)
    differs: bool


def mark(left: str, right: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both values in pieces, those that differ marked; where one is empty nothing is."""
    if not left or not right:
        return _whole(left), _whole(right)
    one, other = _signs(left), _signs(right)
    if "-" not in {sign for sign, _ in one} & {sign for sign, _ in other}:
        # Written without dashes on one side: 090-1234-5678 and 09012345678 differ in none of them.
        one, other = (_without_dashes(signs) for signs in (one, other))
    matcher = SequenceMatcher(None, [sign for sign, _ in one], [sign for sign, _ in other], autojunk=False)
    marks: tuple[set[int], set[int]] = (set(), set())
    for how, a, b, c, d in matcher.get_opcodes():
        if how != "equal":
            marks[0].update(place for _, place in one[a:b])
            marks[1].update(place for _, place in other[c:d])
    return _pieces(left, marks[0]), _pieces(right, marks[1])


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, differs=False),) if text else ()


def _signs(text: str) -> list[tuple[str, int]]:
    """The signs that count, folded, each with its place in the text."""
    signs: list[tuple[str, int]] = []
    for place, raw in enumerate(text):
        folded = "-" if raw in _DASHES else unicodedata.normalize("NFKC", raw).casefold()
        signs += [(sign, place) for sign in folded if not sign.isspace()]
    return signs


def _without_dashes(signs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(sign, place) for sign, place in signs if sign != "-"]


def _pieces(text: str, marked: set[int]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or (place in marked) != (start in marked):
            pieces.append(Piece(text[start:place], differs=start in marked))
            start = place
    return tuple(pieces)


def normalised(name: str, value: str) -> str | None:
    """The value of a field as the comparison sees it; ``None`` where it cannot be read."""
    comparator: Comparator[Any] = COMPARATORS[FIELD_KINDS.get(name, "text")]
    found = comparator.canonical(value) if value.strip() else None
    return None if found is None else _in_words(found[0])


def _in_words(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, tuple) and all(isinstance(part, str) for part in key):
        return "、".join(key)
    if hasattr(key, "numbers"):
        parts = (f"{key.prefecture}{key.district}{key.town}", "-".join(key.numbers), key.building, key.room)
        return " ".join(part for part in parts if part)
    return str(getattr(key, "text", ""))


def owners_of(value: str) -> Sequence[Any]:
    """The owners in a value of that column; nothing where it is no list of them."""
    try:
        found = json.loads(value)
    except ValueError:
        return ()
    return found if isinstance(found, list) and all(isinstance(one, dict) for one in found) else ()
