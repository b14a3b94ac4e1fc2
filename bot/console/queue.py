"""The queue: conversations as slips without personal data, within a member of staff's branch.

Everything a list shows (check number, kind, channel, state, times) is a code or a time, so lists
need no opening of sealed records and no audit of views.  Each query goes through ``_in_scope``: a
member of staff bound to a branch never sees that another branch's conversation exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, FromClause, RowMapping, Select, case, func, select

from storage.staff import StaffMember
from storage.tables.accounts import AccountRow
from storage.tables.base import table_of
from storage.tables.cases import CaseRow
from storage.tables.conversations import ConversationRow
from storage.tables.customers import MasterCurrentRow, MasterRecordRow
from storage.tables.staff import StaffRow
from storage.undelivered import Undelivered, count_undelivered, undelivered

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])

#: The folders in the order of the page, and whose conversations they hold.
FOLDERS = ("waiting", "mine", "staff", "bot", "closed")
#: The folder of messages that did not arrive, after those of conversations.
UNDELIVERED = "undelivered"
#: A page shows so many; older ones are found by the counts being larger.
PAGE = 100

_conversation = table_of(ConversationRow)
_account = table_of(AccountRow)
_case = table_of(CaseRow)
_record = table_of(MasterRecordRow)
_current = table_of(MasterCurrentRow)
_staff = table_of(StaffRow)
#: What the bot leads is done with once the form was submitted or ended.
_folder = case(
    ((_conversation.c.owner == "bot") & _conversation.c.closed_at.is_not(None), "closed"), else_=_conversation.c.owner
)


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One conversation in a list."""

    conversation_id: str
    ref: str
    owner: str
    owner_staff_id: str | None
    owner_login: str | None
    waiting_since: datetime | None
    channel: str
    locale: str
    #: individual, corporate; ``unlinked`` before a customer is known.
    kind: str
    branch_no: str | None
    case_id: str | None
    check_number: str | None
    case_status: str | None
    last_inbound_at: datetime | None
    version: int
    epoch: int


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder and how many conversations it holds."""

    name: str
    count: int

    @property
    def shown(self) -> str:
        return str(self.count) if self.count < 1000 else "999+"


@dataclass(frozen=True, kw_only=True)
class Missed:
    """A message that did not or may not have arrived."""

    slip: Slip
    message: Undelivered


def load_folders(conn: Connection, staff: StaffMember) -> tuple[Folder, ...]:
    """The folders with their counts: of conversations, and of messages that did not arrive."""
    grouped = select(_folder, func.count()).select_from(_joined()).group_by(_folder)
    counts: dict[str, int] = {row[0]: row[1] for row in conn.execute(_in_scope(grouped, staff))}
    mine = _in_scope(select(func.count()).select_from(_joined()), staff).where(
        _conversation.c.owner == "staff", _conversation.c.owner_staff_id == staff.id
    )
    counts["mine"] = conn.execute(mine).scalar_one()
    counts[UNDELIVERED] = count_undelivered(conn, within=visible(staff))
    return tuple(Folder(name=name, count=counts.get(name, 0)) for name in (*FOLDERS, UNDELIVERED))


def list_slips(conn: Connection, staff: StaffMember, folder: str, *, limit: int = PAGE) -> list[Slip]:
    """The conversations of a folder: those who wait longest first, the others by the customer's last word."""
    owner = "staff" if folder == "mine" else folder
    query = _slips(staff).where(_folder == owner)
    if folder == "mine":
        query = query.where(_conversation.c.owner_staff_id == staff.id)
    if folder == "waiting":
        query = query.order_by(_conversation.c.waiting_since, _conversation.c.id)
    else:
        last = func.coalesce(_conversation.c.last_inbound_at, _conversation.c.created_at)
        query = query.order_by(last.desc(), _conversation.c.id)
    return [_slip(row) for row in conn.execute(query.limit(limit)).mappings()]


def list_open_work(conn: Connection, staff: StaffMember) -> list[Slip]:
    """What stands beside a conversation: who waits, then what this member of staff has taken."""
    return [*list_slips(conn, staff, "waiting", limit=20), *list_slips(conn, staff, "mine", limit=20)]


def list_undelivered(conn: Connection, staff: StaffMember, *, limit: int = PAGE) -> list[Missed]:
    """Messages that did not or may not have arrived, newest first, each with its conversation."""
    messages = undelivered(conn, within=visible(staff), limit=limit)
    wanted = _slips(staff).where(_conversation.c.id.in_({message.conversation_id for message in messages}))
    slips = {slip.conversation_id: slip for slip in map(_slip, conn.execute(wanted).mappings())}
    return [Missed(slip=slips[message.conversation_id], message=message) for message in messages]


def find_slip(conn: Connection, staff: StaffMember, ref: str) -> Slip | None:
    """The conversation by its reference, or ``None`` where it is none of this member's business."""
    row = conn.execute(_slips(staff).where(_conversation.c.ref == ref)).mappings().first()
    return None if row is None else _slip(row)


def _joined() -> FromClause:
    newest = (
        select(func.max(_record.c.seq))
        .where(
            _record.c.customer_id == _case.c.customer_id,
            _record.c.seq <= select(_current.c.seq).where(_current.c.id == 1).scalar_subquery(),
        )
        .correlate(_case)
        .scalar_subquery()
    )
    return (
        _conversation.join(_account, _account.c.id == _conversation.c.account_id)
        .outerjoin(_case, _case.c.id == _conversation.c.case_id)
        .outerjoin(_record, (_record.c.customer_id == _case.c.customer_id) & (_record.c.seq == newest))
    )


def _in_scope(query: _Query, staff: StaffMember) -> _Query:
    # A conversation before linking belongs to no branch: only staff of the head office see it.
    return query if staff.branch_no is None else query.where(_record.c.branch_no == staff.branch_no)


def visible(staff: StaffMember) -> Select[tuple[str]] | None:
    """The ids of the conversations this member of staff may see; nothing where that is all of them."""
    if staff.branch_no is None:
        return None
    return _in_scope(select(_conversation.c.id).select_from(_joined()), staff)


def _slips(staff: StaffMember) -> Select[*tuple[Any, ...]]:
    columns = [
        *(_conversation.c[name] for name in ("ref", "owner", "owner_staff_id", "waiting_since", "locale")),
        *(_conversation.c[name] for name in ("case_id", "last_inbound_at", "version", "epoch")),
        _conversation.c.id.label("conversation_id"),
        _account.c.channel,
        _case.c.kind,
        _case.c.check_number,
        _case.c.status.label("case_status"),
        _record.c.branch_no,
        _staff.c.login.label("owner_login"),
    ]
    source = _joined().outerjoin(_staff, _staff.c.id == _conversation.c.owner_staff_id)
    return _in_scope(select(*columns).select_from(source), staff)


def _slip(row: RowMapping) -> Slip:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    values["kind"] = values["kind"] or "unlinked"
    return Slip(**values)
