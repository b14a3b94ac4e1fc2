"""A bank's CSV as a stream of records with the line on which each begins.

Promise: constant memory, whatever the size; a record has exactly the columns of the header or is
reported; broken quoting stops the reading with its line instead of swallowing the rows behind it.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from storage.masterfile.columns import REQUIRED, Header, read_header
from storage.masterfile.decoding import read_lines
from storage.masterfile.problems import MasterFileProblem, RowProblem


@dataclass(frozen=True, kw_only=True)
class Record:
    """One row of the file under our column names."""

    line: int
    fields: Mapping[str, str] = field(repr=False)


class MasterFile:
    """One file, opened anew for each pass over it."""

    def __init__(
        self, path: Path, *, encoding: str, mapping: Mapping[str, str], required: Sequence[str] = REQUIRED
    ) -> None:
        self._path = path
        self._encoding = encoding
        self._mapping = mapping
        self._required = required
        self.header = self._read_header()

    def records(self) -> Iterator[Record | RowProblem]:
        """Every row after the header; empty lines are passed over."""
        width = len(self.header.names)
        for line, fields in self._rows():
            if len(fields) != width:
                yield self._another_width(line, len(fields))
            else:
                yield Record(line=line, fields=dict(zip(self.header.names, fields, strict=True)))

    def cells(self, names: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]] | RowProblem]:
        """``records`` for whole files in a hurry: the cells of some columns (two or more) in the order asked for."""
        width = len(self.header.names)
        pick = itemgetter(*[self.header.names.index(name) for name in names])
        for line, fields in self._rows():
            if len(fields) == width:
                yield line, pick(fields)
            else:
                yield self._another_width(line, len(fields))

    def _another_width(self, line: int, found: int) -> RowProblem:
        params = {"expected": str(len(self.header.names)), "found": str(found)}
        return RowProblem(line=line, column="", code="column_count", params=params)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        rows = self._parse()
        next(rows, None)
        yield from rows

    def _read_header(self) -> Header:
        for _, fields in self._parse():
            return read_header(fields, self._mapping, required=self._required)
        raise MasterFileProblem("empty_file")

    def _parse(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(read_lines(self._path, self._encoding), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise MasterFileProblem("broken_csv", line=str(line)) from None
            if fields:
                yield line, fields


def file_sha256(path: Path) -> str:
    """The identity of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
