"""Files of questionnaires on the command line: read by their suffix, and one sentence where that fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.errors import UserError

if TYPE_CHECKING:
    from dialogs.definition.issues import Issue
    from dialogs.definition.model import Questionnaire
    from dialogs.definition.source_files import SourceFile
    from locales import Catalogue


def read_form(name_or_path: str, catalogue: Catalogue) -> SourceFile:
    """A shipped form by its name, or a file, taken apart; raises ``UserError`` where it is neither."""
    from dialogs.definition.source_files import SUFFIXES, read_source
    from dialogs.definition.yaml_format import shipped_names, shipped_source

    if name_or_path in shipped_names():
        return read_source(shipped_source(name_or_path), origin=f"{name_or_path}.yaml")
    path = Path(name_or_path)
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(
            f"{name_or_path}: a questionnaire is a .yaml, .xlsx or .xls file or one of {', '.join(shipped_names())}."
        )
    return read_file(path, catalogue)


def read_file(path: Path, catalogue: Catalogue) -> SourceFile:
    """A file taken apart; raises ``UserError`` for one that cannot be."""
    from dialogs.definition.issues import UnreadableSource
    from dialogs.definition.source_files import MAX_BYTES, SUFFIXES, read_source

    if path.suffix.lower() not in SUFFIXES:
        raise UserError(catalogue.text("check.file.unknown_format", file=str(path)))
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES)
    except FileNotFoundError as error:
        raise UserError(catalogue.text("check.file.missing", file=str(path))) from error
    except OSError as error:
        raise UserError(catalogue.text("check.file.not_readable", file=str(path))) from error
    try:
        return read_source(raw, origin=path.name)
    except UnreadableSource as error:
        first = error.issues[0]
        reason, place = first.message(catalogue.text), str(first.place) or "-"
        raise UserError(catalogue.text("check.file.unreadable", file=str(path), place=place, reason=reason)) from error


def form_of(file: SourceFile, path: Path, catalogue: Catalogue) -> Questionnaire:
    """The questionnaire in a file; raises ``UserError`` with the first thing that is wrong."""
    from dialogs.definition.issues import DefinitionError

    try:
        return file.questionnaire()
    except DefinitionError as error:
        raise UserError(sentence(path, error.issues, catalogue)) from error


def sentence(path: Path, issues: Sequence[Issue], catalogue: Catalogue) -> str:
    """What is wrong with a file, in one sentence."""
    place, reason = str(issues[0].place) or "-", issues[0].message(catalogue.text)
    if len(issues) == 1:
        return catalogue.text("form.wrong", file=str(path), place=place, reason=reason)
    count = str(len(issues))
    return catalogue.text("form.wrong_more", file=str(path), place=place, reason=reason, count=count)
