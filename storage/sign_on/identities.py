"""Who of the provider's people is which member of staff, and the sessions that the provider let begin.

Promise: a person at the provider is one member at most and a member is one person at most (unique keys, so of two
who link at once one wins); issuer, subject and the provider's session are kept as keyed digests only.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, delete, select

from storage.counters import insert_or
from storage.encryption import Vault
from storage.staff import StaffMember, load_staff
from storage.tables import StaffIdentityRow, StaffSessionRow, table_of
from storage.universe import Universe

_identity = table_of(StaffIdentityRow)
_session = table_of(StaffSessionRow)


def link_identity(conn: Connection, vault: Vault, uni: Universe, staff_id: str, issuer: str, subject: str) -> bool:
    """Say who this member is at the provider; false, and nothing done, where either of them is linked already."""
    values = {
        "staff_id": staff_id,
        "identity_digest": _digest(vault, "identity", issuer, subject),
        "linked_at": uni.now(),
    }
    once = insert_or(conn, _identity).values(values).on_conflict_do_nothing().returning(_identity.c.staff_id)
    return conn.execute(once).scalar() is not None


def unlink_identity(conn: Connection, staff_id: str) -> bool:
    """Forget who the member is at the provider and end what the provider let begin; false where nothing is known."""
    conn.execute(delete(_session).where(_session.c.staff_id == staff_id, _session.c.elsewhere_digest.is_not(None)))
    return conn.execute(delete(_identity).where(_identity.c.staff_id == staff_id)).rowcount == 1


def find_by_identity(conn: Connection, vault: Vault, issuer: str, subject: str) -> StaffMember | None:
    """The member who is this person at the provider, whatever his state."""
    known = _identity.c.identity_digest == _digest(vault, "identity", issuer, subject)
    staff_id = conn.execute(select(_identity.c.staff_id).where(known)).scalar()
    return None if staff_id is None else load_staff(conn, staff_id)


def members_linked(conn: Connection) -> set[str]:
    """The ids of the members whose person at the provider is known."""
    return set(conn.execute(select(_identity.c.staff_id)).scalars())


def session_elsewhere(vault: Vault, issuer: str, sid: str) -> bytes:
    """Under what the provider's session stands in ours; providers that name none have one for everybody."""
    return _digest(vault, "elsewhere", issuer, sid)


def end_sessions_elsewhere(conn: Connection, *, staff_id: str | None, elsewhere: Collection[bytes]) -> list[str]:
    """End what the provider let begin, of this member and under these sessions of the provider's; whose they were."""
    theirs: ColumnElement[bool] = _session.c.elsewhere_digest.is_not(None)
    if staff_id is not None:
        theirs &= _session.c.staff_id == staff_id
    if elsewhere:
        theirs &= _session.c.elsewhere_digest.in_(elsewhere)
    if staff_id is None and not elsewhere:
        return []
    return sorted(set(conn.execute(delete(_session).where(theirs).returning(_session.c.staff_id)).scalars()))


def _digest(vault: Vault, purpose: str, issuer: str, name: str) -> bytes:
    # An issuer is an address, which has no line end.
    return vault.session_digest(purpose, f"{issuer}\n{name}")
