"""Exporting completed responses: the table, its codebook, and a manifest that proves what was written.

Promise: one consistent snapshot; all files of an export or none; each export is a recorded batch, completed in
the same transaction as its audit entry, before its files appear.  ``since`` carries exactly what was completed
after an earlier batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from dialogs.definition.model import Questionnaire
from storage import audit
from storage.database import Database
from storage.export_batches import ExportBatch, save_export_batch
from storage.exports.cells import Row
from storage.exports.codebook import CODEBOOK_COLUMNS, about_file, codebook_rows, titles_of
from storage.exports.columns import FIXED_COLUMNS, cell_of, columns_of, fixed_cell
from storage.exports.files import OutputSet, WrittenFile
from storage.exports.members import Members, recorded_members
from storage.exports.options import FORMATS, Options
from storage.exports.selection import NoQuestionnaire, Selection
from storage.exports.tables import Lost, Word, open_table, write_manifest
from storage.exports.writers import CsvOutput

__all__ = ["KIND", "Exported", "NoQuestionnaire", "Options", "export_responses"]

KIND = "responses"
_TABLE_FILES = tuple(f".{name}" for name in FORMATS)
#: Rows between two looks at the progress.
_LOOK = 200


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What came of it."""

    batch: ExportBatch
    rows: int
    unmappable: int
    files: tuple[WrittenFile, ...]
    path: Path


@dataclass(frozen=True, kw_only=True)
class _Written:
    """What was written from the snapshot."""

    files: tuple[WrittenFile, ...]
    lost: int
    forms: tuple[Questionnaire, ...]
    through: int


def export_responses(
    database: Database,
    out: Path,
    options: Options,
    *,
    actor: str,
    actor_kind: audit.ActorKind = "os_user",
    program: str,
    word: Word,
    progress: Callable[[int, int], None] = lambda done, total: None,
    prefix: str = "",
    mark: Callable[[OutputSet, ExportBatch, Sequence[WrittenFile]], None] = lambda outputs, batch, files: None,
) -> Exported:
    """Write the export to a folder, or to a file where ``out`` names one, with its side files beside it.

    ``word`` words the labels of the codebook; ``program`` is the version that the manifest names; ``progress`` is
    told how many rows are written and how many there can be; ``prefix`` begins the names of the side files, and
    ``mark`` adds what stands behind the manifest.  Raises ``NoQuestionnaire`` or ``OtherScope``.
    """
    options.check_scope()
    table = out if out.suffix.lower() in _TABLE_FILES else out / f"responses.{options.format}"
    table.parent.mkdir(parents=True, exist_ok=True)
    uni = database.universe
    # The id stands in every row, so it is made before the batch is recorded.
    batch_id = uni.new_id()
    with OutputSet() as outputs:
        with recorded_members(database, batch_id) as members:
            written = database.run_read(
                lambda conn: _write(
                    conn, database, table, prefix, options, batch_id, program, outputs, word, progress, members
                )
            )
            members.finish()

            def record(conn: Connection) -> ExportBatch:
                batch = save_export_batch(
                    conn,
                    uni,
                    batch_id=batch_id,
                    kind=KIND,
                    actor=actor,
                    rows=written.files[0].rows,
                    sha256=written.files[0].sha256,
                    filters=options.filters(),
                    through=written.through,
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
                path = table.parent / f"{prefix}manifest.json"
                manifest, fact = write_manifest(
                    path, batch, options, program, written.files, written.lost, written.forms
                )
                outputs.replace(manifest)
                mark(outputs, batch, (*written.files, fact))
                return batch

            batch = database.run(record)
        outputs.publish()
    return Exported(batch=batch, rows=batch.rows, unmappable=written.lost, files=written.files, path=table)


def _write(
    conn: Connection,
    database: Database,
    table: Path,
    prefix: str,
    options: Options,
    batch_id: str,
    program: str,
    outputs: OutputSet,
    word: Word,
    progress: Callable[[int, int], None],
    members: Members,
) -> _Written:
    """Everything that comes from the snapshot: the table, the codebook, and the list of lost characters."""
    selected = Selection(
        conn,
        database.vault,
        options.zone,
        status=options.status,
        since=options.since,
        branches=options.branches,
    )
    questionnaires = selected.questionnaires()
    forms = tuple(questionnaires.values())
    columns = columns_of(forms)
    names = (*FIXED_COLUMNS, *(column.name for column in columns))
    lost = Lost(table.parent / f"{prefix}unmappable.csv", options, word, outputs)
    main = open_table(
        table,
        names,
        options,
        database.universe,
        typed=[False] * len(FIXED_COLUMNS) + [column.typed for column in columns],
        titles=titles_of(forms, columns, word, options.zone),
        cells=[*map(fixed_cell, FIXED_COLUMNS), *(cell_of(forms, one, masked=options.masked) for one in columns)],
        about=about_file(program, batch_id, forms, codebook_rows(forms, columns, word)),
        lost=lost,
    )
    outputs.add(main.output)
    rows = {sha256: Row(form, columns, masked=options.masked) for sha256, form in questionnaires.items()}
    total, done = selected.at_most(), 0
    for response in selected:
        answers = rows[response.questionnaire_sha256].cells(response.answers)
        main.write([batch_id, *response.fixed, *answers])
        members.add(response.completed_seq)
        done += 1
        if done % _LOOK == 0:
            progress(done, total)
    progress(done, total)
    files = [main.finish()]
    if options.format != "jsonl":
        files.append(
            _codebook(
                table.parent / f"{prefix}codebook.csv", options, outputs, lost, codebook_rows(forms, columns, word)
            )
        )
    files += lost.finish()
    return _Written(files=tuple(files), lost=lost.count, forms=forms, through=selected.through())


def _codebook(
    path: Path, options: Options, outputs: OutputSet, lost: Lost, rows: Iterable[tuple[str, ...]]
) -> WrittenFile:
    encoding = options.encoding if options.format == "csv" else "utf-8-sig"
    plain = [False] * len(CODEBOOK_COLUMNS)
    codebook = CsvOutput(path, CODEBOOK_COLUMNS, typed=plain, encoding=encoding, losses=lost)
    outputs.add(codebook.output)
    for row in rows:
        codebook.write(list(row))
    return codebook.finish()
