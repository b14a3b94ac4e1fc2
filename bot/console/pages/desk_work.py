"""What staff do with a conversation beside answering: pass it on, put it off, note something, let a tap count."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import NotFound, Permission, authorize_colleague, authorize_conversation, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.pages.conversation import (
    back_to,
    canned_replies,
    carry_out,
    conversation_page,
    epoch_of,
    record_deed,
    typed_text,
)
from bot.console.queue import SUPERVISORS
from storage import visits

#: When somebody who put a conversation off until the next day finds it again.
_MORNING = time(9, 0)


@needs(Permission.ANSWER)
async def transfer(visit: Visit) -> web.StreamResponse:
    """The owner passes it on: from then on he neither writes in it nor sees it."""
    return await _pass_on(visit, "transfer")


@needs(Permission.ASSIGN)
async def assign(visit: Visit) -> web.StreamResponse:
    """A supervisor gives it to somebody, whoever has it."""
    return await _pass_on(visit, "assign")


async def _pass_on(visit: Visit, deed: str) -> web.StreamResponse:
    reason, to, epoch = typed_text(visit, "reason"), visit.form.get("to", ""), epoch_of(visit)
    slip = await record_deed(visit, f"console.{deed}")
    if not reason:
        return await conversation_page(visit, problem="console.problem.no_reason", status=422)
    try:
        colleague = await visit.console.database.read(lambda conn: authorize_colleague(conn, slip, to))
    except NotFound:
        return await conversation_page(visit, problem="console.problem.no_colleague", status=422)
    desk = visit.console.desk
    give = desk.transfer if deed == "transfer" else desk.assign
    answer = await carry_out(
        visit, slip, lambda: give(slip.conversation_id, visit.staff, colleague, reason, epoch=epoch)
    )
    if answer.status == 303 and visit.staff.role not in SUPERVISORS:
        return redirect(f"{MOUNT}/?passed_on=1")
    return answer


@needs(Permission.ANSWER)
async def snooze(visit: Visit) -> web.StreamResponse:
    """Put it off: for an hour, until the next morning, or until the customer writes."""
    slip, epoch = await record_deed(visit, "console.snooze"), epoch_of(visit)
    until = _until(visit)
    return await carry_out(
        visit, slip, lambda: visit.console.desk.snooze(slip.conversation_id, visit.staff, until, epoch=epoch)
    )


def _until(visit: Visit) -> datetime | None:
    now, wanted = visit.console.universe.now(), visit.form.get("until", "")
    if wanted == "hour":
        return now + timedelta(hours=1)
    if wanted == "morning":
        tomorrow = now.astimezone(visit.console.zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, _MORNING, visit.console.zone)
    return None


@needs(Permission.ANSWER)
async def wake(visit: Visit) -> web.StreamResponse:
    """Back into the list at once."""
    slip, epoch = await record_deed(visit, "console.wake"), epoch_of(visit)
    return await carry_out(visit, slip, lambda: visit.console.desk.wake(slip.conversation_id, visit.staff, epoch=epoch))


@needs(Permission.ANSWER)
async def settle(visit: Visit) -> web.StreamResponse:
    """The reply that was promised has been given outside the chat; what was done stands in a note."""
    text, epoch = typed_text(visit, "note"), epoch_of(visit)
    slip = await record_deed(visit, "console.settle")
    if not text:
        return await conversation_page(visit, problem="console.problem.empty_note", status=422)
    return await carry_out(
        visit,
        slip,
        lambda: visit.console.desk.settle(slip.conversation_id, visit.staff, text, epoch=epoch),
        noted=text,
    )


@needs(Permission.ANSWER)
async def note(visit: Visit) -> web.StreamResponse:
    """Something that only colleagues read; no need to have the conversation."""
    text = typed_text(visit, "note")
    slip = await record_deed(visit, "console.note")
    if not text:
        return await conversation_page(visit, problem="console.problem.empty_note", status=422)
    return await carry_out(
        visit, slip, lambda: visit.console.desk.note(slip.conversation_id, visit.staff, text), noted=text
    )


@needs(Permission.ANSWER)
async def record_tap(visit: Visit) -> web.StreamResponse:
    """A button that the customer tapped meanwhile counts as the answer."""
    slip, epoch = await record_deed(visit, "console.record_tap"), epoch_of(visit)
    tap = visit.form.get("tap", "")
    return await carry_out(
        visit, slip, lambda: visit.console.desk.record_tap(slip.conversation_id, visit.staff, tap, epoch=epoch)
    )


@needs(Permission.ANSWER)
async def insert_canned(visit: Visit) -> web.StreamResponse:
    """The approved reply behind what was typed so far, in the box: nothing is sent yet."""
    slip = await visit.console.database.read(
        lambda conn: authorize_conversation(conn, visit.staff, visit.request.match_info["ref"])
    )
    view = await visit.console.desk.view(slip.conversation_id)
    wanted = visit.form.get("canned", "")
    texts = [reply.text for reply in canned_replies(visit, slip, view) if reply.id == wanted]
    if not texts:
        return back_to(slip)
    return await conversation_page(visit, typed="\n".join(filter(None, (typed_text(visit, "text"), *texts))))


@needs(Permission.ANSWER)
async def typing(visit: Visit) -> web.StreamResponse:
    """A key was pressed in the reply box: colleagues see that somebody is writing."""
    uni, staff = visit.console.universe, visit.staff

    def keep(conn: Connection) -> None:
        slip = authorize_conversation(conn, staff, visit.request.match_info["ref"])
        visits.note_typing(conn, uni, slip.conversation_id, staff.id)

    await visit.console.database.transact(keep)
    return web.Response(status=204)
