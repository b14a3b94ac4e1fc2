"""LINE and Telegram accounts and their links to customers.

Promise: a platform's user id is never in clear, one case has at most one live link, and a link that
ended stays as evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from dialogs.personal import Personal
from storage.counters import insert_or
from storage.direct import Direct, Together
from storage.encryption import DigestKind, Vault
from storage.held import held
from storage.menus import touch_menu
from storage.tables import AccountLinkRow, AccountRow, table_of
from storage.universe import Universe

_account = table_of(AccountRow)
_link = table_of(AccountLinkRow)
_by_user = select(_account).where(_account.c.user_digest == bindparam("digest"))
_by_id = select(_account).where(_account.c.id == bindparam("wanted"))
#: Of an account that was found by its user: the sealed value, to be opened where that matters.
_UNOPENED = "channel_account.sealed"
_BY_USER, _BY_ID = Direct(_by_user), Direct(_by_id)
_USER_LOCKED, _ID_LOCKED = (Direct(query.with_for_update(key_share=True)) for query in (_by_user, _by_id))
_ACTIVATE = Direct(
    update(_account)
    .where(_account.c.id == bindparam("wanted"))
    .values(active_conversation_id=bindparam("conversation"))
)
_ACTIVATE_ALL = Together(
    {"wanted": _account.c.id, "conversation": _account.c.active_conversation_id},
    lambda row: (
        update(_account).where(_account.c.id == row["wanted"]).values(active_conversation_id=row["conversation"])
    ),
)
_LINK = Direct(insert(_link))
_links, _live = select(_link).order_by(_link.c.linked_at, _link.c.id), _link.c.ended_at.is_(None)
_LIVE_OF_ACCOUNT = Direct(_links.where(_link.c.account_id == bindparam("account"), _live))
_ALL_OF_CASE = Direct(_links.where(_link.c.case_id == bindparam("case")))
_LIVE_OF_CASE = Direct(_links.where(_link.c.case_id == bindparam("case"), _live))


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user of a platform."""

    id: str
    channel: str
    user_id: Personal
    locale: str
    #: active, blocked, standby (another system holds the chat)
    state: str
    active_conversation_id: str | None
    #: Failed attempts to link in a row.
    failures: int
    locked_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Link:
    """An account acting for a customer in a case."""

    id: str
    account_id: str
    customer_id: str
    case_id: str
    linked_at: datetime
    ended_at: datetime | None


def _digest(vault: Vault, channel: str, user_id: Personal) -> bytes:
    return vault.digest(DigestKind.CHANNEL_USER, channel + ":" + user_id.reveal())


def upsert_account(
    conn: Connection, vault: Vault, uni: Universe, channel: str, user_id: Personal, locale: str
) -> Account:
    """The account of a user, made where it is new, held until the end of the transaction.

    ``locale`` counts only for a new one.
    """
    digest = _digest(vault, channel, user_id)
    found = _hold_user(conn, digest, user_id)
    if found is not None:
        return found
    account_id = uni.new_id()
    values = {
        "id": account_id,
        "channel": channel,
        "user_digest": digest,
        "locale": locale,
        "state": "active",
        "active_conversation_id": None,
        "failures": 0,
        "locked_until": None,
        "created_at": uni.now(),
        "sealed": vault.seal(_account.name, account_id, {"user_id": user_id.reveal()}),
    }
    # Where the same user's first two messages arrive together, the second waits here and finds the first's row.
    conn.execute(insert_or(conn, _account).on_conflict_do_nothing(), values)
    made = _hold_user(conn, digest, user_id)
    if made is None:
        raise RuntimeError("an account that was just made is not there")
    return made


def _hold_user(conn: Connection, digest: bytes, user_id: Personal) -> Account | None:
    row = _USER_LOCKED.first(conn, {"digest": digest})
    if row is None:
        return None
    held(conn)[_UNOPENED, row.id] = row.sealed
    return _hold(conn, row, user_id)


def _hold(conn: Connection, row: Any, user_id: Personal) -> Account:
    account = held(conn)[_account.name, row.id] = _account_of(row, user_id)
    return account


def load_account(conn: Connection, vault: Vault, account_id: str) -> Account | None:
    """One account."""
    mine: Account | None = held(conn).get((_account.name, account_id))
    if mine is not None:
        return mine
    row = _BY_ID.first(conn, {"wanted": account_id})
    return None if row is None else _account_of(row, _user_id(vault, row))


def lock_account(conn: Connection, vault: Vault, account_id: str) -> Account | None:
    """One account, held until the end of the transaction."""
    rows = held(conn)
    mine: Account | None = rows.get((_account.name, account_id))
    if mine is not None:
        if unopened := rows.get((_UNOPENED, account_id)):
            vault.open(_account.name, account_id, unopened)
            del rows[_UNOPENED, account_id]
        return mine
    row = _ID_LOCKED.first(conn, {"wanted": account_id})
    return None if row is None else _hold(conn, row, _user_id(vault, row))


def mend_account(conn: Connection, vault: Vault, account: Account) -> None:
    """Seal the user id again: who was found by the keyed digest of it is the user, whatever became of the value."""
    _set(conn, account.id, sealed=vault.seal(_account.name, account.id, {"user_id": account.user_id.reveal()}))
    held(conn).pop((_UNOPENED, account.id), None)


def find_account(conn: Connection, vault: Vault, channel: str, user_id: Personal) -> Account | None:
    """The account of a user of a platform."""
    row = _BY_USER.first(conn, {"digest": _digest(vault, channel, user_id)})
    return None if row is None else _account_of(row, user_id)


def set_active_conversation(conn: Connection, account_id: str, conversation_id: str | None) -> None:
    """Say to which conversation the account's messages go."""
    _ACTIVATE.run(conn, {"wanted": account_id, "conversation": conversation_id})
    _now_held(conn, account_id, active_conversation_id=conversation_id)
    touch_menu(conn, account_id)  # it may be in another language


def activate_conversations(conn: Connection, active: Mapping[str, str]) -> None:
    """``set_active_conversation`` for several accounts; the caller marks their menus."""
    _ACTIVATE_ALL.run(conn, list(active.items()))
    for account_id, conversation_id in active.items():
        _now_held(conn, account_id, active_conversation_id=conversation_id)


def set_account_state(conn: Connection, account_id: str, state: str) -> None:
    """active, blocked or standby."""
    _set(conn, account_id, state=state)
    # What a platform does with the menu of who blocks us is its own affair: it is told anew when he is back.
    touch_menu(conn, account_id, forget=True)


def set_account_locale(conn: Connection, account_id: str, locale: str) -> None:
    """The language the account is spoken to in."""
    _set(conn, account_id, locale=locale)
    touch_menu(conn, account_id)


def set_account_failures(
    conn: Connection, account_id: str, failures: int, locked_until: datetime | None = None
) -> None:
    """Failed attempts to link, and until when no further one is looked at."""
    _set(conn, account_id, failures=failures, locked_until=locked_until)


def _set(conn: Connection, account_id: str, **values: Any) -> None:
    conn.execute(update(_account).where(_account.c.id == account_id).values(values))
    values.pop("sealed", None)
    _now_held(conn, account_id, **values)


def _now_held(conn: Connection, account_id: str, **values: Any) -> None:
    place = (_account.name, account_id)
    if place in held(conn):
        held(conn)[place] = replace(held(conn)[place], **values)


def _user_id(vault: Vault, row: Any) -> Personal:
    return Personal(vault.open(_account.name, row.id, row.sealed)["user_id"])


def _account_of(row: Any, user_id: Personal) -> Account:
    return Account(
        id=row.id,
        channel=row.channel,
        user_id=user_id,
        locale=row.locale,
        state=row.state,
        active_conversation_id=row.active_conversation_id,
        failures=row.failures,
        locked_until=row.locked_until,
        created_at=row.created_at,
    )


def make_link(
    conn: Connection,
    uni: Universe,
    account_id: str,
    customer_id: str,
    case_id: str,
    *,
    linked_at: datetime | None = None,
) -> Link:
    """Link an account to a customer for a case; a link of another account ends (``moved``), the same one stays.

    ``linked_at`` is when the customer proved himself, where that was for an earlier case.
    Whom to tell: ask ``links_of_case(conn, case_id, live_only=True)`` before.
    """
    for link in links_of_case(conn, case_id, live_only=True):
        if link.account_id == account_id:
            return link
        end_link(conn, uni, link.id, "moved")
    values: dict[str, Any] = {
        "id": uni.new_id(),
        "account_id": account_id,
        "customer_id": customer_id,
        "case_id": case_id,
        "linked_at": linked_at or uni.now(),
        "ended_at": None,
    }
    _LINK.run(conn, values)
    touch_menu(conn, account_id)
    return Link(**values)


def live_links(conn: Connection, account_id: str) -> list[Link]:
    """For whom the account acts now, oldest first."""
    return [_link_of(row) for row in _LIVE_OF_ACCOUNT.rows(conn, {"account": account_id})]


def links_of_case(conn: Connection, case_id: str, *, live_only: bool = False) -> list[Link]:
    """Every link a case has or had, oldest first; with ``live_only`` the one that holds."""
    wanted = _LIVE_OF_CASE if live_only else _ALL_OF_CASE
    return [_link_of(row) for row in wanted.rows(conn, {"case": case_id})]


def end_link(conn: Connection, uni: Universe, link_id: str, reason: str) -> bool:
    """End a link (``reason`` is a code); false where it had ended."""
    live = (_link.c.id == link_id) & _link.c.ended_at.is_(None)
    ended = update(_link).where(live).values(ended_at=uni.now(), end_reason=reason).returning(_link.c.account_id)
    account_id = conn.execute(ended).scalar()
    if account_id is not None:
        touch_menu(conn, account_id)
    return account_id is not None


def _link_of(row: Row[Any]) -> Link:
    return Link(
        id=row.id,
        account_id=row.account_id,
        customer_id=row.customer_id,
        case_id=row.case_id,
        linked_at=row.linked_at,
        ended_at=row.ended_at,
    )
