"""The charts on paper: the same figures as on the page, drawn as lines and areas of a PDF.

Promise: each series differs in its pattern and not by colour alone, what is hidden is dotted, and the same figure gives
the same drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bot.console.drawing import LOOKS, Bar, Climb, Figure, Heat, Lengths, Stacked

_SOFT: Final = (77, 77, 77)
_INK: Final = (26, 26, 26)
_GRID: Final = (216, 220, 228)
_TEXT: Final = 8.0
#: Millimetres: a row of words and its bar, the bar, and the hatching.
_ROW: Final = 9.6
_BAR: Final = 4.2
_STEP: Final = 1.6
_LABEL: Final = 4.0


def height_of(figure: Figure) -> float:
    """How much room it takes."""
    if isinstance(figure, Stacked):
        return len(figure.bars) * _ROW + 3 + (len(figure.series) + 3) // 4 * 5
    if isinstance(figure, Lengths):
        return len(figure.rows) * _ROW
    return 58 if isinstance(figure, Climb) else 16


def paint(pdf: Any, figure: Figure, x: float, y: float, width: float) -> None:
    """Draw it with its upper left corner there."""
    pdf.set_line_width(0.15)
    pdf.set_font("noto", size=_TEXT)
    if isinstance(figure, Stacked):
        _stacked(pdf, figure, x, y, width)
    elif isinstance(figure, Lengths):
        _lengths(pdf, figure.rows, x, y, width)
    elif isinstance(figure, Climb):
        _climb(pdf, figure, x, y, width)
    elif isinstance(figure, Heat):
        raise ValueError("no report shows a heat map")
    pdf.set_text_color(0)
    pdf.set_draw_color(0)


def _stacked(pdf: Any, figure: Stacked, x: float, y: float, width: float) -> None:
    for bar in figure.bars:
        _caption(pdf, bar, x, y, width)
        top, left = y + _LABEL, x
        _area(pdf, x, top, width, -1 if bar.total != 0 else 0)
        for place, part in enumerate(bar.parts):
            if part and bar.total:
                wide = width * part / bar.total
                _area(pdf, left, top, wide, place)
                left += wide
        y += _ROW
    for place, name in enumerate(figure.series):
        left, top = x + place % 4 * width / 4, y + 2 + place // 4 * 5
        _area(pdf, left, top, 3.4, place, 3.4)
        _words(pdf, left + 5, top - 0.3, name, width / 4 - 6)


def _lengths(pdf: Any, rows: Sequence[Bar], x: float, y: float, width: float) -> None:
    most = max((row.parts[0] or 0 for row in rows), default=0) or 1
    for row in rows:
        _caption(pdf, row, x, y, width)
        part = row.parts[0]
        pdf.set_fill_color(242, 244, 248)
        pdf.rect(x, y + _LABEL, width, _BAR, style="F")
        if part is None:
            _area(pdf, x, y + _LABEL, width, -1)
        elif part:
            _area(pdf, x, y + _LABEL, max(0.4, width * part / most), 5)
        y += _ROW


def _climb(pdf: Any, figure: Climb, x: float, y: float, width: float) -> None:
    left, top, height = x + 12, y + 6, 44.0
    wide = width - 16
    most = max((total for _, total in figure.points), default=0) or 1
    for share in (0.0, 0.5, 1.0):
        line = top + height * (1 - share)
        pdf.set_draw_color(*_GRID)
        pdf.line(left, line, left + wide, line)
        _words(pdf, x, line - 2, str(round(most * share)), 11, align="R", color=_SOFT)
    for mark in figure.marks:
        at = left + wide * mark.at / max(1, figure.last)
        pdf.set_draw_color(*_SOFT)
        pdf.line(at, top - 1, at, top + height)
        _words(pdf, at - 4, top - 6, mark.sign, 8, align="C")
    points, before = [(left, top + height)], 0
    for day, total in figure.points:
        at = left + wide * day / max(1, figure.last)
        points += [(at, top + height * (1 - before / most)), (at, top + height * (1 - total / most))]
        before = total
    points.append((left + wide, top + height * (1 - before / most)))
    pdf.set_draw_color(0, 23, 193)
    pdf.set_line_width(0.6)
    pdf.polyline(points)
    pdf.set_line_width(0.15)
    _words(pdf, left, top + height + 1, figure.ends[0], 30, color=_SOFT)
    _words(pdf, left + wide - 30, top + height + 1, figure.ends[1], 30, align="R", color=_SOFT)


def _caption(pdf: Any, bar: Bar, x: float, y: float, width: float) -> None:
    _words(pdf, x, y - 0.6, bar.label, width * 0.7)
    _words(pdf, x + width * 0.7, y - 0.6, bar.note, width * 0.3, align="R", color=_SOFT)


def _words(
    pdf: Any, x: float, y: float, text: str, width: float, *, align: str = "L", color: tuple[int, int, int] = _INK
) -> None:
    pdf.set_text_color(*color)
    pdf.set_xy(x, y)
    pdf.cell(width, _LABEL, text, align=align)


def _area(pdf: Any, x: float, y: float, width: float, place: int, height: float = _BAR) -> None:
    """An area in the look of a series; -1 is what is hidden."""
    ground, path = ("#ffffff", "dots") if place < 0 else LOOKS[place % len(LOOKS)]
    pdf.set_draw_color(*_INK)
    pdf.set_fill_color(int(ground[1:3], 16), int(ground[3:5], 16), int(ground[5:7], 16))
    pdf.rect(x, y, width, height, style="DF")
    if not path:
        return
    with pdf.rect_clip(x, y, width, height):
        if path == "dots":
            pdf.set_fill_color(*_SOFT)
            for row in range(int(height / _STEP) + 1):
                for column in range(int(width / _STEP) + 1):
                    pdf.circle(x + 0.8 + column * _STEP, y + 0.8 + row * _STEP, 0.3, style="F")
        for step in range(0 if path == "dots" else int((width + height) / _STEP) + 1):
            at = x + step * _STEP
            if "H" in path:
                if y + step * _STEP <= y + height:
                    pdf.line(x, y + step * _STEP, x + width, y + step * _STEP)
            elif path.startswith("M0 6"):
                pdf.line(at - height, y + height, at, y)
            else:
                pdf.line(at - height, y, at, y + height)
    # Beyond the clipping the page has its colour of before again, and the library must know it: else it takes words
    # of the same colour as the dots for what is set already.
    pdf.set_fill_color(255, 255, 255)
