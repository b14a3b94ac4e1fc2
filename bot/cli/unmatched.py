"""``kakunin faq unmatched``: the questions that were not understood, for those without the console."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from bot.cli.office import Office, note


def unmatched(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List what customers asked and no topic answered, newest first, without names and numbers."""
    from bot.unmatched import load_questions

    office = Office()
    with office.store() as database:
        # Recorded before it is shown: no audit, no action.
        note(database, "question.listed", subjects={})
        questions = database.run_read(lambda conn: load_questions(conn, database.vault))
    for question in questions:
        near = [{"topic": one.topic, "score": one.score} for one in question.nearest]
        if as_json:
            row: dict[str, Any] = {"at": question.at.astimezone(office.zone).isoformat(timespec="seconds")}
            row |= {"locale": question.locale, "channels": question.channels, "text": question.text}
            row |= {"times": question.count, "why": question.newest.why, "asked": question.newest.asked}
            typer.echo(json.dumps(row | {"nearest": near, "version": question.newest.version}, ensure_ascii=False))
            continue
        day = question.at.astimezone(office.zone).date().isoformat()
        nearest = ", ".join(f"{one['topic']} {one['score']:.2f}" for one in near)
        typer.echo(f"{day}  {question.locale}  {question.count}x  {question.text}  ({nearest or '-'})")
    if not questions and not as_json:
        typer.echo(office.say("questions.none"))
