"""The pieces of a run, done here or by several processes.

Promise: what the pieces come to is handed on in their order, and no process outlives the one that started it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing import connection, get_context, parent_process
from typing import Any, Protocol

from storage.reconciliation.parts import Run, Worker

#: Seconds between two looks at how far the pieces are.
_LOOK = 0.5
Tick = Callable[[], None]


class Hands(Protocol):
    """Who does the work."""

    def over(self, work: str, pieces: Sequence[Any], tick: Tick) -> Iterator[Any]:
        """A method of ``Worker`` for each of the pieces; ``tick`` is called while they are waited for."""

    def close(self) -> None: ...


class Here:
    """One piece after the other, in this process."""

    def __init__(self, run: Run) -> None:
        self._worker = Worker(run)

    def over(self, work: str, pieces: Sequence[Any], tick: Tick) -> Iterator[Any]:
        for piece in pieces:
            yield getattr(self._worker, work)(piece)

    def close(self) -> None:
        pass


class Several:
    """Several pieces at a time, with few waiting."""

    def __init__(self, run: Run, workers: int) -> None:
        self._workers = workers
        # A fresh process per worker: a fork would copy whatever the parent holds, threads and keys included.
        self._pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(run,))

    def over(self, work: str, pieces: Sequence[Any], tick: Tick) -> Iterator[Any]:
        waiting: deque[Future[Any]] = deque()
        for piece in pieces:
            waiting.append(self._pool.submit(_do, work, piece))
            if len(waiting) > 2 * self._workers:
                yield _result(waiting.popleft(), tick)
        while waiting:
            yield _result(waiting.popleft(), tick)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _result(future: Future[Any], tick: Tick) -> Any:
    while not wait([future], timeout=_LOOK).done:
        tick()
    return future.result()


#: The one worker of a process that was started for it.
_worker: list[Worker] = []


def _begin(run: Run) -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
    _worker.append(Worker(run))


def _do(work: str, piece: Any) -> Any:
    return getattr(_worker[0], work)(piece)


def end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
