"""Who of the staff has seen a conversation, who is there now, and who is typing.

Promise: several processes agree, because all of it lies in rows; and nobody stays "there" who is gone, because each
row says until when it counts and is renewed by whoever looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from storage.counters import insert_or
from storage.tables import ConversationVisitRow, StaffRow, table_of
from storage.universe import Universe

_visit = table_of(ConversationVisitRow)
_staff = table_of(StaffRow)

#: An open page says that it is there so often, and counts so much longer, so that one late beat is no leaving.
BEAT = timedelta(seconds=10)
HERE_FOR = timedelta(seconds=25)
#: After the last key.
TYPING_FOR = timedelta(seconds=8)


@dataclass(frozen=True, kw_only=True)
class Present:
    """A member of staff who has the conversation open."""

    staff_id: str
    login: str
    typing: bool


def note_seen(conn: Connection, uni: Universe, conversation_id: str, staff_id: str) -> None:
    """The member has now seen all that is there."""
    _keep(conn, conversation_id, staff_id, seen_at=uni.now())


def note_here(conn: Connection, uni: Universe, conversation_id: str, staff_id: str) -> None:
    """The member has the conversation open."""
    _keep(conn, conversation_id, staff_id, here_until=uni.now() + HERE_FOR)


def note_typing(conn: Connection, uni: Universe, conversation_id: str, staff_id: str) -> None:
    """The member has just typed something."""
    now = uni.now()
    _keep(conn, conversation_id, staff_id, here_until=now + HERE_FOR, typing_until=now + TYPING_FOR)


def note_left(conn: Connection, conversation_id: str, staff_id: str) -> None:
    """The member has closed the page."""
    mine = (_visit.c.conversation_id == conversation_id) & (_visit.c.staff_id == staff_id)
    conn.execute(update(_visit).where(mine).values(here_until=None, typing_until=None))


def who_is_there(conn: Connection, conversation_id: str, now: datetime) -> list[Present]:
    """Everybody who has the conversation open, by login."""
    query = (
        select(_visit.c.staff_id, _staff.c.login, _visit.c.typing_until)
        .join(_staff, _staff.c.id == _visit.c.staff_id)
        .where(_visit.c.conversation_id == conversation_id, _visit.c.here_until > now)
        .order_by(_staff.c.login)
    )
    return [
        Present(staff_id=row.staff_id, login=row.login, typing=row.typing_until is not None and row.typing_until > now)
        for row in conn.execute(query)
    ]


def _keep(conn: Connection, conversation_id: str, staff_id: str, **values: Any) -> None:
    row = {"staff_id": staff_id, "conversation_id": conversation_id, **values}
    statement = insert_or(conn, _visit).values(row)
    keys = [_visit.c.staff_id, _visit.c.conversation_id]
    conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))
