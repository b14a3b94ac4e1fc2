"""Two whole files against each other by customer number, streaming the larger over the smaller.

Promise: every cell that is not byte for byte equal gets exactly one row, in an order that depends on the
files alone, whatever the number of workers.  Only the smaller file is held in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context

from storage.reconciliation.comparators import FIELD_KINDS, compare
from storage.reconciliation.verdict import VerdictCode

#: Columns of the result.
VERDICT_COLUMNS = ("customer_no", "field", "verdict", "reason")
KEY = "customer_no"

#: Cells per task of a worker process.
_CHUNK = 20_000
_CACHE = 100_000

#: A line of the file and the row that begins there.
Row = tuple[int, Mapping[str, str]]
#: Customer number, column, master value, answer value.
_Cell = tuple[str, str, str, str]
VerdictRow = tuple[str, str, str, str]
#: Column -> folded label -> code.
Codes = Mapping[str, Mapping[str, str]]


class DuplicateKey(Exception):
    """A customer number stands on more than one row of one file; which row counts, nobody can say."""

    def __init__(self, *, in_master: bool, customer_no: str, lines: Sequence[int]) -> None:
        super().__init__("duplicate customer number")
        self.in_master = in_master
        self.customer_no = customer_no
        self.lines = tuple(lines)


class EmptyKey(Exception):
    """A row has no customer number."""

    def __init__(self, *, in_master: bool, line: int) -> None:
        super().__init__("row without customer number")
        self.in_master = in_master
        self.line = line


@dataclass
class Tally:
    """Counts of a run, filled while its rows are read."""

    customers: int = 0
    rows: int = 0


def compare_files(
    master: Iterable[Row],
    answers: Iterable[Row],
    fields: Sequence[str],
    *,
    hold_master: bool,
    codes: Codes,
    workers: int = 1,
    tally: Tally | None = None,
) -> Iterator[VerdictRow]:
    """The verdicts on two files; ``hold_master`` says that the master is the smaller one."""
    tally = tally if tally is not None else Tally()
    held, streamed = (master, answers) if hold_master else (answers, master)
    cells = _cells(_index(held, fields, in_master=hold_master), streamed, fields, hold_master, tally)
    chunks = iter(lambda: list(islice(cells, _CHUNK)), [])
    for rows in _spread(chunks, codes, workers):
        tally.rows += len(rows)
        yield from rows


def _index(rows: Iterable[Row], fields: Sequence[str], *, in_master: bool) -> dict[str, tuple[int, tuple[str, ...]]]:
    index: dict[str, tuple[int, tuple[str, ...]]] = {}
    for line, row in rows:
        number = _key(row, line, in_master=in_master)
        if number in index:
            raise DuplicateKey(in_master=in_master, customer_no=number, lines=(index[number][0], line))
        index[number] = line, tuple(row[name] for name in fields)
    return index


def _key(row: Mapping[str, str], line: int, *, in_master: bool) -> str:
    number = row[KEY].strip()
    if not number:
        raise EmptyKey(in_master=in_master, line=line)
    return number


def _cells(
    index: dict[str, tuple[int, tuple[str, ...]]],
    rows: Iterable[Row],
    fields: Sequence[str],
    held_is_master: bool,
    tally: Tally,
) -> Iterator[_Cell]:
    """The cells that differ; a customer of one file only is a cell of the key column."""
    lines: dict[str, int] = {}
    for line, row in rows:
        number = _key(row, line, in_master=not held_is_master)
        if number in lines:
            raise DuplicateKey(in_master=not held_is_master, customer_no=number, lines=(lines[number], line))
        lines[number] = line
        tally.customers += 1
        held = index.get(number)
        if held is None:
            yield (number, KEY, "", number) if held_is_master else (number, KEY, number, "")
            continue
        for name, other in zip(fields, held[1], strict=True):
            value = row[name]
            if value != other:
                yield (number, name, other, value) if held_is_master else (number, name, value, other)
    for number in index:
        if number not in lines:
            tally.customers += 1
            yield (number, KEY, number, "") if held_is_master else (number, KEY, "", number)


def _spread(chunks: Iterator[list[_Cell]], codes: Codes, workers: int) -> Iterator[list[VerdictRow]]:
    """Judge the chunks in order, by as many processes as asked for and with few chunks waiting."""
    if workers == 1:
        for chunk in chunks:
            yield judge(chunk, codes)
        return
    # A fresh process per worker: a fork would copy whatever the parent holds, threads and keys included.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[list[VerdictRow]]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(judge, chunk, codes))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def judge(cells: Sequence[_Cell], codes: Codes) -> list[VerdictRow]:
    """The verdicts on some cells."""
    return [(number, name, *_judge(name, master, answer, codes)) for number, name, master, answer in cells]


def _judge(name: str, master: str, answer: str, codes: Codes) -> tuple[str, str]:
    if name == KEY:
        return (VerdictCode.NEW.value, "not_in_master") if not master else (VerdictCode.MISSING.value, "not_answered")
    choices = codes.get(name)
    if choices:
        found = compare(FIELD_KINDS[name], master, answer, codes=choices)
        return found.verdict.value, _reason(found.reason, found.rules)
    return _cached(FIELD_KINDS.get(name, "text"), master, answer)


@lru_cache(maxsize=_CACHE)
def _cached(kind: str, master: str, answer: str) -> tuple[str, str]:
    found = compare(kind, master, answer)
    return found.verdict.value, _reason(found.reason, found.rules)


def _reason(reason: str, rules: Sequence[str]) -> str:
    """The reason as one code: ``notation:width+space``."""
    return f"{reason}:{'+'.join(rules)}" if rules else reason
