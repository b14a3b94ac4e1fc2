"""Numbers without gaps: master versions, completed submissions, export batches.

The number is taken under the row's lock, which is held until commit, so a higher number is never
visible before a lower one and "everything after number N" misses nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from storage.direct import Direct
from storage.tables import CounterRow, table_of

_counter = table_of(CounterRow)


def insert_or(conn: Connection, table: Table) -> Any:
    """An INSERT of the connection's dialect, which can say ``on_conflict_do_nothing`` or ``_do_update``."""
    return insert_of(conn.dialect.name, table)


def insert_of(dialect: str, table: Table) -> Any:
    """``insert_or`` for statements that are written before there is a connection."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _next_statement(dialect: str) -> Any:
    return (
        insert_of(dialect, _counter)
        .on_conflict_do_update(index_elements=[_counter.c.name], set_={"value": _counter.c.value + 1})
        .returning(_counter.c.value)
    )


_NEXT = Direct(_next_statement)


def next_value(conn: Connection, name: str) -> int:
    """The next number of the sequence ``name``, beginning with 1."""
    value: int = _NEXT.first(conn, {"name": name, "value": 1}).value
    return value
