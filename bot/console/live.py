"""Live pages: a stream that says "changed", and the fingerprints that tell whether something has.

The stream carries no content: the page fetches itself again, through the door like any other
request, so a lost or late event can never show too much or too little.  The first event after a
connection carries the current fingerprint; whatever happened in between is thus noticed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection, select

from bot.console.access import NotFound, Permission, authorize_conversation, authorize_session, needs
from bot.console.context import Visit
from bot.console.queue import Slip, list_slips, load_folders
from storage.content import transcript_marks
from storage.staff import Session, StaffMember
from storage.tables.base import table_of
from storage.tables.staff import StaffRow, StaffSessionRow

#: Seconds between two looks at the store.
EVERY = 1.0
#: A comment is sent after so many quiet looks, so that proxies keep the stream open.
KEEP_ALIVE = 15

STOPPING = web.AppKey("console_stopping", asyncio.Event)


@needs(Permission.SEE_CONVERSATIONS)
async def inbox(visit: Visit) -> web.StreamResponse:
    """Changes of the lists."""
    now = visit.console.universe.now
    staff = visit.staff
    return await _stream(visit, lambda conn: inbox_fingerprint(conn, staff, now()))


@needs(Permission.SEE_CONVERSATIONS)
async def conversation(visit: Visit) -> web.StreamResponse:
    """Changes of one conversation."""
    staff, ref = visit.staff, visit.request.match_info["ref"]

    def look(conn: Connection) -> str:
        return conversation_fingerprint(conn, authorize_conversation(conn, staff, ref))

    # Refused before the stream begins: a browser then gives up instead of trying for ever.
    await visit.console.database.read(look)
    return await _stream(visit, look)


def inbox_fingerprint(conn: Connection, staff: StaffMember, now: datetime) -> str:
    """Changes with the folders, and each minute while somebody waits (the waiting time is shown)."""
    waiting = list_slips(conn, staff, "waiting")
    minute = now.strftime("%H:%M") if waiting else ""
    counts = ",".join(str(folder.count) for folder in load_folders(conn, staff))
    return _digest([counts, minute, *(f"{slip.ref}{slip.epoch}" for slip in waiting)])


def conversation_fingerprint(conn: Connection, slip: Slip) -> str:
    """Changes with every line, delivery, erasure, answer and change of owner; nothing sealed is opened for it."""
    lines = (f"{line}{state}{erased}" for line, state, erased in transcript_marks(conn, slip.conversation_id))
    return _digest([slip.owner, str(slip.epoch), str(slip.version), slip.case_status or "", *lines])


def is_alive(conn: Connection, session: Session, now: datetime) -> bool:
    """Whether the session still stands, with the same role and branch, without keeping it alive."""
    staff, kept = table_of(StaffRow), table_of(StaffSessionRow)
    query = (
        select(kept.c.id)
        .join(staff, staff.c.id == kept.c.staff_id)
        .where(kept.c.id == session.id, kept.c.idle_until > now, kept.c.absolute_until > now)
        .where(staff.c.state == "active", staff.c.role == session.staff.role)
        .where(staff.c.branch_no.is_not_distinct_from(session.staff.branch_no))
    )
    return conn.execute(query).first() is not None


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


async def _stream(visit: Visit, look: Callable[[Connection], str]) -> web.StreamResponse:
    console, stopping = visit.console, visit.request.app[STOPPING]
    session, now = authorize_session(visit.session), console.universe.now

    def both(conn: Connection) -> str | None:
        # Looking must not keep a session alive: an unattended screen is signed out in time.
        return look(conn) if is_alive(conn, session, now()) else None

    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(visit.request)
    shown, quiet = "", 0
    try:
        while not stopping.is_set():
            fingerprint = await console.database.read(both)
            if fingerprint is None:
                await response.write(b"event: signed_out\ndata: \n\n")
                break
            quiet += 1
            if fingerprint != shown:
                await response.write(f"id: {fingerprint}\nevent: changed\ndata: {fingerprint}\n\n".encode())
                shown, quiet = fingerprint, 0
            elif quiet >= KEEP_ALIVE:
                await response.write(b": still here\n\n")
                quiet = 0
            await _pause(stopping)
    except NotFound:
        # It went to another branch; the page will say so when it is fetched again.
        await response.write(b"event: changed\ndata: gone\n\n")
    except ConnectionResetError:
        # The browser has gone; there is nobody to tell.
        return response
    return response


async def _pause(stopping: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), EVERY)
    except TimeoutError:
        return
