"""``kakunin customers import``: the bank's master file into the store."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import customer_flags, customer_keeping
from bot.cli.office import Office, os_user, progress_bar

if TYPE_CHECKING:
    from storage.database import Database
    from storage.masterfile.importing import ImportResult
    from storage.masterfile.problems import RowProblem
    from storage.masterfile.reader import MasterFile

app = typer.Typer(no_args_is_help=True, help="Customers and their master record.")
app.command("hold")(customer_keeping.hold)
app.command("release")(customer_keeping.release)
app.command("erase")(customer_keeping.erase)
app.command("flag")(customer_flags.flag)
app.command("unflag")(customer_flags.unflag)
app.command("flags")(customer_flags.flags)

#: Refused rows that are named on the screen when no report is asked for.
_SHOWN = 10


@app.callback()
def _group() -> None:
    """Customers and their master record."""


@app.command("import")
def import_customers(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The bank's master file.")],
    mapping: Annotated[Path | None, typer.Option(help="YAML: header of the file -> column of the contract.")] = None,
    encoding: Annotated[str, typer.Option(help="auto, utf-8 or cp932.")] = "auto",
    rejects: Annotated[Path | None, typer.Option(help="Where to write the rows that could not be taken.")] = None,
    all_or_nothing: Annotated[bool, typer.Option("--all-or-nothing", help="Take nothing if any row is bad.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read the master file into the store; the rows that are good, with a report on the others."""
    from bot.outreach.triggers import scan_master
    from storage.masterfile.columns import read_mapping
    from storage.masterfile.decoding import settle_encoding
    from storage.masterfile.problems import MasterFileProblem
    from storage.masterfile.reader import MasterFile

    office = Office()
    office.readable(file)
    if rejects is not None and office.writable(rejects).resolve() == file.resolve():
        raise office.refuse("backoffice.same_file")
    try:
        renamed = read_mapping(office.readable(mapping)) if mapping is not None else {}
        master = MasterFile(file, encoding=settle_encoding(file, encoding), mapping=renamed)
        with office.store() as database:
            result, problems = _run(office, database, file, master, rejects, all_or_nothing)
            # Also what an import before left behind that was killed after its last row.
            noted = scan_master(database, actor=os_user(), today=office.today(database))
    except MasterFileProblem as problem:
        raise office.refuse(f"masterfile.{problem.code}", **problem.params) from None
    if all_or_nothing and result.rejected:
        first = problems[0]
        raise office.refuse(
            "customers.all_or_nothing",
            rejected=str(result.rejected),
            line=str(first.line),
            column=first.column,
            reason=_word(office, first),
        )
    _report(office, result, problems, noted, named=rejects is None, as_json=as_json)


def _run(
    office: Office, database: Database, path: Path, master: MasterFile, rejects: Path | None, all_or_nothing: bool
) -> tuple[ImportResult, list[RowProblem]]:
    from contextlib import ExitStack

    from bot.outreach.master_rows import row_checker
    from storage.masterfile.importing import import_master
    from storage.masterfile.rejects import RejectReport

    checker = row_checker(database, office.today(database))
    kept: list[RowProblem] = []
    with ExitStack() as stack:
        progress = stack.enter_context(progress_bar(office.say("customers.progress")))
        report = None
        if rejects is not None:
            report = stack.enter_context(RejectReport(rejects, lambda problem: _word(office, problem)))

        def reject(problem: RowProblem) -> None:
            if len(kept) < _SHOWN:
                kept.append(problem)
            if report is not None:
                report.add(problem)

        result = import_master(
            database,
            path,
            master,
            checker,
            actor=os_user(),
            reject=reject,
            all_or_nothing=all_or_nothing,
            progress=progress,
        )
    return result, kept


def _word(office: Office, problem: RowProblem) -> str:
    return office.say(f"masterfile.row.{problem.code}", **problem.params)


def _report(
    office: Office,
    result: ImportResult,
    problems: list[RowProblem],
    noted: Counter[str],
    *,
    named: bool,
    as_json: bool,
) -> None:
    if as_json:
        fields = ("rows", "new", "changed", "unchanged", "rejected", "file_sha256")
        shown = {name: getattr(result, name) for name in fields}
        typer.echo(json.dumps(shown | {"version": result.seq, "events": dict(noted)}))
        return
    key = "customers.imported" if result.seq is not None else "customers.nothing_changed"
    counts = {name: str(getattr(result, name)) for name in ("rows", "new", "changed", "unchanged", "rejected")}
    typer.echo(office.say(key, **counts))
    if noted:
        typer.echo(office.say("customers.events", opened=str(noted["opened"]), events=str(noted.total())))
    if not named:
        return
    for problem in problems:
        reason = _word(office, problem)
        line = office.say("customers.reject", line=str(problem.line), column=problem.column, reason=reason)
        typer.echo(line, err=True)
    if result.rejected > len({problem.line for problem in problems}):
        more = str(result.rejected - len({problem.line for problem in problems}))
        typer.echo(office.say("customers.more_rejects", count=more), err=True)
