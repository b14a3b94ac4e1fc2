"""A whole file into the store: the good rows at once, the bad ones reported, and nothing half-done."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from storage.audit import list_entries
from storage.customers import Customer, iter_customers
from storage.database import Database
from storage.masterfile import importing
from storage.masterfile.importing import ImportResult, import_master
from storage.masterfile.problems import MasterFileProblem, RowProblem
from storage.masterfile.reader import MasterFile
from storage.masterfile.rejects import RejectReport
from storage.masterfile.rows import RowChecker
from storage.reconciliation.reading import read_value

HEADER = "customer_no,kind,name,birth_date,memo\r\n"
CHECKER = RowChecker(codes={}, read=read_value, today=date(2026, 11, 2))


def load(
    database: Database, path: Path, text: str, *, all_or_nothing: bool = False
) -> tuple[ImportResult, list[RowProblem]]:
    path.write_bytes((HEADER + text).encode("cp932"))
    file = MasterFile(path, encoding="cp932", mapping={})
    problems: list[RowProblem] = []
    result = import_master(
        database, path, file, CHECKER, actor="clerk", reject=problems.append, all_or_nothing=all_or_nothing
    )
    return result, problems


def customers(database: Database) -> Sequence[Customer]:
    found = database.run_read(lambda conn: list(iter_customers(conn, database.vault)))
    return sorted(found, key=lambda customer: customer.customer_no)


def test_good_rows_are_taken_and_bad_ones_named(database: Database, tmp_path: Path) -> None:
    text = "0001,individual,髙橋,S39.10.10,=x\r\n0002,person,佐藤,,\r\n0003,individual,林\r\n0004,法人,㈱ビル,,\r\n"
    result, problems = load(database, tmp_path / "m.csv", text)
    assert (result.rows, result.new, result.changed, result.rejected) == (4, 2, 2, 2)
    assert [(one.line, one.column, one.code) for one in problems] == [(3, "kind", "kind"), (4, "", "column_count")]
    first, second = customers(database)
    assert (first.customer_no, first.fields["name"], first.fields["birth_date"]) == ("0001", "髙橋", "1964-10-10")
    assert first.fields["memo"] == "=x"
    assert (second.customer_no, second.kind) == ("0004", "corporate")


def test_the_same_file_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    text = "0001,individual,髙橋,,\r\n0002,individual,佐藤,,\r\n"
    first, _ = load(database, tmp_path / "m.csv", text)
    before = customers(database)
    second, _ = load(database, tmp_path / "m.csv", text)
    assert first.seq is not None
    assert (second.seq, second.changed, second.unchanged) == (None, 0, 2)
    assert customers(database) == before
    actions = [entry.action for entry in database.run_read(lambda conn: list(list_entries(conn)))]
    assert sorted(actions) == ["master.imported", "master.unchanged"]


def test_only_the_rows_that_differ_are_new_versions(sqlite_database: Database, tmp_path: Path) -> None:
    load(sqlite_database, tmp_path / "m.csv", "0001,individual,髙橋,,\r\n0002,individual,佐藤,,\r\n")
    result, _ = load(sqlite_database, tmp_path / "m.csv", "0001,individual,髙橋,,\r\n0002,individual,鈴木,,\r\n")
    assert (result.changed, result.new, result.unchanged) == (1, 0, 1)
    assert [customer.fields["name"] for customer in customers(sqlite_database)] == ["髙橋", "鈴木"]


def test_rows_of_one_number_are_all_refused_with_their_lines(sqlite_database: Database, tmp_path: Path) -> None:
    text = "0001,individual,A,,\r\n0002,individual,B,,\r\n0001,individual,C,,\r\n"
    result, problems = load(sqlite_database, tmp_path / "m.csv", text)
    assert [(one.line, one.code, dict(one.params)) for one in problems] == [
        (2, "duplicate", {"lines": "4"}),
        (4, "duplicate", {"lines": "2"}),
    ]
    assert [customer.customer_no for customer in customers(sqlite_database)] == ["0002"]
    assert result.rejected == 2


def test_a_number_written_wide_is_the_same_number(sqlite_database: Database, tmp_path: Path) -> None:
    _, problems = load(sqlite_database, tmp_path / "m.csv", "0001,individual,A,,\r\n０００１,individual,B,,\r\n")
    assert [one.code for one in problems] == ["duplicate", "duplicate"]


def test_all_or_nothing_takes_nothing_when_a_row_is_bad(database: Database, tmp_path: Path) -> None:
    result, problems = load(database, tmp_path / "m.csv", "0001,individual,A,,\r\n0002,x,B,,\r\n", all_or_nothing=True)
    assert (result.seq, result.changed, len(problems)) == (None, 0, 1)
    assert customers(database) == []


def test_a_broken_last_line_is_found_before_the_first_row_is_stored(database: Database, tmp_path: Path) -> None:
    with pytest.raises(MasterFileProblem):
        load(database, tmp_path / "m.csv", '0001,individual,A,,\r\n0002,individual,"B,,\r\n')
    assert customers(database) == []


def test_a_crash_between_two_batches_leaves_what_was_there(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(database, tmp_path / "m.csv", "0001,individual,A,,\r\n")
    real, calls = importing.stage_master_rows, iter((True, False))

    def stage(*arguments: object) -> object:
        if not next(calls):
            raise OSError("disk full")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "BATCH", 2)
    monkeypatch.setattr(importing, "stage_master_rows", stage)
    rows = "".join(f"{number:04},individual,Z,,\r\n" for number in range(1, 6))
    with pytest.raises(OSError, match="disk full"):
        load(database, tmp_path / "m.csv", rows)
    assert [customer.fields["name"] for customer in customers(database)] == ["A"]


def test_progress_ends_at_the_number_of_rows(sqlite_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(HEADER + "".join(f"{number:05},individual,A,,\r\n" for number in range(1201)), encoding="utf-8")
    seen: list[tuple[int, int]] = []
    import_master(
        sqlite_database,
        path,
        MasterFile(path, encoding="utf-8", mapping={}),
        CHECKER,
        actor="clerk",
        reject=lambda problem: None,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(250, 1201), (500, 1201), (750, 1201), (1000, 1201), (1201, 1201)]


def test_the_reject_report_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    problem = RowProblem(line=3, column="区分", code="kind", customer_no="0002")
    with RejectReport(path, lambda one: f"why {one.code}") as report:
        report.add(problem)
        assert not path.exists()
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["line", "customer_no", "column", "code", "reason"],
            ["3", "0002", "区分", "kind", "why kind"],
        ]
    assert path.stat().st_mode & 0o777 == 0o600
    failing = RejectReport(tmp_path / "other.csv", lambda one: "")
    failing.add(problem)
    failing.__exit__(OSError, OSError("stop"), None)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["rejects.csv"]
