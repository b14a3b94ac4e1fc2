"""``kakunin serve``, ``kakunin demo`` and ``kakunin doctor``: the running service."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from bot.cli.errors import Failed, UserError

ROLES = ("webhooks", "console", "sender", "timers", "reconcile")


def serve(
    roles: Annotated[str, typer.Option(help="What this process does, separated by commas.")] = ",".join(ROLES),
) -> None:
    """Run the service with the settings of the environment."""
    import asyncio

    from bot.cli.store import open_database
    from bot.content_sources import SourceProblem
    from bot.running import run_service
    from bot.settings import load_settings

    wanted = tuple(role.strip() for role in roles.split(",") if role.strip())
    unknown = sorted(set(wanted) - set(ROLES))
    if unknown or not wanted:
        raise UserError(f"--roles {roles}: known roles are {', '.join(ROLES)}.")
    settings = load_settings()
    database = open_database(settings)
    try:
        asyncio.run(run_service(database, settings, wanted))
    except SourceProblem as problem:
        # The first start publishes.
        raise UserError(str(problem)) from None
    finally:
        database.close()


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to serve on this machine.")] = 8080,
    once: Annotated[bool, typer.Option("--once", help="Play one customer to the export, then end.")] = False,
) -> None:
    """Try everything on this machine: a fake bank, a phone page, the console; no account, no network."""
    import asyncio

    from bot.simulator.demo import DemoRefused, run_demo

    set_here = sorted(name for name in os.environ if name.startswith("KAKUNIN_"))
    if set_here:
        raise UserError(f"The demo takes no settings, so that it never meets real customers; unset {set_here[0]}.")
    try:
        asyncio.run(run_demo(port=port, once=once, say=typer.echo))
    except DemoRefused as problem:
        raise UserError(str(problem)) from None


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Check settings, database, keys, channels and content, and say what to put right."""
    from bot.cli.checkup import check_up

    findings = check_up()
    if as_json:
        rows = [{"part": f.part, "ok": f.ok, "detail": f.detail} for f in findings]
        typer.echo(json.dumps({"ok": all(f.ok for f in findings), "findings": rows}, ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.ok else 'FIX '} {finding.part}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise Failed("Something has to be put right, see above.")
