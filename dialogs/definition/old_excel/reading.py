"""An old workbook as rows of texts: the same rows as those of an ``.xlsx`` with the same cells.

Promise: as in ``workbook_cells``, no formula is calculated, memory stays bounded, and what is not there
(an error, a formula without a value) is said with its cell instead of being read as empty.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Mapping
from typing import Any

from dialogs.definition.issues import UnreadableSource
from dialogs.definition.old_excel.container import MAGIC, Container
from dialogs.definition.old_excel.records import Facts, SheetFacts, look_through
from dialogs.definition.workbook_cells import (
    MAX_CELLS,
    MAX_MEGABYTES,
    MAX_ROWS,
    MEGABYTE,
    Broken,
    Content,
    Grid,
    content_of,
    folded,
    unreadable,
)

#: How the versions since Excel 95 call the stream with the cells.
_STREAMS = ("Workbook", "Book")
_ENCRYPTED = "EncryptedPackage"


def is_old(raw: bytes) -> bool:
    """Whether these bytes are a file of the old Office, whatever its name."""
    return raw.startswith(MAGIC)


def read_old_grids(raw: bytes, wanted: Iterable[str], *, origin: str) -> tuple[Mapping[str, Grid], tuple[str, ...]]:
    """The sheets whose folded names are ``wanted``, and the names of all sheets; raises ``UnreadableSource``."""
    facts = _facts(raw, origin)
    from python_calamine import CalamineWorkbook, PasswordError

    names = frozenset(wanted)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        titles = tuple(book.sheet_names)
        if len(titles) != len(facts.sheets):
            raise unreadable("not_a_workbook", origin)
        grids: dict[str, Grid] = {}
        for index, title in enumerate(titles):
            name = folded(title)
            if name in names and name not in grids:
                grids[name] = _grid(book.get_sheet_by_index(index), facts.sheets[index], name, origin)
    except PasswordError as error:
        raise unreadable("encrypted_workbook", origin) from error
    except UnreadableSource:
        raise
    except BaseException as error:
        # Over some damage the library panics, which is no ``Exception``; nothing else that is none stops here.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise unreadable("not_a_workbook", origin) from error
        raise
    return grids, titles


def _facts(raw: bytes, origin: str) -> Facts:
    if len(raw) > MAX_MEGABYTES * MEGABYTE:
        raise unreadable("workbook_too_large", origin, limit=str(MAX_MEGABYTES))
    try:
        container = Container(raw)
        if _ENCRYPTED in container.names():
            raise unreadable("encrypted_workbook", origin)
        name = next((name for name in _STREAMS if name in container.names()), None)
        if name is None:
            raise ValueError("no stream of a workbook")
        facts = look_through(container.stream(name))
    except (ValueError, IndexError, StopIteration, struct.error) as error:
        raise unreadable("not_a_workbook", origin) from error
    if facts.locked:
        raise unreadable("encrypted_workbook", origin)
    # The library lays out each sheet up to its farthest cell, all of them at once, and first makes room for what it
    # declares, one after another.
    if sum(sheet.area for sheet in facts.sheets) > MAX_CELLS or any(s.declared > MAX_CELLS for s in facts.sheets):
        raise unreadable("too_many_rows", origin, limit=str(MAX_ROWS))
    return facts


def _grid(sheet: Any, facts: SheetFacts, name: str, origin: str) -> Grid:
    grid: Grid = []
    # The library leaves out what is empty before the first cell.
    top, left = sheet.start or (0, 0)
    for row, values in enumerate(sheet.iter_rows(), top):
        found: dict[int, Content] = {}
        for column, value in enumerate(values, left):
            content = _content((row, column), value, facts)
            if content != "":
                found[column + 1] = content
        if found:
            grid.append((row + 1, found))
        if len(grid) > MAX_ROWS:
            raise unreadable("too_many_rows", origin, name, row + 1, limit=str(MAX_ROWS))
    return grid


def _content(at: tuple[int, int], value: object, facts: SheetFacts) -> Content:
    if at in facts.errors:
        return Broken("error_in_cell", facts.errors[at])
    if at in facts.uncalculated:
        return Broken("formula_without_value", "")
    # Here no character stands for another: only the newer format has escapes.
    return value.strip() if isinstance(value, str) else content_of(value, "0" * facts.zeros.get(at, 0))
