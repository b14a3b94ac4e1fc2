"""Who is in a campaign: chosen by its rule in one statement, counted before, and where each stands on the ladder.

Promise: a case is in one campaign at a time, whoever chooses at the same moment; customers whom a flag stops, whose
relationship has ended or whose case is answered are not chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, select, update

from storage.campaigns import Campaign, Rule
from storage.case_status import CaseStatus
from storage.counters import insert_or
from storage.customers import current_seq
from storage.flags import FlagKind
from storage.tables import (
    AccountLinkRow,
    AccountRow,
    CampaignMemberRow,
    CaseRow,
    ConversationRow,
    CustomerFlagRow,
    CustomerRow,
    MasterRecordRow,
    table_of,
)
from storage.universe import Universe

_case, _customer, _record = table_of(CaseRow), table_of(CustomerRow), table_of(MasterRecordRow)
_link, _account, _flag = table_of(AccountLinkRow), table_of(AccountRow), table_of(CustomerFlagRow)
_member, _conversation = table_of(CampaignMemberRow), table_of(ConversationRow)

#: Statuses of those who have heard nothing yet.
_WAITING = (CaseStatus.SELECTED, CaseStatus.ANNOUNCED)
#: Of those who have, and have not answered.
_UNANSWERED = tuple(CaseStatus(code) for code in ("20", "25", "30", "40", "45", "50", "51", "52"))
#: Cases of one transaction, when a campaign begins.
PIECE = 2000


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a rule would choose at this moment."""

    chosen: int
    #: By the way on which each is reached: line, telegram, letter.
    by_channel: Mapping[str, int]
    by_rating: Mapping[str, int]
    #: Left out: a flag stops them.
    stopped: int
    #: Left out: in another campaign.
    busy: int
    #: Left out: a person has the case at hand.
    with_staff: int


def preview(conn: Connection, rule: Rule, today: date) -> Preview:
    """Count without choosing."""
    found = _fitting(rule, today).subquery()
    free = and_(found.c.stopped.is_(None), ~found.c.busy, found.c.status != CaseStatus.WITH_STAFF.value)
    if rule.channels:
        free = and_(free, found.c.channel.in_(rule.channels))
    query = select(found.c.channel, found.c.rating, func.count()).where(free).group_by(found.c.channel, found.c.rating)
    by_channel: dict[str, int] = dict.fromkeys(("line", "telegram", "letter"), 0)
    by_rating: dict[str, int] = {}
    for channel, rating, count in conn.execute(query):
        by_channel[channel] = by_channel.get(channel, 0) + count
        by_rating[rating] = by_rating.get(rating, 0) + count
    left_out = select(
        func.count().filter(found.c.stopped.is_not(None)),
        func.count().filter(found.c.stopped.is_(None) & found.c.busy),
        func.count().filter(found.c.status == CaseStatus.WITH_STAFF.value),
    )
    stopped, busy, with_staff = conn.execute(left_out).one()
    return Preview(
        chosen=sum(by_channel.values()),
        by_channel=by_channel,
        by_rating=by_rating,
        stopped=stopped,
        busy=busy,
        with_staff=with_staff,
    )


def join_piece(
    conn: Connection, uni: Universe, campaign: Campaign, *, today: date, percent: int, after: str
) -> str | None:
    """Choose the next cases in the order of their ids; returns the last one looked at, or ``None`` at the end.

    The first wave are those whose check number is below ``percent`` of all check numbers, which are given by chance.
    """
    page = select(_case.c.id).where(_case.c.id > after).order_by(_case.c.id).limit(PIECE).subquery()
    count, last = conn.execute(select(func.count(), func.max(page.c.id))).one()
    if not count:
        return None
    fitting = _fitting(campaign.rule, today, span=(after, last)).subquery()
    free = and_(fitting.c.stopped.is_(None), ~fitting.c.busy, fitting.c.status != CaseStatus.WITH_STAFF.value)
    if campaign.rule.channels:
        free = and_(free, fitting.c.channel.in_(campaign.rule.channels))
    wave = case((fitting.c.check_number < f"{percent * 100:04d}", 1), else_=2) if percent < 100 else literal(1)
    chosen = select(
        literal(campaign.id),
        fitting.c.id,
        fitting.c.customer_id,
        fitting.c.rating,
        wave,
        literal(uni.now(), _member.c.joined_at.type),
        literal(0),
    ).where(free)
    columns = ["campaign_id", "case_id", "customer_id", "rating", "wave", "joined_at", "next_step"]
    conn.execute(insert_or(conn, _member).from_select(columns, chosen).on_conflict_do_nothing())
    return str(last) if count == PIECE else None


def begin_piece(
    conn: Connection, campaign_id: str, waves: Sequence[int], days: Mapping[str, date], due_at: datetime
) -> int:
    """Let some of the waves' members begin who have not: ``days`` of invitation by rating; returns how many."""
    here = and_(
        _member.c.campaign_id == campaign_id,
        _member.c.left_at.is_(None),
        _member.c.due_at.is_(None),
        _member.c.base_on.is_(None),
        _member.c.wave.in_(waves),
    )
    some = select(_member.c.case_id).where(here).limit(PIECE)
    day = case(dict(days), value=_member.c.rating)
    begun = update(_member).where(_member.c.campaign_id == campaign_id, _member.c.case_id.in_(some))
    return conn.execute(begun.values(base_on=day, due_at=due_at)).rowcount


def leave_all(conn: Connection, uni: Universe, campaign_id: str, because: str) -> int:
    """Everybody leaves; what was carried out stays written down."""
    here = (_member.c.campaign_id == campaign_id) & _member.c.left_at.is_(None)
    values = {"left_at": uni.now(), "left_because": because, "due_at": None}
    return conn.execute(update(_member).where(here).values(values)).rowcount


def count_members(conn: Connection, campaign_id: str) -> Mapping[str, int]:
    """Members: all, live, still to come (due or on their way), in the first wave, and why the others left."""
    live = _member.c.left_at.is_(None)
    query = select(
        func.count(),
        func.count().filter(live),
        func.count().filter(live & (_member.c.due_at.is_not(None) | _member.c.outgoing_id.is_not(None))),
        func.count().filter(_member.c.wave == 1),
        func.count().filter(live & _member.c.base_on.is_(None)),
    ).where(_member.c.campaign_id == campaign_id)
    members, alive, to_come, first, not_begun = conn.execute(query).one()
    counts = {"members": members, "live": alive, "to_come": to_come, "first_wave": first, "not_begun": not_begun}
    left = select(_member.c.left_because, func.count()).where(_member.c.campaign_id == campaign_id, ~live)
    for because, count in conn.execute(left.group_by(_member.c.left_because)):
        counts[f"left_{because}"] = count
    return counts


def _fitting(rule: Rule, today: date, span: tuple[str, str] | None = None) -> Select[Any]:
    """The cases that fit the rule, those left out included, with what that is decided by; all or those of some ids."""
    status: ColumnElement[str] = _case.c.status
    if span is not None:
        # Not as an index knows it: SQLite would go through all cases of a status for each span.
        status = func.coalesce(_case.c.status, "")
    statuses: Sequence[CaseStatus] = (*_WAITING, *_UNANSWERED) if rule.again else _WAITING
    in_force = (_flag.c.customer_id == _customer.c.id) & _flag.c.lifted_at.is_(None)
    stopped = select(func.min(_flag.c.kind)).where(in_force, _flag.c.kind != FlagKind.SDD.value).scalar_subquery()
    busy = select(_member.c.case_id).where(_member.c.case_id == _case.c.id, _member.c.left_at.is_(None)).exists()
    query = (
        select(
            _case.c.id,
            _case.c.customer_id,
            _case.c.status,
            _case.c.check_number,
            rated(_record.c.risk_rating).label("rating"),
            func.coalesce(channel_of(_case.c.customer_id, _case.c.id), "letter").label("channel"),
            stopped.label("stopped"),
            busy.label("busy"),
        )
        .join(_customer, _customer.c.id == _case.c.customer_id)
        .join(_record, (_record.c.customer_id == _customer.c.id) & (_record.c.seq == current_seq(_customer.c.id)))
        .where(status.in_([*statuses, CaseStatus.WITH_STAFF]))
        .where(_record.c.relationship_end_on.is_(None) | (_record.c.relationship_end_on > today))
    )
    for column, wanted in (
        (rated(_record.c.risk_rating), rule.ratings),
        (_record.c.branch_no, rule.branches),
        (_record.c.kind, rule.kinds),
        (_case.c.cause, rule.causes),
    ):
        if wanted:
            query = query.where(column.in_(wanted))
    if span is not None:
        query = query.where(_case.c.id > span[0], _case.c.id <= span[1])
    return query if rule.due_by is None else query.where(_case.c.due_on <= rule.due_by)


def rated(column: ColumnElement[str]) -> ColumnElement[str]:
    """The rating; who has none is treated like the strictest."""
    return case((column == "", "high"), else_=column)


def account_of(customer_id: ColumnElement[str], case_id: ColumnElement[str]) -> ColumnElement[Any]:
    """The account by which a customer is reached about a case, of those that have not blocked us.

    The one on which he has begun it, whatever he has linked since: a message never moves a form out of his hands.
    Else the one that was linked last.
    """
    begun = (
        (_conversation.c.case_id == case_id)
        & (_link.c.case_id == case_id)
        & (_conversation.c.account_id == _link.c.account_id)
    )
    query = (
        select(_link.c.account_id)
        .join(_account, _account.c.id == _link.c.account_id)
        .outerjoin(_conversation, begun)
        .where(_link.c.customer_id == customer_id, _link.c.ended_at.is_(None), _account.c.state != "blocked")
        .order_by(_conversation.c.id.is_(None), _link.c.linked_at.desc(), _link.c.id.desc())
        .limit(1)
    )
    return query.correlate_except(_link, _account, _conversation).scalar_subquery()


def channel_of(customer_id: ColumnElement[str], case_id: ColumnElement[str]) -> ColumnElement[Any]:
    """The platform of that account; empty where a letter has to go."""
    its = _account.alias("reached")
    query = select(its.c.channel).where(its.c.id == account_of(customer_id, case_id))
    return query.correlate_except(its).scalar_subquery()
