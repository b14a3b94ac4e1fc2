"""Hand-overs: which customers need a person, since when and why, and what is due if nobody moves.

Promise: a conversation has at most one open hand-over, and each change of it replaces its timer: what was set for a
state that was left never fires.  Whoever changes one holds its conversation.

    waiting --claimed--> staff --released, idle--> waiting
       |                   |
       |  nobody came      |  handed back                  later: the bot goes on, staff reply on a working day
       +--> later --claimed+--> ended  <--the customer would rather go on, staff settled it by telephone
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from storage.outlets.hooks import tell
from storage.tables import CaseRow, ConversationRow, HandOverRow, MasterCurrentRow, MasterRecordRow, table_of
from storage.universe import Universe

_hand_over = table_of(HandOverRow)
_conversation, _case = table_of(ConversationRow), table_of(CaseRow)
_record, _current = table_of(MasterRecordRow), table_of(MasterCurrentRow)

#: How many of the newest waits say how long one takes, and how few say nothing.
_SAMPLE, _TOO_FEW = 20, 3
#: Older ones say nothing about today.
_SAMPLE_DAYS = timedelta(days=14)


class State(StrEnum):
    """Where a hand-over stands."""

    WAITING = "waiting"
    STAFF = "staff"
    LATER = "later"
    ENDED = "ended"


class Timer(StrEnum):
    """What happens if nobody moves."""

    #: The customer hears that he is not forgotten.
    TOLD = "told"
    #: Nobody came: the customer hears so and goes on.
    NOBODY = "nobody"
    #: The member of staff does not answer.
    IDLE = "idle"


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """One hand-over."""

    id: str
    conversation_id: str
    reason: str
    branch_no: str | None
    topic: str | None
    state: str
    asked_at: datetime
    later_at: datetime | None
    claimed_at: datetime | None
    waited_seconds: int | None
    touched_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    timer: str | None
    due_at: datetime | None
    epoch: int


def open_hand_over(conn: Connection, conversation_id: str) -> HandOver | None:
    """The hand-over of a conversation that is not over."""
    query = select(_hand_over).where(_hand_over.c.conversation_id == conversation_id, _hand_over.c.ended_at.is_(None))
    row = conn.execute(query).first()
    return None if row is None else HandOver(**row._mapping)


def load_hand_over(conn: Connection, hand_over_id: str) -> HandOver | None:
    """One hand-over, over or not."""
    row = conn.execute(select(_hand_over).where(_hand_over.c.id == hand_over_id)).first()
    return None if row is None else HandOver(**row._mapping)


def begin(
    conn: Connection, uni: Universe, conversation_id: str, *, reason: str, topic: str | None, epoch: int
) -> HandOver:
    """The open hand-over of a conversation, made where there is none; what called for a person last stands in it."""
    found = open_hand_over(conn, conversation_id)
    if found is not None:
        # That somebody was released says nothing about what the customer wants.
        newer = {} if reason.startswith("released") else {"reason": reason[:128], "topic": topic or found.topic}
        return _change(conn, found.id, newer)
    values = {
        "id": uni.new_id(),
        "conversation_id": conversation_id,
        "reason": reason[:128],
        "branch_no": _branch_of(conn, conversation_id),
        "topic": topic,
        "state": State.WAITING.value,
        "asked_at": uni.now(),
        "epoch": epoch,
    }
    conn.execute(insert(_hand_over), values)
    told = {"hand_over_id": str(values["id"]), "reason": reason.partition(":")[0][:64]}
    case = select(_conversation.c.case_id).where(_conversation.c.id == conversation_id)
    tell(conn, uni, "hand_over", case_id=conn.execute(case).scalar(), facts=told, counts={})
    return _loaded(conn, str(values["id"]))


def _branch_of(conn: Connection, conversation_id: str) -> str | None:
    current = select(_current.c.seq).where(_current.c.id == 1).scalar_subquery()
    query = (
        select(_record.c.branch_no)
        .join(_case, _case.c.customer_id == _record.c.customer_id)
        .join(_conversation, _conversation.c.case_id == _case.c.id)
        .where(_conversation.c.id == conversation_id, _record.c.seq <= current)
        .order_by(_record.c.seq.desc())
        .limit(1)
    )
    branch: str | None = conn.execute(query).scalar()
    return branch


def move(
    conn: Connection, hand_over: HandOver, state: State, epoch: int, timer: Timer | None, due_at: datetime | None
) -> HandOver:
    """Another state, and what happens in it; the timer of the one before is gone."""
    values = {"state": state.value, "epoch": epoch, "timer": timer and timer.value, "due_at": due_at}
    return _change(conn, hand_over.id, values)


def claimed(conn: Connection, uni: Universe, hand_over: HandOver) -> None:
    """A member of staff takes it; how long the customer waited is counted to the first time."""
    now = uni.now()
    values: dict[str, Any] = {"claimed_at": hand_over.claimed_at or now, "touched_at": now}
    # Whom staff addressed by themselves did not wait, and who was put off was told so.
    if hand_over.claimed_at is None and hand_over.later_at is None and hand_over.asked_at < now:
        values["waited_seconds"] = int((now - hand_over.asked_at).total_seconds())
    _change(conn, hand_over.id, values)


def put_off(conn: Connection, uni: Universe, hand_over: HandOver) -> None:
    """Staff reply on a working day."""
    _change(conn, hand_over.id, {"later_at": hand_over.later_at or uni.now()})


def touch(conn: Connection, uni: Universe, conversation_id: str, due_at: datetime) -> None:
    """The member of staff did something: the customer is not alone."""
    mine = (_hand_over.c.conversation_id == conversation_id) & (_hand_over.c.state == State.STAFF.value)
    values = {"touched_at": uni.now(), "due_at": due_at}
    conn.execute(update(_hand_over).where(mine, _hand_over.c.ended_at.is_(None)).values(values))


def end(conn: Connection, uni: Universe, conversation_id: str, outcome: str) -> bool:
    """Nobody is needed any more; false where nobody was."""
    still = (_hand_over.c.conversation_id == conversation_id) & _hand_over.c.ended_at.is_(None)
    values = {"state": State.ENDED.value, "ended_at": uni.now(), "outcome": outcome[:32], "timer": None, "due_at": None}
    return conn.execute(update(_hand_over).where(still).values(values)).rowcount == 1


def settle(conn: Connection, uni: Universe, conversation_id: str) -> bool:
    """What was promised for a working day is done outside the chat; false where nothing is owed any more."""
    found = open_hand_over(conn, conversation_id)
    return found is not None and found.state == State.LATER.value and end(conn, uni, conversation_id, "settled")


def _change(conn: Connection, hand_over_id: str, values: dict[str, Any]) -> HandOver:
    if values:
        conn.execute(update(_hand_over).where(_hand_over.c.id == hand_over_id).values(values))
    return _loaded(conn, hand_over_id)


def _loaded(conn: Connection, hand_over_id: str) -> HandOver:
    found = load_hand_over(conn, hand_over_id)
    assert found is not None
    return found


# Time ---------------------------------------------------------------------------------------


def due(conn: Connection, now: datetime, limit: int) -> list[str]:
    """The ids of hand-overs whose timer has run out, the longest first."""
    query = select(_hand_over.c.id).where(_hand_over.c.due_at <= now).order_by(_hand_over.c.due_at).limit(limit)
    return list(conn.execute(query).scalars())


def put_back(conn: Connection, hand_over_id: str, due_at: datetime) -> None:
    """A time-out that could not be carried out is tried again, if it is still set."""
    set_still = (_hand_over.c.id == hand_over_id) & _hand_over.c.due_at.is_not(None)
    conn.execute(update(_hand_over).where(set_still).values(due_at=due_at))


def set_timer(conn: Connection, hand_over_id: str, timer: Timer | None, due_at: datetime | None) -> None:
    """What happens next in the same state; nothing, or the same again later."""
    _change(conn, hand_over_id, {"timer": timer and timer.value, "due_at": due_at})


# The line -------------------------------------------------------------------------------------


def ahead_of(conn: Connection, conversation_id: str, since: datetime) -> int:
    """How many customers wait for longer."""
    query = select(func.count()).where(
        _conversation.c.owner == State.WAITING.value,
        _conversation.c.waiting_since < since,
        _conversation.c.id != conversation_id,
    )
    return conn.execute(query).scalar_one()


def usual_wait(conn: Connection, now: datetime) -> timedelta | None:
    """How long customers have waited of late until somebody came; nothing where too few have."""
    query = (
        select(_hand_over.c.asked_at, _hand_over.c.claimed_at)
        .where(_hand_over.c.claimed_at > now - _SAMPLE_DAYS, _hand_over.c.later_at.is_(None))
        # Whom staff addressed by themselves did not wait.
        .where(_hand_over.c.asked_at < _hand_over.c.claimed_at)
        .order_by(_hand_over.c.claimed_at.desc())
        .limit(_SAMPLE)
    )
    waits = [(row.claimed_at - row.asked_at).total_seconds() for row in conn.execute(query)]
    return None if len(waits) < _TOO_FEW else timedelta(seconds=median(waits))
