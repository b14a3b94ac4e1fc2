"""The same table as CSV, JSON Lines and a workbook; what each of them cannot hold is listed."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings, strategies as st

from storage.database import Database
from storage.exports.columns import FIXED_COLUMNS
from storage.exports.responses import Exported, Options, export_responses
from storage.exports.selection import LocalTimes, local_time
from storage.exports.spelling import Unmappable
from storage.exports.workbook import XlsxOutput
from storage.exports.writers import JsonLinesOutput, drawn
from storage.reconciliation.worker import Reconciler
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers, answer, publish_form, submit

TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def answered(sqlite_database: Database) -> Database:
    """A response that is hard on every format."""
    add_customers(sqlite_database, TARO | {"branch_no": "007"})
    answers = [answer("name", "髙橋 \ud842太郎"), answer("phone", "09012345678"), answer("memo", "=1+1\x07「はい」")]
    answers.append(answer("aims", "saving salary"))
    submit(sqlite_database, publish_form(sqlite_database), add_case(sqlite_database, "0001"), answers)
    Reconciler(next_due=lambda *_: None, zone=TOKYO).run(sqlite_database)
    return sqlite_database


def export(database: Database, out: Path, **options: Any) -> Exported:
    return export_responses(
        database, out, Options(zone=TOKYO, **options), actor="clerk", program="test", word=lambda key: key
    )


def test_a_workbook_opens_with_text_times_and_words_above(answered: Database, tmp_path: Path) -> None:
    done = export(answered, tmp_path, format="xlsx")
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".db") == [
        *("codebook.csv", "kakunin.db-shm", "kakunin.db-wal", "manifest.json", "responses.xlsx", "unmappable.csv"),
    ]
    assert (tmp_path / "responses.xlsx").stat().st_mode & 0o777 == 0o600
    sheet = openpyxl.load_workbook(tmp_path / "responses.xlsx").active
    assert sheet is not None
    titles, names, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    row = dict(zip(names, rows[0], strict=True))
    assert tuple(names[: len(FIXED_COLUMNS)]) == FIXED_COLUMNS
    assert sheet.row_dimensions[2].hidden
    assert titles[names.index("name")] == "お名前"
    assert titles[names.index("aims__saving")] == "目的: 貯蓄"
    assert titles[names.index("submitted_at")] == "export.column.submitted_at (export.japan_time)"
    assert (row["customer_no"], row["branch_no"], row["phone"]) == ("0001", "007", "09012345678")
    assert row["submitted_at"] == datetime(2026, 11, 2, 10, 0)
    assert row["name"] == "髙橋 〓太郎"
    # A formula neither here nor after somebody edits the cell.
    cell = sheet.cell(3, names.index("memo") + 1)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert str(cell.value).startswith("=1+1")
    assert (row["aims"], row["aims__saving"], row["until"]) == ("saving;salary", "1", None)
    assert done.unmappable == 1


def test_behind_a_full_sheet_comes_another(tmp_path: Path) -> None:
    output = XlsxOutput(
        tmp_path / "t.xlsx",
        ("a", "b"),
        titles=("A", "B"),
        times=(False, False),
        made_at=datetime(2026, 11, 2, tzinfo=UTC),
        zone=TOKYO,
        losses=lambda one: None,
        sheet_rows=4,
    )
    for number in range(5):
        output.write([f"{number:03d}", "x" * 40_000])
    assert output.finish().rows == 5
    output.output.publish()
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["t", "t 2", "t 3"]
    found = [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows(min_row=3)]
    assert [row[0] for row in found] == ["000", "001", "002", "003", "004"]
    assert {len(str(row[1])) for row in found} == {32_767}
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.xlsx"]


def test_what_a_discarded_workbook_leaves(tmp_path: Path) -> None:
    output = XlsxOutput(
        tmp_path / "t.xlsx",
        ("a",),
        titles=("A",),
        times=(False,),
        made_at=datetime(2026, 11, 2, tzinfo=UTC),
        zone=TOKYO,
        losses=print,
    )
    output.write(["x"])
    assert (tmp_path / "t.xlsx.pieces").stat().st_mode & 0o777 == 0o700
    output.output.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_half_of_a_character_stops_no_export(answered: Database, tmp_path: Path, encoding: str) -> None:
    done = export(answered, tmp_path, encoding=encoding)
    text = (tmp_path / "responses.csv").read_bytes().decode("cp932" if encoding == "cp932" else "utf-8-sig")
    assert '"髙橋 〓太郎"' in text
    assert done.unmappable == 1
    (row,) = csv.DictReader(io.StringIO((tmp_path / "unmappable.csv").read_bytes().decode("utf-8-sig")))
    assert (row["row"], row["column"], row["code_point"]) == ("2", "name", "U+D842")
    assert row["reason"] == "export.unmappable.half"


def test_json_lines_name_every_column_and_calculate_nothing(tmp_path: Path) -> None:
    lost: list[Unmappable] = []
    output = JsonLinesOutput(tmp_path / "t.jsonl", ("a", "b"), losses=lost.append)
    output.write(["=1+1", "007"])
    output.write(["\udc00", ""])
    output.finish()
    output.output.publish()
    lines = (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [{"a": "=1+1", "b": "007"}, {"a": "〓", "b": ""}]
    assert [(one.row, one.column, one.reason.value) for one in lost] == [(2, "a", "half")]


@settings(max_examples=200)
@given(st.lists(st.lists(st.text(alphabet='a",\r\n\x1f漢', max_size=5), min_size=1, max_size=4), max_size=4))
def test_cells_are_quoted_as_the_csv_module_quotes_them(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    assert drawn(rows) == text.getvalue()


@settings(max_examples=200)
@given(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)),
    st.sampled_from(["Asia/Tokyo", "Asia/Kathmandu", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_times_of_many_rows_are_those_of_the_zone(moment: datetime, name: str) -> None:
    zone, aware = ZoneInfo(name), moment.replace(tzinfo=UTC)
    times = LocalTimes(zone)
    for shift in (timedelta(0), timedelta(minutes=31)):
        expected = local_time(aware + shift, zone)
        assert times(aware + shift) == expected
        assert times((moment + shift).isoformat(" ", "microseconds")) == expected
