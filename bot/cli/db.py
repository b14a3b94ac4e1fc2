"""``kakunin db``: bring the store to this version of the program, and say where it stands."""

from __future__ import annotations

import typer

from bot.cli.errors import UserError

app = typer.Typer(help="The store's schema.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Make the store, or bring it to this version; all in one transaction."""
    from bot.settings import load_settings
    from storage.database import Database, StoreProblem
    from storage.encryption import Keyring
    from storage.migrations import HEAD
    from storage.universe import Universe

    settings = load_settings()
    try:
        keys = Keyring.parse(settings.encryption_keys.get_secret_value()) if settings.encryption_keys else None
        with Database.open(
            settings.database_url,
            keys=keys,
            universe=Universe.real(),
            sqlite_synchronous=settings.sqlite_synchronous,
            migrate=True,
        ) as database:
            made_key = database.made_key
    except StoreProblem as problem:
        raise UserError(str(problem)) from problem
    typer.echo(HEAD)
    if made_key is not None:
        typer.echo(f"{made_key.name}: new encryption key, keep a copy apart from the store.", err=True)


@app.command()
def current() -> None:
    """Print the store's revision and whether it is this program's; changes nothing."""
    from bot.settings import load_settings
    from storage.database import StoreProblem, peek_revision
    from storage.migrations import HEAD

    try:
        revision = peek_revision(load_settings().database_url)
    except StoreProblem as problem:
        raise UserError(str(problem)) from problem
    typer.echo(f"{revision or 'empty'} {'current' if revision == HEAD else 'outdated'}")
