"""Reach (到達状況): how far each customer of a campaign was reached, computed from what only ever grows.

Promise: nothing of it is stored.  It is folded from the deliveries, the messages' outcomes, the letters' codes, the
start of the conversation and the transitions of the case, so its history is the same fold up to a moment.  What a
platform took is ``accepted``, never delivered: no platform says what was read.

    registered -> queued -> accepted -> opened -> started -> review -> completed
        held <-'  |            |           |          '-> breakoff
                  '-> undeliverable        '-> unresponsive       refused, ineligible from anywhere
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

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

    @property
    def order(self) -> tuple[datetime, int]:
        """As it happened; what one transaction wrote, in the order of cause and effect."""
        return self.at, _ORDER.get(self.what, 1)


#: Everything else, the moves of the case, comes between.
_ORDER: Mapping[str, int] = MappingProxyType({"queued": 0, "dropped": 2, "refused_by_platform": 2, "accepted": 2})


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


def after(stand: Stand, fact: Fact) -> Stand:
    """How far the customer is reached after one more fact."""
    status = fact.what.removeprefix("case:") if fact.what.startswith("case:") else ""
    if status:
        stand = replace(stand, with_staff=status == "55", started=stand.started or status == "40")
    if status in ("35", "80"):
        if stand.reach in (Reach.COMPLETED, Reach.UNDELIVERABLE, Reach.REFUSED, Reach.INELIGIBLE):
            return stand
        return replace(stand, reach=Reach.BREAKOFF if stand.started else Reach.UNRESPONSIVE)
    to = _BY_STATUS.get(status) if status else _BY_FACT.get(fact.what)
    if to is None or stand.reach not in _FROM[to]:
        return stand
    return replace(stand, reach=to)


def history(facts: tuple[Fact, ...]) -> Iterator[tuple[Fact, Stand]]:
    """Each fact with where it left the customer."""
    stand = Stand()
    for fact in facts:
        stand = after(stand, fact)
        yield fact, stand


def iter_reach(
    conn: Connection, campaign_id: str, *, until: datetime | None = None, customer_no: str | None = None
) -> Iterator[Reached]:
    """Every member, by case; consume it inside the transaction.

    With ``until`` as it was at that moment; else with what is only known of now: held back, at the last page.
    """
    last = ""
    while True:
        rows = conn.execute(_members(campaign_id, customer_no).where(_member.c.case_id > last).limit(_PAGE)).all()
        if not rows:
            return
        span = (_member.c.campaign_id == campaign_id) & _member.c.case_id.between(rows[0].case_id, rows[-1].case_id)
        known = _facts(conn, span)
        for row in rows:
            mine = (fact for fact in known.get(row.case_id, ()) if until is None or fact.at <= until)
            facts = tuple(sorted(mine, key=lambda fact: fact.order))
            stand = Stand()
            for fact in facts:
                stand = after(stand, fact)
            if until is None:
                stand = _now(stand, row)
            yield Reached(case_id=row.case_id, customer_no=row.customer_no, rating=row.rating, stand=stand, facts=facts)
        last = rows[-1].case_id


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


def _now(stand: Stand, row: Any) -> Stand:
    if stand.reach is Reach.STARTED and row.phase == "review":
        return replace(stand, reach=Reach.REVIEW)
    if stand.reach is Reach.REGISTERED and row.held_by is not None and row.left_at is None:
        return replace(stand, reach=Reach.HELD)
    return stand


def _members(campaign_id: str, customer_no: str | None) -> Select[Any]:
    query = (
        select(
            _member.c.case_id,
            _customer.c.customer_no,
            _member.c.rating,
            _member.c.held_by,
            _member.c.left_at,
            _conversation.c.phase,
        )
        .join(_customer, _customer.c.id == _member.c.customer_id)
        .outerjoin(_conversation, _conversation.c.case_id == _member.c.case_id)
        .where(_member.c.campaign_id == campaign_id)
        .order_by(_member.c.case_id)
    )
    return query if customer_no is None else query.where(_customer.c.customer_no == customer_no)


def _facts(conn: Connection, span: ColumnElement[bool]) -> dict[str, list[Fact]]:
    """All that happened to the members of a span since they joined."""
    known: dict[str, list[Fact]] = {}

    def note(case_id: str, at: datetime, what: str, cause: str) -> None:
        known.setdefault(case_id, []).append(Fact(at=at, what=what, cause=cause))

    same = (_delivery.c.campaign_id == _member.c.campaign_id) & (_delivery.c.case_id == _member.c.case_id)
    carried_out = (
        select(
            _delivery.c.case_id,
            _delivery.c.at,
            _delivery.c.channel,
            _outgoing.c.id,
            _outgoing.c.state,
            _outgoing.c.settled_at,
        )
        .select_from(_member)
        .join(_delivery, same)
        .outerjoin(_outgoing, _outgoing.c.id == _delivery.c.outgoing_id)
        .where(span)
    )
    outcomes = {"sent": "accepted", "failed": "refused_by_platform", "dropped": "dropped", "cancelled": "dropped"}
    for row in conn.execute(carried_out):
        if row.channel == "none":
            continue
        listed = row.channel in ("phone", "visit", "restriction")
        note(row.case_id, row.at, "listed" if listed else "queued", row.channel)
        if row.state in outcomes:
            # A message that was cancelled with its conversation has no moment of its own.
            note(row.case_id, row.settled_at or row.at, outcomes[row.state], row.channel)
    # What a platform took by a telephone number, and what it did not deliver.
    notified = (
        select(_notified.c.case_id, _notified.c.accepted_at, _notified.c.state, _notified.c.due_at)
        .select_from(_member)
        .join(
            _notified,
            (_notified.c.campaign_id == _member.c.campaign_id) & (_notified.c.case_id == _member.c.case_id),
        )
        .where(span)
    )
    for case_id, accepted_at, state, ended_at in conn.execute(notified):
        if accepted_at is not None:
            note(case_id, accepted_at, "accepted", "notification")
        if state in ("undelivered", "unreachable", "failed"):
            note(case_id, ended_at, "refused_by_platform", "notification")
    letters = (
        select(_delivery.c.case_id, _code.c.created_at)
        .select_from(_member)
        .join(_delivery, same)
        .join(_code, (_code.c.case_id == _delivery.c.case_id) & (_code.c.created_at >= _delivery.c.at))
        .where(span, _delivery.c.channel == "letter")
        .distinct()
    )
    for case_id, made_at in conn.execute(letters):
        note(case_id, made_at, "accepted", "letter")
    begun = (
        select(_member.c.case_id, _conversation.c.created_at)
        .join(_conversation, _conversation.c.case_id == _member.c.case_id)
        .where(span, _conversation.c.created_at >= _member.c.joined_at)
    )
    for case_id, begun_at in conn.execute(begun):
        note(case_id, begun_at, "opened", "")
    moved = (
        select(_member.c.case_id, _transition.c.at, _transition.c.to_status, _transition.c.reason)
        .join(_transition, _transition.c.case_id == _member.c.case_id)
        .where(span, _transition.c.at >= _member.c.joined_at)
    )
    for case_id, at, status, reason in conn.execute(moved):
        note(case_id, at, f"case:{status}", reason)
    return known
