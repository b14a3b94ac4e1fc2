"""``kakunin letters make``: one code per case, for the bank's own letter."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import Office, os_user, progress_bar

if TYPE_CHECKING:
    from storage.database import Database

app = typer.Typer(no_args_is_help=True, help="Letters with the code that links a customer.")


@app.callback()
def _group() -> None:
    """Letters with the code that links a customer."""


@app.command("make")
def make(
    out: Annotated[Path, typer.Option(metavar="FILE.csv", help="Where the codes go; they exist nowhere else.")],
    campaign: Annotated[str | None, typer.Option(metavar="ID", help="Only the cases of a campaign.")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE.pdf", help="The letters themselves.")] = None,
    customer: Annotated[
        list[str] | None, typer.Option(metavar="NO", help="Only this customer, again where a letter went out.")
    ] = None,
    valid_days: Annotated[int, typer.Option(help="For how many days a code works.")] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make the codes of all cases that wait for their letter."""
    from bot.outreach.letters import Channels, make_letters

    office = Office()
    if campaign is not None:
        raise office.refuse("letters.no_campaign")
    if pdf is not None:
        raise office.refuse("letters.no_pdf")
    if not 1 <= valid_days <= 365:
        raise office.refuse("letters.bad_days")
    office.writable(out)
    settings = office.settings
    channels = Channels(line_basic_id=settings.line_basic_id, telegram_username=settings.telegram_bot_username)
    with office.store() as database, progress_bar(office.say("letters.progress")) as progress:
        try:
            count = make_letters(
                database,
                out,
                channels=channels,
                expires_on=office.today(database) + timedelta(days=valid_days),
                actor=os_user(),
                again_for=[_customer_id(office, database, number) for number in customer or ()],
                progress=progress,
            )
        except FileExistsError as problem:
            key = "letters.exists" if problem.args[0] == out.name else "letters.part_exists"
            raise office.refuse(key, name=out.name if key == "letters.exists" else f"{out.name}.part") from None
    if as_json:
        typer.echo(json.dumps({"letters": count, "file": str(out)}))
    else:
        typer.echo(office.say("letters.made", count=str(count), name=str(out)))


@app.command("unlock")
def unlock(
    customer: Annotated[str, typer.Option(metavar="NO", help="The customer whose code was tried too often.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Let a locked code be tried again."""
    from bot.outreach.letters import unlock_codes

    office = Office()
    with office.store() as database:
        count = unlock_codes(database, _customer_id(office, database, customer), actor=os_user())
    if as_json:
        typer.echo(json.dumps({"unlocked": count}))
    else:
        typer.echo(office.say("letters.unlocked", count=str(count)))


def _customer_id(office: Office, database: Database, number: str) -> str:
    from storage.customers import find_customer_no

    found = database.run_read(lambda conn: find_customer_no(conn, number))
    if found is None:
        raise office.refuse("letters.no_customer", number=number)
    return found
