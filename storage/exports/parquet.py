"""Writing a table as Parquet, for systems that take columns by their types and not by reading text.

Promise: days are days, whole numbers and decimals are numbers, several choices are a list; whatever is a number only
to look at (customer, branch, telephone, postal code) stays text with its zeros.  A value that does not fit the type
of its column is left out and listed, never bent.  Memory is bounded by one row group, for any number of rows.
What the columns mean, and by which questionnaire, travels in the file itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from storage.exports.columns import Cell
from storage.exports.files import OutputFile, WrittenFile
from storage.exports.spelling import Losses, Unmappable, Why, spelled

#: Of the layout of the file: the names and types of the columns and what stands in the metadata.
SCHEMA_VERSION = "1"
#: Rows that are turned into columns together.
BLOCK = 1_000
#: A row group ends with whichever of the two comes first.
GROUP_ROWS, GROUP_BYTES = 20_000, 32 * 1024 * 1024
#: Of a decimal: more than the readers of replies take before the point, and more places than anybody types.
_DIGITS, _PLACES = 38, 10


class ParquetMissing(Exception):
    """The extra that writes the format is not installed."""


def can_write_parquet() -> bool:
    """Whether the extra is there; nothing is loaded for the answer."""
    return find_spec("pyarrow") is not None


def _whole(text: str) -> int:
    number = int(text)
    if str(number) != text:
        # Whoever wrote "007" meant the zeros.
        raise ValueError
    return number


def _day(text: str) -> date:
    found = date.fromisoformat(text)
    if found.isoformat() != text:
        raise ValueError
    return found


#: What stands in a cell that is not empty, as the library takes it; raises ``ValueError`` or ``ArithmeticError``.
_READ: Mapping[Cell, Callable[[str], Any]] = {
    Cell.TEXT: str,
    Cell.TIME: datetime.fromisoformat,
    Cell.DAY: _day,
    Cell.WHOLE: _whole,
    Cell.DECIMAL: Decimal,
    Cell.CODES: lambda text: text.split(";"),
    Cell.FLAG: lambda text: text == "1",
}


class ParquetFile(OutputFile):
    """The file as the library writes it; what it still writes once the file is given up goes nowhere."""

    closed = False

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._given_up = False

    def write(self, data: Any) -> None:
        if not self._given_up:
            super().write(bytes(data))

    def tell(self) -> int:
        return self._bytes

    def flush(self) -> None:
        """It is brought to the disk at the end."""

    def close(self) -> None:
        """It is closed when it is finished or given up."""

    def discard(self) -> None:
        self._given_up = True
        super().discard()


class ParquetOutput:
    """One table, row group by row group."""

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        *,
        cells: Sequence[Cell],
        titles: Sequence[str],
        zone: ZoneInfo,
        about: Mapping[str, str],
        losses: Losses,
    ) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ModuleNotFoundError:
            raise ParquetMissing from None
        self._arrow: Any = pyarrow
        self._columns = tuple(columns)
        self._cells = tuple(cells)
        self._losses = losses
        types = _types(pyarrow, zone)
        self._schema = pyarrow.schema(
            [
                pyarrow.field(name, types[cell], metadata={"title": title})
                for name, cell, title in zip(columns, cells, titles, strict=True)
            ],
            metadata={**about, "kakunin.schema_version": SCHEMA_VERSION},
        )
        self.output = ParquetFile(path)
        self._writer = pyarrow.parquet.ParquetWriter(
            pyarrow.PythonFile(self.output, mode="w"), self._schema, compression="zstd"
        )
        self._block: list[list[str]] = []
        self._group: list[Any] = []
        self._rows = 0

    def write(self, cells: list[str]) -> None:
        self._block.append(cells)
        if len(self._block) >= BLOCK:
            self._end_block()

    def finish(self) -> WrittenFile:
        self._end_block()
        self._end_group()
        self._writer.close()
        return self.output.finish(self._rows)

    def _end_block(self) -> None:
        if not self._block:
            return
        arrays = [self._array(at, column) for at, column in enumerate(zip(*self._block, strict=True))]
        self._group.append(self._arrow.record_batch(arrays, schema=self._schema))
        self._rows += len(self._block)
        self._block.clear()
        if sum(map(len, self._group)) >= GROUP_ROWS or sum(one.nbytes for one in self._group) >= GROUP_BYTES:
            self._end_group()

    def _end_group(self) -> None:
        if self._group:
            table = self._arrow.Table.from_batches(self._group, self._schema)
            self._writer.write_table(table, row_group_size=len(table))
            self._group.clear()

    def _array(self, at: int, cells: Sequence[str]) -> Any:
        """A column of the block."""
        read, kind = _READ[self._cells[at]], self._schema.field(at).type
        try:
            return self._arrow.array([read(cell) if cell else None for cell in cells], kind)
        except (ValueError, ArithmeticError):
            fitting = [self._fitting(at, row, cell) for row, cell in enumerate(cells, self._rows + 1)]
            return self._arrow.array(fitting, kind)

    def _fitting(self, at: int, row: int, cell: str) -> Any:
        """The value, or what the file can hold of it; what it cannot hold is listed."""
        place: dict[str, Any] = {"file": self.output.path.name, "row": row, "column": self._columns[at]}
        if self._cells[at] in (Cell.TEXT, Cell.CODES):
            cell = spelled(cell, "utf-8", losses=self._losses, **place)
        if not cell:
            return None
        try:
            value = _READ[self._cells[at]](cell)
            self._arrow.array([value], self._schema.field(at).type)
        except (ValueError, ArithmeticError):
            self._losses(Unmappable(code_point="", reason=Why.OTHER_TYPE, **place))
            return None
        return value


def _types(arrow: Any, zone: ZoneInfo) -> Mapping[Cell, Any]:
    return {
        Cell.TEXT: arrow.string(),
        Cell.TIME: arrow.timestamp("ms", tz=zone.key),
        Cell.DAY: arrow.date32(),
        Cell.WHOLE: arrow.int64(),
        Cell.DECIMAL: arrow.decimal128(_DIGITS, _PLACES),
        Cell.CODES: arrow.list_(arrow.string()),
        Cell.FLAG: arrow.bool_(),
    }
