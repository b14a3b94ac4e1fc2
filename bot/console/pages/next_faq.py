"""The next version of the FAQ: what changes, what makes one think twice, and the press that makes it live.

The warnings are worked out before the transaction, for the version whose digest the page names; in the transaction it
must still be that one.  Who added something to it leaves the publishing to somebody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import NotFound, Permission, may, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.rendering import render
from bot.next_faq import CannotPublish, NextFaq, layout, load_next_faq, publish_next, take_out, warnings
from bot.phrasing import Doubt
from dialogs.faq.checking import Layout
from locales import SHIPPED_LANGUAGES
from storage.publishing import OtherVersionLive
from storage.staff import list_staff


@dataclass(frozen=True)
class _Shown:
    faq: NextFaq
    found: list[Doubt]
    #: What does not fit a phone, by topic.
    layout: Mapping[str, list[Layout]]

    @property
    def elsewhere(self) -> list[str]:
        """The topics of these that nothing is added to."""
        return [topic for topic in self.layout if topic not in {edit.topic for edit in self.faq.edits}]


@needs(Permission.EDIT_CONTENT)
async def show(visit: Visit) -> web.StreamResponse:
    """What the next version adds, in each language."""
    return await _page(visit)


@needs(Permission.PUBLISH)
async def publish(visit: Visit) -> web.StreamResponse:
    """Make the version that the page has shown live."""
    locale, seen = visit.request.match_info["locale"], visit.form.get("version", "")
    if locale not in SHIPPED_LANGUAGES:
        raise NotFound
    console, staff = visit.console, visit.staff
    faq = await console.database.read(lambda conn: load_next_faq(conn, locale))
    found = await asyncio.to_thread(warnings, faq) if faq.after.sha256 == seen else []
    try:
        await console.database.transact(
            lambda conn: publish_next(conn, console.universe, locale, seen, found, staff_id=staff.id)
        )
    except CannotPublish as refusal:
        return await _page(visit, problem=f"next_faq.problem.{refusal.code}", status=409)
    except OtherVersionLive:
        return await _page(visit, problem="next_faq.problem.changed", status=409)
    return redirect(f"{MOUNT}/faq?published={locale}")


@needs(Permission.EDIT_FAQ)
async def leave_out(visit: Visit) -> web.StreamResponse:
    """A phrasing is taken out again; the question that it came from waits for another decision."""
    edit_id, console, staff = visit.request.match_info["edit"], visit.console, visit.staff
    if not await console.database.transact(lambda conn: take_out(conn, console.universe, edit_id, staff_id=staff.id)):
        return await _page(visit, problem="next_faq.problem.gone", status=409)
    return redirect(f"{MOUNT}/faq")


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> web.Response:
    def load(conn: Connection) -> tuple[list[NextFaq], Mapping[str, str]]:
        members = {member.id: member.login for member in list_staff(conn)}
        return [load_next_faq(conn, locale) for locale in SHIPPED_LANGUAGES], members

    faqs, logins = await visit.console.database.read(load)
    shown = [
        _Shown(faq, await asyncio.to_thread(warnings, faq) if faq.edits else [], await asyncio.to_thread(layout, faq))
        for faq in faqs
    ]
    published = visit.request.query.get("published", "")
    context = {
        "area": "questions",
        "shown": shown,
        "logins": logins,
        "problem": problem,
        "published": published if published in SHIPPED_LANGUAGES else "",
        "may_publish": may(visit.staff, Permission.PUBLISH),
    }
    return render(visit, "next_faq.html", context, status=status)
