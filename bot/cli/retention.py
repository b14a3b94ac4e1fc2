"""``kakunin retention run``: erase what has come to its time, or say what would go."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.cli.errors import Failed
from bot.cli.office import Office, os_user

app = typer.Typer(no_args_is_help=True, help="How long what is kept.")


@app.callback()
def _group() -> None:
    """How long what is kept."""


@app.command("run")
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Erase what has come to its time."""
    from datetime import timedelta

    from bot.chores import policy_of
    from storage.leases import give_back_lease, take_lease
    from storage.retention import plan_retention, run_retention

    office = Office()
    policy = policy_of(office.settings)
    with office.store() as database:
        uni, who = database.universe, os_user()
        if dry_run:
            done = plan_retention(database, policy)
        else:
            hour = timedelta(hours=1)
            lease = database.run(lambda conn: take_lease(conn, uni, "retention", owner=f"command:{who}", duration=hour))
            if lease is None:
                raise Failed(office.say("retention.busy"))
            try:
                *_, done = run_retention(database, policy, actor=who)
            finally:
                database.run(lambda conn: give_back_lease(conn, uni, lease))
    counts = {"customers": len(done.customers), "held": len(done.held), "words": done.words}
    if as_json:
        typer.echo(json.dumps(counts | {"dry_run": dry_run}))
        return
    key = "retention.plan" if dry_run else "retention.done"
    typer.echo(office.say(key, **{name: str(count) for name, count in counts.items()}))
