"""Which menu beside the chat an account is shown, kept in step with what the menu follows from.

Promise: whatever changes an account's links, its cases, its language or its blocking marks the account in
the same transaction (``touch_menu``), so none is forgotten, and only accounts that were marked are looked at.
A mark is taken off only by the holder of its lease, and only where nothing has happened since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from dialogs.personal import Personal
from storage.case_status import ANSWERABLE
from storage.counters import insert_of, insert_or
from storage.direct import Direct, among
from storage.encryption import Vault
from storage.problems import KeyProblem
from storage.tables import (
    AccountLinkRow,
    AccountMenuRow,
    AccountRow,
    CaseRow,
    ChannelMenuRow,
    ConversationRow,
    table_of,
)
from storage.tables.base import UtcDateTime
from storage.universe import Universe

log = structlog.get_logger("kakunin.storage")

#: Due before everything that was put off.
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
#: Platforms on which each account has a menu of its own.
CHANNELS = ("line",)

_shown = table_of(AccountMenuRow)
_menu = table_of(ChannelMenuRow)
_account = table_of(AccountRow)
_link = table_of(AccountLinkRow)
_case = table_of(CaseRow)
_conversation = table_of(ConversationRow)


#: A row for an account that had none: shown nothing yet, due at once.
_COLUMNS = ["account_id", "shown", "touched", "due_at", "tries"]
_NEW = (literal(""), literal(1), literal(_AT_ONCE, UtcDateTime()), literal(0))


@dataclass(frozen=True, kw_only=True)
class ChannelMenu:
    """A menu that was made on a platform."""

    menu_id: str
    channel: str
    kind: str
    #: live, old
    state: str


@dataclass(frozen=True, kw_only=True)
class DueMenu:
    """An account whose menu is to be looked at, with all that the menu follows from."""

    account_id: str
    channel: str
    user_id: Personal
    is_blocked: bool
    locale: str
    #: Acts for somebody.
    linked: bool
    #: One of those cases can still be answered.
    answerable: bool
    shown: str
    touched: int
    tries: int


# Marking ------------------------------------------------------------------------------------


def _touching(accounts: Select[tuple[str]] | Callable[[str], Select[tuple[str]]], **more: str) -> Direct:
    """The statement that marks these accounts' menus."""
    of_channels = or_(*(_account.c.channel == channel for channel in CHANNELS))
    again = {"touched": _shown.c.touched + 1, "due_at": _AT_ONCE, "tries": 0, **more}

    def statement(dialect: str) -> Any:
        chosen = accounts if isinstance(accounts, Select) else accounts(dialect)
        rows = chosen.where(of_channels).add_columns(*_NEW)
        put = insert_of(dialect, _shown).from_select(_COLUMNS, rows)
        return put.on_conflict_do_update(index_elements=[_shown.c.account_id], set_=again)

    return Direct(statement)


_one = select(_account.c.id).where(_account.c.id == bindparam("wanted"))
_linked = select(_account.c.id).join(_link, _link.c.account_id == _account.c.id).where(_link.c.ended_at.is_(None))
_TOUCH, _FORGET = _touching(_one), _touching(_one, shown="")
#: In one order, so that two that mark the same ones never wait for each other.
_TOUCH_MANY = _touching(
    lambda dialect: select(_account.c.id).where(among(dialect, _account.c.id, "wanted")).order_by(_account.c.id)
)
_TOUCH_OF_CASE = _touching(_linked.where(_link.c.case_id == bindparam("wanted")))
_TOUCH_OF_CASES = _touching(
    lambda dialect: _linked.where(among(dialect, _link.c.case_id, "wanted")).distinct().order_by(_account.c.id)
)
_TOUCH_OF_CUSTOMER = _touching(_linked.where(_link.c.customer_id == bindparam("wanted")).distinct())


def touch_menu(conn: Connection, account_id: str, *, forget: bool = False) -> None:
    """Something has changed that the account's menu may follow from.

    ``forget``: what it is shown is not known any more.
    """
    (_FORGET if forget else _TOUCH).run(conn, {"wanted": account_id})


def touch_menus(conn: Connection, account_ids: Sequence[str]) -> None:
    """``touch_menu`` for several accounts."""
    if account_ids:
        _TOUCH_MANY.run(conn, {"wanted": list(account_ids)})


def touch_menus_of_case(conn: Connection, case_id: str) -> None:
    """The same for the account that is linked to a case."""
    _TOUCH_OF_CASE.run(conn, {"wanted": case_id})


def touch_menus_of_cases(conn: Connection, case_ids: Sequence[str]) -> None:
    """The same for the accounts that are linked to some of these cases."""
    if case_ids:
        _TOUCH_OF_CASES.run(conn, {"wanted": list(case_ids)})


def touch_menus_of_customer(conn: Connection, customer_id: str) -> None:
    """The same for the accounts that act for a customer."""
    _TOUCH_OF_CUSTOMER.run(conn, {"wanted": customer_id})


# Bringing the platform to it --------------------------------------------------------------------


def claim_menus(
    conn: Connection, vault: Vault, uni: Universe, *, owner: str, lease: timedelta, limit: int
) -> list[DueMenu]:
    """Lease up to ``limit`` accounts whose menu is due; another process's are passed over."""
    now = uni.now()
    free = _shown.c.lease_until.is_(None) | (_shown.c.lease_until <= now)
    due = (
        select(_shown.c.account_id)
        .where(_shown.c.due_at <= now, free)
        .order_by(_shown.c.due_at, _shown.c.account_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(conn.execute(due).scalars())
    if not ids:
        return []
    leased = {"lease_owner": owner, "lease_until": now + lease, "tries": _shown.c.tries + 1}
    conn.execute(update(_shown).where(_shown.c.account_id.in_(ids)).values(leased))
    live = (_link.c.account_id == _account.c.id) & _link.c.ended_at.is_(None)
    linked = select(_link.c.id).where(live).exists()
    answerable = (
        select(_link.c.id)
        .join(_case, _case.c.id == _link.c.case_id)
        .where(live, _case.c.status.in_(sorted(status.value for status in ANSWERABLE)))
        .exists()
    )
    query = (
        select(
            _account,
            func.coalesce(_conversation.c.locale, _account.c.locale).label("spoken"),
            linked.label("linked"),
            answerable.label("answerable"),
            _shown.c.shown,
            _shown.c.touched,
            _shown.c.tries,
        )
        .join(_shown, _shown.c.account_id == _account.c.id)
        .outerjoin(_conversation, _conversation.c.id == _account.c.active_conversation_id)
        .where(_account.c.id.in_(ids))
        .order_by(_account.c.id)
    )
    return [found for row in conn.execute(query) if (found := _due_of(vault, row)) is not None]


def _due_of(vault: Vault, row: Row[Any]) -> DueMenu | None:
    try:
        user_id = Personal(vault.open(_account.name, row.id, row.sealed)["user_id"])
    except KeyProblem as problem:
        # Stays leased and is tried again later (the key may come back); the others are not held up.
        log.error("menus.does_not_open", account=row.id, why=str(problem))
        return None
    return DueMenu(
        account_id=row.id,
        channel=row.channel,
        user_id=user_id,
        is_blocked=row.state == "blocked",
        locale=row.spoken,
        linked=bool(row.linked),
        answerable=bool(row.answerable),
        shown=row.shown,
        touched=row.touched,
        tries=row.tries,
    )


def _held(owner: str, rows: Iterable[DueMenu]) -> ColumnElement[bool]:
    return _shown.c.account_id.in_([row.account_id for row in rows]) & (_shown.c.lease_owner == owner)


def settle_menus(conn: Connection, rows: Sequence[DueMenu], *, owner: str, shown: str) -> int:
    """The accounts are shown this menu; who was touched meanwhile stays due.  Returns how many were still held."""
    seen = case({row.account_id: row.touched for row in rows}, value=_shown.c.account_id)
    values = {
        "shown": shown,
        "tries": 0,
        "due_at": case((_shown.c.touched == seen, None), else_=_shown.c.due_at),
        "lease_owner": None,
        "lease_until": None,
    }
    return conn.execute(update(_shown).where(_held(owner, rows)).values(values)).rowcount


def retry_menus(conn: Connection, rows: Sequence[DueMenu], *, owner: str, due_at: datetime) -> int:
    """Try these again later."""
    values = {"due_at": due_at, "lease_owner": None, "lease_until": None}
    return conn.execute(update(_shown).where(_held(owner, rows)).values(values)).rowcount


# The menus that there are -----------------------------------------------------------------------


def load_menus(conn: Connection, channel: str) -> list[ChannelMenu]:
    """Every menu that is known on a platform, oldest first."""
    query = select(_menu).where(_menu.c.channel == channel).order_by(_menu.c.made_at, _menu.c.menu_id)
    return [
        ChannelMenu(menu_id=row.menu_id, channel=row.channel, kind=row.kind, state=row.state)
        for row in conn.execute(query)
    ]


def set_live_menus(conn: Connection, uni: Universe, channel: str, live: Mapping[str, str]) -> None:
    """Make these the live menus (kind -> id); afterwards ``mark_behind`` goes through the accounts."""
    conn.execute(update(_menu).where(_menu.c.channel == channel).values(state="old"))
    for kind, menu_id in live.items():
        row = {"menu_id": menu_id, "channel": channel, "kind": kind, "state": "live", "made_at": uni.now()}
        put = insert_or(conn, _menu).values(row)
        conn.execute(put.on_conflict_do_update(index_elements=[_menu.c.menu_id], set_={"kind": kind, "state": "live"}))


def mark_behind(conn: Connection, channel: str, *, after: str, limit: int = 1000) -> str | None:
    """Mark the accounts that are shown no live menu, among the next ``limit`` after an id.

    Returns the last id that was looked at: a million accounts are gone through in short transactions.
    """
    page = select(_account.c.id).where(_account.c.channel == channel, _account.c.id > after)
    ids = list(conn.execute(page.order_by(_account.c.id).limit(limit)).scalars())
    if not ids:
        return None
    live = select(_menu.c.menu_id).where(_menu.c.channel == channel, _menu.c.state == "live")
    behind = update(_shown).where(_shown.c.account_id.in_(ids), _shown.c.shown.not_in(live))
    conn.execute(behind.values(due_at=_AT_ONCE, touched=_shown.c.touched + 1, tries=0))
    # And those who were there before there were menus.
    missing = select(_account.c.id).where(_account.c.id.in_(ids)).add_columns(*_NEW)
    conn.execute(insert_or(conn, _shown).from_select(_COLUMNS, missing).on_conflict_do_nothing())
    return str(ids[-1])


def is_shown(conn: Connection, menu_id: str) -> bool:
    """Whether any account is still shown this menu."""
    return conn.execute(select(_shown.c.account_id).where(_shown.c.shown == menu_id).limit(1)).first() is not None


def forget_menu(conn: Connection, menu_id: str) -> None:
    """The menu was deleted on its platform."""
    conn.execute(delete(_menu).where(_menu.c.menu_id == menu_id))


def count_due_menus(conn: Connection, channel: str) -> int:
    """How many accounts wait for another menu."""
    query = select(func.count()).select_from(_shown).join(_account, _account.c.id == _shown.c.account_id)
    return conn.execute(query.where(_account.c.channel == channel, _shown.c.due_at.is_not(None))).scalar_one()
