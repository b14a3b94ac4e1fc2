"""Exports that staff ask for: asked, perhaps approved by somebody else, written by a job, fetched until they end.

Promise: full values are only ever written for a query that a second person approved as it stands: the query never
changes, its digest is in the approval, and a job that finds anything else writes nothing.  A file is kept in sealed
pieces until its time is over; whatever ends it (the sweep, the erasure of a customer in it) takes the pieces.

    asked -> queued -> running -> ready -> over        asked -> refused | over        running -> failed
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, literal_column, select, update

from storage.branches import Branches
from storage.encryption import Vault, canonical_json
from storage.export_batches import carried_by
from storage.problems import LeaseLost
from storage.tables import ExportPartRow, ExportRequestRow, SubmissionRow, table_of
from storage.universe import Universe

_request, _part = table_of(ExportRequestRow), table_of(ExportPartRow)
_submission = table_of(SubmissionRow)

#: A question waits so long for a second person, and an approval so long for its job.
APPROVAL = timedelta(hours=24)
#: A job that was begun so often and never came to an end will not do so by itself.
MOST_ATTEMPTS = 3


class RequestState(StrEnum):
    ASKED = "asked"
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    REFUSED = "refused"
    FAILED = "failed"
    #: Its time is over, or a customer in it was erased; the file is gone.
    OVER = "over"


#: Written out for the partial index, which SQLite uses only where it reads the states in the statement.
_IS_OPEN = _request.c.state.in_(
    tuple(literal_column(f"'{state}'") for state in ("asked", "queued", "running", "ready"))
)


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """One export that was asked for."""

    id: str
    state: str
    #: Codes: kind, format, encoding, status, since, values, case.
    query: Mapping[str, str]
    query_sha256: str
    branches: Branches
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    ends_at: datetime
    attempts: int
    done_rows: int
    total_rows: int
    detail: str
    batch_id: str | None
    file_name: str
    file_bytes: int
    file_sha256: str
    unmappable: int
    downloaded_at: datetime | None
    #: Why it is needed.
    reason: str = field(repr=False)

    @property
    def is_full(self) -> bool:
        return self.query.get("values") == "full"

    @property
    def percent(self) -> int:
        return min(99, 100 * self.done_rows // self.total_rows) if self.total_rows else 0


def digest_of(query: Mapping[str, str], requested_by: str, branches: Branches) -> str:
    """What an approval is bound to: all that decides what stands in the file, and for whom it is."""
    whole = {"query": dict(query), "by": requested_by, "branch": str(branches)}
    return hashlib.sha256(canonical_json(whole)).hexdigest()


def ask_for_export(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    query: Mapping[str, str],
    *,
    requested_by: str,
    branches: Branches,
    reason: str,
) -> ExportRequest:
    """Ask; masked values need nobody's approval and are queued at once."""
    now = uni.now()
    request_id = uni.new_id()
    values: dict[str, Any] = {
        "id": request_id,
        "state": RequestState.ASKED if query["values"] == "full" else RequestState.QUEUED,
        "query": canonical_json(dict(query)).decode(),
        "query_sha256": digest_of(query, requested_by, branches),
        "branches": str(branches),
        "requested_by": requested_by,
        "requested_at": now,
        "ends_at": now + APPROVAL,
        **dict.fromkeys(("attempts", "done_rows", "total_rows", "file_bytes", "unmappable"), 0),
        **dict.fromkeys(("detail", "file_name", "file_sha256"), ""),
        "sealed": vault.seal(_request.name, request_id, {"reason": reason}),
    }
    conn.execute(insert(_request), values)
    return _required(conn, vault, request_id)


def load_request(conn: Connection, vault: Vault, request_id: str) -> ExportRequest | None:
    """One request."""
    row = conn.execute(select(_request).where(_request.c.id == request_id)).first()
    return None if row is None else _request_of(vault, row)


def list_requests(conn: Connection, vault: Vault, *, branches: Branches, limit: int = 50) -> list[ExportRequest]:
    """Requests within these branches, newest first."""
    query = _covered(select(_request), branches).order_by(_request.c.id.desc()).limit(limit)
    return [_request_of(vault, row) for row in conn.execute(query)]


def _covered(query: Select[*tuple[Any, ...]], branches: Branches) -> Select[*tuple[Any, ...]]:
    """``Branches.cover`` for a query on requests."""
    return query if branches.is_whole_bank else query.where(_request.c.branches == str(branches))


def request_marks(conn: Connection, branches: Branches, limit: int = 50) -> list[str]:
    """What changes with every step of the newest requests; nothing is opened for it."""
    columns = (_request.c.id, _request.c.state, _request.c.done_rows, _request.c.downloaded_at)
    query = _covered(select(*columns), branches).order_by(_request.c.id.desc()).limit(limit)
    return ["".join(str(value) for value in row) for row in conn.execute(query)]


def _required(conn: Connection, vault: Vault, request_id: str) -> ExportRequest:
    found = load_request(conn, vault, request_id)
    assert found is not None
    return found


def decide_request(
    conn: Connection, uni: Universe, request_id: str, *, decided_by: str, query_sha256: str, approve: bool
) -> bool:
    """Approve exactly this query, or refuse it; false where it is not to be decided (any more) or by him."""
    now = uni.now()
    here = (
        (_request.c.id == request_id)
        & (_request.c.state == RequestState.ASKED)
        & (_request.c.query_sha256 == query_sha256)
        & (_request.c.requested_by != decided_by)
        & (_request.c.ends_at > now)
    )
    values: dict[str, Any] = {"decided_by": decided_by, "decided_at": now}
    if approve:
        values |= {"state": RequestState.QUEUED, "ends_at": now + APPROVAL}
    else:
        values |= {"state": RequestState.REFUSED}
    return conn.execute(update(_request).where(here).values(values)).rowcount == 1


# The job --------------------------------------------------------------------------------------


def _waits(now: datetime) -> ColumnElement[bool]:
    abandoned = (_request.c.state == RequestState.RUNNING) & (_request.c.lease_until <= now)
    return _IS_OPEN & (_request.c.ends_at > now) & ((_request.c.state == RequestState.QUEUED) | abandoned)


def is_export_due(conn: Connection, now: datetime) -> bool:
    """Whether a job waits; costs one look into an index."""
    return conn.execute(select(_request.c.id).where(_waits(now)).limit(1)).first() is not None


def claim_export(
    conn: Connection, vault: Vault, uni: Universe, *, owner: str, lease: timedelta
) -> ExportRequest | None:
    """Take the request that waits longest; what a killed process left of it is removed."""
    now = uni.now()
    query = select(_request).where(_waits(now)).order_by(_request.c.id).limit(1).with_for_update(skip_locked=True)
    row = conn.execute(query).first()
    if row is None:
        return None
    values = {"state": RequestState.RUNNING, "lease_owner": owner, "lease_until": now + lease, "done_rows": 0}
    conn.execute(update(_request).where(_request.c.id == row.id).values(**values, attempts=row.attempts + 1))
    conn.execute(delete(_part).where(_part.c.request_id == row.id))
    return _required(conn, vault, row.id)


def why_not(request: ExportRequest) -> str:
    """Why a job must not write what was asked for; empty where it may."""
    if request.attempts > MOST_ATTEMPTS:
        return "gave_up"
    if request.query_sha256 != digest_of(request.query, request.requested_by, request.branches):
        return "changed"
    if request.is_full and request.decided_by in (None, request.requested_by):
        return "not_approved"
    return ""


def _held(request_id: str, owner: str) -> ColumnElement[bool]:
    mine = (_request.c.id == request_id) & (_request.c.lease_owner == owner)
    return mine & (_request.c.state == RequestState.RUNNING)


def _settle(conn: Connection, request_id: str, owner: str, values: Mapping[str, Any]) -> None:
    if conn.execute(update(_request).where(_held(request_id, owner)).values(dict(values))).rowcount != 1:
        raise LeaseLost(_request.name)


def note_progress(
    conn: Connection, uni: Universe, request_id: str, *, owner: str, lease: timedelta, done: int, total: int
) -> None:
    """Show how far it is and hold on to it; raises ``LeaseLost`` where somebody took over."""
    values = {"done_rows": done, "total_rows": total, "lease_until": uni.now() + lease}
    _settle(conn, request_id, owner, values)


def seal_part(vault: Vault, request_id: str, no: int, piece: bytes) -> bytes:
    """A piece as ``add_part`` stores it; sealed before the transaction, which is short."""
    return vault.seal_bytes(_part.name, f"{request_id}:{no}", piece)


def add_part(
    conn: Connection, uni: Universe, request_id: str, *, owner: str, lease: timedelta, no: int, sealed: bytes
) -> None:
    """Keep a piece of the file; raises ``LeaseLost``."""
    _settle(conn, request_id, owner, {"lease_until": uni.now() + lease})
    conn.execute(insert(_part), {"request_id": request_id, "no": no, "sealed": sealed})


def finish_export(
    conn: Connection,
    uni: Universe,
    request_id: str,
    *,
    owner: str,
    batch_id: str,
    file_name: str,
    file_bytes: int,
    file_sha256: str,
    unmappable: int,
    keep: timedelta,
) -> bool:
    """The file can be fetched from now on; false where a customer in it was erased meanwhile (it is over then)."""
    erased = conn.execute(
        select(_submission.c.id).where(carried_by([batch_id]), _submission.c.erased_at.is_not(None)).limit(1)
    ).first()
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None, "batch_id": batch_id}
    if erased is not None:
        _settle(conn, request_id, owner, values | {"state": RequestState.OVER, "detail": "erased"})
        conn.execute(delete(_part).where(_part.c.request_id == request_id))
        return False
    values |= {"state": RequestState.READY, "file_name": file_name, "file_bytes": file_bytes}
    values |= {"file_sha256": file_sha256, "unmappable": unmappable, "ends_at": uni.now() + keep}
    _settle(conn, request_id, owner, values)
    return True


def fail_export(conn: Connection, request_id: str, *, owner: str, detail: str) -> None:
    """End without a file; ``detail`` is a code.  Raises ``LeaseLost``."""
    values = {"state": RequestState.FAILED, "detail": detail, "lease_owner": None, "lease_until": None}
    _settle(conn, request_id, owner, values)
    conn.execute(delete(_part).where(_part.c.request_id == request_id))


def give_back_export(conn: Connection, request_id: str, *, owner: str) -> None:
    """Let the next process begin it anew, as if it had not been begun; raises ``LeaseLost``."""
    values = {"state": RequestState.QUEUED, "lease_owner": None, "lease_until": None}
    _settle(conn, request_id, owner, values | {"attempts": _request.c.attempts - 1})
    conn.execute(delete(_part).where(_part.c.request_id == request_id))


# The file -------------------------------------------------------------------------------------


def note_download(conn: Connection, uni: Universe, request_id: str) -> bool:
    """Somebody fetches the file; false where it cannot be fetched (any more)."""
    now = uni.now()
    ready = (_request.c.id == request_id) & (_request.c.state == RequestState.READY) & (_request.c.ends_at > now)
    if conn.execute(select(_request.c.id).where(ready).with_for_update()).first() is None:
        return False
    first = (_request.c.id == request_id) & _request.c.downloaded_at.is_(None)
    conn.execute(update(_request).where(first).values(downloaded_at=now))
    return True


def load_part(conn: Connection, vault: Vault, request_id: str, no: int) -> bytes | None:
    """The pieces count from 0; ``None`` behind the last one."""
    here = (_part.c.request_id == request_id) & (_part.c.no == no)
    blob = conn.execute(select(_part.c.sealed).where(here)).scalar()
    return None if blob is None else vault.open_bytes(_part.name, f"{request_id}:{no}", blob)


def is_export_over(conn: Connection, now: datetime) -> bool:
    """Whether there is anything to end."""
    return conn.execute(select(_request.c.id).where(_IS_OPEN, _request.c.ends_at <= now).limit(1)).first() is not None


def end_exports(conn: Connection, uni: Universe, *, pieces: int) -> str | None:
    """One step of ending what is over: some pieces of one file, then its request, whose id is returned."""
    now = uni.now()
    # What is being written has its lease; it is ended when that has run out too.
    idle = (_request.c.state != RequestState.RUNNING) | (_request.c.lease_until <= now)
    over = select(_request.c.id).where(_IS_OPEN, _request.c.ends_at <= now, idle)
    request_id: str | None = conn.execute(over.order_by(_request.c.ends_at).limit(1).with_for_update()).scalar()
    if request_id is None:
        return None
    some = select(_part.c.no).where(_part.c.request_id == request_id).limit(pieces)
    numbers = list(conn.execute(some).scalars())
    if numbers:
        conn.execute(delete(_part).where(_part.c.request_id == request_id, _part.c.no.in_(numbers)))
        return None
    ended = {"state": RequestState.OVER, "detail": "expired", "lease_owner": None, "lease_until": None}
    conn.execute(update(_request).where(_request.c.id == request_id).values(ended))
    return request_id


def erase_exports_of(conn: Connection, vault: Vault, customer_id: str) -> int:
    """End every file in which the customer stands; returns how many."""
    his = (_submission.c.customer_id == customer_id) & carried_by(_request.c.batch_id)
    found = select(_request.c.id).where(
        _request.c.batch_id.is_not(None), select(_submission.c.id).where(his).correlate(_request).exists()
    )
    ids = list(conn.execute(found).scalars())
    conn.execute(delete(_part).where(_part.c.request_id.in_(ids)))
    for request_id in ids:
        nothing = vault.seal(_request.name, request_id, {"reason": ""})
        values = {"state": RequestState.OVER, "detail": "erased", "sealed": nothing}
        conn.execute(update(_request).where(_request.c.id == request_id).values(values))
    return len(ids)


def _request_of(vault: Vault, row: Row[Any]) -> ExportRequest:
    columns = {name: getattr(row, name) for name in ExportRequest.__dataclass_fields__ if name != "reason"}
    opened = vault.open(_request.name, row.id, row.sealed)
    read = {"query": json.loads(row.query), "branches": Branches.read(row.branches)}
    return ExportRequest(**columns | read, reason=opened["reason"])
