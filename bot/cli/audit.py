"""``kakunin audit verify``: whether the record of deeds is what was written."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated

import typer

from bot.cli.errors import Failed
from bot.cli.office import Office

app = typer.Typer(no_args_is_help=True, help="The audit record.")


@app.callback()
def _group() -> None:
    """The audit record."""


@app.command("verify")
def verify(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Find a changed, removed or reordered entry; exit 1 if there is one."""
    from bot.cli.store import open_database
    from storage import audit
    from storage.problems import KeyProblem

    office = Office()
    with open_database(office.settings) as database:
        # Entries of a moment ago are chained first: an unchained one proves nothing.
        # Where the chain's end was tampered with it cannot go on, and ``verify`` says so.
        with suppress(KeyProblem):
            database.run(lambda conn: audit.seal_chain(conn, database.vault, database.universe))
        found = database.run_read(lambda conn: audit.verify(conn, database.vault))
    if as_json:
        typer.echo(
            json.dumps(
                {"ok": found.ok, "entries": found.entries, "first_bad_seq": found.first_bad_seq, "why": found.why}
            )
        )
    elif found.ok:
        typer.echo(office.say("audit.ok", entries=str(found.entries)))
    if not found.ok:
        raise Failed(office.say("audit.broken", seq=str(found.first_bad_seq or 0), why=found.why))
