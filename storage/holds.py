"""Legal holds: while one lasts, nothing of the customer is erased, whatever the calendar or a request says."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from storage.encryption import Vault
from storage.tables import CustomerHoldRow, table_of
from storage.universe import Universe

_hold = table_of(CustomerHoldRow)


def is_held(conn: Connection, customer_id: str) -> bool:
    """Whether a hold is in force."""
    live = (_hold.c.customer_id == customer_id) & _hold.c.released_at.is_(None)
    return conn.execute(select(_hold.c.id).where(live)).first() is not None


def place_hold(conn: Connection, vault: Vault, uni: Universe, customer_id: str, *, reason: str, by: str) -> bool:
    """Put a hold on a customer; false where one is in force. The reason is a person's words, so it is sealed."""
    if is_held(conn, customer_id):
        return False
    hold_id = uni.new_id()
    values = {
        "id": hold_id,
        "customer_id": customer_id,
        "placed_at": uni.now(),
        "placed_by": by,
        "sealed": vault.seal(_hold.name, hold_id, {"reason": reason}),
    }
    conn.execute(insert(_hold), values)
    return True


def release_hold(conn: Connection, vault: Vault, uni: Universe, customer_id: str, *, reason: str, by: str) -> bool:
    """End the hold; false where none is in force."""
    live = (_hold.c.customer_id == customer_id) & _hold.c.released_at.is_(None)
    row = conn.execute(select(_hold.c.id, _hold.c.sealed).where(live).with_for_update()).first()
    if row is None:
        return False
    both = vault.open(_hold.name, row.id, row.sealed) | {"released": reason}
    values = {"released_at": uni.now(), "released_by": by, "sealed": vault.seal(_hold.name, row.id, both)}
    conn.execute(update(_hold).where(_hold.c.id == row.id).values(values))
    return True
