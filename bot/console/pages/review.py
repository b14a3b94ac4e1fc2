"""Review: the cases with something to decide, and the page on which it is decided.

The list shows no value; the page of a case does, because the work needs it, and each opening is recorded.  Who may
decide over what is settled behind ``ReviewDesk``: a page that shows a button is no permission.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, time

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Forbidden, Permission, authorize_case, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.rendering import render
from bot.console.review_case import CaseView, Words, load_view
from bot.console.review_desk import NotDone, ReviewDesk
from bot.console.review_queue import LISTS, PAGE, Ticket, count_decided, count_lists, list_tickets
from bot.moving import OF_SUPERIORS, Move, moves_of
from storage import audit
from storage.cases import Case, load_case
from storage.reviews import Decision, Deed, possible
from storage.staff import list_staff

#: What one person does, and what the second one does.
DEEDS = tuple(deed for deed in Deed if deed is not Deed.CONFIRM)
AGREEING = (Deed.CONFIRM, Deed.SEND_BACK)
_SEEN = "seen."


@needs(Permission.SEE_REVIEWS)
async def show_queue(visit: Visit) -> web.StreamResponse:
    """One of the lists; without a name, what waits for a decision."""
    name = visit.request.query.get("list", "open")
    if name not in LISTS:
        return redirect(f"{MOUNT}/reviews")
    console, staff, person = visit.console, visit.staff, _desk(visit).person
    local = console.universe.now().astimezone(console.zone)
    midnight = datetime.combine(local.date(), time(), console.zone)

    def load(conn: Connection) -> tuple[dict[str, int], list[Ticket], int]:
        tickets = list_tickets(conn, staff, name, person)
        return count_lists(conn, staff, person), tickets, count_decided(conn, staff, midnight)

    counts, tickets, decided = await console.database.read(load)
    context = {
        "area": "reviews",
        "list": name,
        "counts": counts,
        "tickets": tickets,
        "decided": decided,
        "more": max(0, counts[name] - PAGE),
        "field_name": Words(visit.catalogue, None, local).name,
    }
    return render(visit, "reviews.html", context)


@needs(Permission.SEE_REVIEWS)
async def show(visit: Visit) -> web.StreamResponse:
    """The case with everything that bears on the decision."""
    return await _page(visit)


@needs(Permission.REVIEW)
async def decide(visit: Visit) -> web.StreamResponse:
    """What the first person decides; what he decided himself he may take back."""
    return await _decide(visit, DEEDS)


@needs(Permission.AGREE)
async def agree(visit: Visit) -> web.StreamResponse:
    """What the second person says to it."""
    return await _decide(visit, AGREEING)


@needs(Permission.REVIEW)
async def move(visit: Visit) -> web.StreamResponse:
    """What became of the case outside the review."""
    return await _move(visit, frozenset(Move) - OF_SUPERIORS)


@needs(Permission.AGREE)
async def close(visit: Visit) -> web.StreamResponse:
    """The same, where it takes a superior."""
    return await _move(visit, OF_SUPERIORS)


async def _move(visit: Visit, moves: Collection[Move]) -> web.StreamResponse:
    desk, staff, case_id = _desk(visit), visit.staff, visit.request.match_info["case"]
    await visit.console.database.read(lambda conn: authorize_case(conn, staff, case_id, desk.person))
    what = next((known for known in moves if known == visit.form.get("move")), None)
    try:
        if what is None:
            raise NotDone("not_possible")
        await desk.move(case_id, staff, what, visit.form.get("note", ""))
    except NotDone as refusal:
        code = refusal.code
        await visit.console.database.transact(lambda conn: _record_refusal(conn, visit, case_id, code))
        return await _page(visit, problem=code, at="move", typed=visit.form.get("note", ""), status=409)
    return redirect(f"{MOUNT}/cases/{case_id}")


def _desk(visit: Visit) -> ReviewDesk:
    if visit.console.reviews is None:
        raise Forbidden
    return visit.console.reviews


async def _decide(visit: Visit, deeds: tuple[Deed, ...]) -> web.StreamResponse:
    desk, staff = _desk(visit), visit.staff
    case_id, form = visit.request.match_info["case"], visit.form
    await visit.console.database.read(lambda conn: authorize_case(conn, staff, case_id, desk.person))
    one = form.get("difference", "")
    deed = next((known for known in deeds if known == form.get("deed")), None)
    try:
        if deed is None:
            raise NotDone("not_possible")
        seen = {one: form.get(f"{_SEEN}{one}", "")} if one else _that_fit(form, deed)
        await desk.decide(case_id, staff, deed, seen, whole=not one, note=form.get("note", ""))
    except NotDone as refusal:
        code = refusal.code
        await visit.console.database.transact(lambda conn: _record_refusal(conn, visit, case_id, code))
        return await _page(visit, problem=code, at=one, typed=form.get("note", ""), status=409)
    return redirect(f"{MOUNT}/cases/{case_id}?done={deed.value}")


def _that_fit(form: Mapping[str, str], deed: Deed) -> dict[str, str]:
    """Of a deed on the whole case: the differences that it fits, as they stood on the page."""
    known = {decision.value for decision in Decision}
    seen = {name.removeprefix(_SEEN): value for name, value in form.items() if name.startswith(_SEEN)}
    return {name: value for name, value in seen.items() if value in known and deed in possible(Decision(value))}


async def _page(visit: Visit, *, problem: str = "", at: str = "", typed: str = "", status: int = 200) -> web.Response:
    console, staff, desk = visit.console, visit.staff, _desk(visit)
    case_id = visit.request.match_info["case"]

    def admit(conn: Connection) -> None:
        ticket = authorize_case(conn, staff, case_id, desk.person)
        _record_view(conn, visit, ticket)

    def load(conn: Connection) -> tuple[Ticket, CaseView, str | None, Case | None]:
        ticket = authorize_case(conn, staff, case_id, desk.person)
        view = load_view(
            conn,
            console.database.vault,
            staff,
            case_id,
            desk=desk,
            catalogue=visit.catalogue,
            logins={member.id: member.login for member in list_staff(conn)},
            now=console.universe.now().astimezone(console.zone),
        )
        ahead = (one.case_id for one in list_tickets(conn, staff, "open", desk.person) if one.case_id != case_id)
        return ticket, view, next(ahead, None), load_case(conn, case_id)

    await console.database.transact(admit)
    ticket, view, following, case = await console.database.read(load)
    whole = {deed for card in view.cards for deed in card.deeds}
    if not view.cards and ticket.status == "70":
        whole = {Deed.APPROVE.value}
    done = visit.request.query.get("done", "")
    context = {
        "area": "reviews",
        "ticket": ticket,
        "view": view,
        "following": following,
        "whole": [deed.value for deed in Deed if deed.value in whole],
        "agreeing": [deed.value for deed in AGREEING],
        "moves": [] if case is None else [what.value for what in moves_of(case)],
        "of_superiors": {what.value for what in OF_SUPERIORS},
        # What waits for this member has the focus, so that the next key meets the next difference.
        "first": next((card.id for card in view.cards if {"approve", "confirm"} & set(card.deeds)), ""),
        "done": done if done in {deed.value for deed in Deed} else "",
        "problem": problem,
        "at": at,
        "typed": typed,
    }
    return render(visit, "case.html", context, status=status)


def _record_view(conn: Connection, visit: Visit, ticket: Ticket) -> None:
    audit.record(
        conn,
        visit.console.universe,
        "console.case_viewed",
        actor_kind="staff",
        actor_id=visit.staff.id,
        subjects={"case": ticket.case_id, "customer": ticket.customer_id},
    )


def _record_refusal(conn: Connection, visit: Visit, case_id: str, code: str) -> None:
    audit.record(
        conn,
        visit.console.universe,
        "console.review_refused",
        actor_kind="staff",
        actor_id=visit.staff.id,
        subjects={"case": case_id},
        detail={"why": code},
    )
