"""The exports: what was taken out, and taking out the completed responses now."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import BinaryIO

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Forbidden, Permission, needs
from bot.console.context import Visit
from bot.console.rendering import render
from storage import audit
from storage.export_batches import ExportBatch, list_export_batches
from storage.staff import list_staff

_CHUNK = 256 * 1024
_TYPES = {".zip": "application/zip", ".csv": "text/csv", ".xlsx": "application/octet-stream"}


@needs(Permission.SEE_EXPORTS)
async def show(visit: Visit) -> web.StreamResponse:
    """The batches, newest first."""

    def load(conn: Connection) -> tuple[list[ExportBatch], dict[str, str]]:
        return list_export_batches(conn, limit=100), {member.id: member.login for member in list_staff(conn)}

    batches, logins = await visit.console.database.read(load)
    context = {
        "area": "exports",
        "batches": batches,
        "logins": logins,
        "can_export": visit.console.export_responses is not None,
        "problem": None,
    }
    return render(visit, "exports.html", context)


@needs(Permission.EXPORT)
async def export_responses(visit: Visit) -> web.StreamResponse:
    """Write an export, send it once, and keep no copy."""
    export = visit.console.export_responses
    if export is None:
        raise Forbidden
    await visit.console.database.transact(lambda conn: _record(conn, visit))
    path = await export(visit.staff)
    # Closed here and not in a thread: a handler that is cancelled at the end would not wait for it.
    with await asyncio.to_thread(_take, path) as stream:
        return await _send(visit, path, stream)


def _take(path: Path) -> BinaryIO:
    """Open the file and remove its name: whatever happens to the download, no copy stays behind."""
    stream = path.open("rb")
    path.unlink()
    return stream


async def _send(visit: Visit, path: Path, stream: BinaryIO) -> web.StreamResponse:
    console = visit.console
    made = console.universe.now().astimezone(console.zone)
    response = web.StreamResponse(
        headers={
            "Content-Type": _TYPES.get(path.suffix, "application/octet-stream"),
            "Content-Disposition": f'attachment; filename="responses-{made:%Y%m%d-%H%M}{path.suffix}"',
            "Content-Length": str(os.fstat(stream.fileno()).st_size),
        }
    )
    await response.prepare(visit.request)
    while chunk := await asyncio.to_thread(stream.read, _CHUNK):
        await response.write(chunk)
    await response.write_eof()
    return response


def _record(conn: Connection, visit: Visit) -> None:
    audit.record(
        conn,
        visit.console.universe,
        "console.exported",
        actor_kind="staff",
        actor_id=visit.staff.id,
        subjects={},
        detail={"kind": "responses"},
    )
