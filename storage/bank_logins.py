"""Logins at the bank's page: the bank says who logged in, the platform says which account it was.

Promise: a nonce is kept as its keyed digest only, links one account once, is worth nothing ten minutes after
the bank named it, and is not taken a second time for a day after that.  Which of the two words comes first
makes no difference.

    registered -> used        early -> used (the platform was quicker)        any -> spent (the platform did not vouch)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, select, update

from storage.counters import insert_or
from storage.encryption import DigestKind, Vault
from storage.tables import BankLoginRow, table_of
from storage.universe import Universe

#: As long as a platform's link token at most: the bank names the nonce after that was issued.
LIFE = timedelta(minutes=10)
#: Platforms deliver late and requests are replayed: until then a used nonce is recognised.
KEPT = timedelta(days=1)

_login = table_of(BankLoginRow)


class Claim(StrEnum):
    """What became of the platform's word."""

    TAKEN = "taken"
    #: The bank has not named the nonce: it may yet, or somebody made it up.
    EARLY = "early"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """An account's claim to a login."""

    claim: Claim
    #: TAKEN: who logged in.
    customer_id: str | None = None


def nonce_digest(vault: Vault, nonce: str) -> bytes:
    """Under what a nonce is kept."""
    return vault.digest(DigestKind.BANK_LOGIN, nonce)


def register_login(conn: Connection, uni: Universe, nonce: bytes, customer_id: str) -> bool:
    """Keep what the bank says; false where the nonce is known."""
    return _insert(conn, uni, nonce, state="registered", customer_id=customer_id, account_id=None)


def early_account(conn: Connection, uni: Universe, nonce: bytes) -> str | None:
    """The account that came with this nonce before the bank named it, and not too long ago."""
    early = (_login.c.nonce_digest == nonce) & (_login.c.state == "early") & (_login.c.expires_at >= uni.now())
    found: str | None = conn.execute(select(_login.c.account_id).where(early)).scalar()
    return found


def take_early(conn: Connection, nonce: bytes, customer_id: str) -> bool:
    """The bank named a nonce that an account came with before; false where it is not early any more."""
    early = (_login.c.nonce_digest == nonce) & (_login.c.state == "early")
    return conn.execute(update(_login).where(early).values(state="used", customer_id=customer_id)).rowcount == 1


def claim_login(conn: Connection, uni: Universe, nonce: bytes, account_id: str, *, at: datetime) -> Claimed:
    """Take a login for an account, as of ``at`` by the platform's clock; one that is unknown is kept as early."""
    if _insert(conn, uni, nonce, state="early", customer_id=None, account_id=account_id):
        return Claimed(claim=Claim.EARLY)
    known = _login.c.nonce_digest == nonce
    live = known & (_login.c.state == "registered") & (_login.c.expires_at >= at)
    taken = update(_login).where(live).values(state="used", account_id=account_id).returning(_login.c.customer_id)
    customer_id = conn.execute(taken).scalar()
    if customer_id is not None:
        return Claimed(claim=Claim.TAKEN, customer_id=customer_id)
    row = conn.execute(select(_login.c.state, _login.c.account_id).where(known)).one()
    if row.state == "early" and row.account_id == account_id:
        return Claimed(claim=Claim.EARLY)
    return Claimed(claim=Claim.EXPIRED if row.state == "registered" else Claim.USED)


def spend_login(conn: Connection, uni: Universe, nonce: bytes, account_id: str) -> None:
    """The platform does not vouch: this nonce links nobody, also where the bank names it later."""
    if not _insert(conn, uni, nonce, state="spent", customer_id=None, account_id=account_id):
        conn.execute(update(_login).where(_login.c.nonce_digest == nonce).values(state="spent"))


def forget_logins(conn: Connection, uni: Universe) -> int:
    """Remove what nobody asks about any more; returns how many."""
    return conn.execute(delete(_login).where(_login.c.expires_at < uni.now() - KEPT)).rowcount


def _insert(conn: Connection, uni: Universe, nonce: bytes, **values: Any) -> bool:
    """Keep a nonce that is new; where another transaction is just keeping it, wait for that one's end."""
    now = uni.now()
    statement = insert_or(conn, _login).values(
        id=uni.new_id(), nonce_digest=nonce, created_at=now, expires_at=now + LIFE, **values
    )
    once = statement.on_conflict_do_nothing(index_elements=[_login.c.nonce_digest]).returning(_login.c.id)
    return conn.execute(once).scalar() is not None
