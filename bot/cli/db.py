"""``kakunin db``: bring the store to this version of the program, and say where it stands."""

from __future__ import annotations

import typer

app = typer.Typer(help="The store's schema.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Make the store, or bring it to this version; all in one transaction."""
    from bot.cli.store import open_database
    from bot.settings import load_settings
    from storage.migrations import HEAD

    open_database(load_settings(), migrate=True).close()
    typer.echo(HEAD)


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
