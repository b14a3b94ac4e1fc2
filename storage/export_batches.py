"""Exports that were made: who, what, how many rows, the digest of the file, and which submissions it carried."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from storage.branches import Branches
from storage.counters import next_value
from storage.encryption import canonical_json
from storage.tables import ExportBatchRow, ExportMemberRow, ExportSpanRow, SubmissionRow, table_of
from storage.universe import Universe

_batch = table_of(ExportBatchRow)
_member, _span = table_of(ExportMemberRow), table_of(ExportSpanRow)
_submission = table_of(SubmissionRow)


_STAGED = "staged"
_SEEN = _batch.c.kind != _STAGED


@dataclass(frozen=True, kw_only=True)
class ExportBatch:
    """One export."""

    id: str
    #: Numbered without gaps; what ``--since`` names.
    seq: int
    kind: str
    actor: str
    rows: int
    sha256: str
    #: Codes only.
    filters: Mapping[str, str]
    made_at: datetime
    #: The last number in the order of completion that stood when the export was made; what came after it is newer.
    through: int | None


def begin_export_batch(conn: Connection, uni: Universe, batch_id: str) -> None:
    """Begin to record what an export carries; nobody sees the batch until ``save_export_batch`` completes it."""
    staged = {"id": batch_id, "seq": -next_value(conn, f"{_batch.name}.staged"), "kind": _STAGED, "made_at": uni.now()}
    conn.execute(insert(_batch), staged | {"actor": "", "rows": 0, "sha256": "", "filters": "{}"})


def add_export_spans(conn: Connection, batch_id: str, spans: Sequence[tuple[int, int]]) -> None:
    """Some of what a batch carries, by numbers of completion (a few hundred at a time keep the transaction short)."""
    if spans:
        conn.execute(insert(_span), [{"batch_id": batch_id, "first": first, "last": last} for first, last in spans])


def save_export_batch(
    conn: Connection,
    uni: Universe,
    *,
    kind: str,
    actor: str,
    rows: int,
    sha256: str,
    filters: Mapping[str, str],
    through: int | None = None,
    batch_id: str | None = None,
) -> ExportBatch:
    """Record an export: the one that was begun as ``batch_id``, or one that carries no submissions."""
    batch = ExportBatch(
        id=batch_id or uni.new_id(),
        seq=next_value(conn, _batch.name),
        kind=kind,
        actor=actor,
        rows=rows,
        sha256=sha256,
        filters=dict(filters),
        made_at=uni.now(),
        through=through,
    )
    values = {name: getattr(batch, name) for name in ExportBatch.__dataclass_fields__}
    values["filters"] = canonical_json(batch.filters).decode()
    if batch_id is None:
        conn.execute(insert(_batch), values)
    elif conn.execute(update(_batch).where(_batch.c.id == batch_id, ~_SEEN).values(values)).rowcount != 1:
        raise LookupError("the export was not begun, or was discarded meanwhile")
    return batch


def stale_export_batches(conn: Connection, before: datetime) -> list[str]:
    """Batches that were begun before then and never completed: whoever made them is gone."""
    return list(conn.execute(select(_batch.c.id).where(~_SEEN, _batch.c.made_at < before)).scalars())


def discard_export_spans(conn: Connection, batch_id: str, limit: int) -> bool:
    """Drop a batch that was not completed, some of what it carries at a time; false when it is gone."""
    some = select(_span.c.first).where(_span.c.batch_id == batch_id).limit(limit)
    firsts = list(conn.execute(some).scalars())
    conn.execute(delete(_span).where(_span.c.batch_id == batch_id, _span.c.first.in_(firsts)))
    if not firsts:
        # Begun by an earlier version, it may have members still.
        conn.execute(delete(_member).where(_member.c.batch_id == batch_id))
        conn.execute(delete(_batch).where(_batch.c.id == batch_id, ~_SEEN))
    return bool(firsts)


def load_batch(conn: Connection, batch: str) -> ExportBatch | None:
    """The batch with this id or number."""
    wanted = _batch.c.seq == int(batch) if batch.isascii() and batch.isdigit() else _batch.c.id == batch
    row = conn.execute(select(_batch).where(wanted, _SEEN)).first()
    return None if row is None else _batch_of(row)


def previous_batch(conn: Connection, kind: str) -> ExportBatch | None:
    """The last batch of a kind."""
    query = select(_batch).where(_batch.c.kind == kind).order_by(_batch.c.seq.desc()).limit(1)
    row = conn.execute(query).first()
    return None if row is None else _batch_of(row)


def branches_of(filters: Mapping[str, str]) -> Branches:
    """Whose customers an export was about, by its filter."""
    return Branches.read(filters.get("branch"))


def previous_drop(conn: Connection, status: str, branches: Branches) -> ExportBatch | None:
    """The last batch of responses of this scope that went to the drop folder."""
    for row in conn.execute(select(_batch).where(_batch.c.kind == "responses").order_by(_batch.c.seq.desc())):
        batch = _batch_of(row)
        scope = (batch.filters.get("to"), batch.filters.get("status"), branches_of(batch.filters))
        if scope == ("drop", status, branches):
            return batch
    return None


def list_export_batches(conn: Connection, *, limit: int = 100) -> list[ExportBatch]:
    """Batches, newest first."""
    return [
        _batch_of(row) for row in conn.execute(select(_batch).where(_SEEN).order_by(_batch.c.seq.desc()).limit(limit))
    ]


def batch_members(conn: Connection, batch_id: str) -> list[str]:
    """The ids of the submissions that a batch carried."""
    query = select(_submission.c.id).where(carried_by([batch_id]))
    return list(conn.execute(query.order_by(_submission.c.id)).scalars())


def followed_batches(conn: Connection, batch: ExportBatch) -> list[ExportBatch]:
    """The batch, the one it was made after, and so on: what whoever takes one after the other has by now."""
    chain = [batch]
    while chain[-1].filters.get("since"):
        before = load_batch(conn, chain[-1].filters["since"])
        if before is None:
            break
        chain.append(before)
    return chain


def completed_through(conn: Connection, batch: ExportBatch) -> int:
    """Up to which number of completion a batch went; 0 where nothing was completed."""
    if batch.through is not None:
        return batch.through
    # Batches of earlier versions did not say so: the highest number that was carried.
    ids = [one.id for one in followed_batches(conn, batch)]
    query = select(_submission.c.completed_seq).where(_submission.c.completed_seq.is_not(None), carried_by(ids))
    return int(conn.execute(query.order_by(_submission.c.completed_seq.desc()).limit(1)).scalar() or 0)


def carried_by(batch_ids: Sequence[str] | ColumnElement[str]) -> ColumnElement[bool]:
    """Whether some of these batches (or the one of the query around it) carried the submission of a query."""
    return or_(_noted_by(_span.c.batch_id, batch_ids), _noted_by(_member.c.batch_id, batch_ids))


def _noted_by(batch: ColumnElement[str], wanted: Sequence[str] | ColumnElement[str]) -> ColumnElement[bool]:
    number = _submission.c.completed_seq
    here = (_span.c.first <= number) & (_span.c.last >= number)
    if batch.table is _member:
        here = _member.c.submission_id == _submission.c.id
    named = batch == wanted if isinstance(wanted, ColumnElement) else batch.in_(wanted)
    return select(batch).where(named, here).correlate_except(batch.table).exists()


def _batch_of(row: Row[Any]) -> ExportBatch:
    columns = dict(row._mapping)
    return ExportBatch(**columns | {"filters": json.loads(row.filters)})
