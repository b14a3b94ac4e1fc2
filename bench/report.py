"""The rows of a run as a table (Markdown, so that it can be kept in docs/performance.md)."""

from __future__ import annotations

from collections.abc import Sequence

from bench.runs import Row

_HEAD = "| piece | what | turns/s | answer p50 ms | answer p99 ms | delivered p99 ms | CPU ms/turn | RSS/PSS MB | |"


def table(rows: Sequence[Row], *, heading: bool) -> str:
    """Lines of a table."""
    lines = [_HEAD, "|---|---|---:|---:|---:|---:|---|---|---|"] if heading else []
    for row in rows:
        times = [row.answer_p50, row.answer_p99, row.delivered_p99]
        cells = [row.piece, row.what, f"{row.turns_per_s:g}", *["" if time is None else f"{time:g}" for time in times]]
        cells.append(", ".join(f"{name} {used:g}" for name, used in row.cpu.items()))
        cells.append(", ".join(f"{name} {m['rss']:.0f}/{m['pss']:.0f}" for name, m in row.memory.items()))
        failed = [f"{count} {why}" for why, count in row.failed.items()]
        cells.append("; ".join(filter(None, [row.note, *failed])))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
