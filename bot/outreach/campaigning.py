"""Making, approving, starting and stopping campaigns: what the command line and the console call.

Promise: nothing is sent that a second person has not approved, a start that was killed goes on where it was, and a
pause or a stop holds from its commit on: what is queued already is asked for the state of its campaign as it leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.office_hours import OfficeHours
from bot.outreach.ladder import RATINGS, Ladder, ladder_of, sending_hours
from bot.settings import Settings
from storage import quota
from storage.campaign_members import Preview, count_members, join_piece, leave_all, preview
from storage.campaigns import (
    Actor,
    Campaign,
    CampaignProblem,
    Rule,
    approve_campaign,
    load_campaign,
    make_campaign,
    move_campaign,
    release_rest,
)
from storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a campaign would do at this moment."""

    found: Preview
    #: Messages that LINE still takes this month; ``None`` where there is no limit or nobody has asked.
    line_left: int | None
    #: Whether those of the letter are first told by their telephone numbers.
    by_number: bool


def hours_of(ladder: Ladder, settings: Settings) -> OfficeHours:
    """When messages of a ladder may leave."""
    return sending_hours(ladder, ZoneInfo(settings.time_zone), settings.office.closed)


def make(database: Database, *, name: str, rule: Rule, ladder: Ladder, actor: Actor) -> Campaign:
    """A draft."""
    uni = database.universe
    return database.run(
        lambda conn: make_campaign(conn, uni, name=name, rule=rule, ladder=ladder.to_json(), actor=actor)
    )


def count(conn: Connection, database: Database, settings: Settings, campaign: Campaign) -> Counted:
    """Who would be chosen, by which way each is reached, and what of the month's messages is left."""
    today = database.universe.now().astimezone(ZoneInfo(settings.time_zone)).date()
    line = next((one for one in quota.load_quotas(conn) if one.channel == "line"), None)
    left = None if line is None or line.allowed is None else max(line.allowed - line.used, 0)
    if line is not None and line.is_used_up:
        left = 0
    ladder = ladder_of(campaign.ladder)
    steps = [step for rating in RATINGS for step in ladder.steps(rating)]
    by_number = settings.line_notifications and any("line_notification" in step.by for step in steps)
    return Counted(found=preview(conn, campaign.rule, today), line_left=left, by_number=by_number)


def approve(database: Database, settings: Settings, wanted: str, *, actor: Actor) -> tuple[Campaign, Counted]:
    """A second person agrees to what would be done now; raises ``CampaignProblem``."""

    def deed(conn: Connection) -> tuple[Campaign, Counted]:
        counted = count(conn, database, settings, load_campaign(conn, wanted))
        counts = {"chosen": counted.found.chosen, **counted.found.by_channel}
        return approve_campaign(conn, database.universe, wanted, actor=actor, counts=counts), counted

    return database.run(deed)


def start(database: Database, settings: Settings, wanted: str, *, actor: Actor) -> Campaign:
    """Choose the customers and let the first wave begin, or go on after a pause; raises ``CampaignProblem``."""
    uni = database.universe
    campaign = database.run_read(lambda conn: load_campaign(conn, wanted))
    if campaign.state == "paused":
        return database.run(lambda conn: move_campaign(conn, uni, campaign, "running", actor=actor))
    if campaign.state != "approved":
        raise CampaignProblem("state")
    ramp = ladder_of(campaign.ladder).ramp
    today = uni.now().astimezone(ZoneInfo(settings.time_zone)).date()
    after: str | None = ""
    while after is not None:
        last = after

        def join(conn: Connection, last: str = last) -> str | None:
            # A stop between two pieces ends the start.
            if load_campaign(conn, campaign.id, lock=True).state != "approved":
                raise CampaignProblem("state")
            return join_piece(conn, uni, campaign, today=today, percent=ramp.percent, after=last)

        after = database.run_piece(join)

    def begin(conn: Connection) -> Campaign:
        counts = count_members(conn, campaign.id)
        waits = counts["first_wave"] < counts["members"]
        # Too few for a first wave of its own: everybody begins at once.
        rest_from = uni.now() + timedelta(hours=ramp.hours) if waits and counts["first_wave"] else None
        # The chore lets the members of the first wave begin, some at a time.
        return move_campaign(
            conn,
            uni,
            campaign,
            "running",
            actor=actor,
            detail={"members": str(counts["members"]), "first_wave": str(counts["first_wave"])},
            started_at=uni.now(),
            rest_from=rest_from,
        )

    return database.run(begin)


def release(database: Database, wanted: str, *, actor: Actor) -> Campaign:
    """Let the rest follow the first wave now; raises ``CampaignProblem`` where it has, or nothing runs."""

    def deed(conn: Connection) -> Campaign:
        campaign = load_campaign(conn, wanted, lock=True)
        if campaign.state not in ("running", "paused") or campaign.rest_from is None:
            raise CampaignProblem("state")
        release_rest(conn, database.universe, campaign, actor=actor)
        return load_campaign(conn, campaign.id)

    return database.run(deed)


def pause(database: Database, wanted: str, *, actor: Actor) -> Campaign:
    """Send nothing until it is started again; raises ``CampaignProblem``."""
    uni = database.universe
    return database.run(lambda conn: move_campaign(conn, uni, load_campaign(conn, wanted), "paused", actor=actor))


def stop(database: Database, wanted: str, *, actor: Actor) -> Campaign:
    """Send nothing more for good; raises ``CampaignProblem``."""
    uni = database.universe

    def deed(conn: Connection) -> Campaign:
        stopped = move_campaign(conn, uni, load_campaign(conn, wanted), "stopped", actor=actor)
        leave_all(conn, uni, stopped.id, "campaign_stopped")
        return stopped

    return database.run(deed)
