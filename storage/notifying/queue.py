"""LINE notification messages: queued once per step, sent once, and what the platform said of each.

Promise: a step queues one message, whoever tries; one that may have left the house is never sent again; what is only
accepted is never called delivered; the platform's word may come before the call has been recorded; and whatever ends
one makes its member due, so that the next way is decided at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, case, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from storage.campaign_facts import MemberFacts
from storage.counters import insert_or
from storage.direct import Direct, codes
from storage.tables import CampaignMemberRow, NotificationRow, table_of
from storage.universe import Universe

_notification, _member = table_of(NotificationRow), table_of(CampaignMemberRow)

#: Without a word of the platform for so long it has not arrived.
WITHIN = timedelta(hours=24)
#: A process that began to send and says nothing for so long is gone.
LOST_AFTER = timedelta(minutes=5)
#: Still under way.
WAITING = ("pending", "sending", "accepted", "unknown")
_PENDING = _notification.c.state == "pending"


@dataclass(frozen=True, kw_only=True)
class Notification:
    """One that is to be sent now."""

    id: str
    campaign_id: str
    case_id: str
    customer_id: str
    step_no: int
    tries: int


_PARTS = [_notification.c[name] for name in Notification.__dataclass_fields__]


def queue_notification(conn: Connection, uni: Universe, facts: MemberFacts, step: str) -> bool:
    """Queue the message of the member's next step; false where it was queued before."""
    now = uni.now()
    values = {
        "id": uni.new_id(),
        "campaign_id": facts.campaign_id,
        "case_id": facts.case_id,
        "customer_id": facts.customer_id,
        "step_no": facts.next_step,
        "step": step,
        "state": "pending",
        "tries": 0,
        "due_at": now,
        "created_at": now,
        "accepted_at": None,
        "delivered_at": None,
        "detail": "",
    }
    once = insert_or(conn, _notification).values(values).on_conflict_do_nothing().returning(_notification.c.id)
    return conn.execute(once).scalar() is not None


def due_notifications(conn: Connection, now: datetime, limit: int) -> list[str]:
    """Which are to be sent now."""
    due = _PENDING & (_notification.c.due_at <= now)
    query = select(_notification.c.id).where(due).order_by(_notification.c.due_at, _notification.c.id).limit(limit)
    return list(conn.execute(query).scalars())


def begin_sending(conn: Connection, uni: Universe, notification_id: str) -> Notification | None:
    """Take one, before the call: whoever dies now has perhaps sent it.  ``None`` where somebody was quicker."""
    taken = (
        update(_notification)
        .where(_notification.c.id == notification_id, _PENDING)
        .values(state="sending", due_at=uni.now() + LOST_AFTER)
        .returning(*_PARTS)
    )
    row = conn.execute(taken).first()
    return None if row is None else Notification(**row._mapping)


def take_number(conn: Connection, notification_id: str, number: bytes) -> bool:
    """No other call to this number is begun until this one is recorded; false where another one is under way."""
    here = _notification.c.id == notification_id
    try:
        with conn.begin_nested():
            conn.execute(update(_notification).where(here).values(number_digest=number))
    except IntegrityError:
        return False
    return True


def last_told(conn: Connection, number: bytes) -> datetime | None:
    """When the platform last took a message for this number, those apart that did not arrive."""
    told = (_notification.c.number_digest == number) & _notification.c.state.in_(("accepted", "unknown", "delivered"))
    at: datetime | None = conn.execute(select(func.max(_notification.c.accepted_at)).where(told)).scalar()
    return at


def note_call(conn: Connection, notification_id: str) -> None:
    """The call is made: a look that puts it off is no try."""
    here = _notification.c.id == notification_id
    conn.execute(update(_notification).where(here).values(tries=_notification.c.tries + 1))


def put_off(conn: Connection, notification_id: str, until: datetime, detail: str) -> None:
    """Nothing has left the house: later again."""
    _settle(conn, notification_id, "pending", due_at=until, detail=detail, number_digest=None)


def settle(conn: Connection, uni: Universe, notification_id: str, state: str, detail: str = "") -> bool:
    """What came of the call; false where that is known already.  Unless it is under way, its member is due."""
    now = uni.now()
    if state in ("accepted", "unknown"):
        ended = _settle(conn, notification_id, state, due_at=now + WITHIN, accepted_at=now, detail=detail)
    else:
        ended = _settle(conn, notification_id, state, due_at=now, detail=detail)
    if ended not in (None, *WAITING):
        _wake(conn, [notification_id], now)
    return ended is not None


def tries_of(conn: Connection, notification_id: str) -> int:
    """How often it was tried."""
    query = select(_notification.c.tries).where(_notification.c.id == notification_id)
    return int(conn.execute(query).scalar_one())


def note_delivered(conn: Connection, uni: Universe, tag: str) -> bool:
    """The platform says that it arrived; false for a tag that is none of ours, or was told before."""
    now = uni.now()
    known = (_notification.c.id == tag) & _notification.c.delivered_at.is_(None)
    known &= _notification.c.state.in_(("sending", "accepted", "unknown", "undelivered"))
    # Whose call has not been recorded yet: ``settle`` takes it from there.
    state = case((_notification.c.state == "sending", "sending"), else_="delivered")
    values = {"state": state, "delivered_at": now}
    if conn.execute(update(_notification).where(known).values(values)).rowcount != 1:
        return False
    _wake(conn, [tag], now)
    return True


def is_any_over(conn: Connection, now: datetime, *, may_send: bool) -> bool:
    """Whether one is to be ended that no call will end."""
    return (_ANY_OVER if may_send else _ANY_UNSENT).first(conn, {"now": now}) is not None


def lost_notifications(conn: Connection, now: datetime, limit: int) -> list[Notification]:
    """Whose call was begun by a process that is gone."""
    lost = select(*_PARTS).where(_is_lost(now)).order_by(_notification.c.due_at, _notification.c.id).limit(limit)
    return [Notification(**row._mapping) for row in conn.execute(lost)]


def end_overdue(conn: Connection, uni: Universe, limit: int) -> int:
    """What the platform has said nothing of in time."""
    return _end(conn, uni.now(), _is_overdue(uni.now()), limit, state="undelivered")


def drop_pending(conn: Connection, uni: Universe, why: str, limit: int) -> int:
    """None of them leaves the house."""
    return _end(conn, uni.now(), _PENDING, limit, state="dropped", detail=why)


def _is_lost(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return (_notification.c.state == "sending") & (_notification.c.due_at <= now)


def _is_overdue(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return _notification.c.state.in_(codes(("accepted", "unknown"))) & (_notification.c.due_at <= now)


_now: BindParameter[datetime] = bindparam("now", type_=_notification.c.due_at.type)
_over = select(_notification.c.id).limit(1)
_ANY_OVER = Direct(_over.where(or_(_is_lost(_now), _is_overdue(_now))))
_ANY_UNSENT = Direct(_over.where(or_(_is_lost(_now), _is_overdue(_now), _PENDING)))


def _end(conn: Connection, now: datetime, which: ColumnElement[bool], limit: int, **values: str) -> int:
    some = select(_notification.c.id).where(which).order_by(_notification.c.due_at, _notification.c.id).limit(limit)
    ended = update(_notification).where(which, _notification.c.id.in_(some)).values(**values)
    ids = list(conn.execute(ended.returning(_notification.c.id)).scalars())
    _wake(conn, ids, now)
    return len(ids)


def _settle(conn: Connection, notification_id: str, state: str, **values: object) -> str | None:
    """The state that it has now; ``None`` where it was not being sent."""
    sending = (_notification.c.id == notification_id) & (_notification.c.state == "sending")
    known = case((_notification.c.delivered_at.is_(None), state), else_="delivered")
    ended = update(_notification).where(sending).values(state=known, **values).returning(_notification.c.state)
    return conn.execute(ended).scalar()


def _wake(conn: Connection, ids: Sequence[str], now: datetime) -> None:
    """Their members are decided on at once."""
    if not ids:
        return
    theirs = (
        select(_notification.c.id)
        .where(_notification.c.id.in_(list(ids)))
        .where(_notification.c.campaign_id == _member.c.campaign_id, _notification.c.case_id == _member.c.case_id)
        .where(_notification.c.step_no == _member.c.next_step)
    )
    waiting = _member.c.left_at.is_(None) & (_member.c.outgoing_id.is_(None))
    conn.execute(update(_member).where(waiting, theirs.exists()).values(due_at=now, held_by=None))
