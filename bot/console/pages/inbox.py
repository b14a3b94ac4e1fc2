"""The inbox: who waits, whom I have, what is put off, to be checked or done, what did not arrive; and the search."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.live import fingerprint_of
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
from bot.console.search import LONGEST, Found, record_search, search


@needs(Permission.SEE_CONVERSATIONS)
async def show(visit: Visit) -> web.StreamResponse:
    """A folder; without a name, the people who wait."""
    folder = visit.request.query.get("folder", "waiting")
    if folder == UNDELIVERED:
        return await _undelivered(visit)
    if folder not in FOLDERS:
        return redirect(f"{MOUNT}/")
    staff, now = visit.staff, visit.console.universe.now()

    def load(conn: Connection) -> tuple[tuple[Folder, ...], list[Slip]]:
        return load_folders(conn, staff, now), list_slips(conn, staff, folder, now)

    folders, slips = await visit.console.database.read(load)
    context = _frame(visit, folder, folders, slips) | {
        "passed_on": visit.request.query.get("passed_on") == "1",
    }
    return render(visit, "inbox.html", context)


async def _undelivered(visit: Visit) -> web.StreamResponse:
    """What did not reach a customer: somebody has to look after it."""
    staff, now = visit.staff, visit.console.universe.now()

    def load(conn: Connection) -> tuple[tuple[Folder, ...], list[Missed]]:
        return load_folders(conn, staff, now), list_undelivered(conn, staff)

    folders, missed = await visit.console.database.read(load)
    return render(visit, "undelivered.html", _frame(visit, UNDELIVERED, folders, []) | {"missed": missed})


@needs(Permission.SEE_CONVERSATIONS)
async def show_search(visit: Visit) -> web.StreamResponse:
    """The empty form: an address never says what was looked for."""
    return redirect(f"{MOUNT}/")


@needs(Permission.SEE_CONVERSATIONS)
async def find(visit: Visit) -> web.StreamResponse:
    """What was found, on the page that answers the form itself."""
    console, staff, now = visit.console, visit.staff, visit.console.universe.now()
    typed = visit.form.get("q", "").strip()

    def load(conn: Connection) -> tuple[tuple[Folder, ...], Found]:
        return load_folders(conn, staff, now), search(conn, console.database.vault, staff, typed, now)

    folders, found = await console.database.read(load)
    await console.database.transact(lambda conn: record_search(conn, console.universe, staff, found.by, found.slips))
    frame = _frame(visit, "", folders, list(found.slips))
    return render(visit, "search.html", frame | {"q": typed[:LONGEST], "by": found.by})


def _frame(visit: Visit, folder: str, folders: tuple[Folder, ...], slips: list[Slip]) -> dict[str, Any]:
    now = visit.console.universe.now()
    alert = timedelta(minutes=visit.console.settings.waiting_alert_minutes)
    return {
        "area": "conversations",
        "folder": folder,
        "folders": folders,
        "slips": slips,
        "fingerprint": fingerprint_of(folders, slips, now),
        "late_before": now - alert,
    }
