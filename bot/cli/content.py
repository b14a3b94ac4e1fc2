"""``kakunin content``: making questionnaires and FAQ versions live."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.errors import UserError
from bot.cli.office import Office, os_user
from dialogs.questionnaires import KINDS

app = typer.Typer(no_args_is_help=True, help="Published questionnaires and FAQ versions.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("publish")
def publish(
    as_json: JsonOption = False,
    drop_edits: Annotated[
        bool, typer.Option("--drop-edits", help="Also where phrasings that staff added are not in the file.")
    ] = False,
) -> None:
    """Make the shipped sources, overlaid by the bank's folder (CONTENT_DIR), live."""
    from bot import content_sources
    from storage.pinned import on_older_versions

    office = Office()
    try:
        # All of them are read and checked before the store is touched.
        ready = list(content_sources.sources(office.settings.content_dir, office.settings.default_locale))
    except content_sources.SourceProblem as problem:
        raise UserError(str(problem)) from None
    with office.store() as database:
        uni = database.universe
        try:
            became = database.run(
                lambda conn: content_sources.publish(conn, uni, ready, actor=os_user(), drop_edits=drop_edits)
            )
        except content_sources.EditsWouldBeLost as lost:
            first = lost.edits[0]
            raise office.refuse(
                "content.edits_would_be_lost",
                count=str(len(lost.edits)),
                file=f"locales/{first.locale}/faq.yaml",
                topic=first.topic,
                text=first.text,
                digest=first.sha256[:12],
            ) from None
        forms = [source for source in became if source.kind == "questionnaire"]
        behind = [
            form.name
            for form in forms
            if database.run_read(lambda conn, f=form: on_older_versions(conn, f.name, f.sha256, limit=1))  # type: ignore[misc]
        ]
    # A case asks the form whose id is its customer's kind.
    unasked = [source.name for source in ready if source.kind == "questionnaire" and source.name not in KINDS]
    if as_json:
        rows = [{"kind": s.kind, "name": s.name, "locale": s.locale, "sha256": s.sha256} for s in became]
        typer.echo(json.dumps({"published": rows, "open_on_older": behind, "never_asked": unasked}, ensure_ascii=False))
        return
    for source in became:
        typer.echo(f"{source.kind} {source.name} {source.locale or ''} {source.version} {source.sha256[:12]}")
    typer.echo(office.say("content.published", count=str(len(became))))
    for name in behind:
        typer.echo(office.say("content.open_on_older", name=name))
    for name in unasked:
        typer.echo(office.say("content.never_asked", name=name), err=True)


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
    """Write a published version back as a file: a FAQ as YAML to go on with, a questionnaire as JSON (YAML too)."""
    from dialogs.faq.topics import read_canonical
    from dialogs.faq.writing import to_yaml
    from storage import publishing

    office = Office()
    with office.store() as database:
        rows = [row for row in database.run_read(publishing.list_published) if row.sha256.startswith(sha256)]
        if len(rows) != 1:
            raise office.refuse("content.no_such_version", digest=sha256)
        found = database.run_read(lambda conn: publishing.load_published(conn, rows[0].sha256))
    if found is None:
        raise office.refuse("content.no_such_version", digest=sha256)
    as_yaml = found.kind == "faq" and out.suffix.lower() in (".yaml", ".yml")
    text = to_yaml(read_canonical(found.body)) if as_yaml else found.body + "\n"
    try:
        office.writable(out).write_text(text, encoding="utf-8")
    except OSError:
        raise office.refuse("content.not_written", name=str(out)) from None
    typer.echo(str(out))
