"""Rows that a transaction holds locked, so that it reads them once.

Promise: what is given back is what reading again would give, or what this transaction is about to write.  Only a
row under this transaction's own lock is kept, every write of the store's own functions puts the changed row in
its place or lets go of it, and a savepoint that is rolled back lets go of all.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

_KEY = "kakunin.held"


def held(conn: Connection) -> dict[tuple[str, str], Any]:
    """What this transaction holds: table and row id -> the row as its module makes it."""
    rows: dict[tuple[str, str], Any] = conn.info.setdefault(_KEY, {})
    return rows


# On the class, so that no engine can be made without: the dictionary stays with the driver's connection.
@event.listens_for(Engine, "begin")
def _begun(conn: Connection) -> None:
    conn.info.pop(_KEY, None)


@event.listens_for(Engine, "rollback_savepoint")
def _rolled_back(conn: Connection, name: str, context: None) -> None:
    conn.info.pop(_KEY, None)
