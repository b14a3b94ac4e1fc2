"""Files of pages, drawn here or by several processes at a time.

Promise: files come in the order in which their letters were handed in, byte for byte the same by however many
processes; each of them holds one file in memory, and no process outlives the one that started it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context

from bot.outreach.letter_pages import Letter, Pages, Sender
from storage.exports.glyphs import font_file
from storage.exports.spelling import Why
from storage.reconciliation.processes import end_with_parent

Tick = Callable[[int], None]


@dataclass(frozen=True)
class Job:
    """What is the same for all files of a run."""

    sender: Sender
    made_at: datetime


@dataclass(frozen=True)
class DrawnFile:
    """One file of pages."""

    pdf: bytes = field(repr=False)
    #: Customer number, field, sign (empty where a text was too long or there is no address), why.
    lost: tuple[tuple[str, str, str, Why | None], ...] = field(repr=False)


def draw_file(job: Job, letters: Sequence[Letter], tick: Tick = lambda done: None) -> DrawnFile:
    """The pages of these letters; ``tick`` hears of each."""
    lost: list[tuple[str, str, str, Why | None]] = []

    def note(customer_no: str, name: str, sign: str, why: Why) -> None:
        lost.append((customer_no, name, sign, why))

    with font_file() as font:
        pages = Pages(font, job.sender, made_at=job.made_at, lost=note)
        for letter in letters:
            if not letter.address:
                lost.append((letter.customer_no, "address", "", None))
            pages.add(letter)
            tick(1)
        return DrawnFile(pages.done(), tuple(lost))


def draw_files(job: Job, files: Iterable[Sequence[Letter]], *, workers: int, tick: Tick) -> Iterator[DrawnFile]:
    """Each of the files, in order."""
    if workers == 1:
        for letters in files:
            yield draw_file(job, letters, tick)
        return
    # A fresh process per worker: a fork would copy whatever the parent holds, threads and keys included.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
    waiting: deque[tuple[int, Future[DrawnFile]]] = deque()

    def next_file() -> DrawnFile:
        letters, future = waiting.popleft()
        drawn = future.result()
        tick(letters)
        return drawn

    try:
        for letters in files:
            waiting.append((len(letters), pool.submit(draw_file, job, letters)))
            if len(waiting) > workers:
                yield next_file()
        while waiting:
            yield next_file()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
