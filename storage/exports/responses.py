"""Exporting completed responses: the table, its codebook, and a manifest that proves what was written.

Promise: one consistent snapshot; all files of an export or none; each export is a recorded batch, completed in
the same transaction as its audit entry, before its files appear.  ``since`` carries exactly what was completed
after an earlier batch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import read_canonical
from storage import audit
from storage.cases import CaseStatus
from storage.database import Database
from storage.export_batches import (
    ExportBatch,
    add_export_members,
    batch_members,
    begin_export_batch,
    discard_export_members,
    last_completed_seq,
    list_export_batches,
    save_export_batch,
    stale_export_batches,
)
from storage.exports.codebook import CODEBOOK_COLUMNS, codebook_rows
from storage.exports.columns import FIXED_COLUMNS, Column, answers_by_place, cell, columns_of, masked
from storage.exports.facts import fixed_cells
from storage.exports.writers import CsvOutput, OutputFile, OutputSet, Unmappable, WrittenFile
from storage.publishing import list_published, live, load_published
from storage.submissions import Submission, iter_submissions

KIND = "responses"
#: Submissions that are recorded in one transaction: a running service waits for the writer meanwhile.
BATCH = 500
#: An export that was begun so long ago and not completed was killed.
_STALE = timedelta(days=1)
UNMAPPABLE_COLUMNS = ("file", "row", "column", "code_point")
#: The form whose columns an export has even when there is nothing to export.
_FIRST_FORM = "individual"


class NoQuestionnaire(Exception):
    """Nothing is published, so nothing can have been answered."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to export and how."""

    #: csv or jsonl
    format: str = "csv"
    encoding: str = "utf-8-sig"
    #: reconciled (submitted and compared) or approved (the case is done)
    status: str = "reconciled"
    #: An earlier batch; only what was completed after it.
    since: ExportBatch | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Tokyo"))
    #: Hide what identifies a person: for an export that nobody has approved.
    masked: bool = False

    def filters(self) -> dict[str, str]:
        """The filter as it is recorded: codes only."""
        return {
            "format": self.format,
            "encoding": self.encoding if self.format == "csv" else "utf-8",
            "status": self.status,
            "since": str(self.since.seq) if self.since else "",
            "values": "masked" if self.masked else "full",
        }


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What came of it."""

    batch: ExportBatch
    rows: int
    unmappable: int
    files: tuple[WrittenFile, ...]
    path: Path


def export_responses(
    database: Database,
    out: Path,
    options: Options,
    *,
    actor: str,
    actor_kind: audit.ActorKind = "os_user",
    program: str,
    word: Callable[[str], str],
    progress: Callable[[int], None] = lambda done: None,
) -> Exported:
    """Write the export to a folder, or to a file where ``out`` names one, with its side files beside it.

    ``word`` words the labels of the codebook; ``program`` is the version that the manifest names.
    """
    suffix = f".{options.format}"
    table = out if out.suffix.lower() in (".csv", ".jsonl") else out / f"responses{suffix}"
    table.parent.mkdir(parents=True, exist_ok=True)
    uni = database.universe
    # The id stands in every row, so it is made before the batch is recorded.
    batch_id = uni.new_id()
    with OutputSet() as outputs:
        table_file, side_files, lost, members, forms = database.run_read(
            lambda conn: _write(conn, database, table, options, batch_id, outputs, word, progress)
        )
        files = (table_file, *side_files)

        def record(conn: Connection) -> ExportBatch:
            batch = save_export_batch(
                conn,
                uni,
                batch_id=batch_id,
                kind=KIND,
                actor=actor,
                rows=table_file.rows,
                sha256=table_file.sha256,
                filters=options.filters(),
            )
            audit.record(
                conn,
                uni,
                "export.responses",
                actor_kind=actor_kind,
                actor_id=actor,
                subjects={"batch": batch.id},
                detail={**options.filters(), "rows": str(batch.rows), "sha256": batch.sha256},
            )
            # The manifest needs the number of the batch; a transaction that is run again writes it again.
            manifest = _manifest(table.parent / "manifest.json", batch, options, program, files, lost, forms)
            outputs.replace(manifest)
            return batch

        with _recorded_members(database, batch_id, members):
            batch = database.run(record)
        outputs.publish()
    return Exported(batch=batch, rows=batch.rows, unmappable=len(lost), files=files, path=table)


@contextmanager
def _recorded_members(database: Database, batch_id: str, members: Sequence[str]) -> Iterator[None]:
    """Record what the batch carries, in short transactions beside the running service; without the batch, undo it."""
    uni = database.universe
    for stale in database.run_read(lambda conn: stale_export_batches(conn, uni.now() - _STALE)):
        _discard(database, stale)
    database.run(lambda conn: begin_export_batch(conn, uni, batch_id))
    try:
        for start in range(0, len(members), BATCH):
            some = members[start : start + BATCH]
            database.run_piece(lambda conn, some=some: add_export_members(conn, batch_id, some))  # type: ignore[misc]
        yield
    except BaseException:
        _discard(database, batch_id)
        raise


def _discard(database: Database, batch_id: str) -> None:
    while database.run_piece(lambda conn: discard_export_members(conn, batch_id, BATCH)):
        pass


def _write(
    conn: Connection,
    database: Database,
    table: Path,
    options: Options,
    batch_id: str,
    outputs: OutputSet,
    word: Callable[[str], str],
    progress: Callable[[int], None],
) -> tuple[WrittenFile, list[WrittenFile], list[Unmappable], list[str], tuple[Questionnaire, ...]]:
    """Everything that comes from the snapshot: the table, the codebook, and the list of lost characters."""
    selected = _Selection(conn, database, options)
    questionnaires = selected.questionnaires()
    forms = tuple(questionnaires.values())
    columns = columns_of(forms)
    names = (*FIXED_COLUMNS, *(column.name for column in columns))
    members: list[str] = []

    def rows() -> Iterator[list[str]]:
        for submission in selected:
            members.append(submission.id)
            if len(members) % 100 == 0:
                progress(len(members))
            yield _row(conn, database, submission, questionnaires, columns, batch_id, options)

    if options.format == "jsonl":
        output = OutputFile(table)
        outputs.add(output)
        for cells in rows():
            line = dict(zip(names, cells, strict=True))
            output.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        return output.finish(len(members)), [], [], members, forms
    typed = [False] * len(FIXED_COLUMNS) + [column.typed for column in columns]
    main = CsvOutput(table, names, typed=typed, encoding=options.encoding)
    outputs.add(main.output)
    for cells in rows():
        main.write(cells)
    written = main.finish()
    codebook = CsvOutput(
        table.parent / "codebook.csv",
        CODEBOOK_COLUMNS,
        typed=[False] * len(CODEBOOK_COLUMNS),
        encoding=options.encoding,
    )
    outputs.add(codebook.output)
    for book_row in codebook_rows(forms, columns, word):
        codebook.write(book_row)
    sides = [codebook.finish()]
    lost = [*main.unmappable, *codebook.unmappable]
    if options.encoding == "cp932":
        report = CsvOutput(
            table.parent / "unmappable.csv",
            UNMAPPABLE_COLUMNS,
            typed=[False] * len(UNMAPPABLE_COLUMNS),
            encoding="cp932",
        )
        outputs.add(report.output)
        for one in lost:
            report.write((one.file, str(one.row), one.column, one.code_point))
        sides.append(report.finish())
    return written, sides, lost, members, forms


def _row(
    conn: Connection,
    database: Database,
    submission: Submission,
    questionnaires: Mapping[str, Questionnaire],
    columns: Sequence[Column],
    batch_id: str,
    options: Options,
) -> list[str]:
    answers = answers_by_place(submission.answers)
    questionnaire = questionnaires[submission.questionnaire_sha256]
    fixed = fixed_cells(conn, database.vault, submission, batch_id, options.zone)
    cells = [cell(column, questionnaire, answers) for column in columns]
    if options.masked:
        cells = [masked(column, text) for column, text in zip(columns, cells, strict=True)]
    return [*(fixed[name] for name in FIXED_COLUMNS), *cells]


class _Selection:
    """The submissions of one export, and the questionnaires in which they were answered."""

    def __init__(self, conn: Connection, database: Database, options: Options) -> None:
        self._conn = conn
        self._database = database
        self._statuses = [CaseStatus.DONE] if options.status == "approved" else None
        self._since_seq, self._carried = 0, set[str]()
        if options.since is not None:
            self._set_since(options.since, options.status)

    def _set_since(self, since: ExportBatch, status: str) -> None:
        """What earlier batches of this kind carried; an approval may come long after the reconciliation."""
        earlier = [
            batch
            for batch in list_export_batches(self._conn, limit=1_000_000)
            if batch.kind == KIND and batch.seq <= since.seq and batch.filters.get("status") == status
        ]
        if status == "reconciled":
            self._since_seq = max((last_completed_seq(self._conn, batch.id) for batch in earlier), default=0)
        else:
            for batch in earlier:
                self._carried.update(batch_members(self._conn, batch.id))

    def __iter__(self) -> Iterator[Submission]:
        found = iter_submissions(self._conn, self._database.vault, statuses=self._statuses, since_seq=self._since_seq)
        for submission in found:
            if submission.completed_seq is not None and submission.id not in self._carried:
                yield submission

    def questionnaires(self) -> dict[str, Questionnaire]:
        """Digest -> form: the live version of each form that was answered first, then older versions."""
        used = {submission.questionnaire_sha256: submission.questionnaire_id for submission in self}
        names = dict.fromkeys(sorted(used.values(), key=lambda name: (name != _FIRST_FORM, name)))
        if not names:
            published = [one.name for one in list_published(self._conn, live_only=True) if one.kind == "questionnaire"]
            names = dict.fromkeys(sorted(published, key=lambda name: (name != _FIRST_FORM, name))[:1])
        found: dict[str, Questionnaire] = {}
        for name in names:
            newest = live(self._conn, "questionnaire", name)
            if newest is not None:
                found[newest.sha256] = read_canonical(newest.body)
        for sha256 in sorted(used):
            stored = load_published(self._conn, sha256)
            if sha256 not in found and stored is not None:
                found[sha256] = read_canonical(stored.body)
        if not found:
            raise NoQuestionnaire
        return found


def _manifest(
    path: Path,
    batch: ExportBatch,
    options: Options,
    program: str,
    files: Sequence[WrittenFile],
    lost: Sequence[Unmappable],
    forms: Sequence[Questionnaire],
) -> OutputFile:
    """What was written, so that the receiver can check that nothing is missing or altered."""
    body = {
        "program": program,
        "batch_id": batch.id,
        "batch": batch.seq,
        "made_at": batch.made_at.astimezone(options.zone).isoformat(timespec="seconds"),
        "made_by": batch.actor,
        "filter": dict(batch.filters),
        "questionnaires": [{"id": form.id, "version": form.version, "sha256": form.sha256} for form in forms],
        "rows": batch.rows,
        "unmappable": len(lost),
        "files": [{"name": one.name, "rows": one.rows, "bytes": one.bytes, "sha256": one.sha256} for one in files],
    }
    output = OutputFile(path)
    output.write((json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode())
    output.finish(0)
    return output
