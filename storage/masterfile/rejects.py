"""The reject report: which rows of a file were not taken, where and why.

Promise: a clerk can mend the file with it, line by line; it names columns and reasons and holds no
value of the file but the customer number.  It appears whole or not at all.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.masterfile.problems import RowProblem

REJECT_COLUMNS = ("line", "customer_no", "column", "code", "reason")


class RejectReport:
    """Writes beside its final place and moves there at the end; left alone when something fails."""

    def __init__(self, path: Path, word: Callable[[RowProblem], str]) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._word = word
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self._writer.writerow(REJECT_COLUMNS)

    def add(self, problem: RowProblem) -> None:
        self._writer.writerow(
            (
                problem.line,
                # What stands in a refused number column may begin a formula in a spreadsheet.
                problem.customer_no if problem.customer_no[:1].isalnum() else "",
                problem.column,
                problem.code,
                self._word(problem),
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)
