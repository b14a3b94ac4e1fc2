"""One conversation: reading it, taking it over, answering, giving it back at the same question.

A view and a deed are both recorded before they happen: no audit, no action.  Who may speak is the
desk's decision; a page that shows a reply box is no permission.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, authorize_conversation, may, needs
from bot.console.context import MOUNT, Visit
from bot.console.desk import Damaged, NotOwner, SecretTyped
from bot.console.door import redirect
from bot.console.live import conversation_fingerprint
from bot.console.queue import Folder, Slip, list_open_work, load_folders
from bot.console.rendering import name_of, render
from bot.console.transcript import draw_lines
from storage import audit
from storage.content import TranscriptLine, transcript
from storage.staff import list_staff

#: The longest reply; both platforms take it in one message.
LONGEST_REPLY = 2000


@needs(Permission.SEE_CONVERSATIONS)
async def show(visit: Visit) -> web.StreamResponse:
    """The transcript with everything beside it."""
    return await _page(visit)


@needs(Permission.ANSWER)
async def claim(visit: Visit) -> web.StreamResponse:
    """Take it over; where a colleague was faster, say so."""
    slip = await _record_deed(visit, "console.claim")
    try:
        if not await visit.console.desk.claim(slip.conversation_id, visit.staff):
            return await _page(visit, problem="console.problem.claimed_by_other", status=409)
    except Damaged:
        return await _page(visit, status=409)
    return _back_to(slip)


@needs(Permission.ANSWER)
async def say(visit: Visit) -> web.StreamResponse:
    """Answer the customer; what was typed is kept where it could not be sent."""
    text = visit.form.get("text", "").replace("\r\n", "\n").strip()
    slip = await _record_deed(visit, "console.say")
    if not text:
        return await _page(visit, problem="console.problem.empty_reply", status=422)
    if len(text) > LONGEST_REPLY:
        params = {"limit": str(LONGEST_REPLY)}
        return await _page(visit, problem="console.problem.long_reply", params=params, typed=text, status=422)
    try:
        await visit.console.desk.say(slip.conversation_id, visit.staff, text)
    except SecretTyped as secret:
        what = name_of(visit.catalogue, "console.secret")(secret.kind)
        return await _page(visit, problem="console.problem.secret_typed", params={"what": what}, typed=text, status=422)
    except NotOwner:
        return await _page(visit, problem="console.problem.not_owner", typed=text, status=409)
    except Damaged:
        return await _page(visit, typed=text, status=409)
    return _back_to(slip)


@needs(Permission.ANSWER)
async def hand_back(visit: Visit) -> web.StreamResponse:
    """Give it back to the bot at the same question."""
    slip = await _record_deed(visit, "console.hand_back")
    try:
        await visit.console.desk.hand_back(slip.conversation_id, visit.staff, visit.form.get("note", "").strip())
    except NotOwner:
        return await _page(visit, problem="console.problem.not_owner", status=409)
    except Damaged:
        return await _page(visit, status=409)
    return _back_to(slip)


@needs(Permission.ANSWER)
async def release(visit: Visit) -> web.StreamResponse:
    """Put it back into the queue, with a reason for the next colleague."""
    reason = visit.form.get("reason", "").strip()
    slip = await _record_deed(visit, "console.release")
    if not reason:
        return await _page(visit, problem="console.problem.no_reason", status=422)
    try:
        await visit.console.desk.release(slip.conversation_id, visit.staff, reason)
    except NotOwner:
        return await _page(visit, problem="console.problem.not_owner", status=409)
    except Damaged:
        return await _page(visit, status=409)
    return _back_to(slip)


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    slip: Slip
    entries: list[TranscriptLine]
    folders: tuple[Folder, ...]
    slips: list[Slip]
    logins: Mapping[str, str]
    fingerprint: str


def _back_to(slip: Slip) -> web.Response:
    return redirect(f"{MOUNT}/conversations/{slip.ref}")


async def _record_deed(visit: Visit, action: str) -> Slip:
    """Write down what is about to be done; raises ``NotFound`` outside the branch."""

    def deed(conn: Connection) -> Slip:
        slip = authorize_conversation(conn, visit.staff, visit.request.match_info["ref"])
        _record(conn, visit, action, slip, "")
        return slip

    return await visit.console.database.transact(deed)


def _record(conn: Connection, visit: Visit, action: str, slip: Slip, how: str) -> None:
    subjects = {"conversation": slip.conversation_id}
    if slip.case_id is not None:
        subjects["case"] = slip.case_id
    audit.record(
        conn,
        visit.console.universe,
        action,
        actor_kind="staff",
        actor_id=visit.staff.id,
        subjects=subjects,
        detail={"how": how} if how else {},
    )


async def _page(
    visit: Visit,
    *,
    problem: str | None = None,
    params: Mapping[str, str] | None = None,
    typed: str = "",
    status: int = 200,
) -> web.Response:
    console, staff = visit.console, visit.staff
    ref = visit.request.match_info["ref"]
    how = "refresh" if visit.request.headers.get("X-Kakunin-Refresh") else "open"

    def admit(conn: Connection) -> Slip:
        slip = authorize_conversation(conn, staff, ref)
        _record(conn, visit, "console.conversation_viewed", slip, how)
        return slip

    def load(conn: Connection) -> _Loaded:
        slip = authorize_conversation(conn, staff, ref)
        entries = transcript(conn, console.database.vault, slip.conversation_id)
        return _Loaded(
            slip=slip,
            entries=entries,
            folders=load_folders(conn, staff),
            slips=list_open_work(conn, staff),
            logins={member.id: member.login for member in list_staff(conn)},
            fingerprint=conversation_fingerprint(conn, slip),
        )

    await console.database.transact(admit)
    loaded = await console.database.read(load)
    view = await console.desk.view(loaded.slip.conversation_id)
    context = {
        "area": "conversations",
        "slip": loaded.slip,
        "view": view,
        "mine": view.owner == "staff" and view.owner_staff_id == staff.id,
        "lines": draw_lines(loaded.entries, view.hand_overs, loaded.logins, console.zone),
        "folders": loaded.folders,
        "slips": loaded.slips,
        "fingerprint": loaded.fingerprint,
        "problem": problem,
        "problem_params": params or {},
        "typed": typed,
        "can_answer": may(staff, Permission.ANSWER),
    }
    return render(visit, "conversation.html", context, status=status)
