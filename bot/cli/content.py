"""``kakunin content``: making questionnaires and FAQ versions live."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.errors import UserError
from bot.cli.office import Office, os_user

app = typer.Typer(no_args_is_help=True, help="Published questionnaires and FAQ versions.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("publish")
def publish(as_json: JsonOption = False) -> None:
    """Make the shipped sources, overlaid by the bank's folder (CONTENT_DIR), live."""
    from bot.content_sources import SourceProblem, publish_all
    from dialogs.definition.issues import DefinitionError
    from dialogs.faq.topics import FaqError

    office = Office()
    with office.store() as database:
        try:
            became = database.run(
                lambda conn: publish_all(conn, database.universe, office.settings.content_dir, actor=os_user())
            )
        except (SourceProblem, DefinitionError, FaqError) as problem:
            raise UserError(str(problem)) from None
    if as_json:
        rows = [{"kind": s.kind, "name": s.name, "locale": s.locale, "sha256": s.sha256} for s in became]
        typer.echo(json.dumps({"published": rows}, ensure_ascii=False))
        return
    for source in became:
        typer.echo(f"{source.kind} {source.name} {source.locale or ''} {source.version} {source.sha256[:12]}")
    typer.echo(office.say("content.published", count=str(len(became))))


@app.command("list")
def list_versions(as_json: JsonOption = False) -> None:
    """All published versions, the live ones marked."""
    from storage import publishing

    office = Office()
    with office.store() as database:
        rows = database.run_read(publishing.list_published)
    if as_json:
        fields = ("kind", "name", "locale", "version", "sha256")
        listed = [{name: getattr(row, name) for name in fields} | {"live": row.is_live} for row in rows]
        typer.echo(json.dumps({"versions": listed}, ensure_ascii=False))
        return
    for row in rows:
        mark = "*" if row.is_live else " "
        typer.echo(f"{mark} {row.kind} {row.name} {row.locale or ''} {row.version} {row.sha256[:12]}")


@app.command("export")
def export_source(
    sha256: Annotated[str, typer.Argument(help="The version's SHA-256, or its first 12 characters.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it.")],
) -> None:
    """Write a published version back as a file (canonical JSON, which is YAML too)."""
    from storage import publishing

    office = Office()
    with office.store() as database:
        rows = [row for row in database.run_read(publishing.list_published) if row.sha256.startswith(sha256)]
        if len(rows) != 1:
            raise office.refuse("content.no_such_version", sha256=sha256)
        found = database.run_read(lambda conn: publishing.load_published(conn, rows[0].sha256))
    if found is None:
        raise office.refuse("content.no_such_version", sha256=sha256)
    try:
        office.writable(out).write_text(found.body + "\n", encoding="utf-8")
    except OSError:
        raise office.refuse("content.not_written", name=str(out)) from None
    typer.echo(str(out))
