"""Placing and lifting the flags of a customer, and what that means for his open cases.

Promise: death and guardianship end the open cases at once (91), a dispute only holds them, and simplified due
diligence takes back a periodic case that nobody has sent; each with its reason, audited.
"""

from __future__ import annotations

from sqlalchemy import Connection

from storage import audit
from storage.cases import CaseStatus, cases_of_customer, move_case
from storage.encryption import Vault
from storage.flags import ENDS_CASES, FlagKind, lift_flag, place_flag
from storage.universe import Universe


def flag(
    conn: Connection, vault: Vault, uni: Universe, customer_id: str, kind: FlagKind, *, reason: str, actor: str
) -> int | None:
    """Place a flag; returns how many open cases ended with it, or ``None`` where it is in force already."""
    who = f"os_user:{actor}"
    if not place_flag(conn, vault, uni, customer_id, kind, reason=reason, by=who):
        return None
    ended = 0
    for case in cases_of_customer(conn, customer_id, open_only=True):
        to = _end_of(kind, case.cause, case.status)
        if to is None:
            continue
        move_case(conn, uni, case.id, to, actor=who, reason=kind.value, source="flag", note=reason, vault=vault)
        ended += 1
    _record(conn, uni, "customer.flagged", customer_id, kind, actor)
    return ended


def unflag(
    conn: Connection, vault: Vault, uni: Universe, customer_id: str, kind: FlagKind, *, reason: str, actor: str
) -> bool:
    """Lift a flag; false where none is in force. The next review comes by the cadence, no case is reopened."""
    if not lift_flag(conn, vault, uni, customer_id, kind, reason=reason, by=f"os_user:{actor}"):
        return False
    _record(conn, uni, "customer.unflagged", customer_id, kind, actor)
    return True


def _end_of(kind: FlagKind, cause: str, status: CaseStatus) -> CaseStatus | None:
    if kind in ENDS_CASES:
        return CaseStatus.STOPPED
    if kind is FlagKind.SDD and cause == "periodic" and status is CaseStatus.SELECTED:
        return CaseStatus.EXEMPT
    return None


def _record(conn: Connection, uni: Universe, action: str, customer_id: str, kind: FlagKind, actor: str) -> None:
    subjects = {"customer": customer_id}
    detail = {"kind": kind.value}
    audit.record(conn, uni, action, actor_kind="os_user", actor_id=actor, subjects=subjects, detail=detail)
