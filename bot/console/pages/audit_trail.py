"""The audit record for who audits: looked through by deed, person, day and case, and taken along as a file.

Looking and taking along are deeds themselves, recorded before anything is shown.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, needs
from bot.console.audit_filter import FULL, Filter, find_about, known_actions, read_filter, read_place
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.downloads import send_once
from bot.console.rendering import name_of, render
from storage import audit
from storage.audit import AuditEntry
from storage.audit_search import find_entries, next_chunk, refs_of
from storage.exports.writers import CsvOutput
from storage.staff import StaffMember, list_staff

#: Entries of a page.
PAGE = 50

_COLUMNS = ("id", "at", "action", "sentence", "actor_kind", "actor_id", "actor_login", "subjects", "detail")


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    entries: list[AuditEntry]
    members: list[StaffMember]
    refs: Mapping[str, str]


@needs(Permission.SEE_AUDIT)
async def show(visit: Visit) -> web.StreamResponse:
    """A page of entries, newest first."""
    return await _page(visit, read_filter(visit.request.query), read_place(visit.request.query))


@needs(Permission.SEE_AUDIT)
async def find(visit: Visit) -> web.StreamResponse:
    """From a receipt or customer number to the id in the address: the number itself never stands there."""
    database, typed = visit.console.database, visit.form.get("q", "")
    chosen = read_filter(visit.form)
    found = await database.read(lambda conn: find_about(conn, database.vault, typed))
    if found is None:
        return await _page(visit, chosen, None, problem="console.audit.nothing_by_that", status=404)
    return redirect(f"{MOUNT}/audit?{urlencode(replace(chosen, about=found).fields())}")


@needs(Permission.SEE_AUDIT)
async def export(visit: Visit) -> web.StreamResponse:
    """Everything that fits, as CSV."""
    chosen = read_filter(visit.form)
    await visit.console.database.transact(lambda conn: _record(conn, visit, "console.audit_exported", chosen))
    path = await asyncio.to_thread(_write, visit, chosen)
    try:
        return await send_once(visit, path, "audit")
    finally:
        await asyncio.to_thread(shutil.rmtree, path.parent)


async def _page(
    visit: Visit, chosen: Filter, before: str | None, *, problem: str = "", status: int = 200
) -> web.Response:
    console = visit.console
    await console.database.transact(lambda conn: _record(conn, visit, "console.audit_viewed", chosen))

    def load(conn: Connection) -> _Loaded:
        members = list_staff(conn)
        wanted = chosen.wanted(conn, members, console.zone)
        # One more tells whether there are older ones.
        entries = find_entries(conn, wanted, limit=PAGE + 1, before_id=before)
        ids = [subject for entry in entries for subject in entry.subjects.values()]
        return _Loaded(entries=entries, members=members, refs=refs_of(conn, ids))

    loaded = await console.database.read(load)
    shown = loaded.entries[:PAGE]
    older = {**chosen.fields(), "before": shown[-1].id} if len(loaded.entries) > PAGE else {}
    sentence = name_of(visit.catalogue, "audit")
    context: dict[str, Any] = {
        "area": "audit",
        "entries": shown,
        "refs": loaded.refs,
        "logins": {member.id: member.login for member in loaded.members},
        "sentence": sentence,
        "subject_name": name_of(visit.catalogue, "console.audit.subject"),
        "chosen": chosen,
        "fields": chosen.fields(),
        "full": FULL,
        "actions": sorted(known_actions(), key=sentence),
        "older": urlencode(older),
        "first": before is None,
        "newest": urlencode(chosen.fields()),
        "problem": problem,
    }
    return render(visit, "audit.html", context, status=status)


def _write(visit: Visit, chosen: Filter) -> Path:
    """The file, in a folder of its own."""
    console, folder = visit.console, Path(tempfile.mkdtemp(prefix="kakunin-audit-"))
    sentence = name_of(visit.catalogue, "audit")
    try:
        # The record holds codes, which UTF-8 always can: there is nothing to lose.
        output = CsvOutput(
            folder / "audit.csv",
            _COLUMNS,
            typed=[True] * len(_COLUMNS),
            encoding="utf-8-sig",
            losses=lambda one: None,
        )
        members = console.database.run_read(list_staff)
        wanted = console.database.run_read(lambda conn: chosen.wanted(conn, members, console.zone))
        logins, before = {member.id: member.login for member in members}, None
        while True:
            entries = console.database.run_read(lambda conn, at=before: next_chunk(conn, wanted, at))  # type: ignore[misc]
            for entry in entries:
                output.write(
                    [
                        entry.id,
                        entry.at.astimezone(console.zone).isoformat(timespec="seconds"),
                        entry.action,
                        sentence(entry.action),
                        entry.actor_kind,
                        entry.actor_id or "",
                        logins.get(entry.actor_id or "", ""),
                        json.dumps(dict(entry.subjects)),
                        json.dumps(dict(entry.detail)),
                    ]
                )
            if not entries:
                break
            before = entries[-1].id
        output.finish()
        output.output.publish()
    except BaseException:
        shutil.rmtree(folder)
        raise
    return folder / "audit.csv"


def _record(conn: Connection, visit: Visit, action: str, chosen: Filter) -> None:
    days = {"from": chosen.since, "to": chosen.until}
    detail = {name: day.isoformat() for name, day in days.items() if day is not None}
    if chosen.action:
        detail["action"] = chosen.action
    if chosen.who:
        detail["who"] = "one"
    audit.record(
        conn,
        visit.console.universe,
        action,
        actor_kind="staff",
        actor_id=visit.staff.id,
        subjects={"about": chosen.about} if chosen.about else {},
        detail=detail,
    )
