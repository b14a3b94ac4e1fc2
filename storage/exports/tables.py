"""The files of one export: a table in the chosen format, its codebook, the list of lost characters, the manifest.

Promise: the manifest names who, when, which filter, and every other file with its rows, size and SHA-256, so that
the receiver can tell that nothing is missing or altered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dialogs.definition.model import Questionnaire
from storage.export_batches import ExportBatch
from storage.exports.columns import Cell
from storage.exports.files import OutputFile, OutputSet, WrittenFile
from storage.exports.options import Options
from storage.exports.parquet import ParquetOutput
from storage.exports.spelling import Unmappable
from storage.exports.workbook import XlsxOutput
from storage.exports.writers import CsvOutput, JsonLinesOutput, TableOutput
from storage.universe import Universe

#: Words a text of the catalogue.
Word = Callable[[str], str]

UNMAPPABLE_COLUMNS = ("file", "row", "column", "code_point", "reason")


class Lost:
    """``unmappable.csv``: always beside a CP932 file, else where something was lost."""

    def __init__(self, path: Path, options: Options, word: Word, outputs: OutputSet) -> None:
        self.count = 0
        self._path = path
        self._word = word
        self._outputs = outputs
        self._encoding = options.encoding if options.format == "csv" else "utf-8-sig"
        self._report: CsvOutput | None = None
        if self._encoding == "cp932":
            self._open()

    def _open(self) -> CsvOutput:
        if self._report is None:
            plain = [False] * len(UNMAPPABLE_COLUMNS)
            self._report = CsvOutput(
                self._path, UNMAPPABLE_COLUMNS, typed=plain, encoding=self._encoding, losses=lambda one: None
            )
            self._outputs.add(self._report.output)
        return self._report

    def __call__(self, one: Unmappable) -> None:
        self.count += 1
        reason = self._word(f"export.unmappable.{one.reason.value}")
        self._open().write([one.file, str(one.row), one.column, one.code_point, reason])

    def finish(self) -> list[WrittenFile]:
        return [] if self._report is None else [self._report.finish()]


def open_table(
    path: Path,
    columns: Sequence[str],
    options: Options,
    uni: Universe,
    *,
    typed: Sequence[bool],
    titles: Sequence[str],
    cells: Sequence[Cell],
    about: Mapping[str, str],
    lost: Lost,
) -> TableOutput:
    """The table in the format of the options; ``about`` is what a format can carry that has a place for it."""
    if options.format == "jsonl":
        return JsonLinesOutput(path, columns, losses=lost)
    if options.format == "parquet":
        return ParquetOutput(path, columns, cells=cells, titles=titles, zone=options.zone, about=about, losses=lost)
    if options.format == "xlsx":
        times = [cell is Cell.TIME for cell in cells]
        return XlsxOutput(path, columns, titles=titles, times=times, made_at=uni.now(), zone=options.zone, losses=lost)
    return CsvOutput(path, columns, typed=typed, encoding=options.encoding, losses=lost)


def write_manifest(
    path: Path,
    batch: ExportBatch,
    options: Options,
    program: str,
    files: Sequence[WrittenFile],
    lost: int,
    forms: Sequence[Questionnaire] = (),
) -> tuple[OutputFile, WrittenFile]:
    """What was written, so that the receiver can check that nothing is missing or altered."""
    body = {
        "program": program,
        "batch_id": batch.id,
        "batch": batch.seq,
        "kind": batch.kind,
        "made_at": batch.made_at.astimezone(options.zone).isoformat(timespec="seconds"),
        "made_by": batch.actor,
        "filter": dict(batch.filters),
        "questionnaires": [{"id": form.id, "version": form.version, "sha256": form.sha256} for form in forms],
        "rows": batch.rows,
        "unmappable": lost,
        "files": [{"name": one.name, "rows": one.rows, "bytes": one.bytes, "sha256": one.sha256} for one in files],
    }
    output = OutputFile(path)
    output.write((json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode())
    return output, output.finish(0)
