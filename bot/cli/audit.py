"""``kakunin audit``: whether the record of deeds is what was written, and its end to keep elsewhere."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.errors import Failed
from bot.cli.office import Office

app = typer.Typer(no_args_is_help=True, help="The audit record.")


@app.callback()
def _group() -> None:
    """The audit record."""


@app.command("verify")
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    head: Annotated[Path | None, typer.Option("--head", help="A file of noted heads; default: the setting.")] = None,
) -> None:
    """Find a changed, removed or reordered entry, or an older copy put back; exit 1 if there is one."""
    from bot.cli.store import open_database
    from storage import audit
    from storage.audit_heads import read_heads, verify_with_heads
    from storage.problems import KeyProblem

    office = Office()
    noted = office.settings.audit_head_file if head is None else office.readable(head)
    with open_database(office.settings) as database:
        vault = database.vault
        if head is not None and not read_heads(head, vault):
            raise office.refuse("audit.no_heads", name=head.name)
        # Entries of a moment ago are chained first: an unchained one proves nothing.
        # Where the chain's end was tampered with it cannot go on, and ``verify`` says so.
        with suppress(KeyProblem):
            database.run(lambda conn: audit.seal_chain(conn, vault, database.universe))
        found = database.run_read(
            lambda conn: audit.verify(conn, vault) if noted is None else verify_with_heads(conn, vault, noted)
        )
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


@app.command("head")
def head(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    note: Annotated[bool, typer.Option("--note", help="Append it to KAKUNIN_AUDIT_HEAD_FILE.")] = False,
    restored: Annotated[bool, typer.Option("--restored", help="The same, after a restore that was meant.")] = False,
) -> None:
    """Print the end of the audit chain, to be kept outside the store."""
    from bot.cli.office import note as record
    from storage import audit
    from storage.audit_heads import note_head

    office = Office()
    file = office.settings.audit_head_file
    if (note or restored) and file is None:
        raise office.refuse("audit.no_head_file")
    with office.store() as database:
        vault, uni = database.vault, database.universe
        if restored:
            record(database, "audit.restored", subjects={})
        database.run(lambda conn: audit.seal_chain(conn, vault, uni))
        if file is not None and (note or restored):
            database.run_read(lambda conn: note_head(conn, vault, uni, file, restored=restored))
        seq, mac = database.run_read(lambda conn: audit.chain_head(conn, vault))
    typer.echo(json.dumps({"store": vault.store_id, "seq": seq, "mac": mac}) if as_json else f"{seq} {mac}")
