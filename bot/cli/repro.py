"""``kakunin repro``: a stored conversation as a test, with invented values in the place of the customer's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.office import Office, note


def repro(
    conversation: Annotated[str, typer.Argument(metavar="CONVERSATION", help="Its id, or its short name.")],
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; standard output if left out.")] = None,
) -> None:
    """Write a conversation as a readable test that takes the same path, without anything about the customer."""
    from bot.transcripts.deeds import NoForm, load_stored
    from bot.transcripts.reproducing import NoVersion, reproduce
    from bot.transcripts.stage import shipped_understanding
    from bot.transcripts.writing import sentence
    from locales import load_catalogue
    from storage.conversations import find_conversation_ref

    office = Office()
    if out is not None:
        office.writable(out)
    with office.store() as database:
        found = database.run_read(lambda conn: find_conversation_ref(conn, conversation)) or conversation
        # Recorded before it is opened: no audit, no action.
        note(database, "conversation.reproduced", subjects={"conversation": found[:64]})
        try:
            stored = database.run_read(lambda conn: load_stored(conn, database, found))
            made = reproduce(
                database,
                stored,
                understanding=shipped_understanding(),
                zone=office.zone,
                catalogue=load_catalogue(office.settings.default_locale),
                salt=database.universe.code(32),
                office=office.settings.office,
            )
        except LookupError:
            raise office.refuse("repro.no_conversation", id=conversation) from None
        except NoForm:
            raise office.refuse("repro.no_form", id=conversation) from None
        except NoVersion:
            raise office.refuse("repro.no_version", id=conversation) from None
    if out is None:
        typer.echo(made.text, nl=False)
    else:
        out.write_text(made.text, encoding="utf-8")
        typer.echo(office.say("repro.done", lines=str(made.lines), file=out.name))
    if made.cut is not None:
        typer.echo(sentence(made.cut, load_catalogue(office.settings.default_locale)), err=True)
