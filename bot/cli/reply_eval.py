"""``kakunin reply --eval``: how well the readers read the rows of labelled files.

Promise: every row is counted once, as right, wrongly taken or wrongly refused; a row that cannot be judged is
refused with its file and line.  The figures are a result and no failure, so the exit code is 0.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.errors import UserError

if TYPE_CHECKING:
    from dialogs.replies.measuring import Judged, Tally

#: Columns of the table, and the width of the first one.
_COLUMNS = ("rows", "right", "wrongly taken", "wrongly refused")
_WIDTH = 20


def measure(files: Sequence[Path], *, locale: str, as_json: bool, failures: bool) -> None:
    """Print the figures of every kind, and with ``failures`` the rows that were not right."""
    from dialogs.definition.yaml_format import load_shipped
    from dialogs.replies.measuring import Judgement, RowProblem, judge, read_row, tally

    form = load_shipped("individual")
    judged: list[tuple[str, Judged]] = []
    for file in files:
        for number, line in _lines(file):
            where = f"{file.name}, line {number}"
            try:
                row = read_row(str(line.get("kind", file.stem)), line, form)
            except RowProblem as problem:
                raise UserError(f"{where}: {problem}") from None
            judged.append((where, judge(row, form, locale=locale)))
    counts = tally([one for _, one in judged])
    wrong = [(where, one) for where, one in judged if failures and one.judgement is not Judgement.RIGHT]
    if as_json:
        report: dict[str, Any] = {"kinds": {kind: asdict(count) for kind, count in counts.items()}}
        if failures:
            report["failures"] = [_told(where, one) for where, one in wrong]
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
        return
    sys.stdout.write("".join(f"{title:>{_WIDTH}}" for title in ("kind", *_COLUMNS)) + "\n")
    for kind, count in counts.items():
        sys.stdout.write(_line(kind, count))
    for where, one in wrong:
        sys.stdout.write(json.dumps(_told(where, one), ensure_ascii=False) + "\n")


def _line(kind: str, count: Tally) -> str:
    share = f"{count.right} ({count.right / count.rows:.1%})"
    figures = (kind, count.rows, share, count.wrongly_taken, count.wrongly_refused)
    return "".join(f"{figure:>{_WIDTH}}" for figure in figures) + "\n"


def _told(where: str, one: Judged) -> dict[str, object]:
    """A failing row: what was typed, what should have come of it, what did."""
    row = one.row
    return {
        "where": where,
        "kind": row.kind,
        "judgement": one.judgement.value,
        **({"question": row.question.name} if row.question is not None else {}),
        "text": row.text,
        "expected": [right.as_row() for right in row.right],
        "found": one.found.as_row(),
    }


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{file}: the file is not UTF-8.") from None
    except OSError as error:
        raise UserError(f"{file}: the file cannot be read ({error.strerror}).") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            raise UserError(f"{file.name}, line {number}: this is not a JSON object.") from None
        if not isinstance(row, dict):
            raise UserError(f"{file.name}, line {number}: this is not a JSON object.")
        yield number, row
