"""A rich menu as LINE shows it: the picture and where it can be tapped.

Promise: within LINE's limits of size and bytes; dark on light or light on dark at more than 10:1, large
letters, every cell with its words and a mark of its own, lines between the cells, and the areas that can be
tapped are exactly what is seen.  Loads the drawing library and a font of 16 MB: imported where a menu is
made and nowhere else.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from PIL import Image, ImageDraw, ImageFont

from bot.channels.menus import Entry, MenuKind, WordsTooLong, entries_of
from dialogs.conversation.wording import Translator

WIDTH = 2500
HEIGHT = 1686
#: Shown at the width of a phone, 2500 points are about 375: these letters are 15 to 23 points there.
LARGEST_TEXT = 150
SMALLEST_TEXT = 100
INK = (16, 36, 62)
PAPER = (255, 255, 255)

_MARGIN = 44
_LINE = 6
#: The picture is drawn in grey, from ink (0) to paper (255), and coloured by its palette.
_INK, _PAPER, _RULE = 0, 255, 140
_SHADES = 16

Box = tuple[int, int, int, int]


def cells(count: int) -> list[Box]:
    """The cells of a menu in reading order, as (x, y, width, height); together they are the whole picture."""
    columns = 3 if count > 4 else 2
    rows = -(-count // columns)
    xs = [WIDTH * at // columns for at in range(columns + 1)]
    ys = [HEIGHT * at // rows for at in range(rows + 1)]
    boxes = [(xs[c], ys[r], xs[c + 1] - xs[c], ys[r + 1] - ys[r]) for r in range(rows) for c in range(columns)]
    if len(boxes) != count:
        raise ValueError(f"{count} entries do not fill a menu")
    return boxes


def draw_menu(kind: MenuKind, words: Translator) -> bytes:
    """The picture of a menu as PNG; the first entry stands out, white on dark."""
    entries = entries_of(kind)
    picture = Image.new("L", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(picture)
    lines = [entry.lines(words) for entry in entries]
    font = _font_for(lines, min(box[2] for box in cells(len(entries))))
    for number, (entry, box) in enumerate(zip(entries, cells(len(entries)), strict=True)):
        _draw_cell(pen, entry, lines[number], box, font, first=number == 0)
    return _coloured(picture)


def _draw_cell(
    pen: ImageDraw.ImageDraw,
    entry: Entry,
    lines: Sequence[str],
    box: Box,
    font: ImageFont.FreeTypeFont,
    *,
    first: bool,
) -> None:
    x, y, width, height = box
    ink, paper = (_PAPER, _INK) if first else (_INK, _PAPER)
    pen.rectangle((x, y, x + width - 1, y + height - 1), fill=paper, outline=_RULE, width=_LINE)
    middle = x + width // 2
    size = height * 32 // 100
    top = y + height * 10 // 100
    _MARKS[entry.text](pen, middle, top, size, ink, paper)
    step = int(font.size * 1.25)
    first_line = y + height * 72 // 100 - step * (len(lines) - 1) // 2
    for number, line in enumerate(lines):
        # A stroke of its own colour makes the one weight of the font bold.
        place = (middle, first_line + number * step)
        pen.text(place, line, font=font, fill=ink, anchor="mm", stroke_width=3, stroke_fill=ink)


def _font_for(lines: Sequence[Sequence[str]], cell: int) -> ImageFont.FreeTypeFont:
    """The largest letters in which every line of the menu fits into its cell."""
    length = _font(LARGEST_TEXT).getlength
    widest = max((line for entry in lines for line in entry), key=length)
    size = min(LARGEST_TEXT, int(LARGEST_TEXT * (cell - 2 * _MARGIN) / length(widest)))
    if size < SMALLEST_TEXT:
        raise WordsTooLong(widest)
    return _font(size)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    source = files("noto_cjk_sans_jp_regular") / "NotoSansCJKjp-Regular.otf"
    return ImageFont.truetype(str(source), size)


def _coloured(picture: Image.Image) -> bytes:
    """The grey picture with a palette from ink to paper, in few shades: a small file, quickly made."""
    shades = picture.point([value * (_SHADES - 1) // 255 for value in range(256)])
    palette: list[int] = []
    for shade in range(_SHADES):
        palette += [dark + (light - dark) * shade // (_SHADES - 1) for dark, light in zip(INK, PAPER, strict=True)]
    shades.putpalette(palette)
    out = io.BytesIO()
    shades.save(out, format="PNG", bits=4, compress_level=6)
    return out.getvalue()


# Marks --------------------------------------------------------------------------------------

#: Pen, middle, top, size, colour, colour of the ground.
_Mark = Callable[[ImageDraw.ImageDraw, int, int, int, int, int], None]
_PEN = 22


def _arrow(pen: ImageDraw.ImageDraw, x: int, y: int, size: int, ink: int, paper: int) -> None:
    half = size // 2
    pen.polygon([(x - half * 7 // 10, y), (x + half * 9 // 10, y + half), (x - half * 7 // 10, y + size)], fill=ink)


def _clock(pen: ImageDraw.ImageDraw, x: int, y: int, size: int, ink: int, paper: int) -> None:
    half = size // 2
    pen.ellipse((x - half, y, x + half, y + size), outline=ink, width=_PEN)
    pen.line([(x, y + size // 5), (x, y + half), (x + half // 2, y + half + half // 4)], fill=ink, width=_PEN)


def _person(pen: ImageDraw.ImageDraw, x: int, y: int, size: int, ink: int, paper: int) -> None:
    head = size // 4
    pen.ellipse((x - head, y, x + head, y + 2 * head), fill=ink)
    pen.pieslice((x - size // 2, y + size * 58 // 100, x + size // 2, y + size * 142 // 100), 180, 360, fill=ink)


def _question(pen: ImageDraw.ImageDraw, x: int, y: int, size: int, ink: int, paper: int) -> None:
    half = size // 2
    pen.ellipse((x - half, y, x + half, y + size), outline=ink, width=_PEN)
    pen.text((x, y + half), "?", font=_font(size * 7 // 10), fill=ink, anchor="mm", stroke_width=4, stroke_fill=ink)


def _shield(pen: ImageDraw.ImageDraw, x: int, y: int, size: int, ink: int, paper: int) -> None:
    half = size * 45 // 100
    top, waist = y + size // 8, y + size * 55 // 100
    left, right = x - half, x + half
    pen.polygon([(left, top), (x, y), (right, top), (right, waist), (x, y + size), (left, waist)], fill=ink)
    tick = [(x - half // 2, y + size // 2), (x - half // 10, y + size * 66 // 100), (x + half * 6 // 10, y + size // 3)]
    pen.line(tick, fill=paper, width=_PEN + 6, joint="curve")


def _swap(pen: ImageDraw.ImageDraw, x: int, y: int, size: int, ink: int, paper: int) -> None:
    half, head = size // 2, size // 6
    for middle, way in ((y + size * 3 // 10, 1), (y + size * 7 // 10, -1)):
        pen.line([(x - half * way, middle), (x + (half - head) * way, middle)], fill=ink, width=_PEN)
        tip = x + half * way
        pen.polygon([(tip, middle), (tip - head * way, middle - head), (tip - head * way, middle + head)], fill=ink)


def _letter(pen: ImageDraw.ImageDraw, x: int, y: int, size: int, ink: int, paper: int) -> None:
    half, top, bottom = size * 6 // 10, y + size // 10, y + size * 9 // 10
    pen.rectangle((x - half, top, x + half, bottom), outline=ink, width=_PEN)
    pen.line([(x - half, top), (x, top + size * 45 // 100), (x + half, top)], fill=ink, width=_PEN, joint="curve")


def _languages(pen: ImageDraw.ImageDraw, x: int, y: int, size: int, ink: int, paper: int) -> None:
    # Both scripts, in every language: whoever reads one of them understands.
    place = (x, y + size // 2)
    pen.text(place, "あ/A", font=_font(size * 6 // 10), fill=ink, anchor="mm", stroke_width=4, stroke_fill=ink)


#: By the words that stand under it.
_MARKS: Mapping[str, _Mark] = {
    "menu.code": _letter,
    "menu.resume": _arrow,
    "menu.later": _clock,
    "menu.staff": _person,
    "menu.help": _question,
    "menu.verify": _shield,
    "menu.switch": _swap,
    "menu.language": _languages,
}
