"""Entering forms from paper and from the telephone: the list, the search for a case, and the form on one page.

What was looked for and typed goes by forms and stands in no address.  With a script each field is looked at as soon as
it is left and what was typed is kept; without one, "save" shows the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Forbidden, NotFound, Permission, authorize_entry, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.entry_desk import EntryDesk, EntryNotDone, EntryView
from bot.console.entry_queue import CaseSlip, EntrySlip, case_slips, list_entries
from bot.console.rendering import render
from bot.console.search import LONGEST, find_cases, record_search
from storage import audit
from storage.entries import MEDIA, SAID_BY

#: A text of the form, by the key of its place; ``other.`` is what holds where two people typed other things.
_TEXT, _OTHER = "a.", "other."
#: Sent by the script, which wants the lines and no page.
_BY_SCRIPT = "X-Kakunin-Refresh"


@needs(Permission.ENTER)
async def show_list(visit: Visit) -> web.StreamResponse:
    """What is not finished, and the way to begin."""
    return await _list(visit)


@needs(Permission.ENTER)
async def find(visit: Visit) -> web.StreamResponse:
    """The cases behind what was typed, on the page that answers the form itself."""
    console, staff, now = visit.console, visit.staff, visit.console.universe.now()
    typed = visit.form.get("q", "").strip()[:LONGEST]

    def load(conn: Connection) -> tuple[list[CaseSlip], tuple[str, ...]]:
        case_ids, by = find_cases(conn, console.database.vault, staff, typed, now)
        slips = case_slips(conn, staff, case_ids)
        return slips, by if slips else ()

    found, by = await console.database.read(load)
    await console.database.transact(
        lambda conn: record_search(conn, console.universe, staff, by, found, **{"for": "entry"})
    )
    return await _list(visit, q=typed, found=found)


@needs(Permission.ENTER)
async def begin(visit: Visit) -> web.StreamResponse:
    """Begin with a case that was found."""
    desk, form, case_id = _desk(visit), visit.form, visit.form.get("case", "")
    found = await visit.console.database.read(lambda conn: case_slips(conn, visit.staff, [case_id]))
    if not found:
        raise NotFound
    try:
        entry_id = await desk.begin(
            visit.staff,
            case_id,
            medium=form.get("medium", ""),
            scan_no=form.get("scan_no", ""),
            said_by=form.get("said_by", ""),
        )
    except EntryNotDone as refusal:
        context = {"problem": refusal.code, "at": case_id, "typed": dict(form)}
        return await _list(visit, found=found, status=409, **context)
    return redirect(f"{MOUNT}/entries/{entry_id}")


@needs(Permission.ENTER)
async def show(visit: Visit) -> web.StreamResponse:
    """The form with what was saved of it; that somebody looked is recorded."""
    desk, entry_id = _desk(visit), await _admit(visit)

    def record(conn: Connection) -> None:
        slip = authorize_entry(conn, visit.staff, entry_id)
        audit.record(
            conn,
            visit.console.universe,
            "console.entry_viewed",
            actor_kind="staff",
            actor_id=visit.staff.id,
            subjects={"case": slip.case_id, "entry": entry_id, "customer": slip.customer_id},
        )

    await visit.console.database.transact(record)
    done = visit.request.query.get("done", "")
    view = await desk.view(visit.staff, entry_id)
    return _page(visit, view, done=done if done in _DONE else "")


@needs(Permission.ENTER)
async def save(visit: Visit) -> web.StreamResponse:
    """Keep what was typed; the script gets the lines with the new version."""
    desk, texts = _desk(visit), _texts(visit.form)
    quiet = _BY_SCRIPT in visit.request.headers

    async def deed(entry_id: str) -> str:
        await desk.save(visit.staff, entry_id, _version(visit), texts, quiet=quiet)
        return "saved"

    return await _do(visit, deed)


@needs(Permission.ENTER)
async def finish(visit: Visit) -> web.StreamResponse:
    """Everything is entered."""
    desk, texts = _desk(visit), _texts(visit.form)
    return await _do(visit, lambda entry_id: desk.finish(visit.staff, entry_id, _version(visit), texts))


@needs(Permission.ENTER)
async def decide(visit: Visit) -> web.StreamResponse:
    """What holds of two entries that differ."""
    desk, texts = _desk(visit), _chosen(visit.form)
    return await _do(visit, lambda entry_id: desk.decide(visit.staff, entry_id, _version(visit), texts), texts)


@needs(Permission.ENTER)
async def discard(visit: Visit) -> web.StreamResponse:
    """Put the form away."""
    desk, entry_id = _desk(visit), await _admit(visit)
    try:
        await desk.discard(visit.staff, entry_id, _version(visit))
    except EntryNotDone as refusal:
        return _page(visit, await desk.view(visit.staff, entry_id), problem=refusal.code, status=409)
    return redirect(f"{MOUNT}/entries?done=discarded")


#: What a page may say that was done.
_DONE = ("saved", "submitted", "second", "compare", "discarded")


def _desk(visit: Visit) -> EntryDesk:
    if visit.console.entries is None:
        raise Forbidden
    return visit.console.entries


async def _admit(visit: Visit) -> str:
    entry_id = visit.request.match_info["entry"]
    await visit.console.database.read(lambda conn: authorize_entry(conn, visit.staff, entry_id))
    return entry_id


async def _do(
    visit: Visit, deed: Callable[[str], Awaitable[str]], texts: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """A deed on the form; what was typed is on the page again where it was not done."""
    desk, entry_id = _desk(visit), await _admit(visit)
    texts = _texts(visit.form) if texts is None else texts
    try:
        done = await deed(entry_id)
    except EntryNotDone as refusal:
        code = refusal.code
        stale = code == "stale"
        # What another has saved where nothing was typed here stays.
        typed = {key: text for key, text in texts.items() if text.strip()} if stale else texts
        view = await desk.look(visit.staff, entry_id, typed, stale=stale)
        if code == "incomplete":
            return _page(visit, view, problem=code, status=422)
        await visit.console.database.transact(lambda conn: _record_refusal(conn, visit, view, code))
        return _page(visit, view, problem=code, status=409, typed=typed if not view.lines else {})
    if visit.request.headers.get(_BY_SCRIPT):
        return _page(visit, await desk.view(visit.staff, entry_id), template="parts_entry.html")
    return redirect(f"{MOUNT}/entries/{entry_id}?done={done}")


def _record_refusal(conn: Connection, visit: Visit, view: EntryView, code: str) -> None:
    audit.record(
        conn,
        visit.console.universe,
        "console.entry_refused",
        actor_kind="staff",
        actor_id=visit.staff.id,
        subjects={"case": view.case_id, "entry": view.entry_id},
        detail={"why": code},
    )


def _version(visit: Visit) -> int:
    text = visit.form.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() else -1


def _texts(form: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(_TEXT): text for name, text in form.items() if name.startswith(_TEXT)}


def _chosen(form: Mapping[str, str]) -> dict[str, str]:
    """What was chosen of two texts, unless a third was typed."""
    others = {name.removeprefix(_OTHER): text for name, text in form.items() if name.startswith(_OTHER)}
    return _texts(form) | {key: text for key, text in others.items() if text.strip()}


def _page(
    visit: Visit,
    view: EntryView,
    *,
    problem: str = "",
    done: str = "",
    status: int = 200,
    template: str = "entry.html",
    typed: Mapping[str, str] | None = None,
) -> web.Response:
    context = {
        "area": "entries",
        "view": view,
        "problem": problem,
        "done": done,
        # What was typed into a form that takes nothing more.
        "typed": {key: text for key, text in (typed or {}).items() if text},
        "known": visit.catalogue.__contains__,
    }
    return render(visit, template, context, status=status)


async def _list(visit: Visit, *, status: int = 200, **more: Any) -> web.Response:
    _desk(visit)
    staff = visit.staff
    entries: list[EntrySlip] = await visit.console.database.read(lambda conn: list_entries(conn, staff))
    done = visit.request.query.get("done", "")
    context = {
        "area": "entries",
        "entries": entries,
        "found": None,
        "q": "",
        "problem": "",
        "at": "",
        "typed": {},
        "media": MEDIA,
        "said_by": SAID_BY,
        "done": done if done in _DONE else "",
        **more,
    }
    return render(visit, "entries.html", context, status=status)
