"""Columns over a row of places, such as months: beside the other charts of ``drawing``, and drawn by the same rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bot.console.drawing import INK, SOFT, WIDTH, Named, box, fill, pattern, svg, words


@dataclass(frozen=True, kw_only=True)
class Column:
    """What stands over one place of a row of columns."""

    #: Below it; empty where nothing is to stand there.
    label: str
    #: One height for each series, from the ground up.
    parts: Sequence[float]


def columns(
    named: Named,
    found: Sequence[Column],
    series: Sequence[str],
    *,
    level: float | None = None,
    level_name: str = "",
    least: float = 0,
) -> Markup:
    """A column for each place, divided into its series, with a dashed line across at ``level``.

    The scale goes up to ``least`` at least, so that two pictures can be drawn to the same one.
    """
    top, left, height = 8, 44, 150
    width = WIDTH - left - 4
    most = max([sum(column.parts) for column in found] + [level or 0, least]) or 1
    body = [pattern(named, place) for place in range(len(series))]
    for share in (0, 0.5, 1):
        line = top + height * (1 - share)
        body.append(f'<path d="M{left} {line:.1f}H{WIDTH - 4}" stroke="#d8dce4"/>')
        body.append(words(left - 4, line + 4, f"{most * share:,.0f}", anchor="end", color=SOFT))
    size = width / max(1, len(found))
    for number, column in enumerate(found):
        x, y = left + size * number, float(top + height)
        for place, part in enumerate(column.parts):
            tall = height * part / most
            if tall > 0:
                y -= tall
                body.append(box(x + size * 0.08, y, size * 0.84, tall, fill(named, place)))
        if column.label:
            body.append(words(x + size / 2, top + height + 14, column.label, anchor="middle", color=SOFT))
    if level is not None:
        line = top + height * (1 - level / most)
        body.append(
            f'<path d="M{left} {line:.1f}H{WIDTH - 4}" stroke="{INK}" stroke-width="1.5" stroke-dasharray="6 3"/>'
        )
    y = top + height + 26
    names = [*series, level_name] if level is not None else list(series)
    for place, name in enumerate(names):
        x, line = (place % 2) * (WIDTH // 2), y + (place // 2) * 18
        if place == len(series):
            body.append(
                f'<path d="M{x} {line + 6}H{x + 14}" stroke="{INK}" stroke-width="1.5" stroke-dasharray="6 3"/>'
            )
        else:
            body.append(box(x + 0.5, line, 12, 12, fill(named, place)))
        body.append(words(x + 18, line + 10, name))
    return svg(named, y + 6 + (len(names) + 1) // 2 * 18, body)
