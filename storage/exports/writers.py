"""Writing tables that open unharmed: in Excel, in a core system that reads CP932, and in a script.

Promise: no text that a person typed can become a formula, leading zeros stay, and what a file cannot hold is
listed (``spelling``); a table of any size is written in bounded memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from storage.exports.files import Output, OutputFile, WrittenFile
from storage.exports.spelling import Losses, codec_of, spelled

#: Rows that are written to the file together.
BLOCK = 64
#: Stands between two cells until the quotes take its place: the sign that was made for it and that nobody types.
_APART = "\x1f"
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
#: A plain number or a phone number in international form means what it says.
_HARMLESS = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?\Z")


class TableOutput(Protocol):
    """A table on its way, row by row."""

    @property
    def output(self) -> Output:
        """The file."""

    def write(self, cells: list[str]) -> None:
        """One row; as many cells as there are columns. The list is the writer's from now on."""

    def finish(self) -> WrittenFile:
        """Bring everything to the disk, still under the temporary name."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula."""
    return text[:1] in _FORMULA and not _HARMLESS.match(text)


def formula_safe(text: str) -> str:
    """Text as a spreadsheet shows it: an apostrophe keeps what begins like a formula from being one."""
    return f"'{text}" if is_formula(text) else text


def drawn(rows: Iterable[Sequence[str]]) -> str:
    """What ``csv.writer`` makes of the rows with every cell quoted, in an eighth of its time."""
    return "".join(map(_line, rows))


def _line(cells: Sequence[str]) -> str:
    joined = _APART.join(cells)
    if '"' in joined:
        joined = joined.replace('"', '""')
    if joined.count(_APART) != len(cells) - 1:
        # Somebody typed the sign itself.
        return '"' + '","'.join(cell.replace('"', '""') for cell in cells) + '"\r\n'
    return '"' + joined.replace(_APART, '","') + '"\r\n'


class CsvOutput:
    """One CSV: CRLF, every cell quoted, typed columns made formula-safe."""

    def __init__(
        self, path: Path, columns: Sequence[str], *, typed: Sequence[bool], encoding: str, losses: Losses
    ) -> None:
        self._codec = codec_of(encoding)
        self.output = OutputFile(path)
        self._columns = tuple(columns)
        self._typed_at = tuple(at for at, is_typed in enumerate(typed) if is_typed)
        self._losses = losses
        self._block: list[list[str]] = []
        self._rows = 0
        if encoding == "utf-8-sig":
            self.output.write(b"\xef\xbb\xbf")
        #: Lines of the file; the header is one of them and no row of the table.
        self._emitted = 0
        self._block.append(list(columns))
        self._emit()

    def write(self, cells: list[str]) -> None:
        if len(cells) != len(self._columns):
            raise ValueError(f"a row of {len(cells)} cells in a table of {len(self._columns)} columns")
        for at in self._typed_at:
            cells[at] = formula_safe(cells[at])
        self._rows += 1
        self._block.append(cells)
        if len(self._block) >= BLOCK:
            self._emit()

    def finish(self) -> WrittenFile:
        self._emit()
        return self.output.finish(self._rows)

    def _emit(self) -> None:
        try:
            data = drawn(self._block).encode(self._codec)
        except UnicodeEncodeError:
            data = drawn([self._spelled(at, cells) for at, cells in enumerate(self._block, 1)]).encode(self._codec)
        self.output.write(data)
        self._emitted += len(self._block)
        self._block.clear()

    def _spelled(self, at: int, cells: Sequence[str]) -> list[str]:
        place = {"file": self.output.path.name, "row": self._emitted + at}
        return [
            spelled(cell, self._codec, column=column, losses=self._losses, **place)  # type: ignore[arg-type]
            for cell, column in zip(cells, self._columns, strict=True)
        ]


class JsonLinesOutput:
    """One JSON object a line, in UTF-8, with every column in it; nothing in it is ever a formula."""

    def __init__(self, path: Path, columns: Sequence[str], *, losses: Losses) -> None:
        self.output = OutputFile(path)
        self._columns = tuple(columns)
        self._losses = losses
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        self._rows = 0

    def write(self, cells: list[str]) -> None:
        self._rows += 1
        try:
            data = self._line(cells).encode()
        except UnicodeEncodeError:
            name, row = self.output.path.name, self._rows
            kept = [
                spelled(cell, "utf-8", file=name, row=row, column=column, losses=self._losses)
                for cell, column in zip(cells, self._columns, strict=True)
            ]
            data = self._line(kept).encode()
        self.output.write(data)

    def _line(self, cells: Sequence[str]) -> str:
        return self._encode(dict(zip(self._columns, cells, strict=True))) + "\n"

    def finish(self) -> WrittenFile:
        return self.output.finish(self._rows)
