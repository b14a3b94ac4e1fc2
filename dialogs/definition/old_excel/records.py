"""What the records of an old workbook say beside the values of its cells.

The library that reads the values gives nothing for a cell with an error and for a formula that was never
calculated, no format of a number, lays out every sheet up to its farthest cell, and takes memory for as many cells
as a sheet says it has, in a way that ends the process where there is not so much.  So the records are looked
through first: what is locked, how far each sheet reaches, and which cells are not what they seem.
Layout: [MS-XLS], sections 2.3 and 2.4; older versions have the same heads of records.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_BEGIN, _END, _LOCKED, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
#: Excel's mark of having calculated the workbook; what other programs write has "" where there is no value.
_CALCULATED = 0x01C1
_FORMAT, _CELL_FORMAT = 0x041E, 0x00E0
_DIMENSIONS = 0x0200
#: The first row, the row after the last, and the same of columns, by the length of the record ([MS-XLS] 2.4.90).
_RECTANGLES = {10: "<4H", 14: "<IIHH"}
_MOST_SHEETS = 256
_FORMULA = frozenset({0x0006, 0x0206, 0x0406})
_TEXT_OF_FORMULA = 0x0207
#: What may stand between a formula and the text that it gave.
_OF_FORMULA = frozenset({0x04BC, 0x0221, 0x0236})
_ERROR_OR_TRUTH = 0x0205
_NUMBERS = frozenset({0x0203, 0x027E})
_SINGLE = _NUMBERS | _FORMULA | {0x00FD, 0x0204, 0x00D6, _ERROR_OR_TRUTH}
_SEVERAL = 0x00BD
_GLOBALS, _WORKSHEET = 0x0005, 0x0010
_ZEROS = re.compile(rb"0{2,}")
#: Excel's names of its errors, by their codes ([MS-XLS] 2.5.10, BErr).
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_NO_NUMBER = b"\xff\xff"

#: Row and column, from 0.
At = tuple[int, int]


@dataclass
class SheetFacts:
    """One sheet, as far as its records tell."""

    #: Cells with an error of Excel, by its name.
    errors: dict[At, str] = field(default_factory=dict)
    #: Formulas that were never calculated.
    uncalculated: set[At] = field(default_factory=set)
    #: Cells whose number is shown with leading zeros, with how many digits.
    zeros: dict[At, int] = field(default_factory=dict)
    #: The cells of the rectangle around everything that the library finds in the sheet.
    area: int = 0
    #: As many cells as the sheet says it has.
    declared: int = 0


@dataclass
class Facts:
    locked: bool = False
    #: In the order in which the workbook lists them.
    sheets: list[SheetFacts] = field(default_factory=list)


def look_through(stream: bytes) -> Facts:
    """The facts of a workbook's stream; raises ``ValueError`` or ``struct.error`` for a damaged one."""
    return _Look(stream).facts()


class _Look:
    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._found = Facts()
        self._places: list[int] = []
        self._formats: dict[int, int] = {}
        self._cells: list[int] = []
        self._wide, self._calculated = True, False
        # The workbook is gone through once, each sheet twice; sheets that overlap would make it endless.
        self._records_left = 3 * (len(stream) // 4 + 1)

    def facts(self) -> Facts:
        records = self._records(0)
        _, kind, body = next(records)
        if kind != _BEGIN or len(body) < 4 or struct.unpack_from("<H", body, 2)[0] != _GLOBALS:
            raise ValueError("no workbook begins here")
        self._wide = struct.unpack_from("<H", body)[0] >= 0x0600
        for _, kind, body in records:
            if kind == _END:
                break
            if kind == _LOCKED:
                self._found.locked = True
                return self._found
            if kind == _SHEET:
                self._places.append(struct.unpack_from("<I", body)[0])
                if len(self._places) > _MOST_SHEETS:
                    raise ValueError("more sheets than a workbook has")
            elif kind == _CALCULATED:
                self._calculated = True
            elif kind == _FORMAT:
                self._format(body)
            elif kind == _CELL_FORMAT:
                self._cells.append(struct.unpack_from("<H", body, 2)[0])
        if len(set(self._places)) < len(self._places):
            raise ValueError("two sheets in one place")
        self._found.sheets = [self._sheet(place) for place in self._places]
        return self._found

    def _records(self, at: int) -> Iterator[tuple[int, int, bytes]]:
        while at + 4 <= len(self._stream):
            self._records_left -= 1
            if self._records_left < 0:
                raise ValueError("sheets that overlap")
            kind, length = struct.unpack_from("<HH", self._stream, at)
            yield at, kind, self._stream[at + 4 : at + 4 + length]
            at += 4 + length

    def _format(self, body: bytes) -> None:
        number = struct.unpack_from("<H", body)[0]
        head = 5 if self._wide else 3
        length = struct.unpack_from("<H" if self._wide else "<B", body, 2)[0]
        if self._wide and body[4] & 1:
            return  # a format in wide characters has more in it than zeros
        if _ZEROS.fullmatch(body[head : head + length]):
            self._formats[number] = length

    def _sheet(self, place: int) -> SheetFacts:
        facts, depth = SheetFacts(), 0
        facts.area, facts.declared = self._extent(place)
        #: The formula that waits for the text it gave.
        waiting: At | None = None
        for _, kind, body in self._records(place):
            if kind == _BEGIN:
                depth += 1
                if depth == 1 and struct.unpack_from("<H", body, 2)[0] != _WORKSHEET:
                    return facts
            elif kind == _END:
                depth -= 1
            if depth < 1:
                break
            # Charts inside a sheet keep cells of their own.
            if depth > 1:
                continue
            if waiting is not None and kind not in _OF_FORMULA:
                if kind != _TEXT_OF_FORMULA:
                    facts.uncalculated.add(waiting)
                waiting = None
            if kind in _SINGLE:
                row, column, style = struct.unpack_from("<HHH", body)
                if kind in _FORMULA:
                    waiting = self._formula(facts, (row, column), body)
                elif kind == _ERROR_OR_TRUTH and body[7]:
                    facts.errors[row, column] = _ERRORS.get(body[6], "#?")
                if kind in _NUMBERS or kind in _FORMULA:
                    self._zeros(facts, (row, column), style)
            elif kind == _SEVERAL:
                row, first = struct.unpack_from("<HH", body)
                for number in range((len(body) - 6) // 6):
                    self._zeros(facts, (row, first + number), struct.unpack_from("<H", body, 4 + 6 * number)[0])
        if waiting is not None:
            facts.uncalculated.add(waiting)
        return facts

    def _extent(self, place: int) -> tuple[int, int]:
        """The area that is laid out, and that which is declared: up to the first end, as the library reads."""
        rows: list[int] = []
        columns: list[int] = []
        declared = 0
        for _, kind, body in self._records(place):
            if kind == _END:
                break
            if kind in _SINGLE or kind == _SEVERAL:
                row, column = struct.unpack_from("<HH", body)
                last = column + max(0, (len(body) - 6) // 6 - 1) if kind == _SEVERAL else column
                rows = [min([*rows, row]), max([*rows, row])]
                columns = [min([*columns, column]), max([*columns, last])]
            elif kind == _DIMENSIONS and len(body) in _RECTANGLES:
                top, bottom, left, right = struct.unpack_from(_RECTANGLES[len(body)], body)
                if bottom and right:
                    if bottom < top or right < left:
                        raise ValueError("a sheet that ends before it begins")
                    declared = max(declared, (bottom - top) * (right - left))
        area = (rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1) if rows else 0
        return area, declared

    def _formula(self, facts: SheetFacts, at: At, body: bytes) -> At | None:
        """Notes a formula that gave no value; the place, where the text that it gave has still to come."""
        if body[12:14] != _NO_NUMBER:
            return None
        if body[6] == 2:
            facts.errors[at] = _ERRORS.get(body[8], "#?")
        elif body[6] == 3 and not self._calculated:
            facts.uncalculated.add(at)
        return at if body[6] == 0 else None

    def _zeros(self, facts: SheetFacts, at: At, style: int) -> None:
        digits = self._formats.get(self._cells[style]) if style < len(self._cells) else None
        if digits:
            facts.zeros[at] = digits
