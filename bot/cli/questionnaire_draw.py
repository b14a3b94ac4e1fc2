"""``kakunin questionnaire draw``: a form as a drawing, with the conditions on the way to each question."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.cli.errors import UserError


def draw(form: str, out: Path, language: str | None) -> None:
    """Write the drawing; raises ``UserError`` where the form or the language is none."""
    from bot.cli.play import load_form
    from bot.cli.questionnaire_check import find_issues
    from bot.drawing.svg import draw as draw_form
    from dialogs.definition.issues import Severity
    from locales import VOICES, load_catalogue

    definition = load_form(form, language)
    voice = language or definition.default_language
    if voice not in VOICES:
        raise UserError(f"--language {voice}: shipped languages are {', '.join(VOICES)}.")
    catalogue = load_catalogue(voice)
    issues, _ = find_issues(form, catalogue)
    drawing = draw_form(definition, catalogue, voice, issues)
    try:
        out.write_text(drawing, encoding="utf-8")
    except OSError as problem:
        raise UserError(f"{out}: {problem.strerror}.") from None
    sheets = str(drawing.count('class="sheet"'))
    typer.echo(catalogue.text("draw.done", file=str(out), sheets=sheets))
    if issues:
        errors = sum(issue.severity is Severity.ERROR for issue in issues)
        counts = {"errors": str(errors), "warnings": str(len(issues) - errors)}
        typer.echo(catalogue.text("draw.marked", **counts), err=True)
