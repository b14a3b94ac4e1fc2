"""``kakunin worklist import`` and ``kakunin letters returned``: what came of calls, visits and letters, from a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import Office, os_user

if TYPE_CHECKING:
    from bot.outreach.try_sheets import Sheet
    from storage.masterfile.problems import RowProblem

app = typer.Typer(no_args_is_help=True, help="What came of calls and visits.")

#: Refused lines that are named on the screen when no report is asked for.
_SHOWN = 10

_ENCODING = typer.Option(help="auto, utf-8 or cp932.")
_REJECTS = typer.Option(metavar="FILE.csv", help="Where to write all lines that are wrong.")
_JSON = typer.Option("--json", help="Print one JSON object.")


@app.callback()
def _group() -> None:
    """What came of calls and visits."""


@app.command("import")
def import_results(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="customer_no, channel, result, at, ...")],
    encoding: Annotated[str, _ENCODING] = "auto",
    rejects: Annotated[Path | None, _REJECTS] = None,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Take the results of calls and visits; all lines or none."""
    from bot.outreach.try_sheets import try_sheet

    _take(file, try_sheet, encoding, rejects, as_json=as_json)


def returned(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="customer_no, returned_on, reason.")],
    encoding: Annotated[str, _ENCODING] = "auto",
    rejects: Annotated[Path | None, _REJECTS] = None,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Take the letters that the post brought back; all lines or none. Their codes link nobody any more."""
    from bot.outreach.try_sheets import returned_sheet

    _take(file, returned_sheet, encoding, rejects, as_json=as_json)


def _take(
    file: Path,
    sheet_of: Callable[[Mapping[str, str]], Sheet],
    encoding: str,
    rejects: Path | None,
    *,
    as_json: bool,
) -> None:
    from bot.outreach.try_sheets import RefusedSheet, import_tries
    from storage.contacts import RESULTS
    from storage.masterfile.problems import MasterFileProblem

    office = Office()
    office.readable(file)
    if rejects is not None and office.writable(rejects).resolve() == file.resolve():
        raise office.refuse("backoffice.same_file")
    words = {code: office.say(f"worklist.result.{code}") for results in RESULTS.values() for code in results}
    try:
        with office.store() as database:
            counts = import_tries(
                database,
                file,
                sheet_of(words),
                encoding=encoding,
                office=office.settings.office,
                rules=office.settings.try_rules,
                actor=os_user(),
            )
    except MasterFileProblem as problem:
        raise office.refuse(f"masterfile.{problem.code}", **problem.params) from None
    except RefusedSheet as refused:
        _report(office, refused.problems, rejects)
        raise office.refuse("worklist.refused", count=str(len(refused.problems))) from None
    if as_json:
        typer.echo(json.dumps(dict(counts)))
    else:
        typer.echo(office.say("worklist.imported", **{name: str(count) for name, count in counts.items()}))


def _report(office: Office, problems: tuple[RowProblem, ...], rejects: Path | None) -> None:
    from storage.contacts import BEST_TIMES, RESULTS, RETURNED
    from storage.masterfile.rejects import RejectReport

    #: What a column takes, where that is one of a few codes.
    known = {
        "channel": ("phone", "visit"),
        "result": dict.fromkeys(code for name in ("phone", "visit") for code in RESULTS[name]),
        "best_time": BEST_TIMES,
        "reason": [code.removeprefix("returned_") for code in RETURNED],
    }

    def word(problem: RowProblem) -> str:
        reason = office.say(f"worklist.problem.{problem.code}")
        if problem.code not in ("channel", "result", "best_time"):
            return reason
        return office.say("worklist.known", reason=reason, known=", ".join(known[problem.column]))

    with ExitStack() as stack:
        if rejects is not None:
            report = stack.enter_context(RejectReport(rejects, word))
            for problem in problems:
                report.add(problem)
    if rejects is None:
        for problem in problems[:_SHOWN]:
            place = {"line": str(problem.line), "column": problem.column}
            typer.echo(office.say("worklist.refused_line", **place, reason=word(problem)), err=True)
