"""A test's clock stands still, and a platform's budget only fills as time passes."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from storage.database import Database
from storage.tables import OutgoingRow, table_of
from storage.universe import FrozenUniverse


def wait_for_pace(database: Database, universe: FrozenUniverse) -> bool:
    """Let the time pass for which nothing but the platform's pace holds a message back; false where nothing is held."""
    open_now = table_of(OutgoingRow)
    earlier = open_now.alias()
    behind = select(earlier.c.id).where(
        earlier.c.conversation_id == open_now.c.conversation_id,
        earlier.c.seq < open_now.c.seq,
        earlier.c.state.in_(("pending", "leased")),
    )
    held = (open_now.c.detail == "paced") | (open_now.c.due_at <= universe.now())
    query = select(open_now.c.due_at).where(open_now.c.state == "pending", held, ~behind.exists())
    due = database.run_read(lambda conn: list(conn.execute(query).scalars()))
    if due:
        universe.advance(max(min(due) - universe.now(), timedelta(milliseconds=100)))
    return bool(due)
