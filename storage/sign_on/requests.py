"""Browsers on their way to the provider and back, and the provider's logout tokens that were taken.

Promise: a way back is worth something once, for ten minutes and in the browser that set out; a token is taken once;
state and browser are kept as keyed digests, and what proves the way back (nonce, code verifier) is kept nowhere: it
follows from them and from the store's own key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert

from storage.counters import insert_or
from storage.encryption import Vault
from storage.tables import SignOnRequestRow, SpentTokenRow, table_of
from storage.universe import Universe

LIFE = timedelta(minutes=10)
_LONGEST_AFTER = 255

_request = table_of(SignOnRequestRow)
_spent = table_of(SpentTokenRow)


@dataclass(frozen=True, kw_only=True)
class Proofs:
    """What only this browser's own way to the provider brings back."""

    nonce: str = field(repr=False)
    #: Of PKCE: 64 signs.
    verifier: str = field(repr=False)


def proofs(vault: Vault, state: str, browser: str) -> Proofs:
    """Nonce and code verifier of one way there and back."""
    way = f"{state}\n{browser}"
    return Proofs(nonce=vault.session_digest("nonce", way).hex(), verifier=vault.session_digest("verifier", way).hex())


def begin_request(conn: Connection, vault: Vault, uni: Universe, *, state: str, browser: str, after: str) -> None:
    """Expect this browser back under this state; what nobody came back for is removed."""
    now = uni.now()
    conn.execute(delete(_request).where(_request.c.expires_at <= now))
    values = {
        "id": uni.new_id(),
        "state_digest": vault.session_digest("state", state),
        "browser_digest": vault.session_digest("browser", browser),
        "after": after if len(after) <= _LONGEST_AFTER else "",
        "expires_at": now + LIFE,
    }
    conn.execute(insert(_request), values)


def spend_request(conn: Connection, vault: Vault, uni: Universe, *, state: str, browser: str) -> str | None:
    """The page that was asked for, once; ``None`` where nobody set out so, from here, and not too long ago."""
    ours = (_request.c.state_digest == vault.session_digest("state", state)) & (_request.c.expires_at > uni.now())
    ours &= _request.c.browser_digest == vault.session_digest("browser", browser)
    after: str | None = conn.execute(delete(_request).where(ours).returning(_request.c.after)).scalar()
    return after


def spend_token(conn: Connection, vault: Vault, uni: Universe, token_id: str, until: datetime) -> bool:
    """Take a token of this id; false where it was taken before."""
    conn.execute(delete(_spent).where(_spent.c.expires_at <= uni.now()))
    values = {"id": uni.new_id(), "token_digest": vault.session_digest("token id", token_id), "expires_at": until}
    once = insert_or(conn, _spent).values(values).on_conflict_do_nothing().returning(_spent.c.id)
    return conn.execute(once).scalar() is not None
