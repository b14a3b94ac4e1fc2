"""``kakunin gallery``: one page of every message that a customer can be sent, for compliance to read and sign."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.errors import UserError
from bot.cli.office import Office, free_name

if TYPE_CHECKING:
    from bot.content_sources import Source
    from bot.gallery.changes import Changes
    from bot.gallery.entries import Content, Gallery
    from dialogs.definition.model import Questionnaire
    from storage.publishing import Published

_OUT = typer.Option("--out", metavar="FILE.html", help="Where the page goes; gallery.html here, or gallery-2.html.")
_FORMS = typer.Option("--questionnaire", metavar="NAME|FILE", help="Only this form; again for more.")
_SINCE = typer.Option("--since", metavar="FILE", help="The gallery signed last (.html), or its hashes (.json).")
_MANIFEST = typer.Option("--manifest", metavar="FILE.json", help="Write the hashes there as well.")
_LIVE = typer.Option("--live", help="What is live in the store, instead of what would be published now.")
_LANGUAGE = typer.Option("--language", metavar="ja|en", help="Of the page itself; the bank's own if left out.")


def gallery(
    out: Annotated[Path | None, _OUT] = None,
    questionnaire: Annotated[list[str] | None, _FORMS] = None,
    since: Annotated[Path | None, _SINCE] = None,
    manifest: Annotated[Path | None, _MANIFEST] = None,
    live: Annotated[bool, _LIVE] = False,
    language: Annotated[str | None, _LANGUAGE] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write every message in every language, as both platforms show it, to one page."""
    from bot.gallery.changes import NotReadable, compare, manifest_of, read_manifest
    from bot.gallery.entries import gallery as make_gallery
    from bot.gallery.page import render_page
    from locales import SHIPPED_LANGUAGES, load_catalogue

    office = Office()
    if language is not None and language not in SHIPPED_LANGUAGES:
        raise UserError(f"--language {language}: the page is written in {' or '.join(SHIPPED_LANGUAGES)}.")
    try:
        old = None if since is None else read_manifest(since)
    except NotReadable:
        raise office.refuse("gallery.no_old", file=str(since)) from None
    content = _content(office, questionnaire or (), live=live)
    out = out or free_name(Path("gallery.html"))
    try:
        made = make_gallery(content)
    except ModuleNotFoundError as problem:
        if problem.name != "fpdf":
            raise
        raise office.refuse("gallery.no_pdf") from None
    changes = None if old is None else compare(made, old)
    words = load_catalogue(language or office.settings.default_locale, _overlay(content))
    _write(out, render_page(made, content, words, changes))
    if manifest is not None:
        _write(manifest, json.dumps(manifest_of(made), ensure_ascii=False, indent=1) + "\n")
    _report(office, out, made, changes, as_json)


def _overlay(content: Content) -> Path | None:
    return None if content.overlay is None else content.overlay / "locales"


def _content(office: Office, forms: list[str] | tuple[str, ...], *, live: bool) -> Content:
    """The forms and answers that would be published now, or those that are ``live`` in the store."""
    from bot.cli.play import load_form
    from bot.gallery.entries import Content
    from dialogs.definition.yaml_format import read_canonical
    from dialogs.faq.topics import read_canonical as read_topics

    settings = office.settings
    sources = _live(office) if live else _to_publish(office)
    named: list[Questionnaire] = [load_form(form, settings.default_locale) for form in forms]
    published = [read_canonical(source.body) for source in sources if source.kind == "questionnaire"]
    topics = {
        source.locale: {topic.id: topic for topic in read_topics(source.body)}
        for source in sources
        if source.kind == "faq" and source.locale is not None
    }
    return Content(
        forms=named or published,
        topics=topics,
        facts={"bank_name": settings.bank_name, "bank_phone": settings.bank_phone},
        overlay=settings.content_dir,
        window=settings.letter_window,
    )


def _to_publish(office: Office) -> Sequence[Source]:
    from bot import content_sources

    try:
        return list(content_sources.sources(office.settings.content_dir, office.settings.default_locale))
    except content_sources.SourceProblem as problem:
        raise UserError(str(problem)) from None


def _live(office: Office) -> Sequence[Published]:
    from storage.publishing import list_published

    with office.store() as database:
        found = database.run_read(lambda conn: list_published(conn, live_only=True))
    if not found:
        raise office.refuse("gallery.nothing_live")
    return found


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UserError(f"{path}: {problem.strerror}.") from None


def _report(office: Office, out: Path, made: Gallery, changes: Changes | None, as_json: bool) -> None:
    counts = {} if changes is None else {state: changes.count(state) for state in ("new", "changed", "removed")}
    if as_json:
        done: dict[str, Any] = {"file": str(out), "entries": len(made.entries), "sha256": made.sha256}
        typer.echo(json.dumps({**done, **counts, "missing": list(made.missing)}, ensure_ascii=False))
        return
    typer.echo(office.say("gallery.done", file=str(out), entries=str(len(made.entries)), digest=made.sha256))
    if counts:
        typer.echo(office.say("gallery.done.changes", **{name: str(count) for name, count in counts.items()}))
    if made.missing:
        typer.echo(f"{office.say('gallery.missing')}: {', '.join(made.missing)}", err=True)
