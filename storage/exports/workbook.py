"""Writing a table as a workbook that Excel opens as it is.

Promise: constant memory for any number of rows; every value is text (leading zeros stay, nothing is calculated)
but times, which are times in the bank's zone; unfinished pieces lie in a private folder beside the file.
The first row says in words what a column is, the second, hidden one holds its name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from storage.exports.files import PART, WrittenFile
from storage.exports.spelling import GETA, Losses, Unmappable, Why, spelled
from storage.exports.writers import is_formula

#: Rows that a sheet can hold, of which two are the header.
SHEET_ROWS = 1_048_576
#: Signs that a cell can hold.
CELL = 32_767
_HEADER = 2


class XlsxFile:
    """The workbook's file on its way: the library writes it by name, so it is synced and summed at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(path.name + PART)
        self.pieces = path.with_name(path.name + ".pieces")
        shutil.rmtree(self.pieces, ignore_errors=True)
        self.pieces.mkdir(mode=0o700)
        #: Closes what the library holds open.
        self.close: Callable[[], None] = lambda: None
        # Before the library opens it with what everybody may read.
        os.close(os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))

    def finish(self, rows: int) -> WrittenFile:
        close, self.close = self.close, lambda: None
        close()
        shutil.rmtree(self.pieces)
        digest = hashlib.sha256()
        with self.part.open("rb") as file:
            while data := file.read(1024 * 1024):
                digest.update(data)
            os.fsync(file.fileno())
            size = file.tell()
        return WrittenFile(name=self.path.name, rows=rows, sha256=digest.hexdigest(), bytes=size)

    def publish(self) -> None:
        self.part.replace(self.path)

    def discard(self) -> None:
        # The library can only finish or leave its pieces open; on a full disk it can do neither.
        with suppress(Exception):
            self.close()
        shutil.rmtree(self.pieces, ignore_errors=True)
        self.part.unlink(missing_ok=True)


class XlsxOutput:
    """One table in one workbook; behind a full sheet comes another."""

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        *,
        titles: Sequence[str],
        times: Sequence[bool],
        made_at: datetime,
        zone: ZoneInfo,
        losses: Losses,
        sheet_rows: int = SHEET_ROWS,
    ) -> None:
        import xlsxwriter

        self.output = XlsxFile(path)
        self._columns = tuple(columns)
        self._titles = tuple(titles)
        self._times = tuple(times)
        self._losses = losses
        self._sheet_rows = sheet_rows
        self._name = path.stem
        self._book = xlsxwriter.Workbook(
            str(self.output.part), {"constant_memory": True, "tmpdir": str(self.output.pieces)}
        )
        self.output.close = self._book.close
        self._book.use_zip64()
        self._book.set_properties({"created": made_at.astimezone(zone).replace(tzinfo=None)})
        self._heading = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8F1FE"})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        # Text also where somebody edits the cell.
        self._text = self._book.add_format({"num_format": "@"})
        self._quoted = self._book.add_format({"num_format": "@", "quote_prefix": True})
        self._rows = 0
        self._sheets = 0
        self._open_sheet()

    def _open_sheet(self) -> None:
        self._sheets += 1
        self._sheet: Any = self._book.add_worksheet(self._name if self._sheets == 1 else f"{self._name} {self._sheets}")
        self._sheet.freeze_panes(_HEADER, 0)
        self._sheet.set_column(0, len(self._columns) - 1, 18, self._text)
        self._sheet.set_row(1, None, None, {"hidden": True})
        for at, title in enumerate(self._titles):
            self._sheet.write_string(0, at, title, self._heading)
        for at, name in enumerate(self._columns):
            self._sheet.write_string(1, at, name, self._text)
        self._at = _HEADER

    def write(self, cells: list[str]) -> None:
        if self._at == self._sheet_rows:
            self._open_sheet()
        row, put = self._at, self._sheet.write_string
        for at, (cell, is_time) in enumerate(zip(cells, self._times, strict=True)):
            if not cell:
                continue
            if is_time:
                self._sheet.write_datetime(row, at, datetime.fromisoformat(cell).replace(tzinfo=None), self._time)
                continue
            text = self._fitting(cell, at)
            put(row, at, text, self._quoted if is_formula(text) else self._text)
        self._at += 1
        self._rows += 1

    def _fitting(self, cell: str, at: int) -> str:
        name, column = self.output.path.name, self._columns[at]
        place: dict[str, Any] = {"file": name, "row": self._at + 1, "column": column}
        text = spelled(cell, "utf-8", losses=self._losses, **place)
        if len(text) > CELL:
            self._losses(Unmappable(code_point="", reason=Why.TOO_LONG, **place))
            text = text[: CELL - 1] + GETA
        return text

    def finish(self) -> WrittenFile:
        return self.output.finish(self._rows)
