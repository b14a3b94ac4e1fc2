"""Rows of an imagined bank, many at a time: accounts that are linked, messages that a platform took, counts of a month.

Promise: these are the rows that linking and sending leave for the scheduling to see, and nothing more; they belong into
a scratch store alone, for nobody has linked or received anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from storage.campaign_members import rated
from storage.case_status import CaseStatus
from storage.customers import current_seq
from storage.direct import Direct
from storage.encryption import DigestKind, Vault
from storage.flags import FlagKind
from storage.tables import (
    AccountLinkRow,
    AccountRow,
    CampaignDeliveryRow,
    CampaignMemberRow,
    CaseRow,
    CaseTransitionRow,
    CustomerFlagRow,
    CustomerRow,
    MasterRecordRow,
    OutgoingRow,
    table_of,
)
from storage.tables.cases import CLOSED_STATUSES
from storage.tables.messages import OPEN_STATES
from storage.transitions import went_to
from storage.universe import Universe

_account, _link, _case = table_of(AccountRow), table_of(AccountLinkRow), table_of(CaseRow)
_outgoing, _delivery, _member = table_of(OutgoingRow), table_of(CampaignDeliveryRow), table_of(CampaignMemberRow)
_customer, _record, _transition = table_of(CustomerRow), table_of(MasterRecordRow), table_of(CaseTransitionRow)
_flag = table_of(CustomerFlagRow)

_ADD_ACCOUNT, _ADD_LINK, _ADD_CASE = Direct(insert(_account)), Direct(insert(_link)), Direct(insert(_case))
_SETTLE = Direct(
    update(_outgoing)
    .where(_outgoing.c.id == bindparam("wanted"))
    .values(state=bindparam("state"), settled_at=bindparam("settled"))
)
_WAITING = Direct(
    select(
        _outgoing.c.id,
        _delivery.c.case_id,
        _customer.c.customer_no,
        _delivery.c.channel,
        _member.c.rating,
        _delivery.c.step,
    )
    .select_from(_outgoing)
    .join(_delivery, _delivery.c.outgoing_id == _outgoing.c.id)
    .join(_customer, _customer.c.id == _delivery.c.customer_id)
    .join(_member, (_member.c.campaign_id == _delivery.c.campaign_id) & (_member.c.case_id == _delivery.c.case_id))
    # Put in order afterwards: for an order SQLite would go through all messages that ever were.
    .where(_outgoing.c.state.in_(OPEN_STATES))
)
_CASES_IN = Direct(
    select(_case.c.id, _customer.c.customer_no, _case.c.kind)
    .join(_customer, _customer.c.id == _case.c.customer_id)
    .where(_case.c.status == bindparam("wanted"))
    .order_by(_case.c.id)
    .limit(bindparam("most"))
)
#: Has answered, and waits for the bank.
_ANSWERED = ("60", "65", "66", "70", "71", "72")


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """An account to be linked to a customer."""

    customer_id: str
    channel: str
    #: Of the platform; nobody's.
    user: str
    #: The case for which it is linked; empty: one of an earlier year.
    case_id: str = ""
    kind: str = "individual"


def add_accounts(conn: Connection, vault: Vault, uni: Universe, wanted: Sequence[NewAccount]) -> list[str]:
    """Accounts with their links; returns their ids, in order."""
    now = uni.now()
    ids = [uni.new_id() for _ in wanted]
    earlier = {one.customer_id: uni.new_id() for one in wanted if not one.case_id}
    _ADD_CASE.run_each(
        conn,
        [
            {
                **{"id": earlier[one.customer_id], "customer_id": one.customer_id, "kind": one.kind, "cause": "event"},
                **{"reason": "earlier", "status": CaseStatus.DONE.value, "returns_to": None, "check_number": "0000"},
                **{"opened_at": now, "due_on": now.date(), "questionnaire_id": one.kind, "next_due_on": None},
                "sealed": None,
            }
            for one in wanted
            if not one.case_id
        ],
    )
    _ADD_ACCOUNT.run_each(
        conn,
        [
            {
                **{"id": account_id, "channel": one.channel, "locale": "ja", "state": "active", "failures": 0},
                "user_digest": vault.digest(DigestKind.CHANNEL_USER, f"{one.channel}:{one.user}"),
                **{"active_conversation_id": None, "locked_until": None, "created_at": now},
                "sealed": vault.seal(_account.name, account_id, {"user_id": one.user}),
            }
            for account_id, one in zip(ids, wanted, strict=True)
        ],
    )
    links = [
        {
            **{"id": uni.new_id(), "account_id": account_id, "customer_id": one.customer_id, "linked_at": now},
            **{"case_id": one.case_id or earlier[one.customer_id], "ended_at": None, "end_reason": None},
        }
        for account_id, one in zip(ids, wanted, strict=True)
    ]
    _ADD_LINK.run_each(conn, links)
    return ids


# Messages -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A message of a campaign that waits for being sent."""

    outgoing_id: str
    case_id: str
    customer_no: str
    channel: str
    #: Whose ladder, and which of its steps.
    rating: str
    step: str


def waiting_messages(conn: Connection) -> list[Waiting]:
    """All messages of campaigns that wait, in the order in which they were queued."""
    return [Waiting(**dict(zip(_OF_WAITING, row, strict=True))) for row in sorted(_WAITING.rows(conn, {}))]


_OF_WAITING = tuple(Waiting.__dataclass_fields__)


def settle_messages(conn: Connection, uni: Universe, states: Mapping[str, str]) -> None:
    """What became of messages: sent, failed or dropped."""
    now = uni.now()
    _SETTLE.run_each(conn, [{"wanted": one, "state": state, "settled": now} for one, state in states.items()])


# Counts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Stand:
    """How many customers of a rating are where."""

    rating: str
    #: Of the open case; empty where there is none.
    status: str
    ended: bool
    customers: int
    #: With an open case that was due before today and waits for the customer.
    overdue: int


def stands(conn: Connection, today: date) -> list[Stand]:
    """Where every customer is: each is counted once."""
    open_case = (_case.c.customer_id == _customer.c.id) & _case.c.status.not_in(CLOSED_STATUSES)
    ended = case((_record.c.relationship_end_on <= today, 1), else_=0)
    status = func.coalesce(_case.c.status, "")
    late = (_case.c.due_on < today) & _case.c.status.not_in(_ANSWERED)
    query = (
        select(rated(_record.c.risk_rating), status, ended, func.count(), func.count().filter(late))
        .select_from(_customer)
        .join(_record, (_record.c.customer_id == _customer.c.id) & (_record.c.seq == current_seq(_customer.c.id)))
        .outerjoin(_case, open_case & (_case.c.cause == "periodic"))
        .group_by(rated(_record.c.risk_rating), status, ended)
    )
    return [
        Stand(rating=row[0], status=row[1], ended=bool(row[2]), customers=row[3], overdue=row[4])
        for row in conn.execute(query)
    ]


def cases_in(conn: Connection, status: CaseStatus, limit: int) -> list[tuple[str, str, str]]:
    """Cases of a status in the order in which they were opened: id, customer number, kind."""
    rows = _CASES_IN.rows(conn, {"wanted": status.value, "most": limit})
    return [(row[0], row[1], row[2]) for row in rows]


def cases_of_dead(conn: Connection) -> list[str]:
    """The open cases of customers of whom it was said that they have died."""
    died = select(_flag.c.customer_id).where(_flag.c.kind == FlagKind.DECEASED.value, _flag.c.lifted_at.is_(None))
    query = select(_case.c.id).where(_case.c.customer_id.in_(died), _case.c.status.not_in(CLOSED_STATUSES))
    return sorted(conn.execute(query).scalars())


def count_moves(conn: Connection, status: CaseStatus, since: datetime) -> int:
    """How many moves to a status there were since a moment."""
    moved = (_transition.c.to_status == status.value) & (_transition.c.at >= since)
    return int(conn.execute(select(func.count()).where(moved)).scalar_one())


def count_in(conn: Connection, status: CaseStatus) -> int:
    """How many cases are in a status."""
    return int(conn.execute(select(func.count()).where(_case.c.status == status.value)).scalar_one())


def numbers_of(conn: Connection) -> dict[str, str]:
    """Customer id -> number."""
    return {row[0]: row[1] for row in conn.execute(select(_customer.c.id, _customer.c.customer_no))}


def iter_answers(conn: Connection) -> Iterator[tuple[datetime, datetime | None]]:
    """Of every case that was sent: when first, and when it was first answered."""
    first_of = {
        name: select(func.min(_transition.c.at)).where(_transition.c.case_id == _case.c.id, went_to(status))
        for name, status in (("sent", CaseStatus.SENT), ("answered", CaseStatus.ANSWERED))
    }
    found: Any = select(*(one.scalar_subquery().label(name) for name, one in first_of.items())).select_from(_case)
    for row in conn.execute(found):
        if row.sent is not None:
            yield row.sent, row.answered
