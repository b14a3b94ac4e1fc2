"""Exports that were made: who, what, how many rows, the digest of the file, and which submissions it carried."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from storage.counters import next_value
from storage.encryption import canonical_json
from storage.tables import ExportBatchRow, ExportMemberRow, SubmissionRow, table_of
from storage.universe import Universe

_batch = table_of(ExportBatchRow)
_member = table_of(ExportMemberRow)
_submission = table_of(SubmissionRow)


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


def save_export_batch(
    conn: Connection,
    uni: Universe,
    *,
    kind: str,
    actor: str,
    rows: int,
    sha256: str,
    filters: Mapping[str, str],
    member_submission_ids: Iterable[str] = (),
) -> ExportBatch:
    """Record an export and what it carried."""
    batch = ExportBatch(
        id=uni.new_id(),
        seq=next_value(conn, _batch.name),
        kind=kind,
        actor=actor,
        rows=rows,
        sha256=sha256,
        filters=dict(filters),
        made_at=uni.now(),
    )
    values = {name: getattr(batch, name) for name in ExportBatch.__dataclass_fields__}
    conn.execute(insert(_batch), values | {"filters": canonical_json(batch.filters).decode()})
    members = [{"batch_id": batch.id, "submission_id": one} for one in dict.fromkeys(member_submission_ids)]
    if members:
        conn.execute(insert(_member), members)
    return batch


def load_batch(conn: Connection, batch: str) -> ExportBatch | None:
    """The batch with this id or number."""
    wanted = _batch.c.seq == int(batch) if batch.isascii() and batch.isdigit() else _batch.c.id == batch
    row = conn.execute(select(_batch).where(wanted)).first()
    return None if row is None else _batch_of(row)


def previous_batch(conn: Connection, kind: str) -> ExportBatch | None:
    """The last batch of a kind."""
    query = select(_batch).where(_batch.c.kind == kind).order_by(_batch.c.seq.desc()).limit(1)
    row = conn.execute(query).first()
    return None if row is None else _batch_of(row)


def list_export_batches(conn: Connection, *, limit: int = 100) -> list[ExportBatch]:
    """Batches, newest first."""
    return [_batch_of(row) for row in conn.execute(select(_batch).order_by(_batch.c.seq.desc()).limit(limit))]


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
    return set(conn.execute(select(_member.c.submission_id).distinct()).scalars())


def _batch_of(row: Row[Any]) -> ExportBatch:
    columns = dict(row._mapping)
    return ExportBatch(**columns | {"filters": json.loads(row.filters)})
