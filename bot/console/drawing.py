"""Charts as SVG: written here, so that a page prints, needs no script and says in words what it shows.

Promise: every chart has a title and a description for who cannot see it, each series differs in its pattern and not
by colour alone, what is hidden is dotted, and the text is ink on paper.  Colours are values of the Digital Agency's
design tokens, used as facts.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

WIDTH = 360
INK, SOFT, _PAPER = "#1a1a1a", "#4d4d4d", "#ffffff"
#: From few to many: light to dark, and so also without colour.
_SHADES = ("#e8f1fe", "#c5d7fb", "#9db7f9", "#7096f8", "#4979f5", "#0017c1")
_TEXT = 12
_ROW = 34
#: The look of each series: its ground, and the pattern over it.
LOOKS = (
    ("#ffffff", ""),
    ("#d9e6ff", ""),
    ("#d9e6ff", "M0 6L6 0"),
    ("#9db7f9", ""),
    ("#9db7f9", "M0 0L6 6"),
    ("#0017c1", ""),
    ("#4d4d4d", ""),
    ("#ffffff", "M0 3H6"),
)
_HIDDEN = "few"


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a chart is called, and what it shows, in words; ``id`` is unique in its page."""

    id: str
    title: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A row of a bar chart: one length for each series, or nothing where it is hidden."""

    label: str
    parts: Sequence[int | None]
    #: At its end.
    note: str
    #: Of all parts; nothing where it is hidden.
    total: int | None = None


def stacked_bars(named: Named, bars: Sequence[Bar], series: Sequence[str]) -> Markup:
    """A bar for each row, divided into its series; each as long as the others, so that shares are compared."""
    body = [pattern(named, place) for place in range(len(series))]
    y = 4
    for bar in bars:
        body.append(words(0, y + 11, bar.label))
        body.append(words(WIDTH, y + 11, bar.note, anchor="end", color=SOFT))
        body += _parts(named, bar, y + 16)
        y += _ROW + 8
    for place, name in enumerate(series):
        x, line = (place % 2) * (WIDTH // 2), y + 8 + (place // 2) * 18
        body.append(box(x + 0.5, line, 12, 12, fill(named, place)))
        body.append(words(x + 18, line + 10, name))
    return svg(named, y + 14 + (len(series) + 1) // 2 * 18, body)


def _parts(named: Named, bar: Bar, y: float) -> list[str]:
    found = [box(0.5, y, WIDTH - 1, 18, _PAPER if bar.total == 0 else f"url(#{named.id}-{_HIDDEN})")]
    x = 0.5
    for place, part in enumerate(bar.parts):
        # Where the whole is hidden no length may tell what it is; the dotted rest is what is hidden of it.
        if part and bar.total:
            width = (WIDTH - 1) * part / bar.total
            found.append(box(x, y, width, 18, fill(named, place)))
            x += width
    return found


def bars(named: Named, rows: Sequence[Bar]) -> Markup:
    """A bar for each row, as long as its first part is large among all rows."""
    most = max((row.parts[0] or 0 for row in rows), default=0) or 1
    body: list[str] = [pattern(named, 5)]
    y = 4
    for row in rows:
        body.append(words(0, y + 11, row.label))
        body.append(words(WIDTH, y + 11, row.note, anchor="end", color=SOFT))
        body.append(box(0.5, y + 16, WIDTH - 1, 10, "#f2f4f8"))
        if row.parts[0] is None:
            body.append(box(0.5, y + 16, WIDTH - 1, 10, f"url(#{named.id}-{_HIDDEN})"))
        elif row.parts[0]:
            body.append(box(0.5, y + 16, max(1.0, (WIDTH - 1) * row.parts[0] / most), 10, fill(named, 5)))
        y += _ROW
    return svg(named, y + 4, body)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A line from top to bottom at a day, with a sign that the legend explains."""

    at: int
    sign: str


def climb(
    named: Named, points: Sequence[tuple[int, int]], marks: Sequence[Mark], last: int, ends: tuple[str, str]
) -> Markup:
    """How a sum grew from day 0 to ``last``: points are days and the sum from then on."""
    top, left, height = 22, 34, 150
    width = WIDTH - left - 8
    most = max((total for _, total in points), default=0) or 1

    def x(day: int) -> float:
        return left + width * day / max(1, last)

    def y(total: int) -> float:
        return top + height * (1 - total / most)

    body = []
    for total in _ticks(most):
        body.append(f'<path d="M{left} {y(total):.1f}H{WIDTH - 8}" stroke="#d8dce4"/>')
        body.append(words(left - 4, y(total) + 4, str(total), anchor="end", color=SOFT))
    for mark in marks:
        dashes = ' stroke-dasharray="3 3"' if mark.sign != "●" else ""
        body.append(f'<path d="M{x(mark.at):.1f} {top - 4}V{top + height}" stroke="{SOFT}"{dashes}/>')
        body.append(words(x(mark.at), top - 8, mark.sign, anchor="middle"))
    path, before = [f"M{x(0):.1f} {y(0):.1f}"], 0
    for day, total in points:
        path.append(f"L{x(day):.1f} {y(before):.1f}L{x(day):.1f} {y(total):.1f}")
        before = total
    path.append(f"L{x(last):.1f} {y(before):.1f}")
    body.append(f'<path d="{"".join(path)}" fill="none" stroke="#0017c1" stroke-width="2.5"/>')
    body.append(words(left, top + height + 16, ends[0], color=SOFT))
    body.append(words(WIDTH - 8, top + height + 16, ends[1], anchor="end", color=SOFT))
    return svg(named, top + height + 24, body)


def _ticks(most: int) -> range:
    """Whole numbers from 0 on, at most five of them: by ones, twos, fives, tens and so on."""
    steps = (factor * 10**power for power in itertools.count() for factor in (1, 2, 5))
    return range(0, most + 1, next(step for step in steps if most // step < 5))


def heat_map(named: Named, rows: Sequence[tuple[str, Sequence[int | None]]], columns: Sequence[str]) -> Markup:
    """A field for each row and column, the darker the more."""
    left, size = 24, (WIDTH - 24) / max(1, len(columns))
    most = max((count or 0 for _, counts in rows for count in counts), default=0) or 1
    body = [
        words(left + size * (place + 0.5), 10, name, anchor="middle", color=SOFT)
        for place, name in enumerate(columns)
        if place % 3 == 0
    ]
    for line, (label, counts) in enumerate(rows):
        y = 16 + line * 18
        body.append(words(0, y + 13, label))
        for place, count in enumerate(counts):
            shade = _PAPER if not count else _SHADES[min(len(_SHADES) - 1, (count * len(_SHADES) - 1) // most)]
            ground = f"url(#{named.id}-{_HIDDEN})" if count is None else shade
            body.append(box(left + size * place, y, size, 18, ground, line="#d8dce4"))
    return svg(named, 16 + len(rows) * 18 + 4, body)


@dataclass(frozen=True)
class Stacked:
    """What ``stacked_bars`` draws."""

    bars: Sequence[Bar]
    series: Sequence[str]

    def draw(self, named: Named) -> Markup:
        return stacked_bars(named, self.bars, self.series)


@dataclass(frozen=True)
class Lengths:
    """What ``bars`` draws."""

    rows: Sequence[Bar]

    def draw(self, named: Named) -> Markup:
        return bars(named, self.rows)


@dataclass(frozen=True)
class Climb:
    """What ``climb`` draws."""

    points: Sequence[tuple[int, int]]
    marks: Sequence[Mark]
    last: int
    ends: tuple[str, str]

    def draw(self, named: Named) -> Markup:
        return climb(named, self.points, self.marks, self.last, self.ends)


@dataclass(frozen=True)
class Heat:
    """What ``heat_map`` draws."""

    rows: Sequence[tuple[str, Sequence[int | None]]]
    columns: Sequence[str]

    def draw(self, named: Named) -> Markup:
        return heat_map(named, self.rows, self.columns)


#: A chart before it is drawn, on a page or on paper.
Figure = Stacked | Lengths | Climb | Heat


def svg(named: Named, height: float, body: Sequence[str]) -> Markup:
    """The whole picture; the dots of what is hidden are always there."""
    dots = (
        f'<pattern id="{named.id}-{_HIDDEN}" width="5" height="5" patternUnits="userSpaceOnUse">'
        f'<rect width="5" height="5" fill="{_PAPER}"/><circle cx="2.5" cy="2.5" r="1.1" fill="{SOFT}"/></pattern>'
    )
    return Markup(  # noqa: S704 - every text in it went through escape()
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="{named.id}-t {named.id}-d" '
        f'font-size="{_TEXT}"><title id="{named.id}-t">{escape(named.title)}</title>'
        f'<desc id="{named.id}-d">{escape(named.description)}</desc>{dots}{"".join(body)}</svg>'
    )


def pattern(named: Named, place: int) -> str:
    ground, path = LOOKS[place % len(LOOKS)]
    if not path:
        return ""
    return (
        f'<pattern id="{named.id}-{place}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{ground}"/><path d="{path}" stroke="{INK}"/></pattern>'
    )


def fill(named: Named, place: int) -> str:
    ground, path = LOOKS[place % len(LOOKS)]
    return f"url(#{named.id}-{place})" if path else ground


def box(x: float, y: float, width: float, height: float, fill: str, line: str = INK) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
        f'stroke="{line}" stroke-width="0.8"/>'
    )


def words(x: float, y: float, text: str, *, anchor: str = "start", color: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{escape(text)}</text>'
