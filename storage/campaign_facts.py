"""All that decides on a customer's next step at this moment, for many members by one query.

Promise: nothing of it is remembered from the planning: who asks just before a message leaves hears what is so then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select

from dialogs.records import quick
from storage.campaign_members import account_of
from storage.case_status import CaseStatus
from storage.customers import current_seq
from storage.direct import Direct, among, codes
from storage.flags import FlagKind
from storage.tables import (
    AccountLinkRow,
    AccountRow,
    CampaignDeliveryRow,
    CampaignMemberRow,
    CampaignRow,
    CaseRow,
    CaseTransitionRow,
    ConversationRow,
    CustomerFlagRow,
    InboundRow,
    MasterRecordRow,
    NotificationRow,
    OutgoingRow,
    table_of,
)
from storage.transitions import went_to

_member, _campaign, _case = table_of(CampaignMemberRow), table_of(CampaignRow), table_of(CaseRow)
_account, _conversation, _inbound = table_of(AccountRow), table_of(ConversationRow), table_of(InboundRow)
_record, _flag, _transition = table_of(MasterRecordRow), table_of(CustomerFlagRow), table_of(CaseTransitionRow)
_delivery, _outgoing = table_of(CampaignDeliveryRow), table_of(OutgoingRow)
_notification, _link = table_of(NotificationRow), table_of(AccountLinkRow)
#: The account by which a member is written to, and the delivery of the message that is on its way to him.
_reached, _on_its_way = _account.alias("reached"), _delivery.alias("on_its_way")

#: What reaches the customer himself; the others are lists for people.
MESSAGE_CHANNELS = ("line", "telegram", "letter", "notification")
#: Nothing of it has left the house.
UNSENT = ("failed", "dropped", "cancelled")
#: Why a case is not reached whose last letter came back.
RETURNED_MAIL = "returned_mail"
#: Members that one look goes through for those who can go on.
_LOOK = 400
#: Among those who are due: since when, and the case.
Place = tuple[datetime, str]


@quick
@dataclass(frozen=True, kw_only=True)
class Leaving:
    """One member, as far as it decides whether a message for him may leave now."""

    campaign_id: str
    campaign_state: str
    outgoing_id: str | None
    status: CaseStatus
    #: The account that would be written to; none where only a letter is left.
    account_id: str | None
    #: A flag that stops all mailing.
    stopped: str | None
    #: Whether the bank's file still knows him.
    known: bool
    relationship_end_on: date | None
    #: A person owns a conversation of his, or he waits for one.
    with_people: bool
    #: When he last wrote or tapped anything.
    heard_at: datetime | None
    #: When something was last sent to him or to the same account, in any campaign; what is on its way now not counted.
    written_at: datetime | None
    #: The account to which the message is on its way, if one is.
    sent_to: str | None = None


@quick
@dataclass(frozen=True, kw_only=True)
class MemberFacts(Leaving):
    """One member, as everything about him stands now."""

    case_id: str
    customer_id: str
    rating: str
    next_step: int
    base_on: date | None
    channel: str | None
    #: Whether one was ever linked to him: where it is none now, he blocked us or the link was ended.
    had_account: bool
    #: active, standby
    account_state: str | None
    #: When the invitation of this campaign was carried out.
    invited_at: datetime | None
    #: Whether the last letter came back.
    came_back: bool
    #: Attempts of the step that comes next.
    attempts: int
    #: Whether the platform refused one of them for good.
    refused: bool
    #: What became of the message to his telephone number for that step (``NotificationRow.state``), if there was one.
    notified: str | None = None


def due_cases(
    conn: Connection, campaign_id: str, now: datetime, limit: int, wanted: Sequence[str] | None = None
) -> dict[str, str | None]:
    """Cases of a campaign whose next step is due, who waits longest ahead, with the account to write to."""
    values = {"campaign": campaign_id, "now": now, "most": limit}
    rows = _DUE.rows(conn, values) if wanted is None else _DUE_AMONG.rows(conn, {**values, "cases": list(wanted)})
    return {row.case_id: row.account_id for row in rows}


def due_elsewhere(
    conn: Connection,
    campaign_id: str,
    now: datetime,
    limit: int,
    without: Collection[str],
    in_chat: Collection[tuple[str, int]],
    after: Place | None,
) -> tuple[list[str], Place | None]:
    """Cases that are due and would not be written to on some platforms; and where the next look begins.

    ``in_chat`` are the steps that could be a message there, by rating and number: a list or a letter waits for none.
    A look goes no further than so many of those who are due, however many of them wait for these platforms.
    """
    reached = _account.alias("reached")
    query = (
        select(_member.c.case_id, _member.c.due_at, _member.c.rating, _member.c.next_step, reached.c.channel)
        .select_from(_member)
        .outerjoin(reached, reached.c.id == account_of(_member.c.customer_id, _member.c.case_id))
        .where(_due(campaign_id, now))
    )
    if after is not None:
        since, case_id = after
        query = query.where(_member.c.due_at >= since, (_member.c.due_at > since) | (_member.c.case_id > case_id))
    rows = conn.execute(query.order_by(_member.c.due_at, _member.c.case_id).limit(_LOOK)).all()
    found: list[str] = []
    for row in rows:
        if row.channel not in without or (row.rating, row.next_step) not in in_chat:
            found.append(row.case_id)
        if len(found) == limit:
            return found, (row.due_at, row.case_id)
    return found, (rows[-1].due_at, rows[-1].case_id) if len(rows) == _LOOK else None


def _due(campaign_id: Any, now: Any) -> Any:
    return (_member.c.campaign_id == campaign_id) & _member.c.left_at.is_(None) & (_member.c.due_at <= now)


def facts_of_cases(conn: Connection, campaign_id: str, case_ids: Sequence[str]) -> list[MemberFacts]:
    """Of these members of a campaign, those who are due first ahead."""
    rows = _OF_CASES.rows(conn, {"campaign": campaign_id, "cases": list(case_ids)}) if case_ids else []
    return [_facts_of(row) for row in rows]


def facts_of_messages(conn: Connection, outgoing_ids: Sequence[str]) -> list[Leaving]:
    """Of the members to whom these messages are on their way."""
    return [Leaving(**_leaving(row)) for row in _OF_MESSAGES.rows(conn, {"messages": list(outgoing_ids)})]


def why_undeliverable(case_id: ColumnElement[str]) -> ColumnElement[Any]:
    """Why a case was last found not to be reached."""
    query = (
        select(_transition.c.reason)
        .where(_transition.c.case_id == case_id, went_to(CaseStatus.UNDELIVERABLE))
        .order_by(_transition.c.at.desc(), _transition.c.id.desc())
        .limit(1)
    )
    return query.correlate_except(_transition).scalar_subquery()


def invited_at() -> ColumnElement[Any]:
    """When the invitation of its campaign was carried out for a member."""
    moved = (_transition.c.case_id == _member.c.case_id) & (_transition.c.at >= _member.c.joined_at)
    query = select(func.max(_transition.c.at)).where(moved, went_to(CaseStatus.SENT))
    return query.correlate_except(_transition).scalar_subquery()


def _leaving_facts(account_id: ColumnElement[Any], written_to: ColumnElement[Any]) -> Select[Any]:
    """What decides on leaving, for the account by which he is reached and the one that was last ``written_to``."""
    in_force = (_flag.c.customer_id == _member.c.customer_id) & _flag.c.lifted_at.is_(None)
    stopped = select(func.min(_flag.c.kind)).where(in_force, _flag.c.kind != FlagKind.SDD.value)
    # Also of accounts by which he is not written to: there he may be answering, or with a person.
    his = select(_link.c.account_id).where(_link.c.customer_id == _member.c.customer_id, _link.c.ended_at.is_(None))
    his = his.correlate(_member)  # two selects further out, where nothing is correlated unasked
    of_people = select(_conversation.c.id).where(
        or_(_conversation.c.account_id.in_(his), _conversation.c.case_id == _member.c.case_id),
        _conversation.c.owner.in_(codes(("waiting", "staff"))),
        _conversation.c.closed_at.is_(None),
    )
    # Joined: an account that is found twice changes no maximum, and need not be kept apart.
    heard = (
        select(func.max(_inbound.c.received_at))
        .join(_link, _link.c.account_id == _inbound.c.account_id)
        .where(_link.c.customer_id == _member.c.customer_id, _link.c.ended_at.is_(None))
        .correlate(_member)
    )
    return (
        select(
            _member.c.campaign_id,
            _campaign.c.state.label("campaign_state"),
            _member.c.outgoing_id,
            _case.c.status,
            account_id.label("account_id"),
            stopped.scalar_subquery().label("stopped"),
            _record.c.id.is_not(None).label("known"),
            _record.c.relationship_end_on,
            of_people.exists().label("with_people"),
            heard.scalar_subquery().label("heard_at"),
            _written(_delivery.c.customer_id == _member.c.customer_id).label("written_to_customer"),
            _written(_delivery.c.account_id == written_to).label("written_to_account"),
            _on_its_way.c.account_id.label("sent_to"),
        )
        .select_from(_member)
        .join(_campaign, _campaign.c.id == _member.c.campaign_id)
        .join(_case, _case.c.id == _member.c.case_id)
        .outerjoin(_on_its_way, _on_its_way.c.outgoing_id == _member.c.outgoing_id)
        .outerjoin(
            _record,
            (_record.c.customer_id == _member.c.customer_id) & (_record.c.seq == current_seq(_member.c.customer_id)),
        )
    )


def _facts() -> Select[Any]:
    of_step = (
        (_delivery.c.campaign_id == _member.c.campaign_id)
        & (_delivery.c.case_id == _member.c.case_id)
        & (_delivery.c.step_no == _member.c.next_step)
    )
    refused = (
        select(_delivery.c.case_id)
        .join(_outgoing, _outgoing.c.id == _delivery.c.outgoing_id)
        .where(of_step, _outgoing.c.state == "failed")
    )
    notified = select(_notification.c.state).where(
        _notification.c.campaign_id == _member.c.campaign_id,
        _notification.c.case_id == _member.c.case_id,
        _notification.c.step_no == _member.c.next_step,
    )
    facts = _leaving_facts(_reached.c.id, _reached.c.id).add_columns(
        _member.c.case_id,
        _member.c.customer_id,
        _member.c.rating,
        _member.c.next_step,
        _member.c.base_on,
        _reached.c.channel,
        select(_link.c.id).where(_link.c.customer_id == _member.c.customer_id).exists().label("had_account"),
        _reached.c.state.label("account_state"),
        invited_at().label("invited_at"),
        why_undeliverable(_member.c.case_id).label("why_undeliverable"),
        select(func.count()).select_from(_delivery).where(of_step).scalar_subquery().label("attempts"),
        refused.exists().label("refused"),
        notified.scalar_subquery().label("notified"),
    )
    return facts.outerjoin(_reached, _reached.c.id == account_of(_member.c.customer_id, _member.c.case_id))


def _of_messages(dialect: str) -> Select[Any]:
    # Whoever is reached by another account than it is on its way to gets none of it, whatever went there.
    reached = account_of(_member.c.customer_id, _member.c.case_id)
    facts = _leaving_facts(reached, _on_its_way.c.account_id)
    return facts.where(among(dialect, _member.c.outgoing_id, "messages"))


def _written(to: ColumnElement[bool]) -> ColumnElement[Any]:
    """When something last left the house for somebody."""
    other = _delivery.c.outgoing_id.is_(None) | (_delivery.c.outgoing_id != func.coalesce(_member.c.outgoing_id, ""))
    left = _outgoing.c.id.is_(None) | _outgoing.c.state.not_in(codes(UNSENT))
    # What the platform took and did not deliver in time has told him nothing.
    in_vain = select(_notification.c.id).where(
        _notification.c.campaign_id == _delivery.c.campaign_id,
        _notification.c.case_id == _delivery.c.case_id,
        _notification.c.step_no == _delivery.c.step_no,
        _notification.c.state == "undelivered",
        _delivery.c.channel == "notification",
    )
    query = (
        select(func.max(_delivery.c.at))
        .outerjoin(_outgoing, _outgoing.c.id == _delivery.c.outgoing_id)
        .where(to, _delivery.c.channel.in_(codes(MESSAGE_CHANNELS)), other, left, ~in_vain.exists())
    )
    return query.scalar_subquery()


def _due_statement(dialect: str, *, of_some: bool) -> Any:
    due = _due(bindparam("campaign"), bindparam("now", type_=_member.c.due_at.type))
    few = select(_member.c.case_id, account_of(_member.c.customer_id, _member.c.case_id).label("account_id")).where(due)
    if of_some:
        few = few.where(among(dialect, _member.c.case_id, "cases"))
    return few.order_by(_member.c.due_at, _member.c.case_id).limit(bindparam("most"))


def _of_cases(dialect: str) -> Select[Any]:
    here = (_member.c.campaign_id == bindparam("campaign")) & among(dialect, _member.c.case_id, "cases")
    return _facts().where(here).order_by(_member.c.due_at, _member.c.case_id)


_DUE = Direct(partial(_due_statement, of_some=False))
_DUE_AMONG = Direct(partial(_due_statement, of_some=True))
_OF_CASES = Direct(_of_cases)
_OF_MESSAGES = Direct(_of_messages)


def _facts_of(row: Any) -> MemberFacts:
    return MemberFacts(
        **_leaving(row),
        case_id=row.case_id,
        customer_id=row.customer_id,
        rating=row.rating,
        next_step=row.next_step,
        base_on=row.base_on,
        channel=row.channel,
        had_account=bool(row.had_account),
        account_state=row.account_state,
        invited_at=row.invited_at,
        came_back=row.status == CaseStatus.UNDELIVERABLE.value and row.why_undeliverable == RETURNED_MAIL,
        attempts=row.attempts,
        refused=bool(row.refused),
        notified=row.notified,
    )


_STATUSES = {status.value: status for status in CaseStatus}


def _leaving(row: Any) -> dict[str, Any]:
    status, to_customer, to_account = _STATUSES[row.status], row.written_to_customer, row.written_to_account
    return {
        "campaign_id": row.campaign_id,
        "campaign_state": row.campaign_state,
        "outgoing_id": row.outgoing_id,
        "status": status,
        "account_id": row.account_id,
        "stopped": row.stopped,
        "known": bool(row.known),
        "relationship_end_on": row.relationship_end_on,
        "with_people": bool(row.with_people) or status is CaseStatus.WITH_STAFF,
        "heard_at": row.heard_at,
        "written_at": max(to_customer, to_account) if to_customer and to_account else to_customer or to_account,
        "sent_to": row.sent_to,
    }
