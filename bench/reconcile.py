"""Whole files compared: kakunin, a loop over csv and datacompy on the same files, and how often each is right.

The peers count unequal cells per column; kakunin gives each of them a verdict with its reason.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.runs import Row
from storage.reconciliation.comparators import FIELD_KINDS, compare
from tests.storage.reconciliation.labelled import HELD_ON
from tests.storage.reconciliation.labelled.cells import cells
from tests.storage.reconciliation.labelled.files import repeat_pair, write_pair
from tests.storage.reconciliation.labelled.scoring import by_nfkc, score

_PEERS = Path(__file__).parent / "peers"
_LOOK = 0.2
#: Customers who are made; the others are the same under other numbers.
_DISTINCT = 200_000
#: Cells that differ, of a hundred.
SHARES = (5, 27)
_CELLS = 2_000


def reconcile(scratch: Path, customers: int, peers: Path | None) -> Iterator[Row]:
    """Each share of differing cells, each way of comparing; then the accuracy."""
    for share in SHARES:
        pair = _files(scratch, customers, share)
        out = scratch / "verdicts.csv"
        kakunin = [sys.executable, "-c", "from bot.cli import main; main()", "reconcile", "files", *map(str, pair)]
        ways = {
            "kakunin, verdicts and reasons": [*kakunin, "--out", str(out)],
            "csv.reader and dict, counts": [sys.executable, str(_PEERS / "csv_loop.py"), *map(str, pair)],
        }
        if peers is not None:
            script = str(_PEERS / "datacompy_polars.py")
            ways["datacompy on Polars, counts"] = [str(peers), script, *map(str, pair)]
        for what, words in ways.items():
            yield _measured(f"{what}, {customers:,} customers, {share} % of cells differ", words, customers)
    yield from _accuracy()


def _files(scratch: Path, customers: int, share: int) -> tuple[Path, Path]:
    """Made once and kept in the scratch folder."""
    made = min(customers, _DISTINCT)
    folder, whole = scratch / f"reconcile-{made}-{share}", scratch / f"reconcile-{customers}-{share}"
    first = folder / "master.csv", folder / "answers.csv"
    if not first[1].exists():
        folder.mkdir(exist_ok=True)
        write_pair(folder, seed=HELD_ON[0], customers=made, share=share / 100, processes=2)
    if folder == whole:
        return first
    pair = whole / "master.csv", whole / "answers.csv"
    if not pair[1].exists():
        whole.mkdir(exist_ok=True)
        repeat_pair(first, whole, customers // made)
    return pair


def _measured(what: str, words: Sequence[str], customers: int) -> Row:
    """One run as a process of its own: wall time, processor time, memory of it and its processes together."""
    before, began, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), {"rss": 0.0, "pss": 0.0}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    while process.poll() is None:
        now = _memory(_tree(process.pid))
        peak = {name: max(peak[name], now[name]) for name in peak}
        time.sleep(_LOOK)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.stdout is not None
    said = process.stdout.read().strip().splitlines()
    if process.returncode:
        raise SystemExit(f"{what}: ended with {process.returncode}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    note = f"{wall:.1f} s, {used:.1f} s of processors; {said[-1] if said else ''}"
    cpu = {"all": round(used / customers * 1000, 4)}
    return Row("reconcile", what, round(customers / wall), cpu=cpu, memory={"all": peak}, note=note)


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *[one for child in children for one in _tree(int(child))]]


def _memory(pids: Sequence[int]) -> dict[str, float]:
    total = {"rss": 0.0, "pss": 0.0}
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name = line.split(":")[0].lower()
            if name in total:
                total[name] += int(line.split()[1]) / 1024
    return total


def _accuracy() -> Iterator[Row]:
    held = [cell for seed in HELD_ON for cell in cells(seed, _CELLS)]
    ways: dict[str, Callable[[str, str, str], str]] = {
        "kakunin": lambda column, master, answer: str(compare(FIELD_KINDS.get(column, column), master, answer).verdict),
        "NFKC and no blanks": by_nfkc,
    }
    for name, way in ways.items():
        began = time.process_time()
        found = score(held, way)
        used = time.process_time() - began
        for column, one in found.items():
            note = (
                f"missed {len(one.missed)} of {one.changes} changes, false alarms {len(one.alarms)} of {one.notations} "
                f"notations ({one.alarm_share:.2%}), right verdict {one.right_share:.2%}"
            )
            rate = round(len(held) / used) if not column else 0
            yield Row("accuracy", f"{name}, {column or 'all columns'}", rate, note=note)
