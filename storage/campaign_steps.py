"""Climbing the ladder: what was carried out for a member, once per step, and when the next step is due.

Promise: a step is carried out once, whoever tries, because its row has the key of campaign, case, step and attempt, and
a further attempt is only made where nothing of the one before has left the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Executable, bindparam, func, or_, select, update

from storage.campaign_facts import RETURNED_MAIL, UNSENT, MemberFacts, invited_at, why_undeliverable
from storage.campaign_members import account_of
from storage.case_status import CaseStatus
from storage.direct import Direct, Together, among
from storage.tables import (
    CampaignDeliveryRow,
    CampaignMemberRow,
    CampaignRow,
    CaseRow,
    LinkCodeRow,
    OutgoingRow,
    table_of,
)
from storage.tables.cases import CLOSED_STATUSES
from storage.tables.messages import OPEN_STATES
from storage.universe import Universe

_member, _delivery, _outgoing = table_of(CampaignMemberRow), table_of(CampaignDeliveryRow), table_of(OutgoingRow)
_campaign = table_of(CampaignRow)
_case, _code = table_of(CaseRow), table_of(LinkCodeRow)

#: A member at a step.
_KEY = {"campaign": _member.c.campaign_id, "case": _member.c.case_id, "step": _member.c.next_step}


def _deciding(*own: str, **values: Any) -> Together:
    """What is written for members: some columns for each, others the same for all.

    Whatever was on its way is not any more, or it would not be decided anew.
    """

    def statement(row: Mapping[str, ColumnElement[Any]]) -> Executable:
        key = (one == row[name] for name, one in _KEY.items())
        new = {"outgoing_id": None, **values, **{name: row[f"new_{name}"] for name in own}}
        return update(_member).where(*key, _member.c.left_at.is_(None)).values(new)

    return Together(_KEY | {f"new_{name}": _member.c[name] for name in own}, statement)


_ADVANCE = _deciding("next_step", "due_at", "base_on", held_by=None)
_HOLD = _deciding("due_at", "held_by")
_LEAVE = _deciding("left_at", "left_because", due_at=None)
_SENDING = _deciding("outgoing_id", due_at=None, held_by=None)
_NOTE = Together.inserting(
    _delivery,
    *("campaign_id", "case_id", "step_no", "attempt", "step", "channel", "customer_id", "account_id", "outgoing_id"),
)
#: One look at the end of an index for each campaign.
_first_due = (
    select(_member.c.due_at)
    .where(_member.c.campaign_id == _campaign.c.id, _member.c.left_at.is_(None), _member.c.due_at.is_not(None))
    .order_by(_member.c.due_at)
    .limit(1)
    .scalar_subquery()
)
_FIRST_DUE = Direct(select(_campaign.c.id, _first_due.label("at")).where(_campaign.c.state == "running"))
_live_one = select(_member.c.case_id).where(_member.c.campaign_id == bindparam("campaign"), _member.c.left_at.is_(None))
#: One after another: each is found at once along its index, or there are few to look through.
_AHEAD = tuple(
    Direct(_live_one.where(one).limit(1))
    for one in (_member.c.due_at.is_not(None), _member.c.outgoing_id.is_not(None), _member.c.base_on.is_(None))
)
_ON_THEIR_WAY = Direct(
    select(_delivery.c.channel, func.count().label("messages"))
    .select_from(_member)
    .join(_outgoing, _outgoing.c.id == _member.c.outgoing_id)
    .join(_delivery, _delivery.c.outgoing_id == _member.c.outgoing_id)
    .where(_member.c.outgoing_id.is_not(None), _outgoing.c.state.in_(OPEN_STATES))
    .group_by(_delivery.c.channel)
)


_FORGET = Direct(
    lambda dialect: (
        update(_member)
        .where(among(dialect, _member.c.outgoing_id, "messages"), _member.c.left_at.is_not(None))
        .values(outgoing_id=None)
    )
)


class OnLadder(Protocol):
    """A member, as far as it takes to say which step comes next and when."""

    @property
    def campaign_id(self) -> str: ...
    @property
    def case_id(self) -> str: ...
    @property
    def rating(self) -> str: ...
    @property
    def next_step(self) -> int: ...
    @property
    def base_on(self) -> date | None: ...
    @property
    def invited_at(self) -> datetime | None: ...


_ARRIVED = Direct(
    select(
        *(_member.c[name] for name in ("campaign_id", "case_id", "rating", "next_step", "base_on", "outgoing_id")),
        invited_at().label("invited_at"),
        _outgoing.c.state,
    )
    .select_from(_member)
    .join(_outgoing, _outgoing.c.id == _member.c.outgoing_id)
    .where(_member.c.outgoing_id.is_not(None), _outgoing.c.state.not_in(OPEN_STATES))
    .order_by(_member.c.outgoing_id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A message that was on its way and is settled, and the member to whom it was."""

    campaign_id: str
    case_id: str
    rating: str
    next_step: int
    base_on: date | None
    invited_at: datetime | None
    outgoing_id: str
    #: sent, unknown; or failed, dropped, cancelled: nothing has left the house.
    state: str

    @property
    def left_the_house(self) -> bool:
        return self.state not in UNSENT


def returned(conn: Connection, limit: int | None = None) -> list[str]:
    """Cases whose last letter came back, and to which nobody has found another way yet."""
    came_back = why_undeliverable(_case.c.id) == RETURNED_MAIL
    query = select(_case.c.id).where(_case.c.status == CaseStatus.UNDELIVERABLE.value, came_back)
    return list(conn.execute(query.limit(limit)).scalars())


def hurry(conn: Connection, campaign_ids: Sequence[str], case_ids: Sequence[str], now: datetime) -> int:
    """These are due at once, where they have no chat and the phone list has them not yet."""
    listed = select(_delivery.c.case_id).where(
        _delivery.c.campaign_id == _member.c.campaign_id,
        _delivery.c.case_id == _member.c.case_id,
        _delivery.c.channel == "phone",
    )
    of_them = _member.c.campaign_id.in_(list(campaign_ids))
    here = of_them & _member.c.left_at.is_(None) & (_member.c.due_at > now)
    no_chat = account_of(_member.c.customer_id, _member.c.case_id).is_(None)
    # Who waits for these is put off all the same, however often he is made due.
    waits = func.coalesce(_member.c.held_by, "").in_(("stopped", "staff", "notification"))
    wanted = _member.c.case_id.in_(list(case_ids))
    return conn.execute(
        update(_member).where(wanted, here, ~listed.exists(), no_chat, ~waits).values(due_at=now)
    ).rowcount


def on_their_way(conn: Connection) -> dict[str, int]:
    """Messages of all campaigns that are queued or leased, by channel."""
    return {row.channel: row.messages for row in _ON_THEIR_WAY.rows(conn, {})}


def has_work(conn: Connection, now: datetime) -> bool:
    """Whether anything is to be done for any campaign at this moment."""
    if arrived(conn, 1) or returned(conn, 1):
        return True
    live = (_member.c.campaign_id == _campaign.c.id) & _member.c.left_at.is_(None)
    not_begun = _member.c.due_at.is_(None) & _member.c.base_on.is_(None)

    def some(*where: ColumnElement[bool]) -> ColumnElement[bool]:
        return select(_member.c.case_id).where(live, *where).exists()

    to_come = or_(some(_member.c.due_at.is_not(None)), some(_member.c.outgoing_id.is_not(None)), some(not_begun))
    whole = _campaign.c.rest_from.is_(None)
    work = or_(
        some(_member.c.due_at <= now),
        some(not_begun, or_(_member.c.wave == 1, whole)),
        # The rest follows; or it is over.
        _campaign.c.rest_from <= now,
        whole & ~to_come,
    )
    return conn.execute(select(_campaign.c.id).where(_campaign.c.state == "running", work).limit(1)).first() is not None


def first_due(conn: Connection) -> dict[str, datetime]:
    """When the first member of each running campaign is due; without those in which nobody is."""
    return {row.id: row.at for row in _FIRST_DUE.rows(conn, {}) if row.at is not None}


def has_not_begun(conn: Connection, campaign_id: str, waves: Sequence[int]) -> bool:
    """Whether somebody of these waves waits for his first step to be due."""
    live = (_member.c.campaign_id == campaign_id) & _member.c.left_at.is_(None) & _member.c.due_at.is_(None)
    query = select(_member.c.case_id).where(live, _member.c.base_on.is_(None), _member.c.wave.in_(list(waves)))
    return conn.execute(query.limit(1)).first() is not None


def is_over(conn: Connection, campaign_id: str) -> bool:
    """Whether nothing is to come for anybody of a campaign, as its members stand."""
    return all(one.first(conn, {"campaign": campaign_id}) is None for one in _AHEAD)


def arrived(conn: Connection, limit: int) -> list[Arrived]:
    """Messages whose sending has ended."""
    return [Arrived(**row._asdict()) for row in _ARRIVED.rows(conn, {"most": limit})]


def forget_left(conn: Connection, outgoing_ids: Sequence[str]) -> None:
    """Who has left the campaign meanwhile is not waited for any more."""
    _FORGET.run(conn, {"messages": list(outgoing_ids)})


def note_deliveries(
    conn: Connection, uni: Universe, carried_out: Sequence[tuple[MemberFacts, str, str, str | None]]
) -> None:
    """Write down steps: the member, the step's name, the channel, and the message where there is one."""
    rows = [
        (
            *_key(facts),
            facts.attempts + 1,
            step,
            channel,
            facts.customer_id,
            facts.account_id if outgoing_id is not None else None,
            outgoing_id,
        )
        for facts, step, channel, outgoing_id in carried_out
    ]
    _NOTE.run(conn, rows, {"at": uni.now()})


def set_sending(conn: Connection, sent: Sequence[tuple[MemberFacts, str]]) -> None:
    """Their messages are on their way."""
    _SENDING.run(conn, [(*_key(facts), outgoing_id) for facts, outgoing_id in sent])


def advance(conn: Connection, moves: Sequence[tuple[OnLadder, int, datetime | None, date | None]]) -> None:
    """To a step and the moment at which it is due (none: the ladder is climbed), with the day of the invitation."""
    _ADVANCE.run(conn, [(*_key(facts), to, at, base) for facts, to, at, base in moves])


def hold(conn: Connection, held: Sequence[tuple[OnLadder, datetime, str]]) -> None:
    """Not now: until a moment, and why."""
    _HOLD.run(conn, [(*_key(facts), until, why) for facts, until, why in held])


def leave(conn: Connection, uni: Universe, left: Sequence[tuple[MemberFacts, str]]) -> None:
    """Out of the campaign: answered, refused, stopped, ended."""
    now = uni.now()
    _LEAVE.run(conn, [(*_key(facts), now, why) for facts, why in left])


def _key(facts: OnLadder) -> tuple[str, str, int]:
    return facts.campaign_id, facts.case_id, facts.next_step


def cases_for_letters(conn: Connection, campaign_id: str) -> list[str]:
    """Cases of a campaign that wait for their letter: since it was due no code was made for them, and they are open."""
    made = select(_code.c.id).where(_code.c.case_id == _delivery.c.case_id, _code.c.created_at >= _delivery.c.at)
    query = (
        select(_delivery.c.case_id)
        .join(_case, _case.c.id == _delivery.c.case_id)
        .join(
            _member,
            (_member.c.campaign_id == _delivery.c.campaign_id) & (_member.c.case_id == _delivery.c.case_id),
        )
        .where(
            _delivery.c.campaign_id == campaign_id,
            _delivery.c.channel == "letter",
            _member.c.left_at.is_(None),
            _case.c.status.not_in(CLOSED_STATUSES),
            ~made.exists(),
        )
        .distinct()
        .order_by(_delivery.c.case_id)
    )
    return list(conn.execute(query).scalars())


def wave_outcome(conn: Connection, campaign_id: str, wave: int) -> tuple[int, int]:
    """Of the messages to a wave: how many are settled, and how many of them the platform refused."""
    query = (
        select(
            func.count().filter(_outgoing.c.state.in_(("sent", "unknown", "failed"))),
            func.count().filter(_outgoing.c.state == "failed"),
        )
        .select_from(_delivery)
        .join(_outgoing, _outgoing.c.id == _delivery.c.outgoing_id)
        .join(
            _member,
            (_member.c.campaign_id == _delivery.c.campaign_id) & (_member.c.case_id == _delivery.c.case_id),
        )
        .where(_delivery.c.campaign_id == campaign_id, _member.c.wave == wave)
    )
    settled, refused = conn.execute(query).one()
    return settled, refused
