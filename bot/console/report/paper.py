"""Drawing the report of a month: A4 pages with headlines, what needs attention, and each question on its own.

Promise: the same contents give the same bytes; the font is embedded; a heading never stands alone at the foot of a
page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.console.report.contents import Contents, Headline, Section
from bot.console.report.painting import height_of, paint
from storage.exports.glyphs import drawable, embed, font_file

_BLUE: Final = (0, 23, 193)
_PALE: Final = (232, 241, 254)
_WARM: Final = (255, 248, 224)
_GREY: Final = (96, 96, 96)
_LEFT: Final = 16.0
_WIDE: Final = 178.0
_FOOT: Final = 278.0
_LINE: Final = 5.0
_CELL: Final = 5.2
#: Headlines beside each other.
_TILES: Final = 5
#: A picture that would be higher is left to its table: a bank of a hundred branches.
_HIGHEST: Final = 200.0
#: With more columns than this their names need two lines.
_FEW_COLUMNS: Final = 6


def draw(
    contents: Contents, *, made_at: datetime, made: str, page: str, before: str, nothing: str, locale: str
) -> bytes:
    """The PDF; ``page`` has places for its number and for how many there are."""
    with font_file() as font:
        paper = _Paper(font, contents, made_at=made_at, page=page, locale=locale)
        paper.head(contents, made)
        paper.tiles(contents.headlines, before)
        paper.attention(contents)
        for section in contents.sections:
            paper.section(section, nothing)
        return paper.done()


class _Paper:
    def __init__(self, font: Path, contents: Contents, *, made_at: datetime, page: str, locale: str) -> None:
        from fpdf import FPDF

        title = contents.title

        class Pages(FPDF):
            def footer(self) -> None:
                self.set_y(-12)
                self.set_font("noto", size=7)
                self.set_text_color(*_GREY)
                self.set_x(_LEFT)
                self.cell(_WIDE, 5, f"{title} · {contents.scope}")
                self.set_x(_LEFT)
                self.cell(_WIDE, 5, page.format(page=self.page_no(), pages="{nb}"), align="R")
                self.set_text_color(0)

        self._pdf: Any = Pages(format="A4")
        self._pdf.set_creation_date(made_at)
        self._pdf.set_title(title)
        self._pdf.set_lang(locale)
        self._pdf.set_margins(_LEFT, 16)
        self._pdf.set_auto_page_break(False)
        self._pdf.c_margin = 0
        self._known = embed(self._pdf, font)
        self._pdf.add_page()
        self._y = 16.0

    def head(self, contents: Contents, made: str) -> None:
        self._text(contents.scope, 9, color=_GREY)
        self._text(contents.title, 19, height=10)
        for note in (made, *contents.notes):
            self._text(note, 8.5, color=_GREY)
        self._y += 3

    def tiles(self, headlines: Sequence[Headline], before: str) -> None:
        wide, high = _WIDE / _TILES, 23.0
        for place, one in enumerate(headlines):
            x, y = _LEFT + place % _TILES * wide, self._y + place // _TILES * (high + 2)
            self._pdf.set_draw_color(197, 215, 251)
            self._pdf.set_fill_color(*_PALE)
            self._pdf.rect(x, y, wide - 2, high, style="DF")
            self._at(x + 2, y + 1.5, one.label, 7.2, wide - 6, color=_GREY, lines=2)
            self._at(x + 2, y + 9.5, one.value, 12 if len(one.value) < 9 else 9, wide - 6, color=_BLUE)
            self._at(x + 2, y + 17, f"{before} {one.before}", 7.2, wide - 6, color=_GREY)
        self._y += (len(headlines) + _TILES - 1) // _TILES * (high + 2) + 3

    def attention(self, contents: Contents) -> None:
        lines = [self._lines(f"・{one}", 9.5, _WIDE - 8) for one in contents.attention]
        high = 10 + sum(map(len, lines)) * _LINE + 3
        self._room(high)
        self._pdf.set_draw_color(224, 180, 60)
        self._pdf.set_fill_color(*_WARM)
        self._pdf.rect(_LEFT, self._y, _WIDE, high, style="DF")
        self._at(_LEFT + 4, self._y + 2, contents.attention_title, 11, _WIDE - 8)
        y = self._y + 10
        for line in (line for one in lines for line in one):
            self._at(_LEFT + 4, y, line, 9.5, _WIDE - 8)
            y += _LINE
        self._y += high + 6

    def section(self, section: Section, nothing: str) -> None:
        drawn = section.figure if section.figure is not None and height_of(section.figure) <= _HIGHEST else None
        figure = 0.0 if drawn is None else height_of(drawn) + 3
        table = (1 + len(section.rows)) * _CELL if section.rows else _LINE
        self._room(min(17 + figure + table, 17 + figure + 5 * _CELL))
        self._text(section.title, 12.5, color=_BLUE, height=7)
        self._text(section.lead, 8.5, color=_GREY)
        self._y += 2
        if not section.rows:
            self._text(nothing, 9)
            self._y += 5
            return
        if drawn is not None:
            paint(self._pdf, drawn, _LEFT, self._y, _WIDE)
            self._y += figure
        self._table(section)
        self._y += 6

    def _table(self, section: Section) -> None:
        columns = len(section.head)
        first = 52.0 if columns > 2 else 110.0
        widths = [first, *[(_WIDE - first) / max(1, columns - 1)] * (columns - 1)]
        for place, row in enumerate((section.head, *section.rows)):
            if self._y + _CELL > _FOOT:
                self._turn()
            x = _LEFT
            lines = 2 if place == 0 and columns > _FEW_COLUMNS else 1
            high = _CELL + 2.6 * (lines - 1)
            for column, (cell, wide) in enumerate(zip(row, widths, strict=True)):
                self._pdf.set_draw_color(190)
                self._pdf.set_fill_color(*_PALE)
                self._pdf.rect(x, self._y, wide, high, style="DF" if place == 0 else "D")
                if lines > 1:
                    self._at(x + 0.8, self._y + 0.4, cell, 6.0, wide - 1.2, lines=lines)
                    x += wide
                    continue
                size = 7.6
                while size > 4.5 and self._width(cell, size) > wide - 2:
                    size -= 0.2
                align = "L" if column == 0 or place == 0 else "R"
                self._at(x + 1, self._y + 0.6, cell, size, wide - 2, align=align)
                x += wide
            self._y += high

    def done(self) -> bytes:
        return bytes(self._pdf.output())

    # Words ------------------------------------------------------------------------------------

    def _fit(self, text: str) -> str:
        return drawable(text, self._known, lambda sign, why: None)

    def _width(self, text: str, size: float) -> float:
        self._pdf.set_font("noto", size=size)
        return float(self._pdf.get_string_width(self._fit(text)))

    def _lines(self, text: str, size: float, width: float) -> list[str]:
        from bot.outreach.line_breaks import lines_of

        return lines_of(self._fit(text), width, lambda part: self._width(part, size))

    def _at(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        width: float,
        *,
        color: tuple[int, int, int] = (26, 26, 26),
        align: str = "L",
        lines: int = 1,
        height: float = 4.0,
    ) -> None:
        broken = self._lines(text, size, width)[:lines] if lines > 1 else [self._fit(text)]
        self._pdf.set_font("noto", size=size)
        self._pdf.set_text_color(*color)
        for line in broken:
            self._pdf.set_xy(x, y)
            self._pdf.cell(width, height, line, align=align)
            y += size * 0.45
        self._pdf.set_text_color(0)

    def _text(
        self, text: str, size: float, *, color: tuple[int, int, int] = (26, 26, 26), height: float = _LINE
    ) -> None:
        for line in self._lines(text, size, _WIDE):
            self._at(_LEFT, self._y, line, size, _WIDE, color=color, height=height)
            self._y += height

    def _room(self, height: float) -> None:
        if self._y + height > _FOOT:
            self._turn()

    def _turn(self) -> None:
        self._pdf.add_page()
        self._y = 16.0
