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
from typing import Protocol

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


class Kept(Protocol):
    """Files that a run which was cut off had finished."""

    def find(self, number: int, letters: Sequence[Letter]) -> DrawnFile | None:
        """The file of this number, if it is of these letters."""

    def keep(self, number: int, letters: Sequence[Letter], file: DrawnFile) -> None:
        """The file is finished."""


def draw_files(
    job: Job, files: Iterable[Sequence[Letter]], *, workers: int, tick: Tick, kept: Kept | None = None
) -> Iterator[DrawnFile]:
    """Each of the files, in order; those that are ``kept`` are not drawn again."""

    def found(number: int, letters: Sequence[Letter]) -> DrawnFile | None:
        file = None if kept is None else kept.find(number, letters)
        if file is not None:
            tick(len(letters))
        return file

    def finished(number: int, letters: Sequence[Letter], file: DrawnFile) -> DrawnFile:
        if kept is not None:
            kept.keep(number, letters, file)
        return file

    if workers == 1:
        for number, letters in enumerate(files, 1):
            yield found(number, letters) or finished(number, letters, draw_file(job, letters, tick))
        return
    # A fresh process per worker: a fork would copy whatever the parent holds, threads and keys included.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
    waiting: deque[tuple[int, Sequence[Letter], Future[DrawnFile] | DrawnFile]] = deque()

    def next_file() -> DrawnFile:
        number, letters, drawing = waiting.popleft()
        if isinstance(drawing, DrawnFile):
            return drawing
        drawn = finished(number, letters, drawing.result())
        tick(len(letters))
        return drawn

    try:
        for number, letters in enumerate(files, 1):
            waiting.append((number, letters, found(number, letters) or pool.submit(draw_file, job, letters)))
            if len(waiting) > workers:
                yield next_file()
        while waiting:
            yield next_file()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
