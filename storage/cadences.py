"""The bank's cadence of reviews as it was decided, each decision with its reason; none is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from storage.encryption import Vault
from storage.tables import ReviewCadenceRow, table_of
from storage.universe import Universe

_cadence = table_of(ReviewCadenceRow)


@dataclass(frozen=True, kw_only=True)
class CadenceDecision:
    """Months between two reviews by rating, and before the end of a residence permit, from a moment on."""

    high: int
    medium: int
    low: int
    before_expiry: int
    decided_at: datetime
    decided_by: str
    reason: str = field(default="", repr=False)


def current_cadence(conn: Connection) -> CadenceDecision | None:
    """What counts now; ``None`` where the bank has decided nothing and the defaults count."""
    row = conn.execute(select(_cadence).order_by(_cadence.c.id.desc()).limit(1)).first()
    return None if row is None else _decision_of(row, "")


def cadence_decisions(conn: Connection, vault: Vault) -> Sequence[CadenceDecision]:
    """All that was decided, oldest first, with the reasons."""
    rows = conn.execute(select(_cadence).order_by(_cadence.c.id))
    return [_decision_of(row, vault.open(_cadence.name, row.id, row.sealed)["reason"]) for row in rows]


def decide_cadence(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    *,
    high: int,
    medium: int,
    low: int,
    before_expiry: int,
    reason: str,
    by: str,
) -> None:
    """Note what counts from now on."""
    row_id = uni.new_id()
    values = {
        "id": row_id,
        "high": high,
        "medium": medium,
        "low": low,
        "before_expiry": before_expiry,
        "decided_at": uni.now(),
        "decided_by": by,
        "sealed": vault.seal(_cadence.name, row_id, {"reason": reason}),
    }
    conn.execute(insert(_cadence), values)


def _decision_of(row: Any, reason: str) -> CadenceDecision:
    return CadenceDecision(
        high=row.high,
        medium=row.medium,
        low=row.low,
        before_expiry=row.before_expiry,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=reason,
    )
