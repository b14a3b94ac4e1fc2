"""Two whole files against each other by customer number, of any size, in the memory of a part of them.

Promise: every cell that is not byte for byte equal gets exactly one row, in the order of customer number and
column, whatever the number of processes; and memory does not grow with the files.

    each file --read once--> parts by a hash of the customer number, sealed on disk
    each part --rows of a customer side by side, equal ones passed over whole--> verdicts, sorted
    all parts --merged by customer number--> the result
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge

from storage.masterfile.reader import MasterFile
from storage.reconciliation.judging import Codes
from storage.reconciliation.parts import FOUND, Run, Share
from storage.reconciliation.processes import Hands, Here, Several
from storage.reconciliation.spill import BLOCK, Spill

#: Columns of the result.
VERDICT_COLUMNS = ("customer_no", "field", "verdict", "reason")

#: Bytes of both files that one part holds, and how many parts there may be.
PART_BYTES = 24_000_000
_MOST_PARTS = 1024
#: How far along each stage ends, in thousandths.
_READ, _COMPARED, _WHOLE = 250, 900, 1000

Progress = Callable[[int, int], None]


@dataclass
class Tally:
    """Counts of a run."""

    customers: int = 0
    rows: int = 0


def compare_files(
    master: MasterFile,
    answers: MasterFile,
    fields: Sequence[str],
    *,
    spill: Spill,
    codes: Codes,
    size: int,
    workers: int,
    share: Share,
    tally: Tally,
    progress: Progress,
    part_bytes: int = PART_BYTES,
) -> Iterator[bytes]:
    """The rows of the result as CSV, a customer's at a time; ``size`` is that of both files in bytes."""
    parts = min(size // share.of // part_bytes + 1, _MOST_PARTS)
    run = Run(master=master, answers=answers, fields=tuple(fields), spill=spill, parts=parts, share=share, codes=codes)
    hands: Hands = Here(run) if workers == 1 else Several(run, workers)

    def reading() -> None:
        progress(min(_READ * spill.bytes() * share.of // (size + 1), _READ), _WHOLE)

    try:
        for _ in hands.over("part_out", (True, False), reading):
            reading()
        for done, (customers, rows) in enumerate(hands.over("judge_part", range(parts), lambda: None), 1):
            tally.customers += customers
            tally.rows += rows
            progress(_READ + (_COMPARED - _READ) * done // parts, _WHOLE)
    finally:
        hands.close()
    written = 0
    for _, lines in merge(*(_found_in(spill, part) for part in range(parts))):
        yield lines
        written += lines.count(b"\n")
        if written % BLOCK == 0:
            progress(_COMPARED + (_WHOLE - _COMPARED) * written // tally.rows, _WHOLE)


def _found_in(spill: Spill, part: int) -> Iterator[tuple[str, bytes]]:
    for block in spill.read(f"{FOUND}{part}"):
        yield from block
