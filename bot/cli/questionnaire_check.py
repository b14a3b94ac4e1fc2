"""``kakunin questionnaire check FILE``: the static checks of a questionnaire, for people and for CI.

Exit code 0 without errors, 1 when there is at least one, 2 (``UserError``) when the file cannot be
taken apart at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.questionnaire_files import read_file

if TYPE_CHECKING:
    from dialogs.definition.issues import Issue
    from locales import Catalogue


def check(file: Path, json_output: bool = False, locale: str = "ja") -> None:
    """Prints every issue with its code, place and message; ends with 1 when one is an error."""
    import typer

    from dialogs.definition.issues import Severity
    from locales import load_catalogue

    catalogue = load_catalogue(locale)
    issues = find_issues(file, catalogue)
    if json_output:
        _print_json(file, issues)
    else:
        _print_table(issues, catalogue)
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise typer.Exit(code=1)


def find_issues(path: Path, catalogue: Catalogue) -> list[Issue]:
    """What is wrong with a file, with the place of each finding; raises ``UserError`` for an unreadable one."""
    from dialogs.definition import checker
    from dialogs.definition.issues import DefinitionError

    file = read_file(path, catalogue)
    try:
        questionnaire = file.questionnaire()
    except DefinitionError as error:
        return [*error.issues, *file.warnings]
    return [*map(file.placed, checker.check(questionnaire)), *file.warnings]


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


def _print_json(file: Path, issues: list[Issue]) -> None:
    import json

    import typer

    from dialogs.definition.issues import Severity

    typer.echo(
        json.dumps(
            {
                "file": file.name,
                "ok": not any(issue.severity is Severity.ERROR for issue in issues),
                "issues": [issue_record(issue) for issue in issues],
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
