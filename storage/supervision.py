"""What who leads the staff has to know of the day: who is there, who waits, for how long they waited, and why.

Promise: each figure is read along an index that holds all of it, and counted by the database, so that a page of them
costs milliseconds with a hundred thousand conversations; none of them is about a customer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from storage.branches import Branches
from storage.staff import BRANCHES, is_of
from storage.tables import ConversationRow, HandOverRow, StaffFactorRow, StaffRow, StaffSessionRow, table_of

_conversation, _hand_over = table_of(ConversationRow), table_of(HandOverRow)
#: Apart from the same table inside ``Visible``.
_held = _conversation.alias("held")
_staff, _session, _factor = table_of(StaffRow), table_of(StaffSessionRow), table_of(StaffFactorRow)

#: Waits are counted by the minute: nobody plans by the second, and so few rows leave the database.
_MINUTE = 60

#: The ids of the conversations that may be counted; nothing where that is all of them.
Visible = Select[tuple[str]] | None


@dataclass(frozen=True, kw_only=True)
class Period:
    """What happened since some moment."""

    #: Customers who needed a person.
    hand_overs: int
    #: Of them who waited in office hours until somebody came, and how long half and nine of ten of them did at most.
    waited: int
    half: timedelta | None
    most: timedelta | None
    #: Why they needed one: the reason without what follows its colon.
    reasons: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Online:
    """A member of staff who is signed in."""

    login: str
    role: str
    branches: Branches
    last_seen_at: datetime
    #: Conversations in hand.
    in_hand: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """Who waits now."""

    waiting: int
    longest_since: datetime | None
    with_staff: int


def periods(
    conn: Connection, since: Sequence[datetime], branches: Branches, until: datetime | None = None
) -> list[Period]:
    """The figures of all hand-overs that began since each of these moments, in one walk along the index.

    Of these branches, by that of the customer at the time; ``until`` leaves out what began later.
    """
    minute = (_hand_over.c.waited_seconds // _MINUTE).label("minute")
    counts = [func.sum(case((_hand_over.c.asked_at >= one, 1), else_=0)) for one in since]
    query = select(_hand_over.c.reason, minute, *counts).where(_hand_over.c.asked_at >= min(since))
    if until is not None:
        query = query.where(_hand_over.c.asked_at < until)
    query = branches.narrow(query, _hand_over.c.branch_no)
    rows = conn.execute(query.group_by(_hand_over.c.reason, minute)).all()
    return [_period([(row[0], row[1], int(row[2 + at])) for row in rows]) for at in range(len(since))]


def _period(counted: Sequence[tuple[str, int | None, int]]) -> Period:
    """From how many there were of each reason and of each minute waited."""
    reasons: Counter[str] = Counter()
    waits: Counter[int] = Counter()
    for reason, minute, count in counted:
        reasons[reason.partition(":")[0]] += count
        if minute is not None:
            waits[minute] += count
    return Period(
        hand_overs=reasons.total(),
        waited=waits.total(),
        half=_at_most(waits, 0.5),
        most=_at_most(waits, 0.9),
        reasons={reason: count for reason, count in reasons.most_common() if count},
    )


def _at_most(waits: Mapping[int, int], share: float) -> timedelta | None:
    """For how long that share of them waited at most, to the minute below."""
    left = share * sum(waits.values())
    if not left:
        return None
    for minute, count in sorted(waits.items()):
        left -= count
        if left <= 0:
            return timedelta(minutes=minute)
    return None


def line(conn: Connection, visible: Visible) -> Line:
    """Who waits and who is served, now."""
    counted = select(_held.c.owner, func.count(), func.min(_held.c.waiting_since))
    counted = _scoped(counted.where(_held.c.owner.in_(("waiting", "staff"))), visible)
    found: dict[str, Any] = {row[0]: row for row in conn.execute(counted.group_by(_held.c.owner))}
    waiting, served = found.get("waiting"), found.get("staff")
    return Line(
        waiting=0 if waiting is None else waiting[1],
        longest_since=None if waiting is None else waiting[2],
        with_staff=0 if served is None else served[1],
    )


def online(conn: Connection, now: datetime, branches: Branches, visible: Visible) -> list[Online]:
    """Who is signed in, last seen first; of these branches."""
    in_hand = select(_held.c.owner_staff_id, func.count()).where(_held.c.owner == "staff")
    hands = {row[0]: row[1] for row in conn.execute(_scoped(in_hand, visible).group_by(_held.c.owner_staff_id))}
    let_in = or_(_factor.c.confirmed_at.is_(None), _session.c.factor_at.is_not(None))
    alive = and_(_session.c.idle_until > now, _session.c.absolute_until > now, _staff.c.state == "active", let_in)
    seen = func.max(_session.c.last_seen_at)
    query = (
        select(_staff.c.id, _staff.c.login, _staff.c.role, BRANCHES, seen.label("seen"))
        .join(_session, _session.c.staff_id == _staff.c.id)
        .outerjoin(_factor, _factor.c.staff_id == _staff.c.id)
        .where(alive)
        .group_by(_staff.c.id, _staff.c.login, _staff.c.role)
        .order_by(seen.desc(), _staff.c.login)
    )
    if not branches.is_whole_bank:
        query = query.where(is_of(branches))
    return [
        Online(
            login=row.login,
            role=row.role,
            branches=Branches.read(row.branches),
            last_seen_at=row.seen,
            in_hand=hands.get(row.id, 0),
        )
        for row in conn.execute(query)
    ]


def _scoped(query: Select[*tuple[Any, ...]], visible: Visible) -> Select[*tuple[Any, ...]]:
    """Asked of each of the few that are held: listing all that may be seen first costs a hundred times as much."""
    if visible is None:
        return query
    return query.where(visible.where(visible.selected_columns[0] == _held.c.id).correlate(_held).exists())
