"""Bringing every sealed value under the key that stands first, while the service runs.

Promise: whatever is sealed anywhere is looked at (the columns are taken from the schema), a value that somebody
wrote meanwhile is never overwritten, and a pass that was interrupted goes on where it stood.  One step looks at a
page of rows and writes at most ``AT_ONCE`` of them in one short transaction under the lease of the job.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, Table, bindparam, case, func, select, tuple_, update

from storage.database import Database
from storage.encryption import Keyring
from storage.key_register import names_key
from storage.leases import Lease, fence
from storage.problems import KeyProblem
from storage.tables import EncryptionKeyRow, row_id, sealed_columns, table_of
from storage.universe import Universe

log = structlog.get_logger("kakunin.storage")

LEASE = "keys.rotate"
#: Values that one transaction brings under the new key: a few milliseconds on both databases.
AT_ONCE = 100
#: The same, where a value is large.
_BYTES = 2 * 1024 * 1024
#: Rows that one step looks at.
_PAGE = 2000
#: Another process may still seal under an older key for a while, so a settled store is looked through again.
_AGAIN = timedelta(days=1)

_key = table_of(EncryptionKeyRow)


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """One key and what still needs it."""

    key_id: str
    since: datetime
    #: When a whole pass last found nothing under another key.
    settled_at: datetime | None
    #: Sealed values under this key, by table; tables without any are left out.
    values: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one step did."""

    table: str
    resealed: int
    #: Values that do not open; they stay as they are.
    broken: int
    #: The pass came to its end.
    ended: bool
    #: ... and found nothing (left) under another key.
    settled: bool


def is_due(conn: Connection, uni: Universe, keyring: Keyring, *, looked: bool = True) -> bool:
    """Whether this process should rotate by itself; ``looked`` is whether it has looked through all since its start.

    It should not where its first key is not the latest that came first somewhere: during a change of keys,
    processes with the old order and processes with the new one would undo each other's work.
    """
    rows = conn.execute(select(_key).order_by(_key.c.since.desc(), _key.c.key_id)).all()
    if len(rows) < 2 or rows[0].key_id != keyring.current:
        return False
    settled_at: datetime | None = rows[0].settled_at
    return not looked or settled_at is None or settled_at < rows[1].since or uni.now() - settled_at > _AGAIN


def lead_to(conn: Connection, uni: Universe, keyring: Keyring) -> None:
    """Make the first key of this process the one that all rows are brought under, though another came later."""
    latest = conn.execute(select(_key.c.key_id).order_by(_key.c.since.desc(), _key.c.key_id).limit(1)).scalar()
    if latest != keyring.current:
        values = {"since": uni.now(), "settled_at": None}
        conn.execute(update(_key).where(_key.c.key_id == keyring.current).values(values))


def rotate_step(database: Database, lease: Lease) -> Step:
    """Look at one page of one table; raises ``LeaseLost`` where another process took the job over."""
    keyring = database.vault.keyring
    stand = database.run_read(lambda conn: conn.execute(select(_key).where(_key.c.key_id == keyring.current)).one())
    tables = list(sealed_columns())
    names = [table.name for table in tables]
    # A table of a later version sorts in anywhere: one that is gone is passed over.
    place = next((at for at, name in enumerate(names) if name >= (stand.pass_table or "")), 0)
    table = tables[place]
    after = json.loads(stand.pass_after) if stand.pass_after and stand.pass_table == table.name else None
    page = database.run_read(lambda conn: _page(conn, keyring, table, after))
    renewed, broken = _reseal(keyring, table, page.old)
    found = stand.pass_found + len(renewed)
    values: dict[str, Any] = {"pass_table": table.name, "pass_after": page.after, "pass_found": found}
    if page.after is None and place + 1 < len(tables):
        values["pass_table"] = names[place + 1]
    elif page.after is None:
        values |= {"pass_table": None, "pass_found": 0}
        if not found:
            values["settled_at"] = database.universe.now()

    def write(conn: Connection) -> int:
        fence(conn, lease)
        conn.execute(update(_key).where(_key.c.key_id == keyring.current).values(values))
        return conn.execute(_swap(table), renewed).rowcount if renewed else 0

    written = database.run(write)
    return Step(
        table=table.name,
        resealed=written,
        broken=broken,
        ended=values["pass_table"] is None,
        settled="settled_at" in values,
    )


@dataclass(frozen=True, kw_only=True)
class _Page:
    #: Rows under another key, with their value.
    old: Sequence[Row[Any]]
    #: The primary key of the last row looked at, as JSON; ``None`` at the end of the table.
    after: str | None


def _page(conn: Connection, keyring: Keyring, table: Table, after: Sequence[Any] | None) -> _Page:
    """The next rows; of those under another key as many as one short transaction writes."""
    sealed, keys = sealed_columns()[table], table.primary_key.columns.values()
    # Only the size is read at first: a page of pictures would not fit into memory.
    size = case((sealed.is_not(None) & ~names_key(sealed, keyring.current), func.length(sealed))).label("size")
    query = select(*keys, size).order_by(*keys).limit(_PAGE)
    if after is not None:
        query = query.where(keys[0] > after[0] if len(keys) == 1 else tuple_(*keys) > tuple_(*after))
    rows = conn.execute(query).all()
    chosen: list[tuple[Any, ...]] = []
    last, room = None, _BYTES
    for row in rows:
        if row.size is not None:
            room -= row.size
            if chosen and (room < 0 or len(chosen) == AT_ONCE):
                break
            chosen.append(tuple(row[: len(keys)]))
        last = row
    at_end = len(rows) < _PAGE and (not rows or last is rows[-1])
    old: Sequence[Any] = []
    if chosen:
        old = conn.execute(select(*keys, sealed.label("blob")).where(tuple_(*keys).in_(chosen))).all()
    return _Page(old=old, after=None if at_end or last is None else json.dumps(list(last[: len(keys)])))


def _reseal(keyring: Keyring, table: Table, old: Sequence[Row[Any]]) -> tuple[list[dict[str, Any]], int]:
    renewed: list[dict[str, Any]] = []
    for row in old:
        try:
            blob = keyring.reseal(table.name, row_id(table, row), row.blob)
        except KeyProblem as problem:
            log.error("keys.does_not_open", table=table.name, row=row_id(table, row), why=type(problem).__name__)
            continue
        place = {f"key_{column.name}": getattr(row, column.name) for column in table.primary_key.columns}
        renewed.append({**place, "value_read": bytes(row.blob), "value_written": blob})
    return renewed, len(old) - len(renewed)


def _swap(table: Table) -> Any:
    """Put the renewed value in place of exactly the one that was read: a later one of somebody else stays."""
    sealed = sealed_columns()[table]
    here = [column == bindparam(f"key_{column.name}") for column in table.primary_key.columns]
    return (
        update(table).where(*here, sealed == bindparam("value_read")).values({sealed.name: bindparam("value_written")})
    )


def count_keys(conn: Connection) -> list[KeyUse]:
    """The keys that came first somewhere, latest first, with what is sealed under each: reads all sealed values."""
    keys = conn.execute(select(_key).order_by(_key.c.since.desc(), _key.c.key_id)).all()
    use: dict[str, dict[str, int]] = {row.key_id: {} for row in keys}
    for table, sealed in sealed_columns().items():
        counted = [func.count(case((names_key(sealed, row.key_id), 1))) for row in keys]
        for row, count in zip(keys, conn.execute(select(*counted).select_from(table)).one(), strict=True):
            if count:
                use[row.key_id][table.name] = count
    return [
        KeyUse(key_id=row.key_id, since=row.since, settled_at=row.settled_at, values=use[row.key_id]) for row in keys
    ]


def count_sealed(conn: Connection) -> int:
    """How many sealed values there are."""
    return sum(
        int(conn.execute(select(func.count(sealed)).select_from(table)).scalar_one())
        for table, sealed in sealed_columns().items()
    )
