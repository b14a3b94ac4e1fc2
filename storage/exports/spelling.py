"""Which characters a file can hold, and what stands for those that it cannot.

Promise: no character is lost silently: what an encoding cannot hold becomes 〓 and is listed with its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

GETA = "〓"

#: Characters that CP932 has under another code: the same sign in another table.
_SIBLINGS = str.maketrans({"〜": "～", "−": "－", "—": "―", "–": "－", "‑": "‐", "\u00a0": " ", "¥": "￥", "•": "・"})
_APART = re.compile("[ぁ-ゖァ-ヺ][\u3099\u309a]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CODECS = {"utf-8-sig": "utf-8", "utf-8": "utf-8", "cp932": "cp932"}
ENCODINGS = tuple(_CODECS)


class Why(StrEnum):
    """Why a character could not be written."""

    #: The encoding has no code for it.
    NO_CODE = "no_code"
    #: A variation selector or accent: its character stands, the drawing that it chose is lost.
    MARK_LOST = "mark_lost"
    #: Half of a character, as a telephone may send it.
    HALF = "half"
    #: The font has no drawing for it.
    NO_GLYPH = "no_glyph"
    #: A cell cannot hold so much; its end is missing.
    TOO_LONG = "too_long"
    #: It is not what its column holds (a day, a number); the cell is empty.
    OTHER_TYPE = "other_type"


@dataclass(frozen=True, kw_only=True)
class Unmappable:
    """One character that a file cannot hold, by its place; the row counts from 1 with the header."""

    file: str
    row: int
    column: str
    code_point: str
    reason: Why


#: Takes each character that could not be written.
Losses = Callable[[Unmappable], None]


def codec_of(encoding: str) -> str:
    """The codec of a name in ``ENCODINGS``; raises ``ValueError`` for any other."""
    if encoding not in _CODECS:
        raise ValueError(f"unknown encoding {encoding}")
    return _CODECS[encoding]


def spelled(text: str, codec: str, *, file: str, row: int, column: str, losses: Losses) -> str:
    """The text with a stand-in for what the codec cannot hold."""
    if codec == "cp932":
        composed = _APART.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)
        text = composed.translate(_SIBLINGS)
    elif not _SURROGATE.search(text):
        return text
    out: list[str] = []
    for sign in text:
        if _fits(sign, codec):
            out.append(sign)
            continue
        is_mark = unicodedata.category(sign) == "Mn"
        why = Why.HALF if _SURROGATE.match(sign) else Why.MARK_LOST if is_mark else Why.NO_CODE
        losses(Unmappable(file=file, row=row, column=column, code_point=f"U+{ord(sign):04X}", reason=why))
        out.append("" if is_mark else GETA)
    return "".join(out)


def _fits(sign: str, codec: str) -> bool:
    try:
        sign.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
