"""``kakunin export send`` and ``sendings``: new responses to the server of the settings, now or by the clock."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from bot.cli.errors import Failed
from bot.cli.office import Office, os_user
from bot.outlets.wording import problem_in_words

_JSON = typer.Option("--json", help="Print one JSON object.")


def send(
    now: Annotated[bool, typer.Option("--now", help="Also where it is not time.")] = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Send what came since the last time to the server of the settings: .sha256 beside each file, .done last."""
    from bot.outlets.sending import SFTP, ExportSender
    from bot.outlets.setting_up import set_up_now
    from bot.outlets.sftp import ServerProblem
    from storage.exports.drop import DropBusy

    office = Office()
    if not office.settings.sftp_url:
        raise office.refuse("outlet.no_server")
    with office.store() as database:
        set_up_now(database, office.settings, SFTP)
        sender = ExportSender(database, office.settings, f"command:{os.getpid()}")
        if not now and not sender.is_due():
            typer.echo(json.dumps({"sent": False}) if as_json else office.say("outlet.not_due"))
            return
        try:
            done = sender.send(actor=os_user(), actor_kind="os_user")
        except DropBusy:
            raise Failed(office.say("outlet.busy")) from None
        except ServerProblem as problem:
            raise Failed(problem_in_words(office.say, problem.code)) from None
    batch = done.exported.batch
    if as_json:
        found = {"sent": True, "batch": batch.seq, "rows": done.exported.rows, "done": done.mark}
        typer.echo(json.dumps({**found, "recovered": done.recovered}))
        return
    typer.echo(office.say("outlet.sent", rows=str(done.exported.rows), name=done.mark, batch=str(batch.seq)))


def sendings(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """The exports that were sent to the server, newest first, and how it fares."""
    from bot.outlets.sending import SFTP
    from storage.exports.sendings import list_sendings
    from storage.outlets.faring import load_outlet

    office = Office()
    with office.store() as database:
        outlet = database.run_read(lambda conn: load_outlet(conn, SFTP))
        found = database.run_read(list_sendings)
    for sending, batch in found:
        at = sending.made_at.astimezone(office.zone).isoformat(timespec="seconds")
        if as_json:
            row = {"batch": batch.seq, "state": sending.state, "made_at": at, "rows": batch.rows}
            typer.echo(json.dumps({**row, "done": sending.files[-1]}))
        else:
            state = office.say(f"outlet.sending.{sending.state}")
            typer.echo(f"{batch.seq}\t{at}\t{state}\t{batch.rows}\t{sending.files[-1]}")
    if outlet is not None and outlet.failures and not as_json:
        reason = problem_in_words(office.say, outlet.detail)
        typer.echo(office.say("outlet.failing", count=str(outlet.failures), reason=reason), err=True)
