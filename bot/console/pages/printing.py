"""A conversation on paper: A4, numbered pages, and a hash of what is printed at the foot of each.

The hash stands in the audit record too, so that a sheet can be told from one that somebody typed himself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, authorize_conversation, needs
from bot.console.context import Visit
from bot.console.pages.conversation import record_on
from bot.console.queue import Slip
from bot.console.rendering import render
from bot.console.transcript import Line, draw_lines
from storage.content import TranscriptLine, transcript
from storage.encryption import canonical_json
from storage.staff import list_staff


@needs(Permission.SEE_CONVERSATIONS)
async def show(visit: Visit) -> web.StreamResponse:
    """The sheets; the browser prints them."""
    console, staff = visit.console, visit.staff
    ref = visit.request.match_info["ref"]

    def load(conn: Connection) -> tuple[Slip, list[TranscriptLine], dict[str, str]]:
        slip = authorize_conversation(conn, staff, ref)
        entries = transcript(conn, console.database.vault, slip.conversation_id)
        return slip, entries, {member.id: member.login for member in list_staff(conn)}

    slip, entries, logins = await console.database.read(load)
    view = await console.desk.view(slip.conversation_id)
    lines = draw_lines(entries, view.hand_overs, logins, console.zone)
    digest = digest_of(lines)
    await console.database.transact(
        lambda conn: record_on(conn, visit, "console.conversation_printed", slip, sha256=digest)
    )
    context = {
        "slip": slip,
        "view": view,
        "lines": lines,
        "sha256": digest,
        "now": console.universe.now(),
    }
    return render(visit, "print.html", context)


def digest_of(lines: Sequence[Line]) -> str:
    """SHA-256 over what the sheets show of each line: the same conversation gives the same hash at any time."""
    parts = ("key", "who", "kind", "text", "buttons", "shortcuts", "delivery", "login")
    shown = [[line.at.isoformat(), *(getattr(line, part) for part in parts)] for line in lines]
    return hashlib.sha256(canonical_json(shown)).hexdigest()
