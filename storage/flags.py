"""Flags on customers: the simplified due diligence that needs no mailing, and what stops every mailing.

Promise: a flag is placed and lifted with a reason, both stay (sealed), and of one kind at most one is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from storage.direct import Direct, among
from storage.encryption import Vault
from storage.tables import CustomerFlagRow, table_of
from storage.universe import Universe

_flag = table_of(CustomerFlagRow)
_IN_FORCE = Direct(select(_flag.c.kind).where(_flag.c.customer_id == bindparam("wanted"), _flag.c.lifted_at.is_(None)))


class FlagKind(StrEnum):
    """What may be said of a customer; the code is also the reason of what follows from it."""

    #: Simplified due diligence: no periodic mailing, events still make a review due.
    SDD = "sdd"
    DECEASED = "deceased"
    GUARDIANSHIP = "guardianship"
    DISPUTE = "dispute"
    #: A person has stopped it for another reason.
    STOPPED = "stopped"


#: Nothing is opened for the customer and nothing is sent to him.
STOPS = frozenset(FlagKind) - {FlagKind.SDD}
_STOPPED = Direct(
    lambda dialect: select(_flag.c.customer_id).where(
        among(dialect, _flag.c.customer_id, "wanted"), _flag.c.kind != FlagKind.SDD.value, _flag.c.lifted_at.is_(None)
    )
)
#: Open cases end with it; a dispute only holds them.
ENDS_CASES = STOPS - {FlagKind.DISPUTE}


@dataclass(frozen=True, kw_only=True)
class Flag:
    """One flag, in force or lifted."""

    kind: FlagKind
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    lifted_by: str | None
    reason: str = field(repr=False)
    #: Why it was lifted.
    lifted_because: str = field(default="", repr=False)


def place_flag(
    conn: Connection, vault: Vault, uni: Universe, customer_id: str, kind: FlagKind, *, reason: str, by: str
) -> bool:
    """Place a flag; false where one of its kind is in force."""
    if conn.execute(select(_flag.c.id).where(_live(customer_id, kind))).first() is not None:
        return False
    flag_id = uni.new_id()
    values = {
        "id": flag_id,
        "customer_id": customer_id,
        "kind": kind.value,
        "placed_at": uni.now(),
        "placed_by": by,
        "sealed": vault.seal(_flag.name, flag_id, {"reason": reason}),
    }
    conn.execute(insert(_flag), values)
    return True


def lift_flag(
    conn: Connection, vault: Vault, uni: Universe, customer_id: str, kind: FlagKind, *, reason: str, by: str
) -> bool:
    """Lift a flag; false where none of its kind is in force."""
    row = conn.execute(select(_flag.c.id, _flag.c.sealed).where(_live(customer_id, kind)).with_for_update()).first()
    if row is None:
        return False
    both = vault.open(_flag.name, row.id, row.sealed) | {"lifted": reason}
    values = {"lifted_at": uni.now(), "lifted_by": by, "sealed": vault.seal(_flag.name, row.id, both)}
    conn.execute(update(_flag).where(_flag.c.id == row.id).values(values))
    return True


def flags_in_force(conn: Connection, customer_id: str) -> frozenset[FlagKind]:
    """What holds for a customer now."""
    return frozenset(FlagKind(row.kind) for row in _IN_FORCE.rows(conn, {"wanted": customer_id}))


def stopped_of(conn: Connection, customer_ids: Sequence[str]) -> frozenset[str]:
    """Those of these customers for whom every mailing is stopped."""
    rows = _STOPPED.rows(conn, {"wanted": list(customer_ids)}) if customer_ids else []
    return frozenset(row.customer_id for row in rows)


def flags_of(conn: Connection, vault: Vault, customer_id: str) -> Sequence[Flag]:
    """All that was ever said of a customer, oldest first, with the reasons."""
    rows = conn.execute(select(_flag).where(_flag.c.customer_id == customer_id).order_by(_flag.c.id))
    found = []
    for row in rows:
        words = vault.open(_flag.name, row.id, row.sealed)
        found.append(
            Flag(
                kind=FlagKind(row.kind),
                placed_at=row.placed_at,
                placed_by=row.placed_by,
                lifted_at=row.lifted_at,
                lifted_by=row.lifted_by,
                reason=words.get("reason", ""),
                lifted_because=words.get("lifted", ""),
            )
        )
    return found


def _live(customer_id: str, kind: FlagKind) -> ColumnElement[bool]:
    here: ColumnElement[bool] = (_flag.c.customer_id == customer_id) & (_flag.c.kind == kind.value)
    return here & _flag.c.lifted_at.is_(None)
