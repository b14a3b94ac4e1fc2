"""Recording which submissions an export carries, beside the writing of its file.

Promise: an export of any size is recorded in short transactions, in which a running service has its turn, and in
bounded memory; nobody sees the batch until it is complete, and without the batch nothing of it stays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from storage.database import Database
from storage.export_batches import (
    add_export_spans,
    begin_export_batch,
    discard_export_spans,
    stale_export_batches,
)

#: Runs of submissions that are recorded in one transaction: a running service waits for the writer meanwhile.
BATCH = 500
#: An export that was begun so long ago and not completed was killed.
_STALE = timedelta(days=1)


class Members:
    """Takes the submissions one by one, by their number in the order of completion, and records the runs."""

    def __init__(self, database: Database, batch_id: str) -> None:
        self._database = database
        self._batch_id = batch_id
        self._first, self._last = 0, -1
        self._spans: list[tuple[int, int]] = []
        #: Of one case, far more than it can have.
        self._recent: deque[int] = deque(maxlen=200)

    def add(self, completed_seq: int) -> None:
        if completed_seq == self._last + 1:
            self._last = completed_seq
            return
        self._end_run()
        self._first = self._last = completed_seq

    def add_once(self, completed_seq: int | None) -> None:
        """``add`` for rows of which several of one case may come from one submission, or from none."""
        if completed_seq is not None and completed_seq not in self._recent:
            self._recent.append(completed_seq)
            self.add(completed_seq)

    def _end_run(self) -> None:
        if self._last >= self._first:
            self._spans.append((self._first, self._last))
        if len(self._spans) >= BATCH:
            self._record()

    def _record(self) -> None:
        spans, self._spans = self._spans, []
        self._database.run_piece(lambda conn: add_export_spans(conn, self._batch_id, spans))

    def finish(self) -> None:
        """Record what is left."""
        self._end_run()
        if self._spans:
            self._record()


@contextmanager
def recorded_members(database: Database, batch_id: str) -> Iterator[Members]:
    """Record what the batch carries; where it does not come to a batch, nothing of it stays."""
    uni = database.universe
    for stale in database.run_read(lambda conn: stale_export_batches(conn, uni.now() - _STALE)):
        discard(database, stale)
    database.run(lambda conn: begin_export_batch(conn, uni, batch_id))
    try:
        yield Members(database, batch_id)
    except BaseException:
        discard(database, batch_id)
        raise


def discard(database: Database, batch_id: str) -> None:
    """Take away what was recorded of a batch that did not come to be."""
    while database.run_piece(lambda conn: discard_export_spans(conn, batch_id, BATCH)):
        pass
