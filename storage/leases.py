"""Named leases: a job that must run once at a time, whichever of several processes does it.

Promise: at any time at most one holder's writes are accepted.  A lease runs out by itself, so the work of a
killed or paused process is taken over; what that process still wants to write when it wakes up is refused,
because ``fence`` in the same transaction finds a later term (and until that transaction ends, nobody takes over).

    lease = database.run(lambda conn: take_lease(conn, uni, "audit.seal", owner=name, duration=...))
    if lease is not None:
        database.run(lambda conn: (fence(conn, lease), write(conn)))   # raises LeaseLost: nothing was written
        database.run(lambda conn: give_back_lease(conn, uni, lease))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from storage.counters import insert_of
from storage.direct import Direct
from storage.problems import LeaseLost
from storage.tables import JobLeaseRow, table_of
from storage.universe import Universe

_lease = table_of(JobLeaseRow)


def _take_statement(dialect: str) -> Any:
    put, now = insert_of(dialect, _lease), bindparam("now", type_=_lease.c.lease_until.type)
    return put.on_conflict_do_update(
        index_elements=[_lease.c.name],
        set_={"owner": put.excluded.owner, "term": _lease.c.term + 1, "lease_until": put.excluded.lease_until},
        # What was given back is free, also by the clock of another machine.
        where=_lease.c.owner.is_(None) | (_lease.c.lease_until <= now),
    ).returning(_lease.c.term)


_TAKE = Direct(_take_statement)
_FENCE = Direct(
    select(_lease.c.term)
    .where(_lease.c.name == bindparam("name"), _lease.c.owner == bindparam("owner"), _lease.c.term == bindparam("term"))
    .with_for_update()
)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to do a job until a time."""

    name: str
    owner: str
    #: Higher than that of every holder before.
    term: int
    until: datetime


def take_lease(conn: Connection, uni: Universe, name: str, *, owner: str, duration: timedelta) -> Lease | None:
    """Take a lease that nobody holds or that has run out; ``None`` where somebody holds it, ``owner`` included."""
    now = uni.now()
    taken = _TAKE.first(conn, {"name": name, "owner": owner, "term": 1, "lease_until": now + duration, "now": now})
    return None if taken is None else Lease(name=name, owner=owner, term=taken.term, until=now + duration)


def renew_lease(conn: Connection, uni: Universe, lease: Lease, *, duration: timedelta) -> Lease:
    """Hold on for ``duration`` from now, also after the end if nobody took over; raises ``LeaseLost`` if one did."""
    until = uni.now() + duration
    if conn.execute(update(_lease).where(_held(lease)).values(lease_until=until)).rowcount != 1:
        raise LeaseLost(lease.name)
    return replace(lease, until=until)


def give_back_lease(conn: Connection, uni: Universe, lease: Lease) -> None:
    """Let the next one begin at once; does nothing where somebody took over."""
    conn.execute(update(_lease).where(_held(lease)).values(owner=None, lease_until=uni.now()))


def fence(conn: Connection, lease: Lease) -> None:
    """Refuse the transaction of a late holder (``LeaseLost``); else nobody takes over before it is committed."""
    if _FENCE.first(conn, {"name": lease.name, "owner": lease.owner, "term": lease.term}) is None:
        raise LeaseLost(lease.name)


def _held(lease: Lease) -> ColumnElement[bool]:
    return (_lease.c.name == lease.name) & (_lease.c.owner == lease.owner) & (_lease.c.term == lease.term)
