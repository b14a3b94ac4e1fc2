"""Breaking a text into lines of a width, in Japanese and in languages with words.

Promise: no sign is lost; a line begins with no closing mark and ends with no opening one (the least that JIS X 4051
asks for, by moving the sign before to the next line), and a word is cut only where it is wider than a whole line.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_NOT_FIRST = frozenset("、。，．・：；？！)）]］}｝」』】〉》〕ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;”")
_NOT_LAST = frozenset("(（[［{｛「『【〈《〔〒“")
#: A word of a language that has blanks, a blank, or one sign of any other.
_PIECE = re.compile(r"[\x21-\x28\x2a-\x2b\x2d-\x2d\x2f-\x7e\u00a1-\u024f]+|\s|.", re.DOTALL)


def lines_of(text: str, width: float, width_of: Callable[[str], float]) -> list[str]:
    """The lines, each at most as wide as ``width`` in the unit of ``width_of``."""
    return [line for paragraph in text.split("\n") for line in _broken(paragraph, width, width_of)]


def _broken(paragraph: str, width: float, width_of: Callable[[str], float]) -> list[str]:
    lines: list[str] = []
    line: list[str] = []
    used = 0.0
    for piece in _pieces(paragraph, width, width_of):
        wide = width_of(piece)
        if line and used + wide > width:
            if piece.isspace():
                continue
            carried = _carried(line, piece)
            lines.append("".join(line).rstrip())
            line = carried
            used = sum(map(width_of, line))
        if line or not piece.isspace() or not lines:
            line.append(piece)
            used += wide
    lines.append("".join(line).rstrip())
    return lines


def _carried(line: list[str], following: str) -> list[str]:
    """What the end of ``line`` gives to the next one, which ``following`` begins; the line keeps one piece at least."""
    carried: list[str] = []
    first = following
    while len(line) > 1 and (first[0] in _NOT_FIRST or line[-1] in _NOT_LAST):
        first = line.pop()
        carried.insert(0, first)
    return carried


def _pieces(paragraph: str, width: float, width_of: Callable[[str], float]) -> list[str]:
    return [
        part
        for piece in _PIECE.findall(paragraph)
        for part in (piece if len(piece) > 1 and width_of(piece) > width else (piece,))
    ]
