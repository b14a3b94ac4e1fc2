"""The exports: what was taken out, and taking out the completed responses now."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Forbidden, Permission, needs
from bot.console.context import Visit
from bot.console.downloads import send_once
from bot.console.rendering import render
from storage import audit
from storage.export_batches import ExportBatch, list_export_batches
from storage.staff import list_staff


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
    return await send_once(visit, await export(visit.staff), "responses")


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
