"""``kakunin questionnaire convert IN OUT``: the same form as YAML or as a workbook, by the suffixes."""

from __future__ import annotations

import os
from pathlib import Path

from bot.cli.errors import UserError
from bot.cli.questionnaire_files import form_of, read_file, sentence


def convert(source: Path, target: Path, locale: str = "ja") -> None:
    """Writes ``target`` whole or not at all; what was not read is said on standard error."""
    import typer

    from dialogs.definition.issues import DefinitionError
    from dialogs.definition.source_files import WRITTEN_SUFFIXES, write_source
    from locales import load_catalogue

    catalogue = load_catalogue(locale)
    suffix = target.suffix.lower()
    if suffix not in WRITTEN_SUFFIXES:
        raise UserError(catalogue.text("check.file.unknown_format", file=str(target)))
    file = read_file(source, catalogue)
    form = form_of(file, source, catalogue)
    if target.exists() and target.samefile(source):
        raise UserError(catalogue.text("convert.same", file=str(source)))
    try:
        written = write_source(file, suffix)
    except DefinitionError as error:
        raise UserError(sentence(source, error.issues, catalogue)) from error
    _replace(target, written, catalogue.text("convert.not_written", file=str(target)))
    for warning in file.warnings:
        typer.echo(f"{catalogue.text('check.severity.warning')}: {warning.message(catalogue.text)}", err=True)
    typer.echo(catalogue.text("convert.done", file=str(target), questions=str(len(form.questions))))


def _replace(target: Path, written: bytes, refusal: str) -> None:
    beside = target.with_name(f".{target.name}.new")
    try:
        beside.write_bytes(written)
        os.replace(beside, target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UserError(refusal) from error
