"""The file of codes on its way to being whole: one writer, and what a killed one left is gone on with.

Promise: a code that the store knows is never cut off or written over; what the store does not know, because the
transaction with it never ended, is cut off before anything is added.  A file of another store is left as it is.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from storage.encryption import Vault
from storage.link_codes import find_link_code

LETTER_COLUMNS = ("customer_no", "case_id", "code", "check_number", "line_url", "telegram_url", "expires_on")
PART: Final = ".part"
_END: Final = b"\r\n"


class BadCodes(Exception):
    """The file is no file of codes, or not of this store; ``line`` says where."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class InUse(Exception):
    """Another process writes the file."""


@dataclass(frozen=True, kw_only=True)
class _Line:
    case_id: str
    code: str
    length: int


class CodesFile:
    """``NAME.part`` until it is whole; nobody else may write it meanwhile."""

    def __init__(self, out: Path, *, resume: bool) -> None:
        """``FileExistsError`` where there is one already; with ``resume`` ``FileNotFoundError`` where there is none."""
        self._out, self._part = out, out.with_name(out.name + PART)
        if out.exists() and (not resume or self._part.exists()):
            # Its codes exist nowhere else: writing over them would make those letters worthless.
            raise FileExistsError(out.name)
        self._was_whole = resume and not self._part.exists()
        if self._was_whole:
            out.rename(self._part)
        new = 0 if resume else os.O_CREAT | os.O_EXCL
        self._file = os.fdopen(os.open(self._part, os.O_RDWR | new, 0o600), "r+b")
        try:
            fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise InUse from None
        #: Bytes of which the store knows all.
        self._kept = 0 if resume else self._file.write(_HEADER)

    def settle(self, conn: Connection, vault: Vault, *, most: int) -> dict[str, str]:
        """Cut off what the store does not know, at most so many rows at the end; case by code of what stays.

        Raises ``BadCodes`` where more than that is unknown, or nothing is known.
        """
        lines = self._lines()
        known = len(lines)
        while known and find_link_code(conn, vault, lines[known - 1].code) is None:
            known -= 1
            if len(lines) - known > most:
                raise BadCodes(known + 2)
        if lines and not known:
            raise BadCodes(2)
        self._kept = len(_HEADER) + sum(line.length for line in lines[:known])
        self._cut()
        return {line.code: line.case_id for line in lines[:known]}

    def _lines(self) -> list[_Line]:
        self._file.seek(0)
        # What follows the last end of a line was not written to its end.
        lines = self._file.read().split(_END)[:-1]
        if not lines:
            self._kept = 0
            self._cut()
            self._file.write(_HEADER)
        elif lines[0] + _END != _HEADER:
            raise BadCodes(1)
        found = []
        for number, line in enumerate(lines[1:], 2):
            try:
                ((_, case_id, code, *_),) = csv.reader([line.decode("utf-8")], strict=True)
            except (ValueError, csv.Error):
                raise BadCodes(number) from None
            found.append(_Line(case_id=case_id, code=code, length=len(line) + len(_END)))
        return found

    def add(self, rows: Iterable[Sequence[str]]) -> int:
        """Bring rows to the disk behind what the store knows; how long the file is when it knows these too."""
        self._cut()
        written = sum(self._file.write(_row(row)) for row in rows)
        self._sync()
        return self._kept + written

    def keep(self, length: int) -> None:
        """So far the store knows all."""
        self._kept = length

    @property
    def is_empty(self) -> bool:
        return self._kept <= len(_HEADER)

    def finish(self) -> None:
        """Give the file its name."""
        self._cut()
        self._sync()
        self._part.replace(self._out)
        self._file.close()

    def discard(self) -> None:
        """Leave nothing of it."""
        self._part.unlink()
        self._file.close()

    def leave(self) -> None:
        """As it was, for who goes on."""
        self._sync()
        if self._was_whole:
            self._part.rename(self._out)
        self._file.close()

    def _cut(self) -> None:
        self._file.seek(self._kept)
        self._file.truncate()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())


def _row(cells: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode("utf-8")


_HEADER: Final = _row(LETTER_COLUMNS)
