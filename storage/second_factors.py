"""Second factors of staff: the secret of an authenticator app, sealed, and how far its codes are spent.

Promise: a code is taken once, whichever process it reaches (one conditional update), and an app counts from the
first code that its owner has shown; until then it can be set up anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from storage.encryption import Vault
from storage.tables import StaffFactorRow, table_of
from storage.universe import Universe

_factor = table_of(StaffFactorRow)


@dataclass(frozen=True, kw_only=True)
class Factor:
    """An authenticator app of a member."""

    secret: bytes = field(repr=False)
    confirmed: bool


def begin_factor(conn: Connection, vault: Vault, uni: Universe, staff_id: str, secret: bytes) -> bool:
    """Set an app up under a new secret; false, and nothing done, where one counts already."""
    conn.execute(delete(_factor).where(_factor.c.staff_id == staff_id, _factor.c.confirmed_at.is_(None)))
    if load_factor(conn, vault, staff_id) is not None:
        return False
    sealed = vault.seal(_factor.name, staff_id, {"secret": secret.hex()})
    values = {"staff_id": staff_id, "created_at": uni.now(), "confirmed_at": None, "last_step": 0, "sealed": sealed}
    conn.execute(insert(_factor), values)
    return True


def load_factor(conn: Connection, vault: Vault, staff_id: str) -> Factor | None:
    """The member's app, confirmed or still being set up."""
    row = conn.execute(select(_factor).where(_factor.c.staff_id == staff_id)).first()
    if row is None:
        return None
    opened = vault.open(_factor.name, staff_id, row.sealed)
    return Factor(secret=bytes.fromhex(opened["secret"]), confirmed=row.confirmed_at is not None)


def members_with_factor(conn: Connection) -> set[str]:
    """The ids of the members whose app counts."""
    return set(conn.execute(select(_factor.c.staff_id).where(_factor.c.confirmed_at.is_not(None))).scalars())


def confirm_factor(conn: Connection, uni: Universe, staff_id: str, step: int) -> bool:
    """From here on the app counts, and its first code is spent; false where it counted already."""
    waiting = (_factor.c.staff_id == staff_id) & _factor.c.confirmed_at.is_(None)
    values = {"confirmed_at": uni.now(), "last_step": step}
    return conn.execute(update(_factor).where(waiting).values(values)).rowcount == 1


def spend_step(conn: Connection, staff_id: str, step: int) -> bool:
    """Take the code of this half minute; false where it, or a later one, was taken before."""
    unspent = (_factor.c.staff_id == staff_id) & _factor.c.confirmed_at.is_not(None) & (_factor.c.last_step < step)
    return conn.execute(update(_factor).where(unspent).values(last_step=step)).rowcount == 1


def remove_factor(conn: Connection, staff_id: str) -> bool:
    """Forget the app; false where there is none."""
    return conn.execute(delete(_factor).where(_factor.c.staff_id == staff_id)).rowcount == 1
