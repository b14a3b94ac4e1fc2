"""Reach (到達状況): how far each customer of a campaign was reached, computed from what only ever grows.

Promise: nothing of it is stored.  It is folded from the deliveries, the messages' outcomes, the letters' codes, the
start of the conversation and the transitions of the case, so its history is the same fold up to a moment.  What a
platform took is ``accepted``, never delivered: no platform says what was read.

    registered -> queued -> accepted -> opened -> started -> review -> completed
        held <-'  |            |           |          '-> breakoff
                  '-> undeliverable        '-> unresponsive       refused, ineligible from anywhere
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    case,
    func,
    literal_column,
    select,
    true,
    union_all,
)

from storage.tables import (
    CampaignDeliveryRow,
    CampaignMemberRow,
    CampaignRow,
    CaseTransitionRow,
    ConversationRow,
    CustomerRow,
    LinkCodeRow,
    NotificationRow,
    OutgoingRow,
    table_of,
)

_member, _delivery, _outgoing = table_of(CampaignMemberRow), table_of(CampaignDeliveryRow), table_of(OutgoingRow)
_transition, _code = table_of(CaseTransitionRow), table_of(LinkCodeRow)
_notified = table_of(NotificationRow)
_conversation, _customer = table_of(ConversationRow), table_of(CustomerRow)
_campaign = table_of(CampaignRow)

#: Members whose facts are held in memory at a time.
_PAGE = 2000


class Reach(StrEnum):
    """The values, in the order in which they are shown."""

    REGISTERED = "registered"
    HELD = "held"
    QUEUED = "queued"
    ACCEPTED = "accepted"
    UNDELIVERABLE = "undeliverable"
    OPENED = "opened"
    STARTED = "started"
    REVIEW = "review"
    COMPLETED = "completed"
    BREAKOFF = "breakoff"
    UNRESPONSIVE = "unresponsive"
    REFUSED = "refused"
    INELIGIBLE = "ineligible"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened to a member."""

    at: datetime
    #: queued, listed, accepted, refused_by_platform, dropped, opened, or ``case:<status>``
    what: str
    #: line, telegram, letter, phone, visit, restriction; of a transition its reason.
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class Stand:
    """How far a customer was reached, after some facts."""

    reach: Reach = Reach.REGISTERED
    with_staff: bool = False
    #: Whether any answer was given, also where the end was another one.
    started: bool = False


@dataclass(frozen=True, kw_only=True)
class Reached:
    """One member with his history."""

    case_id: str
    customer_no: str
    rating: str
    stand: Stand
    facts: tuple[Fact, ...] = field(repr=False)


#: What a fact about the case makes of reach, by the status that the case went to.
_BY_STATUS: Mapping[str, Reach] = MappingProxyType(
    {
        "25": Reach.OPENED,
        "30": Reach.UNDELIVERABLE,
        "40": Reach.STARTED,
        "60": Reach.COMPLETED,
        "90": Reach.INELIGIBLE,
        "91": Reach.INELIGIBLE,
        "92": Reach.REFUSED,
        "99": Reach.INELIGIBLE,
    }
)
_BY_FACT: Mapping[str, Reach] = MappingProxyType(
    {
        "queued": Reach.QUEUED,
        "accepted": Reach.ACCEPTED,
        "refused_by_platform": Reach.UNDELIVERABLE,
        "dropped": Reach.HELD,
        "opened": Reach.OPENED,
    }
)
#: What the end of a message's sending means.
_OUTCOMES: Mapping[str, str] = MappingProxyType(
    {"sent": "accepted", "failed": "refused_by_platform", "dropped": "dropped", "cancelled": "dropped"}
)
#: Statuses that say something by themselves.
_TELLING = (*_BY_STATUS, "35", "80")
_BEFORE_SENDING = frozenset({Reach.REGISTERED, Reach.HELD, Reach.QUEUED, Reach.UNDELIVERABLE})
#: From where a fact may lead to each value; whatever is further stays as it is.
_FROM: Mapping[Reach, frozenset[Reach]] = MappingProxyType(
    {
        Reach.QUEUED: _BEFORE_SENDING,
        Reach.HELD: _BEFORE_SENDING,
        Reach.ACCEPTED: _BEFORE_SENDING,
        Reach.UNDELIVERABLE: _BEFORE_SENDING | {Reach.ACCEPTED, Reach.OPENED},
        Reach.OPENED: _BEFORE_SENDING | {Reach.ACCEPTED, Reach.UNRESPONSIVE, Reach.REFUSED},
        Reach.STARTED: frozenset(Reach) - {Reach.COMPLETED},
        Reach.COMPLETED: frozenset(Reach),
        Reach.REFUSED: frozenset(Reach) - {Reach.COMPLETED},
        Reach.INELIGIBLE: frozenset(Reach) - {Reach.COMPLETED},
    }
)


def after(stand: Stand, what: str) -> Stand:
    """How far the customer is reached after one more fact (``Fact.what``)."""
    status = what.removeprefix("case:") if what.startswith("case:") else ""
    if status:
        stand = replace(stand, with_staff=status == "55", started=stand.started or status == "40")
    if status in ("35", "80"):
        if stand.reach in (Reach.COMPLETED, Reach.UNDELIVERABLE, Reach.REFUSED, Reach.INELIGIBLE):
            return stand
        return replace(stand, reach=Reach.BREAKOFF if stand.started else Reach.UNRESPONSIVE)
    to = _BY_STATUS.get(status) if status else _BY_FACT.get(what)
    if to is None or stand.reach not in _FROM[to]:
        return stand
    return replace(stand, reach=to)


def history(facts: tuple[Fact, ...]) -> Iterator[tuple[Fact, Stand]]:
    """Each fact with where it left the customer."""
    stand = Stand()
    for fact in facts:
        stand = after(stand, fact.what)
        yield fact, stand


def iter_reach(
    conn: Connection, campaign_id: str, *, until: datetime | None = None, customer_no: str | None = None
) -> Iterator[Reached]:
    """Every member, by case; consume it inside the transaction.

    With ``until`` as it was at that moment; else with what is only known of now: held back, at the last page.
    """
    last = ""
    while True:
        page = _members(campaign_id, customer_no).where(_member.c.case_id > last, _joined(until)).limit(_PAGE)
        rows = conn.execute(page).all()
        if not rows:
            return
        span = (_member.c.campaign_id == campaign_id) & _member.c.case_id.between(rows[0].case_id, rows[-1].case_id)
        known = _facts(conn, span, until)
        for row in rows:
            facts = tuple(known.get(row.case_id, ()))
            stand = _fold(fact.what for fact in facts)
            if until is None:
                stand = _now(stand, is_at_review=row.is_at_review, is_held=row.is_held)
            yield Reached(case_id=row.case_id, customer_no=row.customer_no, rating=row.rating, stand=stand, facts=facts)
        last = rows[-1].case_id


@dataclass(frozen=True, kw_only=True)
class ReachCounts:
    """How many customers were reached how far."""

    #: By rating and value.
    members: Counter[tuple[str, Reach]]
    #: Of all.
    with_staff: int


def count_reach(conn: Connection, campaign_id: str, *, until: datetime | None = None) -> ReachCounts:
    """How many members of each rating ``iter_reach`` finds where.

    The database puts those to whom the same happened in the same order together; each such history is folded once.
    """
    happened = _timeline(_member.c.campaign_id == campaign_id, until, all_moves=False).subquery()
    case_id, order = happened.c.case_id, (happened.c.at, happened.c.place, happened.c.tie)
    trail = func.aggregate_strings(happened.c.what, " ").over(partition_by=case_id, order_by=order, rows=(None, None))
    number = func.row_number().over(partition_by=case_id, order_by=order)
    trails = select(case_id, trail.label("trail"), number.label("number")).subquery()
    whole = (
        select(_member.c.case_id, _member.c.rating, *_OF_NOW, trails.c.trail)
        .outerjoin(trails, (trails.c.case_id == _member.c.case_id) & (trails.c.number == 1))
        .outerjoin(_conversation, _conversation.c.case_id == _member.c.case_id)
        .where(_member.c.campaign_id == campaign_id, _joined(until))
        .subquery()
    )
    alike = (whole.c.rating, whole.c.is_at_review, whole.c.is_held, whole.c.trail)
    counts: Counter[tuple[str, Reach]] = Counter()
    with_staff = 0
    for row in conn.execute(select(*alike, func.count().label("members")).group_by(*alike)):
        stand = _fold((row.trail or "").split())
        if until is None:
            stand = _now(stand, is_at_review=row.is_at_review, is_held=row.is_held)
        counts[row.rating, stand.reach] += row.members
        with_staff += row.members if stand.with_staff else 0
    return ReachCounts(members=counts, with_staff=with_staff)


def reach_of_case(conn: Connection, case_id: str) -> list[tuple[str, Reached]]:
    """What the campaigns of a case, by name and the newest first, know of how far its customer was reached."""
    query = (
        select(_member.c.campaign_id, _campaign.c.name, _customer.c.customer_no)
        .join(_campaign, _campaign.c.id == _member.c.campaign_id)
        .join(_customer, _customer.c.id == _member.c.customer_id)
        .where(_member.c.case_id == case_id)
        .order_by(_member.c.joined_at.desc(), _member.c.campaign_id.desc())
    )
    return [
        (row.name, one)
        for row in conn.execute(query).all()
        for one in iter_reach(conn, row.campaign_id, customer_no=row.customer_no)
        if one.case_id == case_id
    ]


def _joined(until: datetime | None) -> ColumnElement[bool]:
    """Who was a member at a moment."""
    return true() if until is None else _member.c.joined_at <= until


def _fold(whats: Iterable[str]) -> Stand:
    stand = Stand()
    for what in whats:
        stand = after(stand, what)
    return stand


def _now(stand: Stand, *, is_at_review: bool, is_held: bool) -> Stand:
    if stand.reach is Reach.STARTED and is_at_review:
        return replace(stand, reach=Reach.REVIEW)
    if stand.reach is Reach.REGISTERED and is_held:
        return replace(stand, reach=Reach.HELD)
    return stand


#: What is only known of now.
_OF_NOW = (
    (func.coalesce(_conversation.c.phase, "") == "review").label("is_at_review"),
    (_member.c.held_by.is_not(None) & _member.c.left_at.is_(None)).label("is_held"),
)


def _members(campaign_id: str, customer_no: str | None) -> Select[Any]:
    query = (
        select(_member.c.case_id, _customer.c.customer_no, _member.c.rating, *_OF_NOW)
        .join(_customer, _customer.c.id == _member.c.customer_id)
        .outerjoin(_conversation, _conversation.c.case_id == _member.c.case_id)
        .where(_member.c.campaign_id == campaign_id)
        .order_by(_member.c.case_id)
    )
    return query if customer_no is None else query.where(_customer.c.customer_no == customer_no)


def _facts(conn: Connection, span: ColumnElement[bool], until: datetime | None) -> dict[str, list[Fact]]:
    """All that happened to the members of a span since they joined, in order."""
    happened = _timeline(span, until).subquery()
    query = select(happened).order_by(happened.c.case_id, happened.c.at, happened.c.place, happened.c.tie)
    known: dict[str, list[Fact]] = {}
    for row in conn.execute(query):
        known.setdefault(row.case_id, []).append(Fact(at=row.at, what=row.what, cause=row.cause))
    return known


def _timeline(span: ColumnElement[bool], until: datetime | None, *, all_moves: bool = True) -> CompoundSelect[Any]:
    """What happened to the members of a span since they joined: a row a fact.

    Without ``all_moves`` those of the case that change nothing are left out.

    Those of one moment, which one transaction wrote, come in the order of cause and effect (``place``): what was
    queued, the moves of the case, what became of it.
    """
    members: list[Select[Any]] = []

    def add(
        query: Select[Any], at: ColumnElement[Any], what: Any, cause: Any, tie: ColumnElement[Any], place: int = 1
    ) -> None:
        if until is not None:
            query = query.where(at <= until)
        what, cause = (literal_column(f"'{one}'") if isinstance(one, str) else one for one in (what, cause))
        columns = (_member.c.case_id, at.label("at"), what.label("what"), cause.label("cause"))
        members.append(query.with_only_columns(*columns, literal_column(str(place)).label("place"), tie.label("tie")))

    here = select(_member.c.case_id).select_from(_member).where(span)
    same = (_delivery.c.campaign_id == _member.c.campaign_id) & (_delivery.c.case_id == _member.c.case_id)
    channel, message = _delivery.c.channel, _outgoing.c.id
    carried_out = here.join(_delivery, same).where(channel != "none")
    is_list = channel.in_(("phone", "visit", "restriction"))
    no_tie: ColumnElement[str] = literal_column("''")
    add(carried_out, _delivery.c.at, case((is_list, "listed"), else_="queued"), channel, no_tie, 0)
    became = case(dict(_OUTCOMES), value=_outgoing.c.state)
    sent = carried_out.join(_outgoing, message == _delivery.c.outgoing_id).where(_outgoing.c.state.in_(_OUTCOMES))
    # A message that was cancelled with its conversation has no moment of its own.
    add(sent, func.coalesce(_outgoing.c.settled_at, _delivery.c.at), became, channel, message, 2)
    # What a platform took by a telephone number, and what it did not deliver.
    of_member = (_notified.c.campaign_id == _member.c.campaign_id) & (_notified.c.case_id == _member.c.case_id)
    taken = here.join(_notified, of_member).where(_notified.c.accepted_at.is_not(None))
    add(taken, _notified.c.accepted_at, "accepted", "notification", _notified.c.id, 2)
    in_vain = here.join(_notified, of_member).where(_notified.c.state.in_(("undelivered", "unreachable", "failed")))
    add(in_vain, _notified.c.due_at, "refused_by_platform", "notification", _notified.c.id, 2)
    code = (_code.c.case_id == _delivery.c.case_id) & (_code.c.created_at >= _delivery.c.at)
    printed = here.join(_delivery, same).join(_code, code).where(channel == "letter").distinct()
    add(printed, _code.c.created_at, "accepted", "letter", _code.c.id, 2)
    begun = here.join(_conversation, _conversation.c.case_id == _member.c.case_id)
    begun = begun.where(_conversation.c.created_at >= _member.c.joined_at)
    add(begun, _conversation.c.created_at, "opened", "", no_tie)
    moved = here.join(_transition, _transition.c.case_id == _member.c.case_id)
    moved = moved.where(_transition.c.at >= _member.c.joined_at)
    if not all_moves:
        staff = _transition.alias("staff")
        # Any move ends it that a person has the case.
        was_with_staff = select(staff.c.id).where(staff.c.case_id == _member.c.case_id, staff.c.to_status == "55")
        moved = moved.where(_transition.c.to_status.in_(_TELLING) | was_with_staff.exists())
    add(
        moved,
        _transition.c.at,
        literal_column("'case:'") + _transition.c.to_status,
        _transition.c.reason,
        _transition.c.id,
    )
    return union_all(*members)
