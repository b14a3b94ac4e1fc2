"""What who leads the staff has to know of the day: who is there, who waits, for how long they waited, and why.

Promise: each figure is read along an index that holds all of it, and counted by the database, so that a page of them
costs milliseconds with a hundred thousand conversations; none of them is about a customer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from storage.tables import ConversationRow, HandOverRow, StaffFactorRow, StaffRow, StaffSessionRow, table_of

_conversation, _hand_over = table_of(ConversationRow), table_of(HandOverRow)
_staff, _session, _factor = table_of(StaffRow), table_of(StaffSessionRow), table_of(StaffFactorRow)

#: Waits are counted by the minute: nobody plans by the second, and so few rows leave the database.
_MINUTE = 60

#: The ids of the conversations that may be counted; nothing where that is all of them.
Within = Select[tuple[str]] | None


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
    branch_no: str | None
    last_seen_at: datetime
    #: Conversations in hand.
    in_hand: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """Who waits now."""

    waiting: int
    longest_since: datetime | None
    with_staff: int


def period(conn: Connection, since: datetime, within: Within) -> Period:
    """The figures of all hand-overs that began since then."""
    minute = _hand_over.c.waited_seconds // _MINUTE
    scope = _hand_over.c.asked_at >= since
    if within is not None:
        scope &= _hand_over.c.conversation_id.in_(within)
    by_minute = select(minute.label("minute"), func.count()).where(scope, _hand_over.c.waited_seconds.is_not(None))
    waits = {int(row[0]): int(row[1]) for row in conn.execute(by_minute.group_by("minute"))}
    by_reason = select(_hand_over.c.reason, func.count()).where(scope).group_by(_hand_over.c.reason)
    reasons: Counter[str] = Counter()
    for reason, count in conn.execute(by_reason):
        reasons[reason.partition(":")[0]] += count
    return Period(
        hand_overs=reasons.total(),
        waited=sum(waits.values()),
        half=_at_most(waits, 0.5),
        most=_at_most(waits, 0.9),
        reasons=dict(reasons.most_common()),
    )


def _at_most(waits: Mapping[int, int], share: float) -> timedelta | None:
    """For how long that share of them waited at most, to the minute below."""
    left = share * sum(waits.values())
    for minute, count in sorted(waits.items()):
        left -= count
        if left <= 0:
            return timedelta(minutes=minute)
    return None


def line(conn: Connection, within: Within) -> Line:
    """Who waits and who is served, now."""
    counted = select(_conversation.c.owner, func.count(), func.min(_conversation.c.waiting_since))
    counted = _scoped(counted.where(_conversation.c.owner.in_(("waiting", "staff"))), within)
    found: dict[str, Any] = {row[0]: row for row in conn.execute(counted.group_by(_conversation.c.owner))}
    waiting, served = found.get("waiting"), found.get("staff")
    return Line(
        waiting=0 if waiting is None else waiting[1],
        longest_since=None if waiting is None else waiting[2],
        with_staff=0 if served is None else served[1],
    )


def online(conn: Connection, now: datetime, branch_no: str | None, within: Within) -> list[Online]:
    """Who is signed in, last seen first; of one branch where one is named."""
    in_hand = select(_conversation.c.owner_staff_id, func.count()).where(_conversation.c.owner == "staff")
    hands = {row[0]: row[1] for row in conn.execute(_scoped(in_hand, within).group_by(_conversation.c.owner_staff_id))}
    let_in = or_(_factor.c.confirmed_at.is_(None), _session.c.factor_at.is_not(None))
    alive = and_(_session.c.idle_until > now, _session.c.absolute_until > now, _staff.c.state == "active", let_in)
    seen = func.max(_session.c.last_seen_at)
    query = (
        select(_staff.c.id, _staff.c.login, _staff.c.role, _staff.c.branch_no, seen.label("seen"))
        .join(_session, _session.c.staff_id == _staff.c.id)
        .outerjoin(_factor, _factor.c.staff_id == _staff.c.id)
        .where(alive)
        .group_by(_staff.c.id, _staff.c.login, _staff.c.role, _staff.c.branch_no)
        .order_by(seen.desc(), _staff.c.login)
    )
    if branch_no is not None:
        query = query.where(_staff.c.branch_no == branch_no)
    return [
        Online(
            login=row.login,
            role=row.role,
            branch_no=row.branch_no,
            last_seen_at=row.seen,
            in_hand=hands.get(row.id, 0),
        )
        for row in conn.execute(query)
    ]


def _scoped(query: Select[*tuple[Any, ...]], within: Within) -> Select[*tuple[Any, ...]]:
    return query if within is None else query.where(_conversation.c.id.in_(within))
