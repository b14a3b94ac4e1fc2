"""A workbook as Excel has written them since 2007 (.xlsx), as rows of texts, whoever made it and whatever is in it.

Promise: no formula is calculated, no file that is not a workbook is mistaken for one, memory stays
bounded, and a value that Excel has typed (``1.0``, a date) is the text again that its author meant.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dialogs.definition.issues import Issue, Place, UnreadableSource

#: Bounds of a workbook: megabytes packed and unpacked, and of its styles (which cost the most memory),
#: parts of the archive, rows and columns that hold something, and cells in all (a row that names one
#: far cell counts as far as that cell).
MAX_MEGABYTES = 10
MAX_UNPACKED_MEGABYTES = 20
MAX_STYLES_MEGABYTES = 2
MAX_PARTS = 2_000
MAX_ROWS = 10_000
MAX_COLUMNS = 400
MAX_CELLS = 2_000_000

MEGABYTE = 1_000_000
_LARGE_PARTS = ("xl/worksheets/", "xl/sharedStrings.xml", "xl/media/")
#: How the format writes a character that XML cannot hold.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell without a value: an error of Excel, or a formula that was never calculated."""

    code: str
    written: str


#: A truth value stays one: what it means depends on the column.
Content = str | bool | Broken

#: The rows that hold something: number of the row and, by number of the column, what is in it.
Grid = list[tuple[int, dict[int, Content]]]


def read_grids(raw: bytes, wanted: Iterable[str], *, origin: str) -> tuple[Mapping[str, Grid], tuple[str, ...]]:
    """The sheets whose folded names are ``wanted``, and the names of all sheets; raises ``UnreadableSource``."""
    _refuse_unfit(raw, origin)
    names = frozenset(wanted)
    try:
        with warnings.catch_warnings():
            # The library tells of extensions and styles that it leaves out; we want values only.
            warnings.simplefilter("ignore")
            grids, sheets = _read(raw, names, origin, cached=False)
            if any(
                isinstance(content, Broken) for grid in grids.values() for _, row in grid for content in row.values()
            ):
                computed, _ = _read(raw, names, origin, cached=True)
                grids = {name: _with_values(grid, computed[name]) for name, grid in grids.items()}
    except UnreadableSource:
        raise
    except Exception as error:
        # Whatever a damaged file makes the library stumble over.
        raise unreadable("not_a_workbook", origin) from error
    if not sheets:
        raise unreadable("not_a_workbook", origin)
    return grids, sheets


def folded(name: str) -> str:
    """A name of a sheet or column without case and without blanks around it."""
    return " ".join(name.split()).lower()


def escaped(text: str) -> str:
    """A text as a cell holds it: line ends stay what they are, and what looks escaped is not taken for it."""
    return _ESCAPED.sub(lambda match: f"_x005F{match[0]}", text).replace("\r", "_x000D_")


def _refuse_unfit(raw: bytes, origin: str) -> None:
    if len(raw) > MAX_MEGABYTES * MEGABYTE:
        raise unreadable("workbook_too_large", origin, limit=str(MAX_MEGABYTES))
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise unreadable("not_a_workbook", origin) from error
    if any(part.flag_bits & 1 for part in parts):
        raise unreadable("encrypted_workbook", origin)
    # Nothing is unpacked beyond the size that a part declares.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_MEGABYTES * MEGABYTE:
        raise unreadable("workbook_too_large", origin, limit=str(MAX_UNPACKED_MEGABYTES))
    # Everything but cells, texts and pictures becomes one object an element.
    small = (part for part in parts if not part.filename.startswith(_LARGE_PARTS))
    if any(part.file_size > MAX_STYLES_MEGABYTES * MEGABYTE for part in small):
        raise unreadable("workbook_too_large", origin, limit=str(MAX_STYLES_MEGABYTES))


def unreadable(code: str, origin: str, sheet: str = "", row: int = 0, **params: str) -> UnreadableSource:
    """The refusal of a whole workbook."""
    place = Place(sheet=sheet, row=row, cell=str(row) if row else "")
    return UnreadableSource([Issue(code=code, place=place, params=params)], origin=origin)


def _read(raw: bytes, wanted: frozenset[str], origin: str, *, cached: bool) -> tuple[dict[str, Grid], tuple[str, ...]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(raw), read_only=True, data_only=cached, keep_links=False)
    try:
        grids: dict[str, Grid] = {}
        for sheet in book.worksheets:
            name = folded(sheet.title)
            if name in wanted and name not in grids:
                grids[name] = list(_rows(sheet, name, origin))
        return grids, tuple(book.sheetnames)
    finally:
        book.close()


def _rows(sheet: Any, name: str, origin: str) -> Iterator[tuple[int, dict[int, Content]]]:
    # What the file says of its own size is often wrong, and may be meant to be.
    sheet.reset_dimensions()
    cells = rows = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells += len(row) + 1
        if cells > MAX_CELLS:
            raise unreadable("too_many_rows", origin, name, number, limit=str(MAX_ROWS))
        found = {
            column: content
            for column, cell in enumerate(row, 1)
            if cell.value is not None and (content := _content(cell)) != ""
        }
        if not found:
            continue
        rows += 1
        if rows > MAX_ROWS:
            raise unreadable("too_many_rows", origin, name, number, limit=str(MAX_ROWS))
        if max(found) > MAX_COLUMNS:
            raise unreadable("too_many_columns", origin, name, number, limit=str(MAX_COLUMNS))
        yield number, found


def _content(cell: Any) -> Content:
    value = cell.value
    if cell.data_type == "f":
        return Broken("formula_without_value", str(getattr(value, "text", value)))
    if cell.data_type == "e":
        return Broken("error_in_cell", str(value))
    if isinstance(value, str):
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value).strip()
    return content_of(value, str(cell.number_format or ""))


def content_of(value: object, number_format: str) -> Content:
    """A value that Excel has typed, as the text that its author meant."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value, number_format)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()


def _number(value: int | float, number_format: str) -> str:
    # Excel itself counts fifteen digits.
    exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    text = f"{exact.normalize():f}" if exact else "0"
    # A cell shown with leading zeros holds a code: 007.
    return text.zfill(len(number_format)) if re.fullmatch(r"0{2,}", number_format) and text.isdigit() else text


def _with_values(grid: Grid, computed: Grid) -> Grid:
    """The grid with the last values of its formulas; a formula without one stays as it is."""
    values = dict(computed)
    return [
        (
            number,
            {
                column: values.get(number, {}).get(column, content) if isinstance(content, Broken) else content
                for column, content in row.items()
            },
        )
        for number, row in grid
    ]
