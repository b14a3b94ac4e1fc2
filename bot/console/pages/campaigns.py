"""The campaigns: a draft with its preview, the second person who approves it, the first wave, pause and stop, reach.

Counts of fewer than five customers, and what they could be told from, are hidden from roles that neither approve nor
audit.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import NotFound, Permission, needs
from bot.console.charts import SEE_FEW
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.few import LEAST, Count, Table, steps_without_few, whole, without_few
from bot.console.rendering import render
from bot.outreach import campaigning
from bot.outreach.ladder import RATINGS, ladder_of, shipped_ladder
from dialogs.questionnaires import KINDS
from storage.campaign_members import count_members
from storage.campaigns import Actor, Campaign, CampaignProblem, Rule, list_campaigns, load_campaign
from storage.reach import Reach, ReachCounts, count_reach
from storage.staff import list_staff

CAUSES = ("periodic", "event")
CHANNELS = ("line", "telegram", "letter")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_BRANCHES = re.compile(r"[A-Za-z0-9 ,]{0,200}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """What stands on the page of one campaign."""

    campaign: Campaign
    counted: campaigning.Counted | None
    members: Mapping[str, int]
    logins: Mapping[str, str]


@needs(Permission.SEE_CAMPAIGNS)
async def show_list(visit: Visit) -> web.StreamResponse:
    """All campaigns, newest first, and the form for a new one."""
    return await _list(visit)


async def _list(visit: Visit, *, problem: str = "", status: int = 200) -> web.StreamResponse:
    def load(conn: Connection) -> list[tuple[Campaign, Sequence[Count]]]:
        listed: list[tuple[Campaign, Sequence[Count]]] = []
        for campaign in list_campaigns(conn):
            counts = count_members(conn, campaign.id)
            both = [counts["members"], counts["to_come"]]
            listed.append((campaign, both if visit.staff.role in SEE_FEW else steps_without_few(both)))
        return listed

    context = {
        "area": "campaigns",
        "campaigns": await visit.console.database.read(load),
        "ratings": RATINGS,
        "kinds": KINDS,
        "causes": CAUSES,
        "channels": CHANNELS,
        "typed": visit.form,
        "problem": problem,
        "shown": _shown(visit),
    }
    return render(visit, "campaigns.html", context, status=status)


@needs(Permission.MAKE_CAMPAIGN)
async def make(visit: Visit) -> web.StreamResponse:
    """Keep a draft; its page shows whom it would reach."""
    try:
        name, rule = _read(visit.form)
        deed = asyncio.to_thread(
            campaigning.make,
            visit.console.database,
            name=name,
            rule=rule,
            ladder=shipped_ladder(by_number=visit.console.settings.line_notifications),
            actor=_actor(visit),
        )
        made = await deed
    except CampaignProblem as problem:
        return await _list(visit, problem=f"console.campaigns.problem.{problem.code}", status=422)
    return redirect(f"{MOUNT}/campaigns/{made.id}")


def _read(form: Mapping[str, str]) -> tuple[str, Rule]:
    """Name and rule of a form; raises ``CampaignProblem``."""
    name = form.get("name", "").strip()
    if not _NAME.fullmatch(name):
        raise CampaignProblem("bad_name")

    def chosen(field: str, known: tuple[str, ...]) -> tuple[str, ...]:
        value = form.get(field, "")
        if value and value not in known:
            raise CampaignProblem("bad_choice")
        return (value,) if value else ()

    branches = form.get("branches", "")
    if not _BRANCHES.fullmatch(branches):
        raise CampaignProblem("bad_choice")
    try:
        due_by = date.fromisoformat(form["due_by"]) if form.get("due_by") else None
    except ValueError:
        raise CampaignProblem("bad_day") from None
    return name, Rule(
        ratings=chosen("rating", RATINGS),
        branches=tuple(branches.replace(",", " ").split()),
        kinds=chosen("kind", KINDS),
        causes=chosen("cause", CAUSES),
        channels=chosen("channel", CHANNELS),
        due_by=due_by,
        again=form.get("again") == "1",
    )


@needs(Permission.SEE_CAMPAIGNS)
async def show(visit: Visit) -> web.StreamResponse:
    """One campaign: whom it would reach or has reached, its ladder, and what can be done."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> web.StreamResponse:
    console = visit.console

    def load(conn: Connection) -> _Shown:
        campaign = _campaign(conn, visit)
        before = campaign.state in ("draft", "approved")
        return _Shown(
            campaign=campaign,
            counted=campaigning.count(conn, console.database, console.settings, campaign) if before else None,
            members=count_members(conn, campaign.id),
            logins={f"staff:{member.id}": member.login for member in list_staff(conn)},
        )

    shown = await console.database.read(load)
    campaign = shown.campaign
    # Whoever starts it sees at once whom it has.
    counts = await console.reach.of(
        f"{campaign.id} {campaign.state}", lambda: console.database.read(lambda conn: count_reach(conn, campaign.id))
    )
    context = {
        "area": "campaigns",
        "campaign": campaign,
        "counted": shown.counted,
        "by_way": None
        if shown.counted is None
        else _table(visit, [[shown.counted.found.by_channel[way] for way in CHANNELS]]),
        "channels": CHANNELS,
        "members": shown.members,
        "reach": _reach(visit, counts.figures),
        "reach_at": counts.at,
        "with_staff": counts.figures.with_staff,
        "ratings": RATINGS,
        "ladder": ladder_of(campaign.ladder),
        "ways": lambda step: " → ".join(visit.catalogue.text(f"console.campaigns.way.{way}") for way in step.by),
        "who": lambda code: shown.logins.get(code or "", (code or "").partition(":")[2]),
        "is_mine": campaign.created_by == _actor(visit).code,
        "problem": problem,
        "shown": _shown(visit),
    }
    return render(visit, "campaign.html", context, status=status)


@needs(Permission.APPROVE_CAMPAIGN)
async def approve(visit: Visit) -> web.StreamResponse:
    """Agree to what somebody else made."""
    return await _do(
        visit,
        lambda wanted: campaigning.approve(visit.console.database, visit.console.settings, wanted, actor=_actor(visit)),
    )


@needs(Permission.MAKE_CAMPAIGN)
async def start(visit: Visit) -> web.StreamResponse:
    """Begin with the first wave, or go on after a pause."""
    return await _do(
        visit,
        lambda wanted: campaigning.start(visit.console.database, visit.console.settings, wanted, actor=_actor(visit)),
    )


@needs(Permission.APPROVE_CAMPAIGN)
async def release(visit: Visit) -> web.StreamResponse:
    """Let the rest follow the first wave now."""
    return await _do(
        visit,
        lambda wanted: campaigning.release(visit.console.database, wanted, actor=_actor(visit)),
    )


@needs(Permission.MAKE_CAMPAIGN)
async def pause(visit: Visit) -> web.StreamResponse:
    """Send nothing until it is started again."""
    return await _do(visit, lambda wanted: campaigning.pause(visit.console.database, wanted, actor=_actor(visit)))


@needs(Permission.MAKE_CAMPAIGN)
async def stop(visit: Visit) -> web.StreamResponse:
    """Send nothing more."""
    return await _do(visit, lambda wanted: campaigning.stop(visit.console.database, wanted, actor=_actor(visit)))


async def _do(visit: Visit, deed: Callable[[str], Any]) -> web.StreamResponse:
    campaign = await visit.console.database.read(lambda conn: _campaign(conn, visit))
    try:
        await asyncio.to_thread(deed, campaign.id)
    except CampaignProblem as problem:
        return await _page(visit, problem=f"console.campaigns.problem.{problem.code}", status=409)
    return redirect(f"{MOUNT}/campaigns/{campaign.id}")


def _campaign(conn: Connection, visit: Visit) -> Campaign:
    try:
        return load_campaign(conn, visit.request.match_info["campaign"])
    except CampaignProblem:
        raise NotFound from None


def _actor(visit: Visit) -> Actor:
    return Actor(kind="staff", id=visit.staff.id)


def _reach(visit: Visit, found: ReachCounts) -> list[tuple[Reach, Sequence[Count]]]:
    """Reach by rating, without what is nobody's."""
    met = [value for value in Reach if any(found.members[rating, value] for rating in RATINGS)]
    table = _table(visit, [[found.members[rating, value] for rating in RATINGS] for value in met])
    return list(zip(met, table.cells, strict=True))


def _table(visit: Visit, counts: Sequence[Sequence[int]]) -> Table:
    return whole(counts) if visit.staff.role in SEE_FEW else without_few(counts)


def _shown(visit: Visit) -> Callable[[Count], str]:
    """A count as this member of staff may see it."""
    sees_few = visit.staff.role in SEE_FEW

    def shown(count: Count) -> str:
        if count is None:
            return visit.catalogue.text("console.charts.few")
        return str(count) if sees_few or not 0 < count < LEAST else f"<{LEAST}"

    return shown
