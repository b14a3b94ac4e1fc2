"""``kakunin hooks``: messages to the bank's own system, looked at, tried and sent again."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, time
from typing import Annotated

import typer

from bot.cli.errors import Failed
from bot.cli.office import Office, note
from bot.outlets.wording import problem_in_words

app = typer.Typer(no_args_is_help=True, help="Messages to the bank's own system.")

_STATES = ("open", "sent", "given_up")


@app.callback()
def _group() -> None:
    """Messages to the bank's own system."""


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help="open, sent or given_up.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with what was sent.")] = False,
) -> None:
    """The messages, newest first."""
    from storage.outlets.faring import load_outlet
    from storage.outlets.hooks import HOOKS, list_messages

    office = Office()
    if state is not None and state not in _STATES:
        raise office.refuse("outlet.bad_state")
    with office.store() as database:
        outlet = database.run_read(lambda conn: load_outlet(conn, HOOKS))
        found = database.run_read(lambda conn: list_messages(conn, outcome=state, limit=limit))
    for one in found:
        at = one.created_at.astimezone(office.zone).isoformat(timespec="seconds")
        if as_json:
            row = {"id": one.id, "kind": one.kind, "created_at": at, "state": one.outcome or "open"}
            tries = {"attempts": one.attempts, "detail": one.detail, "body": json.loads(one.body)}
            typer.echo(json.dumps({**row, **tries}))
        else:
            words = office.say(f"outlet.hook.{one.outcome or 'open'}")
            typer.echo(f"{one.id}\t{at}\t{one.kind}\t{words}\t{one.attempts}\t{one.detail}")
    if outlet is not None and outlet.is_alarming and not as_json:
        reason = problem_in_words(office.say, outlet.detail)
        typer.echo(office.say("outlet.failing", count=str(outlet.failures), reason=reason), err=True)


@app.command("test")
def try_out(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Send one message of the kind "test" now; where it is taken, a hook that was switched off is on again."""
    from bot.outlets.hooks import make_poster
    from bot.outlets.posting import Posted
    from bot.outlets.setting_up import set_up_now
    from storage.outlets.faring import note_success
    from storage.outlets.hooks import HOOKS, body_of

    office = Office()
    if not office.settings.hook_url:
        raise office.refuse("outlet.no_hook")

    async def post(message_id: str, now: datetime) -> Posted:
        poster = make_poster(office.settings)
        try:
            return await poster.post(message_id, body_of("test", now, {"counts": {}}), now)
        finally:
            await poster.close()

    with office.store() as database:
        uni = database.universe
        set_up_now(database, office.settings, HOOKS)
        message_id = uni.new_id()
        posted = asyncio.run(post(message_id, uni.now()))
        if posted.arrived:
            database.run(lambda conn: note_success(conn, uni, HOOKS, turn_on=True))
        note(database, "hooks.tested", subjects={"message": message_id}, detail={"outcome": posted.detail})
    if as_json:
        typer.echo(json.dumps({"id": message_id, "arrived": posted.arrived, "detail": posted.detail}))
    elif posted.arrived:
        typer.echo(office.say("outlet.hook_tested", id=message_id))
    if not posted.arrived:
        raise Failed(problem_in_words(office.say, posted.detail))


@app.command("resend")
def resend(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Messages of the list.")] = None,
    given_up: Annotated[bool, typer.Option("--given-up", help="All that never arrived.")] = False,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="All that were written since this day.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send messages again, each under its own id: who took one already knows it by that."""
    from storage.outlets.hooks import resend_messages

    office = Office()
    if not ids and not given_up and since is None:
        raise office.refuse("outlet.resend_what")
    begins = None if since is None else datetime.combine(office.day("--since", since), time.min, office.zone)
    with office.store() as database:
        uni = database.universe
        count = database.run(lambda conn: resend_messages(conn, uni, ids=ids or (), given_up=given_up, since=begins))
        note(database, "hooks.resent", subjects={}, detail={"messages": str(count)})
    typer.echo(json.dumps({"messages": count}) if as_json else office.say("outlet.resent", count=str(count)))
