"""``kakunin questionnaire check``: the static checks of a questionnaire, for people and for CI.

Exit code 0 without errors, 1 when there is at least one, 2 (``UserError``) when the file cannot be
taken apart at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.questionnaire_files import read_form

if TYPE_CHECKING:
    from dialogs.definition.checker import Proof
    from dialogs.definition.issues import Issue
    from locales import Catalogue


def check(form: str, json_output: bool = False, locale: str = "ja") -> None:
    """Prints every issue with its code, place and message; ends with 1 when one is an error."""
    import typer

    from dialogs.definition.issues import Severity
    from locales import load_catalogue

    catalogue = load_catalogue(locale)
    issues, proof = find_issues(form, catalogue)
    if json_output:
        _print_json(Path(form).name, issues, proof)
    else:
        _print_table(issues, catalogue)
        _print_proof(proof, catalogue)
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise typer.Exit(code=1)


def find_issues(form: str, catalogue: Catalogue) -> tuple[list[Issue], Proof | None]:
    """What is wrong with a form, with the place of each finding, and what is proved of it.

    Raises ``UserError`` for an unreadable file.
    """
    from dialogs.definition import checker
    from dialogs.definition.issues import DefinitionError

    file = read_form(form, catalogue)
    try:
        questionnaire = file.questionnaire()
    except DefinitionError as error:
        return [*error.issues, *file.warnings], None
    found = checker.check(questionnaire)
    return [*map(file.placed, found), *file.warnings], checker.prove(questionnaire, found)


def _print_table(issues: list[Issue], catalogue: Catalogue) -> None:
    import typer

    from dialogs.definition.issues import Severity

    if not issues:
        typer.echo(catalogue.text("check.clean"))
        return
    for issue in issues:
        severity = catalogue.text(f"check.severity.{issue.severity}")
        typer.echo(f"{severity} {issue.code}: {issue.place or '-'}: {issue.message(catalogue.text)}")
    errors = sum(issue.severity is Severity.ERROR for issue in issues)
    summary = catalogue.text("check.summary", errors=str(errors), warnings=str(len(issues) - errors))
    typer.echo(summary)


def _print_proof(proof: Proof | None, catalogue: Catalogue) -> None:
    import typer

    if proof is None or not (proof.ends or proof.items):
        typer.echo(catalogue.text("check.proof.none"))
        return
    if proof.ends:
        typer.echo(catalogue.text("check.proof.ends", questions=str(proof.questions)))
    if proof.items:
        typer.echo(catalogue.text("check.proof.items", items=", ".join(proof.items)))


def _print_json(name: str, issues: list[Issue], proof: Proof | None) -> None:
    import json
    from dataclasses import asdict

    import typer

    from dialogs.definition.issues import Severity

    typer.echo(
        json.dumps(
            {
                "file": name,
                "ok": not any(issue.severity is Severity.ERROR for issue in issues),
                "issues": [issue_record(issue) for issue in issues],
                "proof": None if proof is None else asdict(proof),
            },
            ensure_ascii=False,
        )
    )


def issue_record(issue: Issue) -> dict[str, Any]:
    """One issue as JSON, with its message in every language of the staff."""
    from locales import SHIPPED_LANGUAGES, load_catalogue

    place = issue.place
    return {
        "code": issue.code,
        "severity": str(issue.severity),
        "place": {
            "sheet": place.sheet,
            "row": place.row or None,
            "name": place.name or None,
            "column": place.column or None,
            "language": place.language or None,
            "line": place.line or None,
            # Only a workbook has cells.
            **({"cell": place.cell} if place.cell else {}),
        },
        "message": {language: issue.message(load_catalogue(language).text) for language in SHIPPED_LANGUAGES},
    }
