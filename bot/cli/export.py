"""``kakunin export``: responses, differences and worklists as files.

Commands write full values: whoever may run them on the server may read the store anyway.  Each export
is a recorded batch and an audit entry that names the operating system's user.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import export_sending
from bot.cli.branches import read_branches
from bot.cli.errors import Failed
from bot.cli.office import Office, os_user, progress_bar
from bot.outreach.wording import difference_reason, program

if TYPE_CHECKING:
    from storage.exports.responses import Exported

app = typer.Typer(no_args_is_help=True, help="Files for the bank's other systems.")
app.command("send")(export_sending.send)
app.command("sendings")(export_sending.sendings)


@app.callback()
def _group() -> None:
    """Files for the bank's other systems."""


@app.command("responses")
def responses(
    out: Annotated[Path, typer.Option(metavar="PATH", help="A folder, or a file with its side files beside it.")],
    format: Annotated[str, typer.Option(help="csv, xlsx, jsonl or parquet.")] = "csv",
    encoding: Annotated[str, typer.Option(help="utf-8-sig, utf-8 or cp932.")] = "utf-8-sig",
    since: Annotated[str | None, typer.Option(metavar="BATCH", help="Only what came after this export.")] = None,
    status: Annotated[str, typer.Option(help="reconciled or approved.")] = "reconciled",
    branch: Annotated[list[str] | None, typer.Option(metavar="NO", help="Only the customers of this branch.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Completed responses with codebook and manifest."""
    from storage.export_batches import load_batch
    from storage.exports.options import STATUSES, OtherScope
    from storage.exports.responses import KIND, NoQuestionnaire, Options, export_responses

    office = Office()
    _check_format(office, format, out)
    _check_encoding(office, encoding)
    if status not in STATUSES:
        raise office.refuse("export.bad_status")
    branches = read_branches(office, branch)
    with office.store() as database:
        batch = database.run_read(lambda conn: load_batch(conn, since)) if since is not None else None
        if since is not None and (batch is None or batch.kind != KIND):
            raise office.refuse("export.no_batch", batch=since)
        options = Options(
            format=format, encoding=encoding, status=status, since=batch, branches=branches, zone=office.zone
        )
        try:
            with progress_bar("") as progress:
                done = export_responses(
                    database,
                    out,
                    options,
                    actor=os_user(),
                    program=program(),
                    word=office.say,
                    progress=progress,
                )
        except NoQuestionnaire:
            raise office.refuse("export.no_questionnaire") from None
        except OtherScope:
            raise office.refuse("export.other_scope", batch=str(since)) from None
        except OSError:
            raise office.refuse("backoffice.no_folder", name=str(out)) from None
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "batch": done.batch.seq,
                    "batch_id": done.batch.id,
                    "rows": done.rows,
                    "unmappable": done.unmappable,
                    "file": str(done.path),
                    "sha256": done.batch.sha256,
                }
            )
        )
        return
    typer.echo(office.say("export.done", rows=str(done.rows), name=str(done.path), batch=str(done.batch.seq)))
    _say_lost(office, done)


@app.command("differences")
def differences(
    out: Annotated[Path, typer.Option(metavar="FILE.csv")],
    encoding: Annotated[str, typer.Option(help="utf-8-sig, utf-8 or cp932.")] = "utf-8-sig",
) -> None:
    """What differs between answers and master record, with verdicts and decisions."""
    from storage.exports.lists import export_differences
    from storage.exports.options import Options

    office = Office()
    _check_encoding(office, encoding)
    office.writable(out)
    with office.store() as database:
        done = export_differences(
            database,
            out,
            Options(encoding=encoding, zone=office.zone),
            actor=os_user(),
            word=office.say,
            reason=lambda difference: difference_reason(office.say, difference),
        )
    typer.echo(office.say("export.rows_done", rows=str(done.rows), name=str(out)))
    _say_lost(office, done)


@app.command("history")
def history(
    out: Annotated[Path, typer.Option(metavar="FILE.csv")],
    encoding: Annotated[str, typer.Option(help="utf-8-sig, utf-8 or cp932.")] = "utf-8-sig",
) -> None:
    """How every case came to its status: when, by whom, why."""
    from storage.exports.lists import export_history
    from storage.exports.options import Options

    office = Office()
    _check_encoding(office, encoding)
    office.writable(out)
    with office.store() as database:
        options = Options(encoding=encoding, zone=office.zone)
        done = export_history(database, out, options, actor=os_user(), word=office.say)
    typer.echo(office.say("export.rows_done", rows=str(done.rows), name=str(out)))


@app.command("names")
def names(
    out: Annotated[Path, typer.Option(metavar="FILE.csv")],
    encoding: Annotated[str, typer.Option(help="utf-8-sig, utf-8 or cp932.")] = "utf-8-sig",
) -> None:
    """Names to screen: owners, representatives, and names that the bank did not have."""
    from storage.exports.options import Options
    from storage.exports.screening import export_names

    office = Office()
    _check_encoding(office, encoding)
    office.writable(out)
    with office.store() as database:
        options = Options(encoding=encoding, zone=office.zone)
        done = export_names(database, out, options, actor=os_user(), word=office.say)
    typer.echo(office.say("export.rows_done", rows=str(done.rows), name=str(out)))
    _say_lost(office, done)


@app.command("ratings")
def ratings(
    out: Annotated[Path, typer.Option(metavar="FILE.csv")],
    encoding: Annotated[str, typer.Option(help="utf-8-sig, utf-8 or cp932.")] = "utf-8-sig",
) -> None:
    """Proposed changes of risk ratings, why, and what was decided."""
    from bot.reviewing import review_rules
    from storage.exports.options import Options
    from storage.exports.screening import export_ratings

    office = Office()
    _check_encoding(office, encoding)
    office.writable(out)
    rules, locale = review_rules(office.settings), office.settings.default_locale
    with office.store() as database:
        done = export_ratings(
            database,
            out,
            Options(encoding=encoding, zone=office.zone),
            actor=os_user(),
            word=office.say,
            reason=lambda rule: rules.reason(rule, locale),
        )
    typer.echo(office.say("export.rows_done", rows=str(done.rows), name=str(out)))
    _say_lost(office, done)


@app.command("worklist")
def worklist(
    name: Annotated[str, typer.Argument(metavar="phone|visit|post|returned|restriction")],
    out: Annotated[Path, typer.Option(metavar="FILE.csv")],
    encoding: Annotated[str, typer.Option(help="utf-8-sig, utf-8 or cp932.")] = "utf-8-sig",
    branch: Annotated[list[str] | None, typer.Option(metavar="NO", help="Only the customers of this branch.")] = None,
) -> None:
    """Customers that the chat did not reach, for the next channel."""
    from storage.exports.lists import export_worklist
    from storage.exports.options import Options
    from storage.worklists import LISTS

    office = Office()
    if name not in LISTS:
        raise office.refuse("export.bad_worklist")
    _check_encoding(office, encoding)
    branches = read_branches(office, branch)
    office.writable(out)
    with office.store() as database:
        options = Options(encoding=encoding, branches=branches, zone=office.zone)
        today = office.today(database)
        rules = office.settings.try_rules
        done = export_worklist(database, out, name, options, actor=os_user(), today=today, word=office.say, rules=rules)
    typer.echo(office.say("export.rows_done", rows=str(done.rows), name=str(out)))
    _say_lost(office, done)


@app.command("drop")
def drop(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    format: Annotated[str, typer.Option(help="csv, xlsx, jsonl or parquet.")] = "csv",
    encoding: Annotated[str, typer.Option(help="utf-8-sig, utf-8 or cp932.")] = "utf-8-sig",
    status: Annotated[str, typer.Option(help="reconciled or approved.")] = "reconciled",
    branch: Annotated[list[str] | None, typer.Option(metavar="NO", help="Only the customers of this branch.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Drop what came since the last drop, for another system to pick up: .sha256 beside each file, .done last."""
    from storage.exports.drop import DropBusy, drop_responses
    from storage.exports.options import STATUSES, Options
    from storage.exports.responses import NoQuestionnaire

    office = Office()
    if not folder.is_dir():
        raise office.refuse("backoffice.no_folder", name=str(folder))
    _check_format(office, format, folder)
    _check_encoding(office, encoding)
    if status not in STATUSES:
        raise office.refuse("export.bad_status")
    branches = read_branches(office, branch)
    with office.store() as database:
        try:
            done = drop_responses(
                database,
                folder,
                Options(format=format, encoding=encoding, status=status, branches=branches, zone=office.zone),
                owner=f"command:{os.getpid()}",
                actor=os_user(),
                actor_kind="os_user",
                program=program(),
                word=office.say,
            )
        except NoQuestionnaire:
            raise office.refuse("export.no_questionnaire") from None
        except DropBusy:
            raise Failed(office.say("export.drop_busy")) from None
    exported = done.exported
    if as_json:
        found = {"batch": exported.batch.seq, "rows": exported.rows, "unmappable": exported.unmappable}
        typer.echo(json.dumps({**found, "done": str(folder / done.done), "recovered": done.recovered}))
        return
    typer.echo(office.say("export.dropped", rows=str(exported.rows), name=done.done, batch=str(exported.batch.seq)))
    _say_lost(office, exported)


@app.command("evidence")
def evidence(
    case: Annotated[str, typer.Argument(metavar="CASE", help="The case, or its customer's number.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER")],
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Also as pages for people.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Everything about one case with its digests: what was asked, answered, compared and decided."""
    from storage.exports.evidence import NoCase, export_evidence, find_case
    from storage.exports.options import Options

    office = Office()
    if out.exists() and not out.is_dir():
        raise office.refuse("backoffice.no_folder", name=str(out))
    with office.store() as database:
        case_id = database.run_read(lambda conn: find_case(conn, case))
        if case_id is None:
            raise office.refuse("export.no_case", case=case)
        options = Options(format="pdf" if pdf else "json", encoding="utf-8", zone=office.zone)
        try:
            done = export_evidence(
                database,
                case_id,
                out,
                options,
                actor=os_user(),
                program=program(),
                word=office.say,
                reason=lambda difference: difference_reason(office.say, difference),
            )
        except NoCase:
            raise office.refuse("export.no_case", case=case) from None
        except ModuleNotFoundError:
            raise office.refuse("export.no_pdf") from None
        except OSError:
            raise office.refuse("backoffice.no_folder", name=str(out)) from None
    if as_json:
        files = {one.name: one.sha256 for one in done.files}
        typer.echo(json.dumps({"batch": done.batch.seq, "case": case_id, "folder": str(out), "files": files}))
        return
    typer.echo(office.say("export.evidence_done", name=str(out), batch=str(done.batch.seq)))
    _say_lost(office, done)


def _check_format(office: Office, format: str, out: Path) -> None:
    from storage.exports.options import FORMATS
    from storage.exports.parquet import can_write_parquet

    if format not in FORMATS:
        raise office.refuse("export.bad_format", format=format)
    if format == "parquet" and not can_write_parquet():
        raise office.refuse("export.no_parquet")
    if out.exists() and not out.is_dir() and out.suffix.lower() != f".{format}":
        raise office.refuse("backoffice.no_folder", name=str(out))


def _check_encoding(office: Office, encoding: str) -> None:
    from storage.exports.options import ENCODINGS

    if encoding not in ENCODINGS:
        raise office.refuse("export.bad_encoding", encoding=encoding)


def _say_lost(office: Office, done: Exported) -> None:
    if done.unmappable:
        typer.echo(office.say("export.unmappable", count=str(done.unmappable)), err=True)
