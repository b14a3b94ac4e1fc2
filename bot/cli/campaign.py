"""``kakunin campaign``: writing to many customers by a ladder, with a preview, a second person and a way to stop."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import campaign_reach
from bot.cli.errors import UserError
from bot.cli.office import Office, os_user
from dialogs.questionnaires import KINDS

if TYPE_CHECKING:
    from bot.outreach.campaigning import Counted
    from storage.campaigns import Actor, Campaign, CampaignProblem
    from storage.database import Database

app = typer.Typer(no_args_is_help=True, help="Campaigns: who is written to, when, and how it goes.")
app.command("reach")(campaign_reach.reach)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the campaign.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_KNOWN = {
    "--rating": ("high", "medium", "low"),
    "--kind": KINDS,
    "--cause": ("periodic", "event"),
    "--channel": ("line", "telegram", "letter"),
}


@app.callback()
def _group() -> None:
    """Campaigns: who is written to, when, and how it goes."""


@app.command("new")
def new(
    name: Name,
    rating: Annotated[list[str] | None, typer.Option(help="high, medium or low; several times for several.")] = None,
    branch: Annotated[list[str] | None, typer.Option(metavar="NO", help="Only this branch.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="individual or corporate.")] = None,
    cause: Annotated[list[str] | None, typer.Option(help="periodic or event.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="line, telegram or letter.")] = None,
    due_by: Annotated[str | None, typer.Option(metavar="DATE", help="Cases due up to this day.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also those who were written to and did not answer.")] = False,
    ladder: Annotated[Path | None, typer.Option(metavar="FILE.yaml", help="The bank's own ladder.")] = None,
    as_json: Json = False,
) -> None:
    """Make a draft: who is chosen, and by which ladder they are written to."""
    from bot.outreach.campaigning import make
    from bot.outreach.ladder import LadderProblem, read_ladder, shipped_ladder
    from storage.campaigns import CampaignProblem, Rule

    office = Office()
    if not _NAME.fullmatch(name):
        raise office.refuse("campaign.bad_name")
    for option, given in (("--rating", rating), ("--kind", kind), ("--cause", cause), ("--channel", channel)):
        if set(given or ()) - set(_KNOWN[option]):
            raise office.refuse("campaign.bad_option", option=option, known=", ".join(_KNOWN[option]))
    rule = Rule(
        ratings=tuple(rating or ()),
        branches=tuple(branch or ()),
        kinds=tuple(kind or ()),
        causes=tuple(cause or ()),
        channels=tuple(channel or ()),
        due_by=None if due_by is None else office.day("--due-by", due_by),
        again=again,
    )
    try:
        by_number = office.settings.line_notifications
        steps = (
            shipped_ladder(by_number=by_number)
            if ladder is None
            else read_ladder(office.readable(ladder).read_text("utf-8-sig"))
        )
    except LadderProblem as problem:
        raise office.refuse("campaign.bad_ladder", place=str(problem)) from None
    except UnicodeDecodeError:
        raise office.refuse("campaign.bad_ladder", place="UTF-8") from None
    with office.store() as database:
        try:
            made = make(database, name=name, rule=rule, ladder=steps, actor=_actor())
        except CampaignProblem as problem:
            raise _refused(office, problem, name) from None
        counted = _count(office, database, made)
    _show_preview(office, made, counted, "campaign.made", as_json=as_json)


@app.command("preview")
def preview(name: Name, as_json: Json = False) -> None:
    """Who would be chosen now, by which way each is reached, and what of the month's messages is left."""
    office = Office()
    with office.store() as database:
        campaign = _load(office, database, name)
        counted = _count(office, database, campaign)
    _show_preview(office, campaign, counted, "", as_json=as_json)


@app.command("approve")
def approve(name: Name, as_json: Json = False) -> None:
    """Agree to a campaign that somebody else made."""
    from bot.outreach import campaigning
    from storage.campaigns import CampaignProblem

    office = Office()
    with office.store() as database:
        campaign = _load(office, database, name)
        try:
            campaign, counted = campaigning.approve(database, office.settings, name, actor=_actor())
        except CampaignProblem as problem:
            raise _refused(office, problem, name, campaign.state) from None
    _show_preview(office, campaign, counted, "campaign.approved", as_json=as_json)


@app.command("start")
def start(name: Name, as_json: Json = False) -> None:
    """Let an approved campaign begin with its first wave, or a paused one go on."""
    from bot.outreach import campaigning

    _deed(name, lambda database, office: campaigning.start(database, office.settings, name, actor=_actor()), as_json)


@app.command("release")
def release(name: Name, as_json: Json = False) -> None:
    """Let the rest follow the first wave now."""
    from bot.outreach import campaigning

    _deed(
        name,
        lambda database, office: campaigning.release(database, name, actor=_actor()),
        as_json,
        "campaign.released",
    )


@app.command("pause")
def pause(name: Name, as_json: Json = False) -> None:
    """Send nothing until the campaign is started again."""
    from bot.outreach import campaigning

    _deed(name, lambda database, office: campaigning.pause(database, name, actor=_actor()), as_json)


@app.command("stop")
def stop(name: Name, as_json: Json = False) -> None:
    """Send nothing more, for good."""
    from bot.outreach import campaigning

    _deed(name, lambda database, office: campaigning.stop(database, name, actor=_actor()), as_json)


@app.command("status")
def status(name: Annotated[str | None, typer.Argument(metavar="NAME")] = None, as_json: Json = False) -> None:
    """How all campaigns stand, or one (JSON Lines)."""
    from storage.campaigns import list_campaigns

    office = Office()
    with office.store() as database:
        found = [_load(office, database, name)] if name else database.run_read(list_campaigns)
        lines = [_status(database, campaign) for campaign in found]
    for line in lines:
        if as_json:
            typer.echo(json.dumps(line))
        else:
            left = sum(count for key, count in line.items() if key.startswith("left_"))
            shown = {key: str(line[key]) for key in ("name", "state", "members", "to_come")}
            typer.echo(office.say("campaign.line", **shown, left=str(left)))


def _deed(name: str, deed: Any, as_json: bool, key: str = "") -> None:
    from storage.campaigns import CampaignProblem

    office = Office()
    with office.store() as database:
        before = _load(office, database, name)
        try:
            after: Campaign = deed(database, office)
        except CampaignProblem as problem:
            raise _refused(office, problem, name, before.state) from None
        line = _status(database, after)
    if as_json:
        typer.echo(json.dumps(line))
    else:
        counts = {"members": str(line["members"]), "first_wave": str(line["first_wave"])}
        typer.echo(office.say(key or f"campaign.{after.state}", name=name, **counts))


def _status(database: Database, campaign: Campaign) -> dict[str, Any]:
    from storage.campaign_members import count_members

    counts = database.run_read(lambda conn: count_members(conn, campaign.id))
    rest = campaign.rest_from
    return {
        "name": campaign.name,
        "id": campaign.id,
        "state": campaign.state,
        **counts,
        "rest_from": None if rest is None else rest.isoformat(),
    }


def _load(office: Office, database: Database, name: str) -> Campaign:
    from storage.campaigns import CampaignProblem, load_campaign

    try:
        return database.run_read(lambda conn: load_campaign(conn, name))
    except CampaignProblem as problem:
        raise _refused(office, problem, name) from None


def _count(office: Office, database: Database, campaign: Campaign) -> Counted:
    from bot.outreach.campaigning import count

    return database.run_read(lambda conn: count(conn, database, office.settings, campaign))


def _show_preview(office: Office, campaign: Campaign, counted: Counted, first: str, *, as_json: bool) -> None:
    found = counted.found
    counts = {"chosen": found.chosen, **found.by_channel}
    left_out = {"stopped": found.stopped, "busy": found.busy, "with_staff": found.with_staff}
    if as_json:
        shown = {
            "name": campaign.name,
            "id": campaign.id,
            "state": campaign.state,
            **counts,
            "line_left": counted.line_left,
            "by_number": counted.by_number,
        }
        typer.echo(json.dumps(shown | {"by_rating": dict(found.by_rating)} | left_out))
        return
    if first:
        typer.echo(office.say(first, name=campaign.name))
    left = office.say("campaign.unlimited") if counted.line_left is None else str(counted.line_left)
    texts = {name: str(count) for name, count in (counts | left_out).items()}
    typer.echo(office.say("campaign.preview", **texts, line_left=left))
    if counted.by_number:
        typer.echo(office.say("campaign.by_number"))


def _refused(office: Office, problem: CampaignProblem, name: str, state: str = "") -> UserError:
    return office.refuse(f"campaign.{problem.code}", name=name, state=state)


def _actor() -> Actor:
    from storage.campaigns import Actor

    return Actor(kind="os_user", id=os_user())
