"""``kakunin questionnaire`` and ``kakunin chat``: checking, converting and playing a form."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.errors import UserError
from bot.cli.office import free_name

app = typer.Typer(no_args_is_help=True, help="Questionnaires: check, convert and play a form.")

LocaleOption = Annotated[
    str | None, typer.Option("--locale", help="ja, ja_easy or en; the form's own language if left out.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.command("check")
def check(
    form: Annotated[
        str, typer.Argument(metavar="FILE", help="A questionnaire (.yaml, .xlsx or .xls), or a shipped one.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Find what is wrong with a form before it meets a customer; exit 1 if anything is an error."""
    from bot.cli.questionnaire_check import check as run_check

    run_check(form, as_json)


@app.command("convert")
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A questionnaire (.yaml, .xlsx or .xls).")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The same form as .yaml or .xlsx, by the suffix.")],
) -> None:
    """Turn a form in YAML into an XLSForm workbook, or back."""
    from bot.cli.questionnaire_convert import convert as run_convert

    run_convert(source, target)


@app.command("draw")
def draw(
    form: Annotated[str, typer.Argument(metavar="FILE", help="A questionnaire (.yaml or .xlsx), or a shipped one.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.svg", help="Where the drawing goes; here, by the form's name.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="ja, ja_easy or en; the form's own language if left out.")
    ] = None,
) -> None:
    """Draw a form with its branches on sheets of A3."""
    from bot.cli.questionnaire_draw import draw as run_draw

    run_draw(form, out or free_name(Path(f"{Path(form).stem}.svg")), language)


@app.command("upgrade")
def upgrade(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The id of a published questionnaire.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count who is affected.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take open conversations over to the live version, as its policies have it."""
    from bot.cli.questionnaire_upgrade import upgrade as run_upgrade

    run_upgrade(name, dry_run=dry_run, as_json=as_json)


@app.command("play")
def play(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A questionnaire (.yaml, .xlsx or .xls), or a shipped one.")
    ],
    locale: LocaleOption = None,
    today: Annotated[str | None, typer.Option(metavar="DATE", help="The customer's day (ISO 8601).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Play a form: one reply a line on standard input."""
    from bot.cli.play import play as run_play

    run_play(file, locale=locale, today=_day(today), as_json=as_json, stdin=sys.stdin, stdout=sys.stdout)


def chat(
    form: Annotated[
        str, typer.Option("--questionnaire", help="A questionnaire (.yaml, .xlsx or .xls), or a shipped one.")
    ] = ("individual"),
    locale: LocaleOption = None,
) -> None:
    """A conversation in the terminal with the real engine."""
    from bot.cli.play import chat as run_chat

    run_chat(form, locale=locale)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"--today {text}: a day is written like 2026-11-23.") from None
