"""The floor: the statements of real turns, sent again through the bare driver with nothing in between.

What lies above it is ours: reading, deciding, sealing, and the library that writes the statements.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event

Statement = tuple[str, Any, bool]


@dataclass
class Recording:
    """The statements of each transaction, as the driver got them."""

    transactions: list[list[Statement]] = field(default_factory=list)


@contextmanager
def recorded(engine: Engine) -> Iterator[Recording]:
    """What is written through this engine meanwhile."""
    recording = Recording()

    def begun(conn: Connection) -> None:
        recording.transactions.append([])

    def sent(conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if recording.transactions and not statement.startswith("BEGIN"):
            recording.transactions[-1].append((statement, parameters, many))

    event.listen(engine, "begin", begun)
    event.listen(engine, "before_cursor_execute", sent)
    try:
        yield recording
    finally:
        event.remove(engine, "begin", begun)
        event.remove(engine, "before_cursor_execute", sent)


def replay_sqlite(path: Path, synchronous: str, recording: Recording) -> list[float]:
    """Seconds of each transaction over the standard library's driver."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA secure_delete=FAST")
    took: list[float] = []
    for statements in recording.transactions:
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for statement, parameters, many in statements:
            if many:
                connection.executemany(statement, parameters)
            else:
                connection.execute(statement, parameters or ()).fetchall()
        connection.commit()
        took.append(time.perf_counter() - began)
    connection.close()
    return took


def replay_postgres(url: str, recording: Recording) -> list[float]:
    """Seconds of each transaction over psycopg."""
    took: list[float] = []
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for statements in recording.transactions:
            began = time.perf_counter()
            for statement, parameters, many in statements:
                if many:
                    cursor.executemany(statement.encode(), parameters)
                else:
                    cursor.execute(statement.encode(), parameters or None)
                if cursor.description is not None:
                    cursor.fetchall()
            connection.commit()
            took.append(time.perf_counter() - began)
    return took
