"""Two files of customers whose cells differ as often as asked for, made in pieces by several processes.

Of the cells that differ most differ in notation alone, as in life; customers stand in another order in each file.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from random import Random

from tests.storage.reconciliation.labelled.cells import MAKERS

COLUMNS = (
    *("name", "name_kana", "birth_date", "postal_code", "address", "phone", "email"),
    *("occupation", "employer", "purposes", "nationality", "residence_expiry"),
)
_HEADER = ",".join(("customer_no", *COLUMNS)) + "\r\n"
_PIECE = 20_000
_EQUAL = 2_000
_OTHER_NOTATION = 0.85


def write_pair(folder: Path, seed: int, customers: int, share: float, processes: int = 1) -> tuple[Path, Path]:
    """Both files; ``share`` of the cells differ."""
    starts = range(0, customers, _PIECE)
    work = partial(_piece, folder, seed, customers, share)
    if processes == 1:
        pieces = list(map(work, starts))
    else:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            pieces = list(pool.map(work, starts))
    paths = folder / "master.csv", folder / "answers.csv"
    for side, (path, order) in enumerate(zip(paths, (pieces, pieces[::-1]), strict=True)):
        with path.open("wb") as whole:
            whole.write(_HEADER.encode())
            for piece in order:
                with piece[side].open("rb") as part:
                    shutil.copyfileobj(part, whole)
                piece[side].unlink()
    return paths


def repeat_pair(pair: tuple[Path, Path], folder: Path, times: int) -> tuple[Path, Path]:
    """The same customers so many times over under other numbers: making a million takes longer than comparing them."""
    paths = folder / "master.csv", folder / "answers.csv"
    for source, path in zip(pair, paths, strict=True):
        header, *lines = source.read_bytes().splitlines(keepends=True)
        with path.open("wb") as file:
            file.write(header)
            for turn in range(times):
                file.writelines(f"{turn:03}".encode() + line for line in lines)
    return paths


def _piece(folder: Path, seed: int, customers: int, share: float, start: int) -> tuple[Path, Path]:
    rng = Random(f"{seed}:{start}")
    master, answers = zip(*_rows(rng, start, min(start + _PIECE, customers), share), strict=True)
    shuffled = list(answers)
    rng.shuffle(shuffled)
    paths = folder / f"master.{start}", folder / f"answers.{start}"
    for path, rows in zip(paths, (master, shuffled), strict=True):
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        path.write_bytes(text.getvalue().encode())
    return paths


def _rows(rng: Random, start: int, end: int, share: float) -> Iterator[tuple[list[str], list[str]]]:
    for number in range(start, end):
        master, answer = [f"{number:08}"], [f"{number:08}"]
        for column in COLUMNS:
            if rng.random() >= share:
                value = rng.choice(_equal(column))
                master.append(value)
                answer.append(value)
                continue
            make, ways = MAKERS[column]
            cell = make(rng, "n" if rng.random() < _OTHER_NOTATION else rng.choice(ways))
            while cell.master == cell.answer:
                cell = make(rng, rng.choice(ways))
            master.append(cell.master)
            answer.append(cell.answer)
        yield master, answer


@cache
def _equal(column: str) -> list[str]:
    """Values of customers who have nothing to say about them; how many there are makes no difference."""
    rng = Random(column)
    return [MAKERS[column][0](rng, "n").master for _ in range(_EQUAL)]
