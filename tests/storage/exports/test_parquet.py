"""The same responses as Parquet: types that a query can use, nothing bent, the meaning of the columns in the file."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as parquet
import pytest
from hypothesis import given, strategies as st

from storage.database import Database
from storage.exports import parquet as writing
from storage.exports.columns import FIXED_COLUMNS, Cell
from storage.exports.lists import export_differences
from storage.exports.parquet import ParquetMissing, ParquetOutput
from storage.exports.responses import Exported, Options, export_responses
from storage.exports.spelling import Unmappable
from storage.reconciliation.worker import Reconciler
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers, answer, publish_form, submit

TOKYO = ZoneInfo("Asia/Tokyo")
FORM = """
settings: {id: individual, version: "1", title: {ja: 確認}, default_language: ja}
survey:
  - {type: text, name: name, label: {ja: お名前}, bot: {kind: name, compare: name}}
  - {type: text, name: phone, label: {ja: 電話}, bot: {kind: phone}}
  - {type: text, name: monthly, label: {ja: 毎月の金額}, bot: {kind: amount}}
  - {type: integer, name: family, label: {ja: 人数}}
  - {type: decimal, name: share, label: {ja: 割合}}
  - {type: date, name: born, label: {ja: 生年月日}}
  - {type: select_one jobs, name: job, label: {ja: ご職業}}
  - {type: select_multiple aims, name: aims, label: {ja: 目的}}
choices:
  jobs: [{name: employee, label: {ja: 会社員}}]
  aims: [{name: salary, label: {ja: 給与受取}}, {name: saving, label: {ja: 貯蓄}}]
"""
ANSWERS = [
    answer("name", "=髙橋 太郎"),
    answer("phone", "09012345678"),
    answer("monthly", "300000"),
    answer("family", "0"),
    answer("share", "33.34"),
    answer("born", "1980-05-03"),
    answer("job", "employee"),
    answer("aims", "saving salary"),
]


def answered(database: Database, *all_answers: list[dict[str, Any]], form: str = FORM) -> None:
    published = publish_form(database, form)
    numbers = [f"{at:04d}" for at in range(1, len(all_answers) + 1)]
    add_customers(database, *(TARO | {"customer_no": number} for number in numbers))
    for number, answers in zip(numbers, all_answers, strict=True):
        submit(database, published, add_case(database, number), answers)
    Reconciler(next_due=lambda *_: date(2028, 11, 2), zone=TOKYO).run(database)


def export(database: Database, out: Path, **options: Any) -> Exported:
    asked = Options(format="parquet", zone=TOKYO, **options)
    return export_responses(database, out, asked, actor="clerk", program="kakunin test", word=lambda key: key)


def test_every_column_has_its_type_and_every_value_is_what_was_answered(database: Database, tmp_path: Path) -> None:
    answered(database, ANSWERS, [answer("family", "", "declined")])
    done = export(database, tmp_path / "out")
    path = tmp_path / "out" / "responses.parquet"
    table = parquet.read_table(path)
    types = {field.name: str(field.type) for field in table.schema}
    assert tuple(types)[: len(FIXED_COLUMNS)] == FIXED_COLUMNS
    named = ("customer_no", "submitted_at", "next_due_on", "phone", "monthly", "family", "share", "born", "aims")
    assert [types[name] for name in named] == [
        *("string", "timestamp[ms, tz=Asia/Tokyo]", "date32[day]", "string", "int64", "int64", "decimal128(38, 10)"),
        *("date32[day]", "list<element: string>"),
    ]
    first, second = table.to_pylist()
    assert (first["customer_no"], first["branch_no"], first["phone"]) == ("0001", "007", "09012345678")
    # Nothing here is ever a formula, so nothing is put before it.
    assert first["name"] == "=髙橋 太郎"
    assert (first["monthly"], first["family"], first["share"]) == (300_000, 0, Decimal("33.34"))
    assert (first["born"], first["next_due_on"]) == (date(1980, 5, 3), None)
    assert first["submitted_at"] == datetime(2026, 11, 2, 10, 0, tzinfo=TOKYO)
    assert (first["job"], first["job__label"], first["family__state"]) == ("employee", "会社員", "answered")
    assert (first["aims"], first["aims__saving"], first["aims__label"]) == (["saving", "salary"], True, "貯蓄;給与受取")
    assert (second["family"], second["family__state"], second["aims"], second["aims__saving"]) == (
        *(None, "declined"),
        *(None, None),
    )
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert [one["sha256"] for one in manifest["files"] if one["name"] == path.name] == [digest]
    assert done.batch.sha256 == digest
    assert path.stat().st_mode & 0o777 == 0o600
    codecs = {parquet.read_metadata(path).row_group(0).column(at).compression for at in range(table.num_columns)}
    assert codecs == {"ZSTD"}


def test_what_the_columns_mean_is_in_the_file(sqlite_database: Database, tmp_path: Path) -> None:
    answered(sqlite_database, ANSWERS)
    done = export(sqlite_database, tmp_path / "out")
    schema = parquet.read_schema(done.path)
    about = {key.decode(): value.decode() for key, value in schema.metadata.items()}
    assert (about["kakunin.program"], about["kakunin.batch_id"], about["kakunin.schema_version"]) == (
        *("kakunin test", done.batch.id),
        "1",
    )
    (form,) = json.loads(about["kakunin.questionnaires"])
    assert (form["id"], form["version"]) == ("individual", "1")
    assert form["sha256"] == parquet.read_table(done.path)["definition_sha256"][0].as_py()
    book = {row["column"]: row for row in json.loads(about["kakunin.codebook"])}
    assert (book["aims"]["type"], book["aims"]["choices"]) == ("select_multiple", "salary=給与受取;saving=貯蓄")
    assert book.keys() == set(schema.names)
    assert schema.field("born").metadata[b"title"].decode() == "生年月日"


def test_what_is_not_of_its_type_is_left_out_and_listed(sqlite_database: Database, tmp_path: Path) -> None:
    odd = [answer("family", "007"), answer("share", "1e40"), answer("born", "昭和55年"), answer("name", "太\ud842郎")]
    answered(sqlite_database, ANSWERS, odd, [answer("monthly", str(2**70)), answer("born", "19800503")])
    done = export(sqlite_database, tmp_path / "out")
    rows = parquet.read_table(done.path).to_pylist()
    assert [row["family"] for row in rows] == [0, None, None]
    assert [row["born"] for row in rows] == [date(1980, 5, 3), None, None]
    assert [row["monthly"] for row in rows] == [300_000, None, None]
    assert rows[1]["name"] == "太〓郎"
    listed = (tmp_path / "out" / "unmappable.csv").read_text(encoding="utf-8-sig")
    assert listed.count("export.unmappable.other_type") == 5
    assert listed.count("export.unmappable.half") == 1
    assert done.unmappable == 6


def test_where_two_forms_mean_two_things_the_column_is_text(sqlite_database: Database, tmp_path: Path) -> None:
    answered(sqlite_database, ANSWERS)
    other = FORM.replace('version: "1"', 'version: "2"').replace("type: integer", "type: text")
    publish_form(sqlite_database, other)
    done = export(sqlite_database, tmp_path / "out")
    table = parquet.read_table(done.path)
    assert (str(table.schema.field("family").type), table["family"][0].as_py()) == ("string", "0")
    assert str(table.schema.field("born").type) == "date32[day]"


def test_masked_values_are_text_and_hide_what_they_hide(sqlite_database: Database, tmp_path: Path) -> None:
    answered(sqlite_database, ANSWERS)
    done = export(sqlite_database, tmp_path / "out", masked=True)
    (row,) = parquet.read_table(done.path).to_pylist()
    assert "髙橋" not in row["name"]
    assert row["born"] not in (None, "1980-05-03", date(1980, 5, 3))
    assert row["aims"] == ["saving", "salary"]
    assert done.unmappable == 0


def test_a_list_keeps_its_times(sqlite_database: Database, tmp_path: Path) -> None:
    answered(sqlite_database, ANSWERS)
    path = tmp_path / "differences.parquet"
    asked = Options(format="parquet", zone=TOKYO)
    export_differences(
        sqlite_database, path, asked, actor="clerk", word=lambda key: key, reason=lambda difference: difference.verdict
    )
    table = parquet.read_table(path)
    assert str(table.schema.field("decided_at").type) == "timestamp[ms, tz=Asia/Tokyo]"
    assert table["customer_no"].to_pylist()[:1] == ["0001"]


def output(path: Path, cells: list[Cell], losses: list[Unmappable]) -> ParquetOutput:
    names = [f"c{at}" for at in range(len(cells))]
    return ParquetOutput(path, names, cells=cells, titles=names, zone=TOKYO, about={}, losses=losses.append)


def test_row_groups_are_bounded_and_nothing_is_left_of_what_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BLOCK", 10)
    monkeypatch.setattr(writing, "GROUP_ROWS", 40)
    wide = output(tmp_path / "wide.parquet", [Cell.TEXT, Cell.WHOLE], [])
    for number in range(95):
        wide.write([f"{number:03d}", str(number)])
    assert wide.finish().rows == 95
    wide.output.publish()
    found = parquet.ParquetFile(tmp_path / "wide.parquet")
    assert [found.metadata.row_group(at).num_rows for at in range(found.metadata.num_row_groups)] == [40, 40, 15]
    assert found.read()["c0"].to_pylist() == [f"{number:03d}" for number in range(95)]
    # Also by size: a few rows of much text are a group of their own.
    monkeypatch.setattr(writing, "GROUP_BYTES", 100)
    heavy = output(tmp_path / "heavy.parquet", [Cell.TEXT], [])
    for _ in range(20):
        heavy.write(["x" * 100])
    heavy.finish()
    heavy.output.publish()
    assert parquet.read_metadata(tmp_path / "heavy.parquet").num_row_groups == 2
    given_up = output(tmp_path / "gone.parquet", [Cell.TEXT], [])
    for _ in range(95):
        given_up.write(["x"])
    given_up.output.discard()
    del given_up
    assert sorted(path.name for path in tmp_path.iterdir()) == ["heavy.parquet", "wide.parquet"]


def test_an_empty_table_has_all_its_columns(tmp_path: Path) -> None:
    empty = output(tmp_path / "empty.parquet", list(Cell), [])
    empty.finish()
    empty.output.publish()
    table = parquet.read_table(tmp_path / "empty.parquet")
    assert (table.num_rows, table.num_columns) == (0, len(Cell))


def test_without_the_extra_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ParquetMissing):
        output(tmp_path / "t.parquet", [Cell.TEXT], [])
    assert list(tmp_path.iterdir()) == []


_TYPED = {
    Cell.TEXT: st.text(st.characters(exclude_categories=["Cs"])).filter(bool),
    Cell.WHOLE: st.integers(-(10**15), 10**15).map(str),
    Cell.DECIMAL: st.decimals(-(10**15), 10**15, places=4).map(str),
    Cell.DAY: st.dates(date(1800, 1, 1)).map(str),
    Cell.TIME: st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(
        lambda at: at.replace(microsecond=0, tzinfo=UTC).astimezone(TOKYO).isoformat()
    ),
}


@given(st.lists(st.tuples(*_TYPED.values()), max_size=30))
def test_what_is_written_reads_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path_factory.mktemp("parquet") / "t.parquet"
    lost: list[Unmappable] = []
    table = output(path, list(_TYPED), lost)
    for row in rows:
        table.write(list(row))
    table.finish()
    table.output.publish()
    found = [tuple(row.values()) for row in parquet.read_table(path).to_pylist()]
    expected = [
        (text, int(whole), Decimal(share), date.fromisoformat(day), datetime.fromisoformat(at))
        for text, whole, share, day, at in rows
    ]
    assert (found, lost) == (expected, [])
