"""Exports that were made: who, what, how many rows, the digest of the file, and which submissions it carried."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from storage.counters import next_value
from storage.encryption import canonical_json
from storage.tables import ExportBatchRow, ExportMemberRow, SubmissionRow, table_of
from storage.universe import Universe

_batch = table_of(ExportBatchRow)
_member = table_of(ExportMemberRow)
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


def begin_export_batch(conn: Connection, uni: Universe, batch_id: str) -> None:
    """Begin to record what an export carries; nobody sees the batch until ``save_export_batch`` completes it."""
    staged = {"id": batch_id, "seq": -next_value(conn, f"{_batch.name}.staged"), "kind": _STAGED, "made_at": uni.now()}
    conn.execute(insert(_batch), staged | {"actor": "", "rows": 0, "sha256": "", "filters": "{}"})


def add_export_members(conn: Connection, batch_id: str, submission_ids: Sequence[str]) -> None:
    """Some of the submissions that a batch carries (a few hundred at a time keep the transaction short)."""
    if submission_ids:
        conn.execute(insert(_member), [{"batch_id": batch_id, "submission_id": one} for one in submission_ids])


def save_export_batch(
    conn: Connection,
    uni: Universe,
    *,
    kind: str,
    actor: str,
    rows: int,
    sha256: str,
    filters: Mapping[str, str],
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


def discard_export_members(conn: Connection, batch_id: str, limit: int) -> bool:
    """Drop a batch that was not completed, some members at a time; false when it is gone."""
    some = select(_member.c.submission_id).where(_member.c.batch_id == batch_id).limit(limit)
    ids = list(conn.execute(some).scalars())
    mine = (_member.c.batch_id == batch_id) & _member.c.submission_id.in_(ids)
    conn.execute(delete(_member).where(mine))
    if not ids:
        conn.execute(delete(_batch).where(_batch.c.id == batch_id, ~_SEEN))
    return bool(ids)


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


def list_export_batches(conn: Connection, *, limit: int = 100) -> list[ExportBatch]:
    """Batches, newest first."""
    return [
        _batch_of(row) for row in conn.execute(select(_batch).where(_SEEN).order_by(_batch.c.seq.desc()).limit(limit))
    ]


def batch_members(conn: Connection, batch_id: str) -> list[str]:
    """The ids of the submissions that a batch carried."""
    query = select(_member.c.submission_id).where(_member.c.batch_id == batch_id)
    return list(conn.execute(query.order_by(_member.c.submission_id)).scalars())


def last_completed_seq(conn: Connection, batch_id: str) -> int:
    """The highest ``completed_seq`` that a batch carried; 0 where it carried none."""
    query = (
        select(func.max(_submission.c.completed_seq))
        .join(_member, _member.c.submission_id == _submission.c.id)
        .where(_member.c.batch_id == batch_id)
    )
    return int(conn.execute(query).scalar() or 0)


def exported_before(conn: Connection) -> set[str]:
    """The ids of all submissions that some batch carried."""
    query = select(_member.c.submission_id).join(_batch, _batch.c.id == _member.c.batch_id).where(_SEEN)
    return set(conn.execute(query.distinct()).scalars())


def _batch_of(row: Row[Any]) -> ExportBatch:
    columns = dict(row._mapping)
    return ExportBatch(**columns | {"filters": json.loads(row.filters)})
