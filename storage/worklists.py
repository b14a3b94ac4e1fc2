"""Whom the bank reaches next by phone, by a visit or by post, and for whom a restriction is proposed.

Promise: a list is computed from the status of the cases, the tries and the master record whenever it is looked at, so
nobody has to be put on it or taken off; a channel that leads nowhere (no number, nobody answers, a wrong number) hands
over to the next one by itself, and who was promised a rest until a day is left alone until then.

    phone  returned letter or blocked account, second reminder, or overdue     -> after some tries, or without a number:
    visit  third reminder, or handed over by the phone                         -> after some tries a person decides
    post   returned letter whose address has changed since, reminders, overdue
    returned  a letter came back from the address that the master record still has
    restriction  the ladder is exhausted (80), or somebody said that the customer has died
    On the first four is nobody for whom every mailing is stopped (storage.flags).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, and_, func, or_, select

from storage.branches import WHOLE_BANK, Branches
from storage.case_status import CaseStatus
from storage.contacts import NO_MORE, RETURNED, SHIPPED_RULES, TryRules
from storage.customers import current_seq
from storage.flags import STOPS, FlagKind
from storage.tables import (
    CaseRow,
    ContactTryRow,
    CustomerFlagRow,
    CustomerRow,
    LinkCodeRow,
    MasterRecordRow,
    MasterVersionRow,
    table_of,
)
from storage.tables.cases import CLOSED_STATUSES

_case, _customer, _record = table_of(CaseRow), table_of(CustomerRow), table_of(MasterRecordRow)
_code = table_of(LinkCodeRow)
_flag, _try, _version = table_of(CustomerFlagRow), table_of(ContactTryRow), table_of(MasterVersionRow)

#: Statuses in which a channel takes over. These wait for nobody's day.
STATUSES: Mapping[str, tuple[CaseStatus, ...]] = MappingProxyType(
    {
        "phone": (
            *(CaseStatus.UNDELIVERABLE, CaseStatus.PHONE_AND_VISITS, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3),
        ),
        "visit": (CaseStatus.PHONE_AND_VISITS, CaseStatus.REMINDED_3),
        "post": (CaseStatus.UNDELIVERABLE, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3),
        "returned": (
            *(CaseStatus.SENT, CaseStatus.UNDELIVERABLE, CaseStatus.PHONE_AND_VISITS, CaseStatus.REMINDED_1),
            *(CaseStatus.REMINDED_2, CaseStatus.REMINDED_3, CaseStatus.RESTRICTION_CONSIDERED),
        ),
        "restriction": (CaseStatus.RESTRICTION_CONSIDERED,),
    }
)
LISTS = tuple(STATUSES)
#: A letter that nobody answered joins a list only when the case is overdue.
_OVERDUE = (CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.PAUSED, CaseStatus.REMINDED_1)
_JOINS_OVERDUE = frozenset({"phone", "post"})
#: Every status from which a case may be on one of these lists, so that no closed case is looked at: most are closed.
_MAY_BE_ON = tuple(dict.fromkeys([*STATUSES["phone"], *STATUSES["visit"], *STATUSES["post"], *_OVERDUE]))
#: Of a try: a letter that came back.
_RETURNED = (_try.c.channel == "post", _try.c.result.in_(RETURNED))


@dataclass(frozen=True, kw_only=True)
class Item:
    """One case on a list; nothing in it says who the customer is."""

    case_id: str
    customer_id: str
    customer_no: str
    branch_no: str | None
    kind: str
    check_number: str
    status: str
    due_on: date
    #: Calls and visits so far.
    tries: int
    last_channel: str | None
    last_result: str | None
    last_at: datetime | None
    promised_on: date | None
    best_time: str | None


def _here(*where: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(_try).where(_try.c.case_id == _case.c.id, *where).correlate(_case)


def _count(*where: ColumnElement[bool]) -> ScalarSelect[Any]:
    return _here(*where).scalar_subquery()


def _last(name: str, *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Of the latest try of which ``where`` holds."""
    query = select(_try.c[name]).where(_try.c.case_id == _case.c.id, *where)
    return query.order_by(_try.c.at.desc(), _try.c.id.desc()).limit(1).correlate(_case).scalar_subquery()


def _statuses(statuses: tuple[CaseStatus, ...]) -> ColumnElement[bool]:
    return _case.c.status.in_([status.value for status in statuses])


def _called_for(name: str, today: date) -> ColumnElement[bool]:
    """Whether the status of the case calls for the channel."""
    now = _statuses(STATUSES[name])
    return or_(now, and_(_statuses(_OVERDUE), _case.c.due_on < today)) if name in _JOINS_OVERDUE else now


def _exhausted(channel: str, rules: TryRules) -> ColumnElement[bool]:
    of_channel = _try.c.channel == channel
    ended = _count(of_channel, _try.c.result.in_(sorted(NO_MORE[channel]))) > 0
    return or_(_count(of_channel) >= rules.most[channel], ended)


def _came_back() -> ColumnElement[bool]:
    """Whether a letter came back from the address that the master record still has: not changed since it was made."""
    known_since = select(_version.c.made_current_at).where(_version.c.seq == _record.c.seq).correlate(_record)
    letter = select(func.max(_code.c.created_at)).where(_code.c.case_id == _case.c.id).correlate(_case)
    made_for_it = func.coalesce(letter.scalar_subquery() >= known_since.scalar_subquery(), False)
    return and_(_count(*_RETURNED) > 0, made_for_it)


def _flagged(kinds: Iterable[FlagKind]) -> ColumnElement[bool]:
    here = _flag.c.kind.in_(sorted(kind.value for kind in kinds)) & _flag.c.lifted_at.is_(None)
    return select(_flag.c.id).where(_flag.c.customer_id == _case.c.customer_id, here).correlate(_case).exists()


def _of_list(name: str, today: date, rules: TryRules) -> ColumnElement[bool]:
    if name == "restriction":
        died = and_(_case.c.status.not_in(CLOSED_STATUSES), _flagged({FlagKind.DECEASED}))
        return or_(_called_for(name, today), died)
    if name == "returned":
        return and_(_called_for(name, today), _came_back(), ~_flagged(STOPS))
    rests = func.coalesce(_last("next_on") > today, False)
    no_phone = _record.c.phone_digest.is_(None)
    phone_over = or_(no_phone, _exhausted("phone", rules))
    by_channel = {
        "phone": and_(_called_for("phone", today), ~phone_over),
        "visit": and_(
            or_(_called_for("visit", today), and_(_called_for("phone", today), phone_over)), ~_exhausted("visit", rules)
        ),
        "post": and_(_called_for("post", today), ~_came_back()),
    }
    return and_(_statuses(_MAY_BE_ON), by_channel[name], ~rests, ~_flagged(STOPS))


def items(name: str, today: date, scope: Branches = WHOLE_BANK, *, rules: TryRules = SHIPPED_RULES) -> Select[Any]:
    """The cases of a list within the branches, those that are due first."""
    query = scope.narrow(_items().where(_of_list(name, today, rules)), _record.c.branch_no)
    return query.order_by(_case.c.due_on, _case.c.opened_at, _case.c.id)


def find_items(conn: Connection, number: str, scope: Branches, most: int) -> tuple[list[Item], str]:
    """Open cases of a customer by his number, else those with this check number; and by which it was."""
    here = _items().where(_case.c.status.not_in(CLOSED_STATUSES)).order_by(_case.c.due_on, _case.c.id).limit(most)
    for name, column in (("customer_no", _customer.c.customer_no), ("check_number", _case.c.check_number)):
        found = read_items(conn, scope.narrow(here.where(column == number), _record.c.branch_no))
        if found:
            return found, name
    return [], ""


def count_items(
    conn: Connection, name: str, today: date, scope: Branches = WHOLE_BANK, *, rules: TryRules = SHIPPED_RULES
) -> dict[str, int]:
    """How many cases of each branch a list holds."""
    listed = items(name, today, scope, rules=rules).order_by(None)
    grouped = listed.with_only_columns(_record.c.branch_no, func.count(), maintain_column_froms=True)
    rows = conn.execute(grouped.group_by(_record.c.branch_no).order_by(_record.c.branch_no))
    return {row[0] or "": row[1] for row in rows}


def count_up_to(
    conn: Connection, name: str, today: date, scope: Branches, most: int, *, rules: TryRules = SHIPPED_RULES
) -> int:
    """How many cases a list holds, no further than ``most``: what is beside the list that is read."""
    some = (
        items(name, today, scope, rules=rules).order_by(None).with_only_columns(_case.c.id, maintain_column_froms=True)
    )
    return int(conn.execute(select(func.count()).select_from(some.limit(most).subquery())).scalar_one())


def moved_since(conn: Connection) -> list[str]:
    """The customers whose letter came back, and whose master record has had another address since."""
    here = and_(_statuses((CaseStatus.UNDELIVERABLE,)), _count(*_RETURNED) > 0, ~_came_back(), ~_flagged(STOPS))
    query = _items().where(here).with_only_columns(_case.c.customer_id, maintain_column_froms=True)
    return list(dict.fromkeys(conn.execute(query.order_by(_case.c.opened_at, _case.c.id)).scalars()))


def _items() -> Select[Any]:
    own = (_record.c.customer_id == _case.c.customer_id) & (_record.c.seq == current_seq(_case.c.customer_id))
    source = _case.join(_customer, _customer.c.id == _case.c.customer_id).outerjoin(_record, own)
    return select(
        _case.c.id.label("case_id"),
        *(_case.c[name] for name in ("customer_id", "kind", "check_number", "status", "due_on")),
        _customer.c.customer_no,
        _record.c.branch_no,
        _count(_try.c.channel.in_(("phone", "visit"))).label("tries"),
        _last("channel").label("last_channel"),
        _last("result").label("last_result"),
        _last("at").label("last_at"),
        _last("promised_on", _try.c.promised_on.is_not(None)).label("promised_on"),
        _last("best_time", _try.c.best_time.is_not(None)).label("best_time"),
    ).select_from(source)


def read_items(conn: Connection, query: Select[Any]) -> list[Item]:
    """The rows of ``items``."""
    return [Item(**row) for row in conn.execute(query).mappings()]


def find_item(conn: Connection, case_id: str, scope: Branches) -> Item | None:
    """One open case within the branches, whether or not it is on a list."""
    query = _items().where(_case.c.id == case_id, _case.c.status.not_in(CLOSED_STATUSES))
    return next(iter(read_items(conn, scope.narrow(query, _record.c.branch_no))), None)
