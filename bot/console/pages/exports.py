"""The exports: asking for one, approving what somebody else asked for, fetching what is ready.

Values are masked unless a second person approves exactly what was asked; every step is in the audit record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import NotFound, Permission, authorize_approval, authorize_export_file, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.live import exports_fingerprint
from bot.console.rendering import render
from storage import audit
from storage.export_batches import ExportBatch, list_export_batches
from storage.export_requests import (
    APPROVAL,
    ExportRequest,
    ask_for_export,
    decide_request,
    list_requests,
    load_part,
    note_download,
)
from storage.exports.evidence import find_case
from storage.exports.options import ENCODINGS, FORMATS, STATUSES
from storage.exports.parquet import can_write_parquet
from storage.outlets.faring import Outlet, list_outlets
from storage.staff import StaffMember, list_staff

KINDS = ("responses", "differences", "history", "evidence")
VALUES = ("masked", "full")
_LONGEST_REASON = 300
_LONGEST_CASE = 64


class BadQuery(Exception):
    """What was chosen cannot be asked for; ``code`` names the sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """What stands on the page."""

    requests: list[ExportRequest]
    batches: list[ExportBatch]
    logins: dict[str, str]
    outlets: list[Outlet]
    fingerprint: str


def _load(conn: Connection, visit: Visit) -> _Shown:
    return _Shown(
        requests=list_requests(conn, visit.console.database.vault, branches=visit.staff.branches),
        batches=list_export_batches(conn, limit=100),
        logins={member.id: member.login for member in list_staff(conn)},
        outlets=[one for one in list_outlets(conn) if one.state != "off"],
        fingerprint=exports_fingerprint(conn, visit.staff.branches),
    )


@needs(Permission.SEE_EXPORTS)
async def show(visit: Visit) -> web.StreamResponse:
    """What was asked for and what was taken out, newest first."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> web.StreamResponse:
    shown = await visit.console.database.read(lambda conn: _load(conn, visit))
    context = {
        "area": "exports",
        "requests": shown.requests,
        "batches": shown.batches,
        "logins": shown.logins,
        "outlets": shown.outlets,
        "kinds": KINDS,
        "formats": _formats(),
        "encodings": ENCODINGS,
        "statuses": STATUSES,
        "values": VALUES,
        "approval_hours": int(APPROVAL.total_seconds() // 3600),
        "may_fetch": lambda request: may_fetch(visit.staff, request),
        "earlier": [batch for batch in shown.batches if batch.kind == "responses"][:20],
        # A link may bring what the form begins with.
        "typed": visit.form or visit.request.query,
        "problem": problem,
        "fingerprint": shown.fingerprint,
    }
    return render(visit, "exports.html", context, status=status)


def may_fetch(staff: StaffMember, request: ExportRequest) -> bool:
    """Full values are for who asked for them, with a reason that somebody approved."""
    return request.state == "ready" and (not request.is_full or request.requested_by == staff.id)


@needs(Permission.EXPORT)
async def ask(visit: Visit) -> web.StreamResponse:
    """Ask for an export; masked values are written at once."""
    console, staff, form = visit.console, visit.staff, visit.form
    reason = form.get("reason", "").strip()[:_LONGEST_REASON]

    def ask_now(conn: Connection) -> None:
        query = read_query(conn, form)
        if query["values"] == "full" and not reason:
            raise BadQuery("no_reason")
        request = ask_for_export(
            conn,
            console.database.vault,
            console.universe,
            query,
            requested_by=staff.id,
            branches=staff.branches,
            reason=reason,
        )
        _record(conn, visit, "export.asked", request.id, {**query, "query_sha256": request.query_sha256})

    try:
        await console.database.transact(ask_now)
    except BadQuery as problem:
        return await _page(visit, problem=f"console.exports.problem.{problem.code}", status=422)
    return redirect(f"{MOUNT}/exports")


def read_query(conn: Connection, form: Mapping[str, str]) -> dict[str, str]:
    """What was chosen, in codes; raises ``BadQuery``. What plays no part in a kind is left out of it."""
    kind = _choice(form, "kind", KINDS)
    if kind == "evidence":
        case_id = find_case(conn, form.get("case", "").strip()[:_LONGEST_CASE])
        if case_id is None:
            raise BadQuery("no_case")
        # Evidence that is masked proves nothing.
        return {"kind": kind, "case": case_id, "values": "full", "format": "pdf", "encoding": "utf-8"}
    query = {"kind": kind, "format": _choice(form, "format", _formats()), "values": _choice(form, "values", VALUES)}
    query["encoding"] = _choice(form, "encoding", ENCODINGS) if query["format"] == "csv" else "utf-8"
    if kind == "responses":
        query["status"] = _choice(form, "status", STATUSES)
        query["since"] = form.get("since", "")
        if query["since"] and not (query["since"].isascii() and query["since"].isdigit()):
            raise BadQuery("bad_choice")
    return query


def _formats() -> tuple[str, ...]:
    """What can be written here."""
    return tuple(one for one in FORMATS if one != "parquet" or can_write_parquet())


def _choice(form: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    chosen = form.get(name, allowed[0])
    if chosen not in allowed:
        raise BadQuery("bad_choice")
    return chosen


@needs(Permission.APPROVE_EXPORT)
async def approve(visit: Visit) -> web.StreamResponse:
    """Allow exactly the query that was shown."""
    return await _decide(visit, approve=True)


@needs(Permission.APPROVE_EXPORT)
async def refuse(visit: Visit) -> web.StreamResponse:
    """Say no."""
    return await _decide(visit, approve=False)


async def _decide(visit: Visit, *, approve: bool) -> web.StreamResponse:
    console, staff = visit.console, visit.staff
    digest = visit.form.get("query", "")

    def decide(conn: Connection) -> bool:
        request = authorize_approval(conn, console.database.vault, staff, visit.request.match_info["request"])
        done = decide_request(
            conn, console.universe, request.id, decided_by=staff.id, query_sha256=digest, approve=approve
        )
        if done:
            action = "export.approved" if approve else "export.declined"
            _record(conn, visit, action, request.id, {"query_sha256": digest})
        return done

    if not await console.database.transact(decide):
        return await _page(visit, problem="console.exports.problem.decided", status=409)
    return redirect(f"{MOUNT}/exports")


@needs(Permission.EXPORT)
async def fetch(visit: Visit) -> web.StreamResponse:
    """Send the file, as often as it is wanted until it ends."""
    console = visit.console

    def begin(conn: Connection) -> ExportRequest:
        request = authorize_export_file(conn, console.database.vault, visit.staff, visit.request.match_info["request"])
        if not note_download(conn, console.universe, request.id):
            raise NotFound
        _record(conn, visit, "export.fetched", request.id, {"sha256": request.file_sha256})
        return request

    request = await console.database.transact(begin)
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="{request.file_name}"',
            "Content-Length": str(request.file_bytes),
        }
    )
    await response.prepare(visit.request)
    no = 0
    while True:
        part = await console.database.read(lambda conn, no=no: _part(conn, visit, request.id, no))  # type: ignore[misc]
        if part is None:
            break
        await response.write(part)
        no += 1
    await response.write_eof()
    return response


def _part(conn: Connection, visit: Visit, request_id: str, no: int) -> bytes | None:
    return load_part(conn, visit.console.database.vault, request_id, no)


def _record(conn: Connection, visit: Visit, action: str, request_id: str, detail: dict[str, Any]) -> None:
    audit.record(
        conn,
        visit.console.universe,
        action,
        actor_kind="staff",
        actor_id=visit.staff.id,
        subjects={"request": request_id},
        detail=detail,
    )
