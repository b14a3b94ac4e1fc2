"""One conversation: reading it, taking it over, answering, giving it back at the same question.

A view and a deed are both recorded before they happen: no audit, no action.  Who may speak is the
desk's decision, under the epoch that the page has shown; a page that shows a reply box is no permission.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from sqlalchemy import Connection

from bot.canned import Offered, load_replies, offer
from bot.console.access import Permission, authorize_conversation, can_take, may, needs
from bot.console.context import MOUNT, Visit
from bot.console.desk import (
    ConversationView,
    CustomerFact,
    Damaged,
    NothingOwed,
    NothingToRecord,
    NotOwner,
    SecretTyped,
)
from bot.console.door import redirect
from bot.console.live import conversation_fingerprint
from bot.console.queue import Folder, Slip, list_open_work, load_folders
from bot.console.rendering import name_of, render
from bot.console.transcript import draw_lines
from locales import language_of
from storage import audit, visits
from storage.content import TranscriptLine, transcript
from storage.staff import StaffMember, list_staff
from storage.visits import Present

#: The longest reply; both platforms take it in one message.
LONGEST_REPLY = 2000


@needs(Permission.SEE_CONVERSATIONS)
async def show(visit: Visit) -> web.StreamResponse:
    """The transcript with everything beside it."""
    return await conversation_page(visit)


@needs(Permission.ANSWER)
async def claim(visit: Visit) -> web.StreamResponse:
    """Take it over; where a colleague was faster, say so."""
    slip = await record_deed(visit, "console.claim")
    try:
        if not await visit.console.desk.claim(slip.conversation_id, visit.staff):
            await record_refusal(visit, slip, "claimed_by_other")
            return await conversation_page(visit, problem="console.problem.claimed_by_other", status=409)
    except Damaged:
        return await conversation_page(visit, status=409)
    return back_to(slip)


@needs(Permission.ANSWER)
async def say(visit: Visit) -> web.StreamResponse:
    """Answer the customer; what was typed is kept where it could not be sent."""
    text = typed_text(visit, "text")
    slip = await record_deed(visit, "console.say")
    if not text:
        return await conversation_page(visit, problem="console.problem.empty_reply", status=422)
    if len(text) > LONGEST_REPLY:
        params = {"limit": str(LONGEST_REPLY)}
        return await conversation_page(
            visit, problem="console.problem.long_reply", params=params, typed=text, status=422
        )
    desk, epoch = visit.console.desk, epoch_of(visit)
    return await carry_out(
        visit, slip, lambda: desk.say(slip.conversation_id, visit.staff, text, epoch=epoch), typed=text
    )


@needs(Permission.ANSWER)
async def hand_back(visit: Visit) -> web.StreamResponse:
    """Give it back to the bot at the same question."""
    slip = await record_deed(visit, "console.hand_back")
    note, epoch = typed_text(visit, "note"), epoch_of(visit)
    return await carry_out(
        visit, slip, lambda: visit.console.desk.hand_back(slip.conversation_id, visit.staff, note, epoch=epoch)
    )


@needs(Permission.ANSWER)
async def release(visit: Visit) -> web.StreamResponse:
    """Put it back into the queue, with a reason for the next colleague."""
    reason, epoch = typed_text(visit, "reason"), epoch_of(visit)
    slip = await record_deed(visit, "console.release")
    if not reason:
        return await conversation_page(visit, problem="console.problem.no_reason", status=422)
    return await carry_out(
        visit, slip, lambda: visit.console.desk.release(slip.conversation_id, visit.staff, reason, epoch=epoch)
    )


# What every deed shares ---------------------------------------------------------------------


def typed_text(visit: Visit, field: str) -> str:
    """A field of the form, with the line ends of the store."""
    return visit.form.get(field, "").replace("\r\n", "\n").strip()


def epoch_of(visit: Visit) -> int:
    """The epoch of the page that the form stood on; one that no conversation has where it says none."""
    sent = visit.form.get("epoch", "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else -1


def back_to(slip: Slip) -> web.Response:
    """See the conversation."""
    return redirect(f"{MOUNT}/conversations/{slip.ref}")


async def record_deed(visit: Visit, action: str) -> Slip:
    """Write down what is about to be done; raises ``NotFound`` outside the branch."""

    def deed(conn: Connection) -> Slip:
        slip = authorize_conversation(conn, visit.staff, visit.request.match_info["ref"])
        record_on(conn, visit, action, slip)
        return slip

    return await visit.console.database.transact(deed)


async def carry_out(
    visit: Visit,
    slip: Slip,
    deed: Callable[[], Awaitable[None]],
    *,
    typed: str = "",
    noted: str = "",
    entered: str = "",
) -> web.Response:
    """Do it and show the conversation; where it could not be done, say why and keep what was typed."""
    try:
        await deed()
    except SecretTyped as secret:
        what = {"what": name_of(visit.catalogue, "console.secret")(secret.kind)}
        problem = "console.problem.secret_typed"
        return await conversation_page(
            visit, problem=problem, params=what, typed=typed, noted=noted, entered=entered, status=422
        )
    except NotOwner:
        await record_refusal(visit, slip, "not_owner")
        problem = "console.problem.not_owner"
        return await conversation_page(visit, problem=problem, typed=typed, noted=noted, entered=entered, status=409)
    except NothingOwed:
        await record_refusal(visit, slip, "nothing_owed")
        return await conversation_page(visit, problem="console.problem.nothing_owed", noted=noted, status=409)
    except NothingToRecord:
        return await conversation_page(visit, problem="console.problem.nothing_to_record", status=409)
    except Damaged:
        return await conversation_page(visit, typed=typed, noted=noted, status=409)
    return back_to(slip)


async def record_refusal(visit: Visit, slip: Slip, why: str) -> None:
    """That a deed was not done, because somebody else has the conversation or had it meanwhile (an older epoch)."""
    await visit.console.database.transact(lambda conn: record_on(conn, visit, "console.refused", slip, why=why))


def record_on(conn: Connection, visit: Visit, action: str, slip: Slip, **detail: str) -> None:
    """An audit row about the conversation."""
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
        detail=detail,
    )


# The page -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    slip: Slip
    entries: list[TranscriptLine]
    folders: tuple[Folder, ...]
    slips: list[Slip]
    members: list[StaffMember]
    present: list[Present]
    fingerprint: str


async def conversation_page(
    visit: Visit,
    *,
    problem: str | None = None,
    params: Mapping[str, str] | None = None,
    typed: str = "",
    noted: str = "",
    entered: str = "",
    full: tuple[CustomerFact, ...] = (),
    status: int = 200,
) -> web.Response:
    """The page as it stands now, with what is wrong and what was typed."""
    console, staff = visit.console, visit.staff
    ref = visit.request.match_info["ref"]
    how = "refresh" if visit.request.headers.get("X-Kakunin-Refresh") else "open"
    now = console.universe.now()

    def admit(conn: Connection) -> Slip:
        slip = authorize_conversation(conn, staff, ref)
        record_on(conn, visit, "console.conversation_viewed", slip, how=how)
        visits.note_seen(conn, console.universe, slip.conversation_id, staff.id)
        return slip

    def load(conn: Connection) -> _Loaded:
        slip = authorize_conversation(conn, staff, ref)
        entries = transcript(conn, console.database.vault, slip.conversation_id)
        return _Loaded(
            slip=slip,
            entries=entries,
            folders=load_folders(conn, staff, now),
            slips=list_open_work(conn, staff, now),
            members=list_staff(conn),
            present=visits.who_is_there(conn, slip.conversation_id, now),
            fingerprint=conversation_fingerprint(conn, staff, slip, now),
        )

    await console.database.transact(admit)
    loaded = await console.database.read(load)
    slip = loaded.slip
    view = await console.desk.view(slip.conversation_id)
    logins = {member.id: member.login for member in loaded.members}
    mine = view.owner == "staff" and view.owner_staff_id == staff.id
    context = {
        "area": "conversations",
        "slip": slip,
        "view": view,
        "mine": mine,
        "lines": draw_lines(
            loaded.entries, view.hand_overs, logins, console.zone, recordable=view.recordable, recorded=view.recorded
        ),
        "folders": loaded.folders,
        "slips": loaded.slips,
        "late_before": now - timedelta(minutes=console.settings.waiting_alert_minutes),
        "others": [one for one in loaded.present if one.staff_id != staff.id],
        "colleagues": [
            one for one in loaded.members if one.id not in (staff.id, view.owner_staff_id) and can_take(one, slip)
        ],
        "canned": canned_replies(visit, slip, view) if mine else (),
        "fingerprint": loaded.fingerprint,
        "problem": problem,
        "problem_params": params or {},
        "typed": typed,
        "noted": noted,
        "entry": entered,
        "full": full,
        "can_answer": may(staff, Permission.ANSWER),
    }
    return render(visit, "conversation.html", context, status=status)


def canned_replies(visit: Visit, slip: Slip, view: ConversationView) -> tuple[Offered, ...]:
    """What may be sent with a click, in the customer's language."""
    settings = visit.console.settings
    facts = {
        "bank_name": settings.bank_name,
        "bank_phone": settings.bank_phone,
        "staff_name": visit.staff.display_name or "",
        "question": view.current_question or "",
    }
    return offer(load_replies(language_of(slip.locale), visit.console.overlay), facts, drafts=settings.allow_drafts)
