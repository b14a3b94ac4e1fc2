"""Messages for a system of the bank: what happened, told in ids, codes and counts.

Promise: a message is written in the transaction of what it tells (no event without its message, no message without
its event) and never holds anything about a person; its bytes are fixed then, so that every try carries the same under
the same id.  It is taken with a lease, and how a try ended counts only from the lease's owner.  Nothing is promised of
the order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from storage.outlets.faring import load_outlet
from storage.tables import CaseRow, HookMessageRow, MasterCurrentRow, MasterRecordRow, table_of
from storage.universe import Universe

_message = table_of(HookMessageRow)
_case, _record, _current = table_of(CaseRow), table_of(MasterRecordRow), table_of(MasterCurrentRow)

#: The name of the outlet.
HOOKS = "hooks"
KINDS = ("submission", "difference", "hand_over")
#: For so long a message is tried.
TRIED_FOR = timedelta(days=3)
SENT, GIVEN_UP = "sent", "given_up"
_ON_ITS_WAY = _message.c.settled_at.is_(None)


@dataclass(frozen=True, kw_only=True)
class HookMessage:
    """One message."""

    id: str
    kind: str
    body: str
    created_at: datetime
    due_at: datetime
    ends_at: datetime
    attempts: int
    detail: str
    outcome: str | None
    settled_at: datetime | None


def tell(
    conn: Connection,
    uni: Universe,
    kind: str,
    *,
    case_id: str | None,
    facts: Mapping[str, str | None],
    counts: Mapping[str, int],
) -> None:
    """Write a message, where the bank's system wants to hear of this kind; ``facts`` are ids and codes."""
    outlet = load_outlet(conn, HOOKS)
    if outlet is None or outlet.state != "on" or kind not in outlet.kinds.split(","):
        return
    data: dict[str, Any] = {**facts, **_place(conn, case_id), "counts": dict(counts)}
    write_message(conn, uni, kind, data)


def write_message(conn: Connection, uni: Universe, kind: str, data: Mapping[str, Any]) -> HookMessage:
    """Write a message, whatever its kind."""
    now = uni.now()
    values = {
        "id": uni.new_id(),
        "kind": kind,
        "body": body_of(kind, now, data),
        "created_at": now,
        "due_at": now,
        "ends_at": now + TRIED_FOR,
        "attempts": 0,
        "detail": "",
    }
    conn.execute(insert(_message), values)
    found = load_message(conn, str(values["id"]))
    assert found is not None
    return found


def body_of(kind: str, at: datetime, data: Mapping[str, Any]) -> str:
    """What is sent: ASCII, so that nobody's reading of the text can differ from the bytes that are signed."""
    occurred = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": occurred, "data": dict(data)}, separators=(",", ":"))


def _place(conn: Connection, case_id: str | None) -> dict[str, str | None]:
    """The case, whose it is by kind and branch, and where staff find it."""
    if case_id is None:
        return {"case_id": None, "kind": None, "branch_no": None, "console": "/console/"}
    current = select(_current.c.seq).where(_current.c.id == 1).scalar_subquery()
    branch = (
        select(_record.c.branch_no)
        .where(_record.c.customer_id == _case.c.customer_id, _record.c.seq <= current)
        .order_by(_record.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    kind, branch_no = conn.execute(select(_case.c.kind, branch).where(_case.c.id == case_id)).one()
    return {"case_id": case_id, "kind": kind, "branch_no": branch_no, "console": f"/console/cases/{case_id}"}


# Sending --------------------------------------------------------------------------------------


def is_any_due(conn: Connection, now: datetime) -> bool:
    """A look without a write: whether somebody may take something."""
    due = select(_message.c.id).where(_ON_ITS_WAY, _message.c.due_at <= now, _is_free(now)).limit(1)
    return conn.execute(due).first() is not None


def _is_free(now: datetime) -> ColumnElement[bool]:
    return _message.c.lease_until.is_(None) | (_message.c.lease_until <= now)


def claim_messages(conn: Connection, uni: Universe, *, owner: str, lease: timedelta, limit: int) -> list[HookMessage]:
    """Take what is due and what nobody else holds; each try counts when it begins."""
    now = uni.now()
    query = (
        select(_message.c.id)
        .where(_ON_ITS_WAY, _message.c.due_at <= now, _is_free(now))
        .order_by(_message.c.due_at, _message.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(conn.execute(query).scalars())
    if not ids:
        return []
    taken = {"lease_owner": owner, "lease_until": now + lease, "attempts": _message.c.attempts + 1}
    conn.execute(update(_message).where(_message.c.id.in_(ids)).values(taken))
    rows = conn.execute(select(_message).where(_message.c.id.in_(ids)).order_by(_message.c.due_at, _message.c.id))
    return [_message_of(row) for row in rows]


def _held(message_id: str, owner: str) -> ColumnElement[bool]:
    return (_message.c.id == message_id) & (_message.c.lease_owner == owner) & _ON_ITS_WAY


def settle_message(conn: Connection, uni: Universe, message_id: str, *, owner: str, outcome: str, detail: str) -> bool:
    """It arrived, or is given up; false where somebody took over meanwhile."""
    ended = {"outcome": outcome, "detail": detail, "settled_at": uni.now(), "lease_owner": None, "lease_until": None}
    return conn.execute(update(_message).where(_held(message_id, owner)).values(ended)).rowcount == 1


def put_off_message(conn: Connection, message_id: str, *, owner: str, due_at: datetime, detail: str) -> bool:
    """It is tried again then; false where somebody took over meanwhile."""
    waits = {"due_at": due_at, "detail": detail, "lease_owner": None, "lease_until": None}
    return conn.execute(update(_message).where(_held(message_id, owner)).values(waits)).rowcount == 1


def bring_forward(conn: Connection, uni: Universe) -> None:
    """The other side is back: what waits for its next try is due now."""
    now = uni.now()
    waits = _ON_ITS_WAY & (_message.c.due_at > now) & _message.c.lease_owner.is_(None)
    conn.execute(update(_message).where(waits).values(due_at=now))


def give_up_all(conn: Connection, uni: Universe, detail: str) -> int:
    """Nothing of what waits is tried any more; returns how many messages that were."""
    ended = {"outcome": GIVEN_UP, "detail": detail, "settled_at": uni.now(), "lease_owner": None, "lease_until": None}
    return conn.execute(update(_message).where(_ON_ITS_WAY).values(ended)).rowcount


# Looking, and sending again -------------------------------------------------------------------


def load_message(conn: Connection, message_id: str) -> HookMessage | None:
    """One message."""
    row = conn.execute(select(_message).where(_message.c.id == message_id)).first()
    return None if row is None else _message_of(row)


def list_messages(conn: Connection, *, outcome: str | None = None, limit: int = 50) -> list[HookMessage]:
    """The newest first: all, those on their way (``open``), ``sent`` or ``given_up``."""
    query = select(_message).order_by(_message.c.id.desc()).limit(limit)
    if outcome is not None:
        query = query.where(_ON_ITS_WAY if outcome == "open" else _message.c.outcome == outcome)
    return [_message_of(row) for row in conn.execute(query)]


def resend_messages(
    conn: Connection, uni: Universe, *, ids: Sequence[str] = (), given_up: bool = False, since: datetime | None = None
) -> int:
    """Send again what was settled: these, all that were given up, or all since a time; returns how many."""
    now = uni.now()
    wanted: ColumnElement[bool] = _message.c.id.in_(list(ids))
    if given_up:
        wanted |= _message.c.outcome == GIVEN_UP
    if since is not None:
        wanted |= _message.c.created_at >= since
    again = {"outcome": None, "settled_at": None, "due_at": now, "ends_at": now + TRIED_FOR, "detail": ""}
    return conn.execute(update(_message).where(wanted, ~_ON_ITS_WAY).values(again)).rowcount


def forget_messages(conn: Connection, before: datetime, limit: int) -> int:
    """Take away some of what was settled before then; returns how many."""
    old = select(_message.c.id).where(_message.c.settled_at < before).order_by(_message.c.settled_at).limit(limit)
    ids = list(conn.execute(old).scalars())
    conn.execute(delete(_message).where(_message.c.id.in_(ids)))
    return len(ids)


def is_any_old(conn: Connection, before: datetime) -> bool:
    """Whether there is anything to take away."""
    return conn.execute(select(_message.c.id).where(_message.c.settled_at < before).limit(1)).first() is not None


def count_waiting(conn: Connection) -> tuple[int, datetime | None]:
    """How many messages are on their way, and since when the oldest of them is."""
    count, oldest = conn.execute(select(func.count(), func.min(_message.c.created_at)).where(_ON_ITS_WAY)).one()
    return count, oldest


def count_given_up(conn: Connection) -> int:
    """How many did not arrive and are not tried any more."""
    given_up = (_message.c.outcome == GIVEN_UP) & _message.c.settled_at.is_not(None)
    return int(conn.execute(select(func.count()).select_from(_message).where(given_up)).scalar_one())


def _message_of(row: Row[Any]) -> HookMessage:
    return HookMessage(**{name: getattr(row, name) for name in HookMessage.__dataclass_fields__})
