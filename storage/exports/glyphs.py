"""The font of every page that is drawn, and what stands for a sign that it does not have.

Promise: the font comes with the program, so nothing depends on the reader's machine, and no sign becomes an empty
box: what the font lacks is 〓, and its place is reported.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from storage.exports.spelling import GETA, Why

_FONT = ("noto_cjk_sans_jp_regular", "NotoSansCJKjp-Regular.otf")

#: Takes each sign that could not be drawn as it is, and why.
Missing = Callable[[str, Why], None]


@contextmanager
def font_file() -> Iterator[Path]:
    """The font as a file."""
    with as_file(files(_FONT[0]) / _FONT[1]) as font:
        yield font


def embed(pdf: Any, font: Path) -> Container[int]:
    """Make the font known to ``pdf`` as ``noto``; the code points that it has."""
    pdf.add_font("noto", "", font)
    embedded = pdf.fonts["noto"]
    # The bounds of all signs hold for a few of them; measuring those anew takes a third of the writing.
    embedded.ttfont.recalcBBoxes = False
    known: Container[int] = embedded.cmap
    return known


def drawable(text: str, known: Container[int], missing: Missing) -> str:
    """The text in signs that the font has (``known`` code points) and line breaks."""
    out: list[str] = []
    for sign in text.expandtabs(2).replace("\r\n", "\n"):
        if sign == "\n" or ord(sign) in known:
            out.append(sign)
            continue
        is_mark = unicodedata.category(sign) in ("Mn", "Cf")
        missing(sign, Why.MARK_LOST if is_mark else Why.HALF if "\ud800" <= sign <= "\udfff" else Why.NO_GLYPH)
        out.append("" if is_mark else GETA)
    return "".join(out)
