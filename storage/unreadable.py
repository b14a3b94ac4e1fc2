"""A sealed value that does not open: damage that is recorded, or a key that will come back.

Promise: a value that was changed, moved or cut is never taken for another one, and that it was met stands in the
audit record.  A value under a key that other processes use is no damage: whoever lacks the key stands back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import structlog
from sqlalchemy import Connection, Row, update

from storage import audit
from storage.key_register import is_registered
from storage.problems import KeyMissing, KeyProblem, SealBroken
from storage.tables import OutgoingRow, table_of
from storage.universe import Universe

log = structlog.get_logger("kakunin.storage")

Unreadable = SealBroken | KeyMissing

_outgoing = table_of(OutgoingRow)


def is_damage(problem: BaseException, conn: Connection) -> TypeGuard[Unreadable]:
    """Whether the value itself is damaged: a changed header may name a key that never was."""
    if isinstance(problem, KeyMissing):
        return not is_registered(conn, problem.key_id)
    return isinstance(problem, SealBroken)


def lacks_key(problem: BaseException, conn: Connection) -> bool:
    """Whether this process was not given a key that others seal under; trying later, or elsewhere, helps."""
    return isinstance(problem, KeyMissing) and is_registered(conn, problem.key_id)


def record_unreadable(conn: Connection, uni: Universe, problem: Unreadable) -> None:
    """Note where the value lies; what is in it nobody knows."""
    audit.record(
        conn,
        uni,
        "store.value_unreadable",
        actor_kind="system",
        actor_id=None,
        subjects={"table": problem.table, "row": problem.row_id},
        detail={"problem": type(problem).__name__},
    )


def give_up_unreadable(conn: Connection, uni: Universe, rows: Sequence[Row[Any]], problem: KeyProblem) -> None:
    """Settle the message that does not open as failed, for staff to see; all of them where the account does not.

    Where only the key is missing they stay leased and are tried again later.
    """
    log.error("outgoing.does_not_open", conversation=rows[0].conversation_id, why=str(problem))
    if not is_damage(problem, conn):
        return
    record_unreadable(conn, uni, problem)
    ids = [row.id for row in rows if problem.row_id in (row.id, row.content_id)] or [row.id for row in rows]
    given_up = {"state": "failed", "detail": "unreadable", "settled_at": uni.now(), "sealed": None}
    no_lease = {"lease_owner": None, "lease_until": None}
    conn.execute(update(_outgoing).where(_outgoing.c.id.in_(ids)).values(given_up | no_lease))
