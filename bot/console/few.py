"""Hiding counts of few people, so that nobody can be told from a table: small cells, and what would give them away.

Promise: no count from 1 to 4 is shown, and none follows from the totals of its row and its column: in each line that
holds a hidden cell there are at least two of them, of five people and more together, or the total is hidden too.
An empty cell is nobody: it is hidden for another's sake alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEAST = 5
#: A count that may be shown, or nothing where it is hidden.
Count = int | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Counts by row and column, with the totals of the rows."""

    cells: tuple[tuple[Count, ...], ...]
    totals: tuple[Count, ...]


def whole(counts: Sequence[Sequence[int]]) -> Table:
    """The table for who may see every count."""
    return Table(cells=tuple(map(tuple, counts)), totals=tuple(map(sum, counts)))


def without_few(counts: Sequence[Sequence[int]]) -> Table:
    """The table with small counts hidden, and as many others as it takes."""
    hidden = {(y, x) for y, row in enumerate(counts) for x, count in enumerate(row) if 0 < count < LEAST}
    width = len(counts[0]) if counts else 0
    rows = [[(y, x) for x in range(width)] for y in range(len(counts))]
    columns = [[(y, x) for y in range(len(counts))] for x in range(width)]
    totals = _open_totals([sum(row) for row in counts])
    for y, row in enumerate(rows):
        # A total that is hidden for another's sake must not follow from its cells.
        if y not in totals and not hidden.intersection(row):
            hidden |= set(_smallest(counts, row, hidden))
    changed = True
    while changed:
        before = len(hidden)
        for y, row in enumerate(rows):
            if y in totals:
                _cover(counts, row, hidden)
        for column in columns:
            # Of fewer no chart shows the sum.
            if sum(counts[y][x] for y, x in column) >= LEAST:
                _cover(counts, column, hidden)
        changed = len(hidden) != before
    totals -= {y for y, row in enumerate(rows) if not _is_covered(counts, row, hidden)}
    return Table(
        cells=tuple(
            tuple(None if (y, x) in hidden else count for x, count in enumerate(row)) for y, row in enumerate(counts)
        ),
        totals=tuple(sum(row) if y in totals else None for y, row in enumerate(counts)),
    )


def _open_totals(totals: Sequence[int]) -> set[int]:
    """The rows whose total may be shown, where the sum over all is known from elsewhere."""
    line = [(0, x) for x in range(len(totals))]
    hidden = {(0, x) for x, total in enumerate(totals) if 0 < total < LEAST}
    _cover([totals], line, hidden)
    return {x for x in range(len(totals)) if (0, x) not in hidden}


Place = tuple[int, int]


def _cover(counts: Sequence[Sequence[int]], line: Sequence[Place], hidden: set[Place]) -> None:
    """Hide more of a line until what is hidden cannot be told from the line's total."""
    while not _is_covered(counts, line, hidden):
        more = _smallest(counts, line, hidden)
        if not more:
            return
        hidden.update(more)


def _is_covered(counts: Sequence[Sequence[int]], line: Sequence[Place], hidden: set[Place]) -> bool:
    gone = [counts[y][x] for y, x in line if (y, x) in hidden]
    return not gone or (len(gone) > 1 and sum(gone) >= LEAST)


def _smallest(counts: Sequence[Sequence[int]], line: Sequence[Place], hidden: set[Place]) -> list[Place]:
    """The next cell to hide: one that its other line needs hidden too, if there is any, and the smallest of those."""

    def rank(place: Place) -> tuple[bool, bool, int, Place]:
        y, x = place
        crossed = any((y == other_y) != (x == other_x) for other_y, other_x in hidden.difference(line))
        return not crossed, not counts[y][x], counts[y][x], place

    left = sorted(map(rank, set(line) - hidden))
    # A lone empty cell hides nobody.
    return [place for lonely, empty, _, place in left if not (lonely and empty)][:1]


def steps_without_few(counts: Sequence[int]) -> list[Count]:
    """Counts that fall from one to the next, hidden where a count or the fall to it is of few."""
    shown: list[Count] = []
    last: int | None = None
    for count in counts:
        fall = 0 if last is None else last - count
        if 0 < count < LEAST or 0 < fall < LEAST:
            shown.append(None)
        else:
            shown.append(count)
            last = count
    return shown


def days_without_few(counts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Days and what came on them, days of few joined to the next one; the last are joined to the one before."""
    joined: list[tuple[int, int]] = []
    waiting = 0
    last = 0
    for day, count in counts:
        waiting += count
        last = day
        if waiting >= LEAST:
            joined.append((day, waiting))
            waiting = 0
    if waiting and joined:
        day, count = joined.pop()
        joined.append((last, count + waiting))
    return joined
