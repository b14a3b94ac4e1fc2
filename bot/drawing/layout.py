"""Where everything of a drawing stands: columns from left to right on pages of A3, the way down each on its left.

Promise: no two boxes overlap, every text lies inside its box, no text is smaller than ``SMALLEST`` points, and no line
of the way runs through a box.  Measures are millimetres.

    | way     a condition opens a lane: the way goes on beside what stands under it, for whom it is not true
    <when>
    |  |
    |  [question]
    | /
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.drawing.outline import Box, Item, Under
from bot.outreach.line_breaks import lines_of

WIDTH, HEIGHT = 420.0, 297.0
#: Points; 6 is the least that reads on paper.
SMALLEST = 6.2
_BIG, _TEXT = 8.0, 6.8
_POINT = 25.4 / 72
_LEADING = 1.4
_MARGIN, _HEAD = 12.0, 18.0
_COLUMNS, _GUTTER = 4, 9.0
_COLUMN = (WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GUTTER) / _COLUMNS
_TOP, _BOTTOM = _MARGIN + _HEAD, HEIGHT - _MARGIN - 4
_LANE = 4.0
#: From the way to the left edge of a box on it.
_EDGE = 1.6
_PAD = 1.4
_GAP = 3.4
_EXIT_INDENT = 10.0
#: Below the last box of a column: what stood under conditions that end there joins the way again.
_FOOT = 8.0
_WIDE_SIGNS = frozenset("MW@%&mw")


@dataclass(frozen=True)
class Rect:
    """A box; ``kind`` says how it looks."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True)
class Text:
    """One line, from its left end and its foot."""

    x: float
    y: float
    size: float
    words: str
    kind: str
    #: What it may take.
    width: float


@dataclass(frozen=True)
class Line:
    """A part of the way; ``kind`` says how it looks."""

    points: tuple[tuple[float, float], ...]
    kind: str = "way"
    arrow: bool = False


@dataclass
class Page:
    """One sheet."""

    rects: list[Rect] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def width_of(text: str) -> float:
    """In units of the size of the signs, and rather too much: whoever opens the drawing has another font."""
    return sum(1.0 if sign >= "\u2000" else 0.95 if sign in _WIDE_SIGNS else 0.62 for sign in text)


@dataclass(frozen=True)
class _Part:
    """A piece of text of a box, broken into lines."""

    lines: tuple[str, ...]
    size: float
    kind: str

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * _POINT * _LEADING


def lay_out(items: Sequence[Item]) -> list[Page]:
    """The pages."""
    layout = _Layout()
    layout.items(items)
    layout.close()
    return layout.pages


class _Layout:
    """The pen: where the next box comes, and which lanes are open."""

    def __init__(self) -> None:
        self.pages = [Page()]
        self._column = 0
        self._y = _TOP
        #: Kinds of the lanes that run beside the way now, outermost first, each with where it was last drawn to.
        self._lanes: list[str] = []
        self._drawn = [_TOP]
        self._begun = False

    @property
    def _left(self) -> float:
        return _MARGIN + self._column * (_COLUMN + _GUTTER)

    def _lane_x(self, lane: int) -> float:
        return self._left + _EDGE + lane * _LANE

    @property
    def _page(self) -> Page:
        return self.pages[-1]

    def items(self, items: Sequence[Item]) -> None:
        for at, item in enumerate(items):
            if isinstance(item, Box) and item.kind == "section" and at + 1 < len(items):
                # A heading is not left alone at the foot of a column.
                lane = len(self._lanes)
                self._room(self._whole(item, lane) + self._whole(items[at + 1], lane))
            if isinstance(item, Box):
                self._box(item)
            else:
                self._under(item)

    def _under(self, under: Under) -> None:
        lane = len(self._lanes)
        self._room(self._whole(under, lane))
        part = self._condition(under, lane)
        self._rect([part], lane, under.kind, part.height + 2 * _PAD)
        self._lanes.append(under.kind)
        self._drawn.append(self._y)
        self.items(under.inside)
        self._merge()

    def _condition(self, under: Under, lane: int) -> _Part:
        return _Part(tuple(self._broken(under.words, _TEXT, lane)), _TEXT, under.kind)

    def _whole(self, item: Item, lane: int) -> float:
        """What has to stay together: a box, or a condition with the first of what stands under it."""
        if isinstance(item, Box):
            return self._needed(item, lane)
        first = self._whole(item.inside[0], lane + 1) if item.inside else 0.0
        return self._condition(item, lane).height + 2 * _PAD + _GAP + first

    def _merge(self) -> None:
        """What stood under the condition is over: its way joins the one beside it."""
        lane = len(self._lanes)
        foot = self._y + _GAP / 2
        inner, outer = self._lane_x(lane), self._lane_x(lane - 1)
        kind = self._lanes.pop()
        self._page.lines.append(Line(((inner, self._drawn.pop()), (inner, foot), (outer, foot)), "way", arrow=True))
        self._page.lines.append(Line(((outer, self._drawn[-1]), (outer, foot)), f"beside-{kind}"))
        self._drawn[-1] = foot
        self._y = foot

    def _box(self, box: Box) -> None:
        lane = len(self._lanes)
        parts = self._parts(box, lane)
        height = sum(part.height for part in parts) + 2 * _PAD
        exits = self._exits(box, lane)
        self._room(self._needed(box, lane))
        worst = next((kind for kind in ("error", "warning") if any(one.kind == kind for one in box.remarks)), "")
        left = self._rect(parts, lane, f"{box.kind} {worst}".rstrip(), height)
        for part, kind in exits:
            self._exit(part, kind, left)

    def _needed(self, box: Box, lane: int) -> float:
        height = sum(part.height for part in self._parts(box, lane)) + 2 * _PAD + _GAP
        return height + sum(part.height + 2 * _PAD + _GAP / 2 for part, _ in self._exits(box, lane))

    def _parts(self, box: Box, lane: int) -> list[_Part]:
        def part(text: str, size: float, kind: str) -> _Part:
            return _Part(tuple(self._broken(text, size, lane)), size, kind)

        named = box.kind in ("question", "value") and box.name != box.title
        title = f"{box.title}  [{box.name}]" if named else box.title
        parts = [part(title, _BIG if box.kind != "note" else _TEXT, "title")]
        if box.text:
            parts.append(part(box.text, _TEXT, "text"))
        if box.choices:
            parts.append(part(" / ".join(box.choices), SMALLEST, "choices"))
        parts += [part(mark, SMALLEST, "mark") for mark in box.marks]
        parts += [part(remark.words, _TEXT, remark.kind) for remark in box.remarks]
        return parts

    def _exits(self, box: Box, lane: int) -> list[tuple[_Part, str]]:
        room = self._inner(lane) - _EXIT_INDENT
        return [(_Part(tuple(self._lines(one.words, SMALLEST, room)), SMALLEST, "exit"), one.kind) for one in box.exits]

    def _inner(self, lane: int) -> float:
        """What a text in a box on this lane may take."""
        return _COLUMN - lane * _LANE - 2 * _PAD

    def _broken(self, text: str, size: float, lane: int) -> list[str]:
        return self._lines(text, size, self._inner(lane))

    def _lines(self, text: str, size: float, room: float) -> list[str]:
        return lines_of(text, room / (size * _POINT), width_of)

    # Drawing --------------------------------------------------------------------------------------

    def _rect(self, parts: Sequence[_Part], lane: int, kind: str, height: float) -> float:
        """A box on the way of the lane, and the way to it; its left edge."""
        x = self._lane_x(lane)
        top = self._y + _GAP
        if self._begun:
            self._page.lines.append(Line(((x, self._drawn[-1]), (x, top)), "way", arrow=True))
        self._begun = True
        left = x - _EDGE
        self._place(parts, Rect(left, top, _COLUMN - lane * _LANE, height, kind))
        self._y = self._drawn[-1] = top + height
        return left

    def _exit(self, part: _Part, kind: str, left: float) -> None:
        top = self._y + _GAP / 2
        rect = Rect(left + _EXIT_INDENT, top, self._left + _COLUMN - left - _EXIT_INDENT, part.height + 2 * _PAD, kind)
        middle, stem = top + rect.height / 2, left + _EXIT_INDENT / 2 + _EDGE
        # From the box above: an exit below another one hangs on the same stem.
        self._page.lines.append(Line(((stem, self._y), (stem, middle), (rect.x, middle)), "exit", arrow=True))
        self._place([part], rect)
        self._y = top + rect.height

    def _place(self, parts: Sequence[_Part], rect: Rect) -> None:
        self._page.rects.append(rect)
        y = rect.y + _PAD
        for part in parts:
            step = part.size * _POINT * _LEADING
            for line in part.lines:
                foot = y + part.size * _POINT * 1.05
                self._page.texts.append(Text(rect.x + _PAD, foot, part.size, line, part.kind, rect.width - 2 * _PAD))
                y += step

    # Columns and pages ----------------------------------------------------------------------------

    def _room(self, height: float) -> None:
        """Go on in the next column where this one is too short; the lanes go on there."""
        if self._y + height <= _BOTTOM - _FOOT or self._y == _TOP:
            return
        for lane, drawn in enumerate(self._drawn):
            x = self._lane_x(lane)
            self._page.lines.append(Line(((x, drawn), (x, _BOTTOM)), self._kind(lane), arrow=True))
        self._column += 1
        if self._column == _COLUMNS:
            self._column = 0
            self.pages.append(Page())
        self._y = _TOP
        self._drawn = [_TOP - _GAP] * len(self._drawn)

    def _kind(self, lane: int) -> str:
        """The way itself is the innermost lane; the others run beside it."""
        return "way" if lane == len(self._lanes) else f"beside-{self._lanes[lane]}"

    def close(self) -> None:
        """Nothing stays open: every condition ends before the form does."""
        assert not self._lanes
