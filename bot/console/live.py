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
from sqlalchemy import Connection

from bot.console.access import NotFound, Permission, authorize_conversation, authorize_session, needs
from bot.console.context import Visit
from bot.console.queue import FOLDERS, Folder, Slip, list_slips, load_folders
from storage import visits
from storage.branches import Branches
from storage.content import transcript_marks
from storage.conversations import find_conversation_ref
from storage.export_requests import request_marks
from storage.outlets.faring import list_outlets
from storage.snoozes import snoozed_until
from storage.staff import StaffMember, is_alive

#: Seconds between two looks at a conversation, so that a word of the customer is there within a second; at the lists,
#: which cost more, half as often.
EVERY = 0.5
#: A comment is sent after so many quiet looks, so that proxies keep the stream open.
KEEP_ALIVE = 15

STOPPING = web.AppKey("console_stopping", asyncio.Event)


@needs(Permission.SEE_CONVERSATIONS)
async def inbox(visit: Visit) -> web.StreamResponse:
    """Changes of the lists."""
    now = visit.console.universe.now
    staff, folder = visit.staff, visit.request.query.get("folder", "waiting")
    return await _stream(visit, lambda conn: inbox_fingerprint(conn, staff, now(), folder), every=EVERY * 2)


@needs(Permission.SEE_CONVERSATIONS)
async def conversation(visit: Visit) -> web.StreamResponse:
    """Changes of one conversation."""
    staff, ref = visit.staff, visit.request.match_info["ref"]

    uni, database = visit.console.universe, visit.console.database

    def look(conn: Connection) -> str:
        return conversation_fingerprint(conn, staff, authorize_conversation(conn, staff, ref), uni.now())

    def here(conn: Connection) -> None:
        visits.note_here(conn, uni, authorize_conversation(conn, staff, ref).conversation_id, staff.id)

    def left(conn: Connection) -> None:
        conversation_id = find_conversation_ref(conn, ref)
        if conversation_id is not None:
            visits.note_left(conn, conversation_id, staff.id)

    # Refused before the stream begins: a browser then gives up instead of trying for ever.
    await database.read(look)
    try:
        return await _stream(visit, look, here, every=EVERY)
    finally:
        await database.transact(left)


@needs(Permission.SEE_EXPORTS)
async def exports(visit: Visit) -> web.StreamResponse:
    """Changes of what was asked for."""
    branches = visit.staff.branches
    return await _stream(visit, lambda conn: exports_fingerprint(conn, branches), every=EVERY)


def exports_fingerprint(conn: Connection, branches: Branches) -> str:
    """Changes with every step of every request, and with how the outlets fare."""
    return _digest([*request_marks(conn, branches), *map(repr, list_outlets(conn))])


#: Folders whose every line is watched; of the long ones only how many they hold.
_WATCHED = ("waiting", "mine", "snoozed", "staff")


def inbox_fingerprint(conn: Connection, staff: StaffMember, now: datetime, folder: str = "waiting") -> str:
    """Changes with the folders, with what the shown one lists, and each minute while somebody waits."""
    slips = list_slips(conn, staff, folder, now) if folder in FOLDERS and folder in _WATCHED else []
    return fingerprint_of(load_folders(conn, staff, now), slips, now)


def fingerprint_of(folders: Sequence[Folder], slips: Sequence[Slip], now: datetime) -> str:
    """``inbox_fingerprint`` of what was loaded already."""
    counts = {folder.name: folder.count for folder in folders}
    minute = now.strftime("%H:%M") if counts["waiting"] else ""
    lines = (f"{slip.ref}{slip.epoch}{slip.unread}" for slip in slips if slip.owner in ("waiting", "staff"))
    return _digest([str(list(counts.values())), minute, *lines])


def conversation_fingerprint(conn: Connection, staff: StaffMember, slip: Slip, now: datetime) -> str:
    """Changes with every line, delivery, erasure, answer and change of owner, and with who else is there.

    Nothing sealed is opened for it.
    """
    lines = (f"{line}{state}{erased}" for line, state, erased in transcript_marks(conn, slip.conversation_id))
    others = visits.who_is_there(conn, slip.conversation_id, now)
    there = (f"{other.login}{other.typing}" for other in others if other.staff_id != staff.id)
    asleep = str(snoozed_until(conn, slip.conversation_id, now))
    parts = [slip.owner, str(slip.epoch), str(slip.version), slip.case_status or "", asleep]
    return _digest([*parts, *there, *lines])


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


async def _stream(
    visit: Visit, look: Callable[[Connection], str], beat: Callable[[Connection], None] | None = None, *, every: float
) -> web.StreamResponse:
    console, stopping = visit.console, visit.request.app[STOPPING]
    session, now = authorize_session(visit.session), console.universe.now

    def both(conn: Connection) -> str | None:
        # Looking must not keep a session alive: an unattended screen is signed out in time.
        return look(conn) if is_alive(conn, session, now()) else None

    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(visit.request)
    shown, quiet, due = "", 0, now()
    try:
        while not stopping.is_set():
            if beat is not None and now() >= due:
                await console.database.transact(beat)
                due = now() + visits.BEAT
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
            await _pause(stopping, every)
    except NotFound:
        # It went to another branch; the page will say so when it is fetched again.
        await response.write(b"event: changed\ndata: gone\n\n")
    except ConnectionResetError:
        # The browser has gone; there is nobody to tell.
        return response
    return response


async def _pause(stopping: asyncio.Event, every: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), every)
    except TimeoutError:
        return
