"""Bringing a master file into the store: read twice, staged in small pieces, made current at once.

Promise: until the last step nobody sees any of it, and after any failure nothing of it is left.
The first pass reads the file from end to end, so an unreadable byte or a broken quote on the last
line is found before the first row is stored, and rows that share a customer number are all refused
(which of them is right, only the bank knows).  Importing the same file again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from storage import audit
from storage.customers import (
    begin_master_version,
    discard_master_rows,
    discard_master_version,
    finish_master_version,
    stage_master_rows,
    staged_master_versions,
)
from storage.database import Database
from storage.masterfile.problems import RowProblem
from storage.masterfile.reader import MasterFile, Record, file_sha256
from storage.masterfile.rows import RowChecker, plain_text
from storage.universe import Universe

#: Rows per transaction: few enough that a running service never waits long for the writer.
BATCH = 250

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What became of a file."""

    #: Rows of the file, the header not counted.
    rows: int
    #: Rows whose customer's record is new or differs from the one held before.
    changed: int
    #: Customers seen for the first time.
    new: int
    unchanged: int
    #: Rows that were refused, each with one or more reasons.
    rejected: int
    #: The version that is current now; ``None`` where nothing was changed.
    seq: int | None
    file_sha256: str


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What the first pass found."""

    rows: int
    #: Customer number -> the lines on which it stands, for numbers that stand on several.
    repeated: Mapping[str, tuple[int, ...]]


def survey(file: MasterFile) -> Survey:
    """Read the whole file once; raises ``MasterFileProblem`` where it cannot be read to its end."""
    rows = 0
    first: dict[str, int] = {}
    repeated: dict[str, list[int]] = {}
    for entry in file.records():
        rows += 1
        if isinstance(entry, Record):
            number = plain_text(entry.fields.get("customer_no", ""))
            if number in first:
                repeated.setdefault(number, [first[number]]).append(entry.line)
            elif number:
                first[number] = entry.line
    return Survey(rows=rows, repeated={number: tuple(lines) for number, lines in repeated.items()})


def checked_rows(file: MasterFile, checker: RowChecker, found: Survey) -> Iterator[dict[str, str] | list[RowProblem]]:
    """Every row of the second pass: as it is to be kept, or the reasons why it is not."""
    for entry in file.records():
        if isinstance(entry, RowProblem):
            yield [entry]
            continue
        given = plain_text(entry.fields.get("customer_no", ""))
        row, flaws = checker.check(entry.fields)
        problems = [
            RowProblem(line=entry.line, column=file.header.given_name(flaw.column), code=flaw.code, customer_no=given)
            for flaw in flaws
        ]
        if lines := found.repeated.get(given):
            others = ", ".join(str(line) for line in lines if line != entry.line)
            column = file.header.given_name("customer_no")
            problems.append(
                RowProblem(
                    line=entry.line, column=column, code="duplicate", params={"lines": others}, customer_no=given
                )
            )
        yield problems or row


def import_master(
    database: Database,
    path: Path,
    file: MasterFile,
    checker: RowChecker,
    *,
    actor: str,
    reject: Callable[[RowProblem], None],
    all_or_nothing: bool = False,
    progress: Progress = lambda done, total: None,
) -> ImportResult:
    """Import a file; ``reject`` hears every reason a row was refused, in the order of the file.

    With ``all_or_nothing`` a single refused row leaves the store as it was.
    """
    uni, vault = database.universe, database.vault
    digest = file_sha256(path)
    found = survey(file)
    for left_behind in database.run_read(staged_master_versions):
        _drop_rows(database, left_behind)
    seq = database.run(lambda conn: begin_master_version(conn, uni, digest))
    counts: Counter[str] = Counter()
    batch: list[dict[str, str]] = []

    def stage() -> None:
        rows = tuple(batch)
        batch.clear()
        staged = database.run_piece(lambda conn: stage_master_rows(conn, vault, uni, seq, rows))
        counts.update(new=staged.new, changed=staged.changed, unchanged=staged.unchanged)

    done = 0
    try:
        for outcome in checked_rows(file, checker, found):
            done += 1
            if isinstance(outcome, list):
                counts["rejected"] += 1
                for problem in outcome:
                    reject(problem)
            else:
                batch.append(outcome)
            if len(batch) >= BATCH:
                stage()
            if done % BATCH == 0:
                progress(done, found.rows)
        if batch:
            stage()
        progress(done, found.rows)
        keep = counts["changed"] > 0 and not (all_or_nothing and counts["rejected"])
        result = ImportResult(
            rows=done,
            changed=counts["changed"] if keep else 0,
            new=counts["new"] if keep else 0,
            unchanged=counts["unchanged"],
            rejected=counts["rejected"],
            seq=seq if keep else None,
            file_sha256=digest,
        )
        if not keep:
            _drop_rows(database, seq)
        database.run(lambda conn: _conclude(conn, uni, seq, result, actor))
    except BaseException:
        # Also on Ctrl-C: what was staged must not lie about. A later import would drop it, too.
        _drop_rows(database, seq)
        database.run(lambda conn: discard_master_version(conn, seq))
        raise
    return result


def _drop_rows(database: Database, seq: int) -> None:
    """Drop what was staged, in transactions as short as those that staged it."""
    while database.run_piece(lambda conn: discard_master_rows(conn, seq, BATCH)):
        pass


def _conclude(conn: Connection, uni: Universe, seq: int, result: ImportResult, actor: str) -> None:
    """Make the version current, or drop it where it brings nothing, with its audit entry."""
    if result.seq is None:
        discard_master_version(conn, seq)
    else:
        finish_master_version(conn, uni, seq, result.rejected)
    audit.record(
        conn,
        uni,
        "master.imported" if result.seq is not None else "master.unchanged",
        actor_kind="os_user",
        actor_id=actor,
        subjects={"master_version": str(seq)},
        detail={
            "file_sha256": result.file_sha256,
            "rows": str(result.rows),
            "changed": str(result.changed),
            "rejected": str(result.rejected),
        },
    )
