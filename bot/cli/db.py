"""``kakunin db``: bring the store to this version of the program or back, say where it stands, check it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.errors import Failed

app = typer.Typer(help="The store's schema and what it holds.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Make the store, or bring it to this version; all in one transaction."""
    from bot.cli.store import open_database
    from bot.settings import load_settings
    from storage.migrations import HEAD

    open_database(load_settings(), migrate=True).close()
    typer.echo(HEAD)


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="That of the version to which you go back: its db current.")],
    despite_loss: Annotated[bool, typer.Option("--despite-loss", help="Lose what that version cannot keep.")] = False,
) -> None:
    """Bring the store back for an earlier version of the program; refuses while something would be lost."""
    from bot.cli.office import Office, os_user
    from bot.cli.store import one_sentence, open_database
    from storage.rollback import roll_back

    office, who = Office(), os_user()
    with open_database(office.settings) as database, one_sentence(), database.serve_lock():
        uni = database.universe
        lost = database.run(lambda conn: roll_back(conn, uni, revision, actor=who, despite_loss=despite_loss))
    for name, count in lost.items():
        typer.echo(office.say("db.lost", name=name, count=str(count)), err=True)
    typer.echo(revision)


@app.command()
def current() -> None:
    """Print the store's revision and whether it is this program's; changes nothing."""
    from bot.cli.store import one_sentence
    from bot.settings import load_settings
    from storage.database import peek_revision
    from storage.migrations import HEAD

    settings = load_settings()
    with one_sentence():
        revision = peek_revision(settings.database_url)
    typer.echo(f"{revision or 'empty'} {'current' if revision == HEAD else 'outdated'}")


@app.command()
def verify(
    against: Annotated[Path | None, typer.Option("--against", help="FILE.json of a backup: is all the same?")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check the database's pages and references and the audit record, and count what is there; changes nothing."""
    from bot.cli.office import Office
    from bot.cli.store import one_sentence, open_database
    from storage import audit
    from storage.backups import Account
    from storage.inventory import damages, take_inventory

    office = Office()
    with one_sentence():
        expected = None if against is None else Account.read(office.readable(against)).inventory
    with open_database(office.settings) as database:
        vault = database.vault
        found, damaged, chain = database.run_read(
            lambda conn: (take_inventory(conn), damages(conn), audit.verify(conn, vault))
        )
    problems = damaged + ([] if chain.ok else [f"audit: {chain.why} at {chain.first_bad_seq}"])
    problems += [] if expected is None else [f"not as in the copy: {name}" for name in expected.differences(found)]
    if as_json:
        typer.echo(json.dumps({"ok": not problems, "problems": problems, "inventory": found.as_json()}))
    elif not problems:
        counts = {"rows": str(sum(found.rows.values())), "seq": str(found.audit_seq), "mac": found.audit_mac[:16]}
        typer.echo(office.say("db.verified", revision=found.revision, **counts))
    if problems:
        raise Failed(office.say("db.not_verified", problems="; ".join(problems)))
