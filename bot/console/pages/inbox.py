"""The inbox: who waits, whom I have, whom the bot serves, who is done, and what did not arrive."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.live import inbox_fingerprint
from bot.console.queue import (
    FOLDERS,
    UNDELIVERED,
    Folder,
    Missed,
    Slip,
    list_slips,
    list_undelivered,
    load_folders,
)
from bot.console.rendering import render


@needs(Permission.SEE_CONVERSATIONS)
async def show(visit: Visit) -> web.StreamResponse:
    """A folder; without a name, the people who wait."""
    folder = visit.request.query.get("folder", "waiting")
    if folder == UNDELIVERED:
        return await _undelivered(visit)
    if folder not in FOLDERS:
        return redirect(f"{MOUNT}/")
    staff = visit.staff

    def load(conn: Connection) -> tuple[tuple[Folder, ...], list[Slip], str]:
        return (
            load_folders(conn, staff),
            list_slips(conn, staff, folder),
            inbox_fingerprint(conn, staff, visit.console.universe.now()),
        )

    folders, slips, fingerprint = await visit.console.database.read(load)
    context = {
        "area": "conversations",
        "folder": folder,
        "folders": folders,
        "slips": slips,
        "fingerprint": fingerprint,
        "problem": None,
    }
    return render(visit, "inbox.html", context)


async def _undelivered(visit: Visit) -> web.StreamResponse:
    """What did not reach a customer: somebody has to look after it."""
    staff = visit.staff

    def load(conn: Connection) -> tuple[tuple[Folder, ...], list[Missed], str]:
        return (
            load_folders(conn, staff),
            list_undelivered(conn, staff),
            inbox_fingerprint(conn, staff, visit.console.universe.now()),
        )

    folders, missed, fingerprint = await visit.console.database.read(load)
    context = {
        "area": "conversations",
        "folder": UNDELIVERED,
        "folders": folders,
        "missed": missed,
        "fingerprint": fingerprint,
    }
    return render(visit, "undelivered.html", context)
