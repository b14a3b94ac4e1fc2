"""Those who are to be written to, held together: accounts, their own conversations, and for whom they act.

Promise: what an account says waits for this transaction from here on, or is already in the store; who says something
at this very moment is left out instead of waited for, and so is whoever's values do not open, which is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, select

from dialogs.records import quick
from storage.conversations import check_conversation
from storage.direct import Direct, among
from storage.encryption import Vault
from storage.problems import KeyMissing, SealBroken
from storage.tables import AccountLinkRow, AccountRow, ConversationRow, table_of
from storage.universe import Universe
from storage.unreadable import is_damage, record_unreadable

log = structlog.get_logger("kakunin.campaigns")

_account, _link, _conversation = table_of(AccountRow), table_of(AccountLinkRow), table_of(ConversationRow)


def _accounts_statement(dialect: str) -> Any:
    columns = (_account.c[name] for name in ("id", "channel", "state", "locale", "active_conversation_id", "sealed"))
    query = select(*columns).where(among(dialect, _account.c.id, "accounts"))
    return query.order_by(_account.c.id).with_for_update(key_share=True, skip_locked=True)


def _lobbies_statement(dialect: str) -> Any:
    names = ("id", "account_id", "owner", "locale", "epoch", "out_seq", "event_seq", "sealed")
    here = among(dialect, _conversation.c.account_id, "accounts") & (_conversation.c.kind == "lobby")
    query = select(*(_conversation.c[name] for name in names)).where(here)
    return query.order_by(_conversation.c.created_at, _conversation.c.id).with_for_update(key_share=True)


def _links_statement(dialect: str) -> Any:
    columns = (_link.c.account_id, _link.c.customer_id, _link.c.case_id, _link.c.linked_at)
    live = among(dialect, _link.c.account_id, "accounts") & _link.c.ended_at.is_(None)
    return select(*columns).where(live).order_by(_link.c.linked_at, _link.c.id)


def _active_statement(dialect: str) -> Any:
    columns = (_conversation.c.id, _conversation.c.phase, _conversation.c.closed_at)
    return select(*columns).where(among(dialect, _conversation.c.id, "conversations"))


_ACCOUNTS, _LOBBIES = Direct(_accounts_statement), Direct(_lobbies_statement)
_LINKS, _ACTIVE = Direct(_links_statement), Direct(_active_statement)


class HeldAccount(Protocol):
    """An account, as far as it matters to a message."""

    @property
    def id(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def active_conversation_id(self) -> str | None: ...


class HeldLobby(Protocol):
    """An account's own conversation, likewise."""

    @property
    def id(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def out_seq(self) -> int: ...


class HeldLink(Protocol):
    """For whom an account acts."""

    @property
    def customer_id(self) -> str: ...
    @property
    def case_id(self) -> str: ...
    @property
    def linked_at(self) -> datetime: ...


@quick
@dataclass(frozen=True, kw_only=True)
class Reachable:
    """An account that is held."""

    account: HeldAccount
    #: Its own conversation, where it has one.
    lobby: HeldLobby | None
    #: For whom it acts, oldest first.
    links: Sequence[HeldLink]
    #: Whether it is in the middle of a form.
    is_busy: bool


def hold_reachable(
    conn: Connection, vault: Vault, uni: Universe, account_ids: Sequence[str]
) -> tuple[dict[str, Reachable], set[str]]:
    """The accounts that could be held, by their ids, and the ids of those that do not open."""
    damaged: set[str] = set()
    held: dict[str, HeldAccount] = {}
    if not account_ids:
        return {}, damaged
    for row in _ACCOUNTS.rows(conn, {"accounts": sorted(set(account_ids))}):
        held[row.id] = row
        try:
            vault.open_bytes(_account.name, row.id, row.sealed)
        except (SealBroken, KeyMissing) as problem:
            _note(conn, uni, problem)
            damaged.add(row.id)
    lobbies: dict[str, HeldLobby] = {}
    for row in _LOBBIES.rows(conn, {"accounts": list(held)}):
        try:
            check_conversation(vault, row)
        except (SealBroken, KeyMissing) as problem:
            _note(conn, uni, problem)
            damaged.add(row.account_id)
        lobbies.setdefault(row.account_id, row)
    links: dict[str, list[HeldLink]] = {}
    for row in _LINKS.rows(conn, {"accounts": list(held)}):
        links.setdefault(row.account_id, []).append(row)
    active = [one.active_conversation_id for one in held.values() if one.active_conversation_id is not None]
    busy = {
        row.id
        for row in _ACTIVE.rows(conn, {"conversations": active})
        if row.closed_at is None and row.phase != "completed"
    }
    found = {
        account_id: Reachable(
            account=account,
            lobby=lobbies.get(account_id),
            links=links.get(account_id, ()),
            is_busy=account.active_conversation_id in busy,
        )
        for account_id, account in held.items()
        if account_id not in damaged
    }
    return found, damaged


def _note(conn: Connection, uni: Universe, problem: SealBroken | KeyMissing) -> None:
    log.error("campaign.does_not_open", table=problem.table, row=problem.row_id)
    if is_damage(problem, conn):
        record_unreadable(conn, uni, problem)
