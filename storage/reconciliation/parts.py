"""The two pieces of work in a run over whole files: parting a file's rows, and judging one part.

Promise: a piece depends on the run and its number alone, so any process may do it, and what it writes is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from storage.masterfile.problems import MasterFileProblem, RowProblem
from storage.masterfile.reader import MasterFile
from storage.reconciliation.judging import KEY, Codes, Judge
from storage.reconciliation.spill import BLOCK, Spill

MASTER, ANSWERS, FOUND = "m", "a", "v"


class DuplicateKey(Exception):
    """A customer number stands on more than one row of one file; which row counts, nobody can say."""

    def __init__(self, in_master: bool, customer_no: str, lines: tuple[int, ...]) -> None:
        super().__init__(in_master, customer_no, lines)
        self.in_master = in_master
        self.customer_no = customer_no
        self.lines = lines

    def __str__(self) -> str:
        return "duplicate customer number"


class BadRow(Exception):
    """A row has another width than the header, or no customer number (then without ``params``)."""

    def __init__(self, in_master: bool, line: int, params: Mapping[str, str]) -> None:
        super().__init__(in_master, line, params)
        self.in_master = in_master
        self.line = line
        self.params = params


class UnreadableFile(Exception):
    """A file as a whole cannot be read to its end: a ``MasterFileProblem`` and the file that it is about."""

    def __init__(self, in_master: bool, code: str, params: Mapping[str, str]) -> None:
        super().__init__(in_master, code, params)
        self.in_master = in_master
        self.code = code
        self.params = params


@dataclass(frozen=True, kw_only=True)
class Share:
    """Which customers a run takes: share ``number`` (from 1) of ``of``, by a hash of the customer number."""

    number: int = 1
    of: int = 1


@dataclass(frozen=True, kw_only=True)
class Run:
    """What every process of a run needs."""

    master: MasterFile
    answers: MasterFile
    #: Columns of both files, in the order of the master's.
    fields: tuple[str, ...]
    spill: Spill
    parts: int
    share: Share
    codes: Codes


class Worker:
    """Does the pieces of a run, in the process that made it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._verdict = Judge(run.codes).verdict

    def part_out(self, in_master: bool) -> None:
        """Read one file and part its rows."""
        try:
            self._part_out(in_master)
        except MasterFileProblem as problem:
            raise UnreadableFile(in_master, problem.code, dict(problem.params)) from None

    def _part_out(self, in_master: bool) -> None:
        run, spill = self._run, self._run.spill
        table, side = (run.master, MASTER) if in_master else (run.answers, ANSWERS)
        waiting: list[list[tuple[Any, ...]]] = [[] for _ in range(run.parts)]
        written = [0] * run.parts
        parts, of, wanted = run.parts, run.share.of, run.share.number - 1
        for entry in table.cells((KEY, *run.fields)):
            if isinstance(entry, RowProblem):
                raise BadRow(in_master, entry.line, dict(entry.params))
            line, cells = entry
            number = cells[0].strip()
            if not number:
                raise BadRow(in_master, line, {})
            place = crc32(number.encode("utf-8"))
            if place % of != wanted:
                continue
            part = place // of % parts
            rows = waiting[part]
            rows.append((number, line, cells[1:]))
            if len(rows) >= BLOCK:
                spill.write(f"{side}{part}", written[part], rows)
                written[part] += 1
                rows.clear()
        for part, rows in enumerate(waiting):
            if rows:
                spill.write(f"{side}{part}", written[part], rows)

    def judge_part(self, part: int) -> tuple[int, int]:
        """Compare the customers of one part; how many they are, and how many rows they gave."""
        run, verdict = self._run, self._verdict
        held, answered = self._rows_of(part, in_master=True), self._rows_of(part, in_master=False)
        found: list[tuple[str, bytes]] = []
        count = 0
        customers = sorted(held.keys() | answered.keys())
        for number in customers:
            master, answer = held.get(number), answered.get(number)
            lines: list[str] = []
            if master is None or answer is None:
                left, right = ("", number) if master is None else (number, "")
                lines.append(_line(number, KEY, *verdict(KEY, left, right)))
            elif master[1] != answer[1]:
                for name, left, right in zip(run.fields, master[1], answer[1], strict=True):
                    if left != right:
                        lines.append(_line(number, name, *verdict(name, left, right)))
            if lines:
                found.append((number, "".join(lines).encode("utf-8")))
                count += len(lines)
        for block in range(0, len(found), BLOCK):
            run.spill.write(f"{FOUND}{part}", block // BLOCK, found[block : block + BLOCK])
        return len(customers), count

    def _rows_of(self, part: int, *, in_master: bool) -> dict[str, tuple[int, tuple[str, ...]]]:
        rows: dict[str, tuple[int, tuple[str, ...]]] = {}
        twice: dict[str, list[int]] = {}
        for block in self._run.spill.read(f"{MASTER if in_master else ANSWERS}{part}"):
            for number, line, cells in block:
                if number in rows:
                    twice.setdefault(number, [rows[number][0]]).append(line)
                else:
                    rows[number] = line, cells
        if twice:
            number, lines = next(iter(twice.items()))
            raise DuplicateKey(in_master, number, tuple(lines))
        return rows


def _line(number: str, name: str, verdict: str, reason: str) -> str:
    """One row of the result; verdict and reason are codes and need no care."""
    return f'"{_quoted(number)}","{_quoted(name)}","{verdict}","{reason}"\r\n'


def _quoted(text: str) -> str:
    return text.replace('"', '""')
