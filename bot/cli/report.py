"""``kakunin report monthly``: a month on paper, for who leads the bank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.branches import read_branches
from bot.cli.office import Office, note

app = typer.Typer(no_args_is_help=True, help="Reports for who leads the bank.")


@app.callback()
def _group() -> None:
    """Reports for who leads the bank."""


@app.command("monthly")
def monthly(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Which month.")],
    out: Annotated[Path, typer.Option(metavar="FILE.pdf", help="Where to write it.")],
    branch: Annotated[list[str] | None, typer.Option(metavar="NO", help="Of this branch only; repeatable.")] = None,
    locale: Annotated[str | None, typer.Option(metavar="LANGUAGE", help="ja or en.")] = None,
) -> None:
    """Write the report of a month with every count; needs the extra pdf."""
    from bot.console.report.gathering import Month
    from bot.console.report.making import Order, can_draw, collect, is_to_come, pages
    from locales import SHIPPED_LANGUAGES, load_catalogue

    office = Office()
    settings = office.settings
    if not can_draw():
        raise office.refuse("report.no_pdf")
    if locale is not None and locale not in SHIPPED_LANGUAGES:
        raise office.refuse("report.no_language", languages=", ".join(SHIPPED_LANGUAGES))
    try:
        wanted = Month.parse(month)
    except ValueError:
        raise office.refuse("report.bad_month") from None
    branches, out = read_branches(office, branch), office.writable(out)
    overlay = settings.content_dir / "locales" if settings.content_dir else None
    words = load_catalogue(locale or settings.default_locale, overlay)
    with office.store() as database:
        now = database.universe.now()
        if is_to_come(wanted, now, settings):
            raise office.refuse("report.to_come")
        order = Order(month=wanted, branches=branches, every_count=True, now=now)
        contents = database.run_read(lambda conn: collect(conn, order, settings, words))
        drawn = pages(contents, order, settings, words)
        note(database, "report.monthly", subjects={}, detail={"month": str(wanted), "branches": str(branches)})
        out.write_bytes(drawn)
    typer.echo(office.say("report.written", name=str(out)))
