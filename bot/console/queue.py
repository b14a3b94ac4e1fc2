"""The queue: conversations as slips without personal data, within what a member of staff may see.

Everything a list shows (check number, kind, channel, state, times) is a code or a time, so lists
need no opening of sealed records and no audit of views.  Each query goes through ``_in_scope``: a
member of staff bound to branches never sees that another branch's conversation exists, and nobody
but a supervisor sees what he passed on while the other one has it.

The long lists (with the bot, done) are read and counted by indexes that hold only them, and no count
goes beyond what a page shows: a folder costs the same beside a hundred conversations or a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, RowMapping, Select, func, literal_column, select

from storage.customers import current_seq
from storage.hand_overs import State
from storage.passing_on import is_barred
from storage.reconciliation.verdict import SETTLED
from storage.snoozes import is_asleep
from storage.staff import StaffMember
from storage.tables import ConversationVisitRow, DifferenceRow
from storage.tables.accounts import AccountRow
from storage.tables.base import table_of
from storage.tables.cases import CaseRow
from storage.tables.conversations import ConversationRow
from storage.tables.customers import MasterCurrentRow, MasterRecordRow
from storage.tables.hand_overs import HandOverRow
from storage.tables.staff import StaffRow
from storage.undelivered import Undelivered, count_undelivered, undelivered

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])

#: The folder of messages that did not arrive, after those of conversations.
UNDELIVERED = "undelivered"
#: A page shows so many; older ones are found by the counts being larger.
PAGE = 100
#: Nobody counts further ("999+", "99+"); within branches each one costs a look at the customer's record.
_MOST, _MOST_OF_BRANCH = 1000, 100
#: The long lists of branches with fewer customers are read from those, of larger ones from the newest on.
_SMALL = 5000
#: Roles that see a conversation wherever it was passed on to.
SUPERVISORS = frozenset({"approver", "auditor", "admin"})

_conversation = table_of(ConversationRow)
_account = table_of(AccountRow)
_case = table_of(CaseRow)
_record = table_of(MasterRecordRow)
_current = table_of(MasterCurrentRow)
_staff = table_of(StaffRow)
_visit = table_of(ConversationVisitRow)
_difference = table_of(DifferenceRow)
_hand_over = table_of(HandOverRow)

#: Read along the index over open hand-overs, which are few.
_OWED = _hand_over.c.ended_at.is_(None) & (_hand_over.c.state == State.LATER.value)
#: When the customer of a conversation was promised the reply that is owed to him.
_promised_at = (
    select(_hand_over.c.later_at)
    .where(_hand_over.c.conversation_id == _conversation.c.id, _OWED)
    .correlate(_conversation)
    .scalar_subquery()
)

#: Cases whose differences are being worked on (70 to be checked, 71 documents, 72 approval).
_CHECKED = ("70", "71", "72")
_checked = _case.alias("checked")
_TO_CHECK = select(_checked.c.id).where(
    _checked.c.status.in_(_CHECKED),
    select(literal_column("1"))
    .where(
        _difference.c.case_id == _checked.c.id,
        _difference.c.superseded_at.is_(None),
        _difference.c.decision.is_(None),
        _difference.c.verdict.not_in(sorted(SETTLED)),
    )
    .correlate(_checked)
    .exists(),
)

_whose, _of = _case.alias("whose"), _record.alias("of_whom")
#: The branch of a conversation's customer, by the record that counts.
_branch_of = (
    select(_of.c.branch_no)
    .select_from(_whose.join(_of, _of.c.customer_id == _whose.c.customer_id))
    .where(
        _whose.c.id == _conversation.c.case_id,
        _of.c.seq <= select(_current.c.seq).where(_current.c.id == 1).scalar_subquery(),
    )
    .order_by(_of.c.seq.desc())
    .limit(1)
    .correlate(_conversation)
    .scalar_subquery()
)


def _is_owner(owner: str) -> ColumnElement[bool]:
    # Written out, so that the indexes over one kind of conversation are used.
    return _conversation.c.owner == literal_column(f"'{owner}'")


def _mine(staff: StaffMember) -> ColumnElement[bool]:
    return _is_owner("staff") & (_conversation.c.owner_staff_id == staff.id)


#: Which conversations a folder holds; the order is the page's.
_FOLDERS: Mapping[str, Callable[[StaffMember, datetime], ColumnElement[bool]]] = {
    "waiting": lambda staff, now: _is_owner("waiting"),
    "owed": lambda staff, now: _conversation.c.id.in_(select(_hand_over.c.conversation_id).where(_OWED)),
    "mine": lambda staff, now: _mine(staff) & ~is_asleep(now),
    "snoozed": lambda staff, now: _mine(staff) & is_asleep(now),
    "staff": lambda staff, now: _is_owner("staff"),
    "review": lambda staff, now: _conversation.c.case_id.in_(_TO_CHECK),
    "bot": lambda staff, now: _is_owner("bot") & _conversation.c.closed_at.is_(None),
    # What staff have is theirs, also where the form was submitted before.
    "closed": lambda staff, now: (
        _conversation.c.closed_at.is_not(None) & _conversation.c.owner.not_in(("waiting", "staff"))
    ),
}
FOLDERS = tuple(_FOLDERS)
#: Where the customer's last word says what is next; the others are worked through from the oldest.
_NEWEST_FIRST = frozenset({"bot", "closed"})


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
    #: The customer has written since this member of staff looked.
    unread: bool = False
    #: When a reply on a working day was promised that is still owed.
    promised_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder and how many conversations it holds."""

    name: str
    count: int
    #: Where counting ended.
    most: int = _MOST

    @property
    def shown(self) -> str:
        return str(self.count) if self.count < self.most else f"{self.most - 1}+"


@dataclass(frozen=True, kw_only=True)
class Missed:
    """A message that did not or may not have arrived."""

    slip: Slip
    message: Undelivered


def load_folders(conn: Connection, staff: StaffMember, now: datetime) -> tuple[Folder, ...]:
    """The folders with their counts: of conversations, and of messages that did not arrive."""
    counts = {name: _count(conn, staff, name, now) for name in FOLDERS}
    counts[UNDELIVERED] = count_undelivered(conn, within=visible(staff))
    most = _MOST if staff.branches.is_whole_bank else _MOST_OF_BRANCH
    return tuple(Folder(name=name, count=counts[name], most=most) for name in (*FOLDERS, UNDELIVERED))


def _count(conn: Connection, staff: StaffMember, folder: str, now: datetime) -> int:
    query: Select[*tuple[Any, ...]] = select(literal_column("1")).select_from(_seen_by(staff, folder))
    most = _MOST if staff.branches.is_whole_bank else _MOST_OF_BRANCH
    bounded = _in_folder(conn, query, staff, folder, now).limit(most).subquery()
    return int(conn.execute(select(func.count()).select_from(bounded)).scalar_one())


def _seen_by(staff: StaffMember, folder: str) -> FromClause:
    """What is needed to say which conversations of a folder a member of staff sees."""
    return _conversation if staff.branches.is_whole_bank or folder in _NEWEST_FIRST else _joined()


def _in_folder(
    conn: Connection, query: Select[*tuple[Any, ...]], staff: StaffMember, folder: str, now: datetime
) -> Select[*tuple[Any, ...]]:
    query = query.where(_FOLDERS[folder](staff, now))
    if staff.branches.is_whole_bank or folder not in _NEWEST_FIRST:
        return _in_scope(query, staff)
    # Asked of one row after the other in the order of the index, until there are enough; or of the few of the branches.
    query = staff.branches.narrow(_not_passed_on(query, staff), _branch_of)
    of_branch = staff.branches.are_of(_record.c.branch_no)
    some = select(literal_column("1")).where(of_branch).limit(_SMALL).subquery()
    if conn.execute(select(func.count()).select_from(some)).scalar_one() == _SMALL:
        return query
    customers = select(_case.c.id).join(_record, _record.c.customer_id == _case.c.customer_id).where(of_branch)
    return query.where(_conversation.c.case_id.in_(customers))


def list_slips(conn: Connection, staff: StaffMember, folder: str, now: datetime, *, limit: int = PAGE) -> list[Slip]:
    """The conversations of a folder: who waits longest or was promised first; or by the customer's last word.

    First which ones, from as little as is needed to know; what is shown of these few is looked up then.
    """
    query = _in_folder(conn, select(_conversation.c.id).select_from(_seen_by(staff, folder)), staff, folder, now)
    if folder == "waiting":
        query = query.order_by(_conversation.c.waiting_since, _conversation.c.id)
    elif folder == "owed":
        query = query.order_by(_promised_at, _conversation.c.id)
    elif folder in _NEWEST_FIRST:
        query = query.where(_conversation.c.last_inbound_at.is_not(None))
        query = query.order_by(_conversation.c.last_inbound_at.desc())
    else:
        last = func.coalesce(_conversation.c.last_inbound_at, _conversation.c.created_at)
        query = query.order_by(last.desc(), _conversation.c.id)
    wanted = list(conn.execute(query.limit(limit)).scalars())
    found = conn.execute(_slips(staff).where(_conversation.c.id.in_(wanted))).mappings()
    slips = {slip.conversation_id: slip for slip in map(_slip, found)}
    return [slips[one] for one in wanted if one in slips]


def list_open_work(conn: Connection, staff: StaffMember, now: datetime) -> list[Slip]:
    """What stands beside a conversation: who waits, then what this member of staff has taken."""
    return [slip for folder in ("waiting", "mine") for slip in list_slips(conn, staff, folder, now, limit=20)]


def slips_of_cases(conn: Connection, staff: StaffMember, case_ids: list[str]) -> list[Slip]:
    """The conversations of these cases, newest first, as far as this member of staff may see them."""
    query = _slips(staff).where(_conversation.c.case_id.in_(case_ids)).order_by(_conversation.c.id.desc())
    return [_slip(row) for row in conn.execute(query.limit(PAGE)).mappings()]


def list_undelivered(conn: Connection, staff: StaffMember, *, limit: int = PAGE) -> list[Missed]:
    """Messages that did not or may not have arrived, newest first, each with its conversation."""
    messages = undelivered(conn, within=visible(staff), limit=limit)
    wanted = _slips(staff).where(_conversation.c.id.in_({message.conversation_id for message in messages}))
    slips = {slip.conversation_id: slip for slip in map(_slip, conn.execute(wanted).mappings())}
    return [
        Missed(slip=slips[message.conversation_id], message=message)
        for message in messages
        if message.conversation_id in slips  # it may have been passed on
    ]


def find_slip(conn: Connection, staff: StaffMember, ref: str) -> Slip | None:
    """The conversation by its reference, or ``None`` where it is none of this member's business."""
    row = conn.execute(_slips(staff).where(_conversation.c.ref == ref)).mappings().first()
    return None if row is None else _slip(row)


def _joined() -> FromClause:
    newest = current_seq(_case.c.customer_id)
    return (
        _conversation.join(_account, _account.c.id == _conversation.c.account_id)
        .outerjoin(_case, _case.c.id == _conversation.c.case_id)
        .outerjoin(_record, (_record.c.customer_id == _case.c.customer_id) & (_record.c.seq == newest))
    )


def _not_passed_on(query: _Query, staff: StaffMember) -> _Query:
    return query if staff.role in SUPERVISORS else query.where(~is_barred(staff.id))


def _in_scope(query: _Query, staff: StaffMember) -> _Query:
    query = _not_passed_on(query, staff)
    # A conversation before linking belongs to no branch: only staff of the head office see it.
    return staff.branches.narrow(query, _record.c.branch_no)


def visible(staff: StaffMember) -> Select[tuple[str]] | None:
    """The ids of the conversations this member of staff may see; nothing where that is all of them."""
    if staff.branches.is_whole_bank:
        return None
    return _in_scope(select(_conversation.c.id).select_from(_joined()), staff)


def _slips(staff: StaffMember) -> Select[*tuple[Any, ...]]:
    columns = [
        *(_conversation.c[name] for name in ("ref", "owner", "owner_staff_id", "waiting_since", "locale")),
        *(_conversation.c[name] for name in ("case_id", "last_inbound_at", "version", "epoch")),
        _conversation.c.id.label("conversation_id"),
        _promised_at.label("promised_at"),
        _account.c.channel,
        _case.c.kind,
        _case.c.check_number,
        _case.c.status.label("case_status"),
        _record.c.branch_no,
        _staff.c.login.label("owner_login"),
        (
            _conversation.c.last_inbound_at.is_not(None)
            & (_visit.c.seen_at.is_(None) | (_visit.c.seen_at < _conversation.c.last_inbound_at))
        ).label("unread"),
    ]
    source = _joined().outerjoin(_staff, _staff.c.id == _conversation.c.owner_staff_id)
    seen = (_visit.c.conversation_id == _conversation.c.id) & (_visit.c.staff_id == staff.id)
    source = source.outerjoin(_visit, seen)
    return _in_scope(select(*columns).select_from(source), staff)


def _slip(row: RowMapping) -> Slip:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    values["kind"] = values["kind"] or "unlinked"
    values["unread"] = bool(values["unread"])
    return Slip(**values)
