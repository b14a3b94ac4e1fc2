"""The panel beside a transcript: an answer entered for the customer, and the customer's identity in full.

What is shown in full is asked for with a reason, recorded before it is read, sent once as the answer to a form (nothing
of it stands in an address), and gone with the next refresh of the page.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, authorize_conversation, needs
from bot.console.context import Visit
from bot.console.desk import EntryRefused
from bot.console.pages.conversation import (
    carry_out,
    conversation_page,
    epoch_of,
    record_deed,
    record_on,
    typed_text,
)
from bot.console.queue import Slip

#: Why a member of staff may look; the record keeps the code, so that it holds nothing personal.
REASONS: Final = ("identify", "call_back", "compare", "complaint", "other")
#: The longest answer that somebody enters.
LONGEST_ENTRY = 500


@needs(Permission.ANSWER)
async def enter(visit: Visit) -> web.StreamResponse:
    """Enter an answer for the customer, who then confirms it in the chat."""
    text, epoch = typed_text(visit, "entry"), epoch_of(visit)
    question, _, number = visit.form.get("question", "").rpartition(".")
    instance = int(number) if number.isascii() and number.isdecimal() else 0
    slip = await record_deed(visit, "console.enter_answer")
    if not text or len(text) > LONGEST_ENTRY:
        return await conversation_page(visit, problem="panel.problem.entry_empty", entered=text, status=422)
    desk = visit.console.desk
    try:
        return await carry_out(
            visit,
            slip,
            lambda: desk.enter(slip.conversation_id, visit.staff, question, instance, text, epoch=epoch),
            entered=text,
        )
    except EntryRefused as refused:
        problem = f"problem.{refused.code}"
        return await conversation_page(visit, problem=problem, params=refused.params, entered=text, status=422)


@needs(Permission.SEE_IN_FULL)
async def show_full(visit: Visit) -> web.StreamResponse:
    """Who the customer is, in full; once, and with the reason in the audit record before it is read."""
    why, ref = visit.form.get("why", ""), visit.request.match_info["ref"]
    if why not in REASONS:
        return await conversation_page(visit, problem="panel.problem.no_reason", status=422)

    def record(conn: Connection) -> Slip:
        slip = authorize_conversation(conn, visit.staff, ref)
        record_on(conn, visit, "console.identity_viewed", slip, why=why)
        return slip

    slip = await visit.console.database.transact(record)
    return await conversation_page(visit, full=await visit.console.desk.full(slip.conversation_id))
