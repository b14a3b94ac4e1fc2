"""A picture that a customer sent, as the transcript shows it: each look is recorded before it happens."""

from __future__ import annotations

import structlog
from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import NotFound, Permission, authorize_image, needs
from bot.console.context import Visit
from storage import audit
from storage.images import load_image
from storage.problems import KeyProblem

log = structlog.get_logger("kakunin.console")


@needs(Permission.SEE_CONVERSATIONS)
async def show(visit: Visit) -> web.StreamResponse:
    """The picture itself; always a JPEG that we drew."""
    database, staff = visit.console.database, visit.staff
    ref, image_id = visit.request.match_info["ref"], visit.request.match_info["image"]

    def admit(conn: Connection) -> None:
        slip = authorize_image(conn, staff, ref, image_id)
        subjects = {"conversation": slip.conversation_id, "content": image_id}
        if slip.case_id is not None:
            subjects["case"] = slip.case_id
        audit.record(
            conn,
            visit.console.universe,
            "console.image_viewed",
            actor_kind="staff",
            actor_id=staff.id,
            subjects=subjects,
        )

    await database.transact(admit)
    try:
        picture = await database.read(lambda conn: load_image(conn, database.vault, image_id))
    except KeyProblem as problem:
        # The store has recorded that it met a damaged value.
        log.error("console.image_does_not_open", image=image_id, why=str(problem))
        picture = None
    if picture is None:
        raise NotFound  # or it was erased a moment ago
    # A name of ours, so that a saved copy says nothing about the customer.
    headers = {"Content-Disposition": 'inline; filename="image.jpg"'}
    return web.Response(body=picture, content_type="image/jpeg", headers=headers)
