"""``kakunin reconcile``: new submissions against the store, or two whole files against each other."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import Office, progress_bar

if TYPE_CHECKING:
    from storage.masterfile.reader import MasterFile
    from storage.reconciliation.files import Tally

app = typer.Typer(no_args_is_help=True, help="Comparing answers with the master record.")

#: Files smaller than this are compared in one process: starting others would take longer.
_WORTH_WORKERS = 20_000_000
_SHARE = re.compile(r"[0-9]{1,4}/[0-9]{1,4}")


@app.callback()
def _group() -> None:
    """Comparing answers with the master record."""


@app.command("run")
def run(
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many submissions.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare every submission that was not compared yet, and again what a newer record touches; move the cases on."""
    from dataclasses import asdict

    from bot.reconciling import reconciler_of_commands

    office = Office()
    with office.store() as database, progress_bar(office.say("reconcile.progress")) as progress:
        reconciler = reconciler_of_commands(database, office.settings)
        done = reconciler.run(database, limit=limit, progress=progress if sys.stderr.isatty() else None)
    counts = asdict(done)
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        typer.echo(office.say("reconcile.done", **{name: str(count) for name, count in counts.items()}))


@app.command("status")
def status(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """How many submissions wait to be compared, and where the compared ones stand."""
    from dataclasses import asdict

    from storage.reconciliation.claims import standing

    office = Office()
    with office.store() as database:
        counts = asdict(database.run_read(standing))
    if as_json:
        typer.echo(json.dumps(counts))
        return
    totals = {name: str(count) for name, count in counts.items() if isinstance(count, int)}
    typer.echo(office.say("reconcile.status", **totals))
    for kind in ("cases", "verdicts"):
        listed = ", ".join(f"{name} {count}" for name, count in counts[kind].items()) or "-"
        typer.echo(office.say(f"reconcile.status_{kind}", listed=listed))


@app.command("files")
def files(
    master: Annotated[Path, typer.Argument(metavar="MASTER.csv")],
    answers: Annotated[Path, typer.Argument(metavar="ANSWERS.csv")],
    out: Annotated[Path, typer.Option(metavar="VERDICTS.csv", help="Where the verdicts go.")],
    encoding: Annotated[str, typer.Option(help="auto, utf-8 or cp932; of both files.")] = "auto",
    mapping: Annotated[Path | None, typer.Option(help="YAML: header of a file -> column of the contract.")] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes (default: one per core).")] = None,
    share: Annotated[
        str, typer.Option(metavar="K/N", help="Only the K-th of N shares of the customers, for several machines.")
    ] = "1/1",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare two files by customer_no; one row for every cell that is not byte-equal."""
    from storage.reconciliation.files import Tally
    from storage.reconciliation.judging import KEY

    office = Office()
    if workers is not None and workers < 1:
        raise office.refuse("reconcile.bad_workers")
    if not _SHARE.fullmatch(share) or not 1 <= int(share.split("/")[0]) <= int(share.split("/")[1]):
        raise office.refuse("reconcile.bad_share")
    paths = office.readable(master), office.readable(answers)
    if office.writable(out).resolve() in {path.resolve() for path in paths}:
        raise office.refuse("backoffice.same_file")
    tables = _open_both(office, *paths, encoding, mapping)
    fields = [name for name in tables[0].header.names if name in tables[1].header.names and name != KEY]
    if not fields:
        raise office.refuse("reconcile.no_common_column")
    size = sum(path.stat().st_size for path in paths)
    processes = workers or ((os.cpu_count() or 1) if size > _WORTH_WORKERS else 1)
    tally = Tally()
    _compare(office, paths, tables, fields, out, size=size, processes=processes, share=share, tally=tally)
    if as_json:
        typer.echo(json.dumps({"customers": tally.customers, "rows": tally.rows, "file": str(out)}))
    else:
        counts = {"customers": str(tally.customers), "rows": str(tally.rows)}
        typer.echo(office.say("reconcile.files_done", name=str(out), **counts))


def _compare(
    office: Office,
    paths: tuple[Path, Path],
    tables: tuple[MasterFile, MasterFile],
    fields: list[str],
    out: Path,
    *,
    size: int,
    processes: int,
    share: str,
    tally: Tally,
) -> None:
    """The run itself; whatever ends it, nothing half done stays behind."""
    from storage.exports.files import OutputSet
    from storage.exports.writers import CsvOutput
    from storage.reconciliation.files import VERDICT_COLUMNS, compare_files
    from storage.reconciliation.parts import BadRow, DuplicateKey, Share, UnreadableFile
    from storage.reconciliation.spill import Spill

    number, of = map(int, share.split("/"))
    spill = Spill.beside(out)
    with ExitStack() as stack:
        stack.callback(spill.remove)
        outputs = stack.enter_context(OutputSet())
        plain = (False,) * len(VERDICT_COLUMNS)
        # The table brings its header; the rows come as bytes.
        output = CsvOutput(out, VERDICT_COLUMNS, typed=plain, encoding="utf-8", losses=lambda one: None).output
        outputs.add(output)
        try:
            for lines in compare_files(
                *tables,
                fields,
                spill=spill,
                codes=_codes(),
                size=size,
                workers=processes,
                share=Share(number=number, of=of),
                tally=tally,
                progress=stack.enter_context(progress_bar(office.say("reconcile.progress"))),
            ):
                output.write(lines)
        except UnreadableFile as problem:
            sentence = office.say(f"masterfile.{problem.code}", **problem.params)
            name = paths[0 if problem.in_master else 1].name
            raise office.refuse("reconcile.in_file", name=name, problem=sentence) from None
        except DuplicateKey as problem:
            raise office.refuse(
                "reconcile.duplicate_key",
                name=paths[0 if problem.in_master else 1].name,
                number=problem.customer_no,
                lines=", ".join(str(line) for line in problem.lines),
            ) from None
        except BadRow as problem:
            key = "reconcile.bad_row" if problem.params else "reconcile.empty_key"
            name = paths[0 if problem.in_master else 1].name
            raise office.refuse(key, name=name, line=str(problem.line), **problem.params) from None
        output.finish(tally.rows)
        outputs.publish()


def _open_both(
    office: Office, master: Path, answers: Path, encoding: str, mapping: Path | None
) -> tuple[MasterFile, MasterFile]:
    """Both files with their headers; a mapping may name headers of either."""
    from storage.masterfile.columns import read_mapping
    from storage.masterfile.decoding import settle_encoding
    from storage.masterfile.problems import MasterFileProblem
    from storage.masterfile.reader import MasterFile
    from storage.reconciliation.judging import KEY

    try:
        renamed = read_mapping(office.readable(mapping)) if mapping is not None else {}
    except MasterFileProblem as problem:
        raise office.refuse(f"masterfile.{problem.code}", **problem.params) from None
    opened: list[MasterFile] = []
    headers: set[str] = set()
    for path in (master, answers):
        try:
            settled = settle_encoding(path, encoding)
            given = MasterFile(path, encoding=settled, mapping={}, required=()).header.given
            own = {name: column for name, column in renamed.items() if name in given}
            opened.append(MasterFile(path, encoding=settled, mapping=own, required=(KEY,)))
        except MasterFileProblem as problem:
            sentence = office.say(f"masterfile.{problem.code}", **problem.params)
            raise office.refuse("reconcile.in_file", name=path.name, problem=sentence) from None
        headers.update(given)
    for name in renamed:
        if name not in headers:
            raise office.refuse("masterfile.mapping_unknown_column", column=name)
    return opened[0], opened[1]


def _codes() -> Mapping[str, Mapping[str, str]]:
    """The choices of the shipped forms, so that a label stands for its code."""
    from dialogs.definition.yaml_format import load_shipped, shipped_names
    from storage.masterfile.choices import code_table
    from storage.reconciliation.coded import with_parts_of_labels

    table = code_table(load_shipped(name) for name in shipped_names())
    return {column: with_parts_of_labels(codes) for column, codes in table.items()}
