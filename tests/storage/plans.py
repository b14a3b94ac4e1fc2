"""How a database would answer: the plan of whatever a function asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event

from storage.database import Database


def plan_of(database: Database, ask: Callable[[Connection], Any]) -> str:
    """The plans of all statements that ``ask`` sends, as if each table were large."""
    sent: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        # A list would mean that the statement is sent several times.
        sent.append((statement, tuple(parameters) if isinstance(parameters, list) else parameters))

    def explain(conn: Connection) -> str:
        if database.dialect == "postgresql":
            # A small table is always read whole, and a small result sorted: only the large case counts.
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
            conn.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        event.listen(conn, "before_cursor_execute", note)
        ask(conn)
        event.remove(conn, "before_cursor_execute", note)
        how = "EXPLAIN " if database.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
        lines = [row for statement, given in sent for row in conn.exec_driver_sql(how + statement, given)]
        return "\n".join(str(line[-1]) for line in lines)

    return database.run(explain)
