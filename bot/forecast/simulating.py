"""A simulation from order to outcome: the sample is played, the parts of the bank are run in processes of their own.

Promise: the outcome follows from the order alone, on one core as on many; the stores are removed at the end.
"""

from __future__ import annotations

import gc
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.forecast.assumptions import Assumptions
from bot.forecast.bank import Plan
from bot.forecast.sample import play_sample
from bot.forecast.talking import Played
from bot.forecast.tally import Tally, together
from bot.forecast.world import Task, World
from bot.logs import configure
from bot.outreach.cadence import Cadence
from bot.settings import Settings
from storage.reconciliation.processes import end_with_parent

#: From so many customers on the bank is divided, so that two cores have something to do.
_DIVIDED = 10_000
#: Fewer are done before other processes have started.
_SMALL = 1_000
_PARTS = 2
#: New objects after which the collector of a part looks for cycles.
_COLLECTED = 50_000
#: Seconds between two looks at how far the parts are.
_LOOK = 0.5
#: Months that are done, and all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be simulated."""

    customers: int
    months: int
    seed: int
    #: The first day of the first month.
    first: date
    #: Conversations that are played with the real form.
    sample: int
    #: One, or two that are compared.
    plans: Sequence[Plan]
    #: By which the customers were reviewed so far.
    before: Cadence
    assumptions: Assumptions
    settings: Settings


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it."""

    order: Order
    played: Sequence[Played]
    #: One of each plan.
    tallies: Sequence[Tally]


def simulate(order: Order, folder: Path, progress: Progress = lambda done, total: None) -> Outcome:
    """Run an order in a folder for its stores."""
    parts = _PARTS if order.customers >= _DIVIDED else 1
    total = order.months * parts * len(order.plans)
    if order.customers < _SMALL:
        played = play_sample(*_sample_of(order))
        tallies = [
            _run(task, lambda done, place=place: progress(done + place * order.months, total))  # type: ignore[misc]
            for place, task in enumerate(_tasks(order, played, folder, parts))
        ]
        return Outcome(order=order, played=played, tallies=tallies)
    # In processes of their own: the dictionaries by which conversations are understood are gone before the long part.
    with _processes() as pool:
        halves = [pool.submit(play_sample, *_sample_of(order), part, _PARTS) for part in range(_PARTS)]
        played = _interleaved([half.result() for half in halves])
    with _processes() as pool:
        tasks = _tasks(order, played, folder, parts)
        running = [pool.submit(run_noted, task) for task in tasks]
        _watch(tasks, running, lambda done: progress(done, total))
        tallies = [one.result() for one in running]
    each = [together(tallies[at : at + parts]) for at in range(0, len(tallies), parts)]
    return Outcome(order=order, played=played, tallies=each)


def _sample_of(order: Order) -> tuple[Settings, Assumptions, int, datetime, int]:
    start = datetime.combine(order.first, time(12), ZoneInfo(order.settings.time_zone)).astimezone(UTC)
    return order.settings, order.assumptions, order.seed, start, order.sample


def _interleaved(halves: Sequence[list[Played]]) -> list[Played]:
    """The sample in the order in which one process would have played it."""
    size = sum(map(len, halves))
    return [halves[place % len(halves)][place // len(halves)] for place in range(size)]


def _tasks(order: Order, played: Sequence[Played], folder: Path, parts: int) -> list[Task]:
    edges = [order.customers * part // parts for part in range(parts + 1)]
    tasks = []
    for place, plan in enumerate(order.plans):
        for part, (low, high) in enumerate(pairwise(edges)):
            mine = folder / f"{place}-{part}"
            mine.mkdir()
            tasks.append(
                Task(
                    settings=order.settings,
                    assumptions=order.assumptions,
                    plan=replace(plan, cadence=_plain(plan.cadence)),
                    before=_plain(order.before),
                    numbers=(low, high),
                    seed=order.seed,
                    first=order.first,
                    months=order.months,
                    played=tuple(played),
                    folder=mine,
                )
            )
    return tasks


def _plain(cadence: Cadence) -> Cadence:
    """The same in a form that another process can be handed."""
    return replace(cadence, months=dict(cadence.months))


# One part -------------------------------------------------------------------------------------


def _processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(_PARTS, mp_context=get_context("spawn"), initializer=_begin)


def _begin() -> None:
    gc.set_threshold(_COLLECTED)
    threading.Thread(target=end_with_parent, daemon=True).start()
    configure()


def run_noted(task: Task) -> Tally:
    """A part of a bank in a process of its own, which notes how far it is."""
    # What was imported stays to the end: the collector need not go through it again and again.
    gc.freeze()

    def note(done: int) -> None:
        _noted(task).write_text(str(done), encoding="ascii")

    return _run(task, note)


def _run(task: Task, note: Callable[[int], None]) -> Tally:
    world = World(task)
    try:
        return world.run(lambda one: note(len(one.tally.months)))
    finally:
        world.close()
        shutil.rmtree(task.folder / "store", ignore_errors=True)


def _noted(task: Task) -> Path:
    return task.folder / "months"


def _watch(tasks: Sequence[Task], running: Sequence[Future[Tally]], note: Callable[[int], None]) -> None:
    left = set(running)
    while left:
        done, left = wait(left, timeout=_LOOK)
        for one in done:
            one.result()  # what went wrong in one part ends the others
        note(sum(int(_noted(task).read_text() or 0) for task in tasks if _noted(task).exists()))
