"""Writing CSV that opens unharmed: in Excel, in a core system that reads CP932, and in a script.

Promise: a file appears whole under its name or not at all (written beside it, synced, renamed); no
text that a person typed can become a formula; and no character is lost silently: what CP932 cannot
hold becomes 〓 and is listed with its place.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

ENCODINGS = ("utf-8-sig", "utf-8", "cp932")
GETA = "〓"

_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
#: A plain number or a phone number in international form means what it says.
_HARMLESS = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?\Z")
#: Characters that CP932 has under another code: the same sign in another table.
_SIBLINGS = str.maketrans({"〜": "～", "−": "－", "—": "―", "–": "－", "‑": "‐", "\u00a0": " ", "¥": "￥", "•": "・"})
_APART = re.compile("[ぁ-ゖァ-ヺ][\u3099\u309a]")


@dataclass(frozen=True, kw_only=True)
class WrittenFile:
    """A finished file, for the manifest."""

    name: str
    #: Rows without the header.
    rows: int
    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Unmappable:
    """One character that the encoding cannot hold, by its place; the row counts from 1 with the header."""

    file: str
    row: int
    column: str
    code_point: str


def formula_safe(text: str) -> str:
    """Text as a spreadsheet shows it: an apostrophe keeps what begins like a formula from being one."""
    return f"'{text}" if _FORMULA.match(text) and not _HARMLESS.match(text) else text


class OutputFile:
    """A file on its way: nothing under its name until ``publish``, nothing left of it after a failure."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(path.name + ".part")
        # Answers of customers: readable by the one who exports, until he decides otherwise.
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=256 * 1024)
        self._digest = hashlib.sha256()
        self._bytes = 0

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self._bytes += len(data)
        self._file.write(data)

    def finish(self, rows: int) -> WrittenFile:
        """Bring everything to the disk, still under the temporary name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return WrittenFile(name=self.path.name, rows=rows, sha256=self._digest.hexdigest(), bytes=self._bytes)

    def publish(self) -> None:
        self._part.replace(self.path)

    def discard(self) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


class CsvOutput:
    """One CSV: CRLF, every cell quoted, typed columns made formula-safe."""

    def __init__(self, path: Path, columns: Sequence[str], *, typed: Sequence[bool], encoding: str) -> None:
        if encoding not in ENCODINGS:
            raise ValueError(f"unknown encoding {encoding}")
        self.output = OutputFile(path)
        self.unmappable: list[Unmappable] = []
        self._columns = tuple(columns)
        self._typed = tuple(typed)
        self._encoding = encoding
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self._rows = 0
        if encoding == "utf-8-sig":
            self.output.write(b"\xef\xbb\xbf")
        self._emit(self._columns)

    def write(self, cells: Sequence[str]) -> None:
        """One row; as many cells as there are columns."""
        safe = [formula_safe(text) if typed else text for text, typed in zip(cells, self._typed, strict=True)]
        self._rows += 1
        self._emit(safe)

    def finish(self) -> WrittenFile:
        return self.output.finish(self._rows)

    def _emit(self, cells: Sequence[str]) -> None:
        self._writer.writerow(cells)
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        if self._encoding != "cp932":
            self.output.write(text.encode("utf-8"))
            return
        try:
            self.output.write(text.encode("cp932"))
        except UnicodeEncodeError:
            self._writer.writerow(
                [self._mappable(cell, column) for cell, column in zip(cells, self._columns, strict=True)]
            )
            self.output.write(self._text.getvalue().encode("cp932"))
            self._text.seek(0)
            self._text.truncate()

    def _mappable(self, text: str, column: str) -> str:
        composed = _APART.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)
        out: list[str] = []
        for mark in composed.translate(_SIBLINGS):
            if _fits(mark):
                out.append(mark)
                continue
            self.unmappable.append(
                Unmappable(
                    file=self.output.path.name,
                    row=self._rows + 1,
                    column=column,
                    code_point=f"U+{ord(mark):04X}",
                )
            )
            # A variation selector only chose a drawing: its character stands, the list says what was lost.
            out.append("" if unicodedata.category(mark) == "Mn" else GETA)
        return "".join(out)


def _fits(mark: str) -> bool:
    try:
        mark.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


class OutputSet:
    """Files that belong together: all of them appear, or none."""

    def __init__(self) -> None:
        self._outputs: list[OutputFile] = []

    def add(self, output: OutputFile) -> None:
        self._outputs.append(output)

    def replace(self, output: OutputFile) -> None:
        """Add a file that may have been added before: a transaction that is run again writes it again."""
        self._outputs = [other for other in self._outputs if other.path != output.path]
        self._outputs.append(output)

    def publish(self) -> None:
        """Give every file its name, the last added one (the manifest) last."""
        for output in self._outputs:
            output.publish()
        self._outputs.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for output in self._outputs:
            output.discard()
