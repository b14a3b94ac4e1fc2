"""The lists of calls, visits and letters, and the page on which the result of one is written down.

A list shows no name and no number; the page of a case does, because whoever calls needs them, and each opening is
recorded.  What follows from a result is decided in ``bot.outreach.contacting`` for the page and the files alike.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, authorize_item, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.rendering import render
from bot.console.search import LONGEST, record_search
from bot.outreach.contacting import LONGEST_NOTE, enter_try
from storage import audit
from storage.branches import Branches
from storage.contacts import BEST_TIMES, RESULTS, BadTry, KeptTry, Promise, Try, load_promise, tries_of
from storage.customers import load_customer
from storage.reach import Reached, history, reach_of_case
from storage.staff import list_staff
from storage.worklists import LISTS, Item, count_items, count_up_to, find_items, items, read_items

#: A page shows so many; the others come up as these are worked through.
PAGE = 50
#: Of the lists that are not read nobody counts further ("999+").
_MOST = 1000
#: By which way the page of a case opens, where that is not the telephone.
_WAYS = {"visit": "visit", "post": "post", "returned": "post"}
#: What whoever calls, visits or writes has to know.
_FIELDS = ("name", "name_kana", "phone", "postal_code", "address", "representative_name")


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    item: Item
    tries: list[KeptTry]
    promise: Promise | None
    logins: Mapping[str, str]
    #: Campaigns by name, with what each knows of him.
    reached: list[tuple[str, Reached]]
    fields: Mapping[str, str] = field(repr=False)


@needs(Permission.SEE_WORKLISTS)
async def show(visit: Visit) -> web.StreamResponse:
    """One of the lists, of one branch where one is chosen; without a name, the calls."""
    name, branch = visit.request.query.get("list", LISTS[0]), visit.request.query.get("branch", "")
    if name not in LISTS:
        return redirect(f"{MOUNT}/worklists")
    today, scope, rules = _today(visit), visit.staff.branches, visit.console.settings.try_rules
    chosen = Branches.of(branch) if branch and scope.include(branch) else scope

    def load(conn: Connection) -> tuple[dict[str, int], dict[str, int], list[Item]]:
        counts, by_branch = _counts(conn, visit, name)
        return counts, by_branch, read_items(conn, items(name, today, chosen, rules=rules).limit(PAGE))

    counts, by_branch, found = await visit.console.database.read(load)
    context = {
        "branch": branch,
        "branches": by_branch,
        "done": visit.request.query.get("done") == "1",
        "more": max(0, (by_branch.get(branch, 0) if branch else counts[name]) - len(found)),
    }
    return _list(visit, name, counts, found, **context)


def _counts(conn: Connection, visit: Visit, name: str) -> tuple[dict[str, int], dict[str, int]]:
    """How many are on each list, and of the named one on each branch's."""
    today, scope, rules = _today(visit), visit.staff.branches, visit.console.settings.try_rules
    by_branch = count_items(conn, name, today, scope, rules=rules)
    counts = {one: count_up_to(conn, one, today, scope, _MOST, rules=rules) for one in LISTS if one != name}
    return {one: counts.get(one, sum(by_branch.values())) for one in LISTS}, by_branch


def _list(visit: Visit, name: str, counts: Mapping[str, int], found: Sequence[Item], **context: object) -> web.Response:
    shown = {"area": "worklists", "list": name, "counts": counts, "most": _MOST, "items": found}
    shown |= {"way": _WAYS.get(name, ""), "q": "", "searched": False, "done": False, "branch": "", "more": 0}
    return render(visit, "worklists.html", {**shown, **context})


@needs(Permission.CONTACT)
async def show_search(visit: Visit) -> web.StreamResponse:
    """The empty form: an address never says what was looked for."""
    return redirect(f"{MOUNT}/worklists")


@needs(Permission.CONTACT)
async def find(visit: Visit) -> web.StreamResponse:
    """Open cases by a number that stands in the letter, on the page that answers the form itself."""
    console, staff = visit.console, visit.staff
    typed = unicodedata.normalize("NFKC", visit.form.get("q", "")).strip()[:LONGEST]

    def load(conn: Connection) -> tuple[dict[str, int], list[Item], str]:
        found, by = find_items(conn, typed, staff.branches, PAGE) if typed else ([], "")
        return _counts(conn, visit, LISTS[0])[0], found, by

    counts, found, by = await console.database.read(load)
    ways = (by,) if by else ()
    await console.database.transact(
        lambda conn: record_search(conn, console.universe, staff, ways, found, **{"for": "contact"})
    )
    return _list(visit, LISTS[0], counts, found, q=typed, searched=True, way="")


@needs(Permission.CONTACT)
async def show_item(visit: Visit) -> web.StreamResponse:
    """Whom to reach, what was tried, and the form for what came of the next try."""
    return await _page(visit)


@needs(Permission.CONTACT)
async def enter(visit: Visit) -> web.StreamResponse:
    """Write the result of a try down."""
    console, staff, form = visit.console, visit.staff, visit.form
    case_id, channel = visit.request.match_info["case"], form.get("channel", "")
    note = form.get("note", "").strip()

    def deed(conn: Connection) -> None:
        authorize_item(conn, staff, case_id)
        if form.get("seen") != _latest(tries_of(conn, console.database.vault, case_id)):
            raise BadTry("seen")
        one = Try(
            case_id=case_id,
            channel=channel,
            result=form.get("result", ""),
            at=console.universe.now(),
            by=staff.id,
            promised_on=_day(form.get("promised_on", "")),
            best_time=form.get("best_time") or None,
            note=note,
        )
        office, rules = console.settings.office, console.settings.try_rules
        enter_try(conn, console.database.vault, console.universe, one, office=office, actor_kind="staff", rules=rules)

    try:
        await console.database.transact(deed)
    except BadTry as refused:
        return await _page(visit, problem=refused.code, status=409 if refused.code == "seen" else 422)
    return redirect(f"{MOUNT}/worklists?list={channel}&done=1")


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> web.Response:
    console, staff, case_id = visit.console, visit.staff, visit.request.match_info["case"]

    def admit(conn: Connection) -> None:
        item = authorize_item(conn, staff, case_id)
        subjects = {"case": item.case_id, "customer": item.customer_id}
        audit.record(
            conn, console.universe, "console.contact_viewed", actor_kind="staff", actor_id=staff.id, subjects=subjects
        )

    def load(conn: Connection) -> _Loaded:
        item = authorize_item(conn, staff, case_id)
        customer = load_customer(conn, console.database.vault, item.customer_id)
        return _Loaded(
            item=item,
            tries=tries_of(conn, console.database.vault, case_id),
            promise=load_promise(conn, case_id),
            logins={member.id: member.login for member in list_staff(conn)},
            reached=reach_of_case(conn, case_id),
            fields={} if customer is None else customer.fields,
        )

    await console.database.transact(admit)
    loaded = await console.database.read(load)
    wanted = visit.form.get("channel") or visit.request.query.get("by", "")
    channel = wanted if wanted in RESULTS else "phone"
    context = {
        "area": "worklists",
        "item": loaded.item,
        "facts": [(name, loaded.fields[name]) for name in _FIELDS if loaded.fields.get(name)],
        "tries": loaded.tries,
        "reached": [(name, one.stand, list(history(one.facts))) for name, one in loaded.reached],
        "who": lambda by: loaded.logins.get(by, by.removeprefix("os_user:")),
        "promise": loaded.promise,
        "channel": channel,
        "channels": tuple(RESULTS),
        "results": RESULTS[channel],
        "best_times": BEST_TIMES,
        "longest_note": LONGEST_NOTE,
        "seen": _latest(loaded.tries),
        "today": _today(visit),
        "problem": problem,
        "typed": {name: visit.form.get(name, "") for name in ("result", "promised_on", "best_time", "note")},
    }
    return render(visit, "worklist_item.html", context, status=status)


def _latest(tries: list[KeptTry]) -> str:
    """By which it is seen that somebody wrote a result down meanwhile, or that a form was sent twice."""
    return f"{len(tries)}"


def _today(visit: Visit) -> date:
    return visit.console.universe.now().astimezone(visit.console.zone).date()


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007
    except ValueError:
        raise BadTry("promised_on") from None
