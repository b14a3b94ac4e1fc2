"""An export of responses: its rows, its side files, its batch, and what a failure leaves behind."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storage.audit import list_entries
from storage.cases import CaseStatus
from storage.database import Database
from storage.export_batches import batch_members
from storage.exports import responses
from storage.exports.columns import FIXED_COLUMNS
from storage.exports.lists import DIFFERENCE_COLUMNS, WORKLIST_COLUMNS, export_differences, export_worklist
from storage.exports.responses import Exported, NoQuestionnaire, Options, export_responses
from storage.reconciliation.worker import Reconciler
from storage.universe import FrozenUniverse
from tests.storage.reconciliation.seeding import (
    SAME_ANSWERS,
    TARO,
    add_case,
    add_customers,
    answer,
    move,
    publish_form,
    submit,
)

TOKYO = ZoneInfo("Asia/Tokyo")
HANAKO = TARO | {"customer_no": "0002", "name": "𠮷田 花子", "risk_rating": "low"}


def reconcile(database: Database) -> None:
    Reconciler(next_due=lambda rating, day, expiry: date(2028, 11, 2), zone=TOKYO).run(database)


def export(database: Database, out: Path, **options: object) -> Exported:
    return export_responses(
        database,
        out,
        Options(**options),  # type: ignore[arg-type]
        actor="clerk",
        program="kakunin test",
        word=lambda key: key,
    )


def read(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def taro_answered(database: Database) -> Database:
    add_customers(database, TARO, HANAKO)
    submit(database, publish_form(database), add_case(database, "0001"), SAME_ANSWERS)
    reconcile(database)
    return database


def test_a_response_with_its_fixed_columns_and_answers(taro_answered: Database, tmp_path: Path) -> None:
    done = export(taro_answered, tmp_path / "out")
    (row,) = read(tmp_path / "out" / "responses.csv")
    assert tuple(row)[: len(FIXED_COLUMNS)] == FIXED_COLUMNS
    assert {name: row[name] for name in ("batch_id", "customer_no", "branch_no", "kind", "channel")} == {
        "batch_id": done.batch.id,
        "customer_no": "0001",
        "branch_no": "007",
        "kind": "individual",
        "channel": "line",
    }
    assert row["started_at"] == row["submitted_at"] == row["approved_at"] == "2026-11-02T10:00:00+09:00"
    assert (row["reconciliation"], row["reviewed_by"], row["next_due_on"]) == ("matched", "", "2028-11-02")
    assert (row["job"], row["job__label"], row["job__state"]) == ("employee", "会社員", "unchanged")
    assert (row["phone"], row["memo"], row["aims__saving"]) == ("09012345678", "'=1+1 と書く", "1")


def test_the_side_files_and_the_batch_prove_what_was_written(taro_answered: Database, tmp_path: Path) -> None:
    done = export(taro_answered, tmp_path)
    assert sorted(entry.name for entry in tmp_path.glob("*.csv")) == ["codebook.csv", "responses.csv"]
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        content = (tmp_path / entry["name"]).read_bytes()
        assert (entry["sha256"], entry["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (manifest["batch"], manifest["rows"], manifest["made_by"]) == (done.batch.seq, 1, "clerk")
    assert manifest["filter"]["status"] == "reconciled"
    assert [form["id"] for form in manifest["questionnaires"]] == ["individual"]
    (entry,) = taro_answered.run_read(lambda conn: [e for e in list_entries(conn) if e.action == "export.responses"])
    assert (entry.actor_kind, entry.actor_id, entry.detail["sha256"]) == ("os_user", "clerk", done.batch.sha256)
    assert len(taro_answered.run_read(lambda conn: batch_members(conn, done.batch.id))) == 1


def test_since_carries_only_what_came_later(taro_answered: Database, tmp_path: Path) -> None:
    first = export(taro_answered, tmp_path / "1").batch
    empty = export(taro_answered, tmp_path / "2", since=first).batch
    submit(taro_answered, publish_form(taro_answered), add_case(taro_answered, "0002"), SAME_ANSWERS)
    assert export(taro_answered, tmp_path / "3", since=empty).rows == 0
    reconcile(taro_answered)
    # An empty export in between does not make the next one begin from the start.
    export(taro_answered, tmp_path / "4", since=empty)
    assert [row["customer_no"] for row in read(tmp_path / "4" / "responses.csv")] == ["0002"]
    assert export(taro_answered, tmp_path / "5").rows == 2


def test_approved_means_that_the_case_is_done(sqlite_database: Database, tmp_path: Path) -> None:
    database = sqlite_database
    add_customers(database, TARO)
    case = add_case(database, "0001")
    submit(database, publish_form(database), case, [answer("job", "student")])
    reconcile(database)
    assert export(database, tmp_path / "1", status="reconciled").rows == 1
    (row,) = read(tmp_path / "1" / "responses.csv")
    assert (row["reconciliation"], row["approved_at"]) == ("to_check", "")
    first = export(database, tmp_path / "2", status="approved")
    assert first.rows == 0
    move(database, case, CaseStatus.DONE)
    assert export(database, tmp_path / "3", status="approved", since=first.batch).rows == 1
    (row,) = read(tmp_path / "3" / "responses.csv")
    assert (row["reconciliation"], row["reviewed_by"]) == ("reviewed", "test")


def test_an_empty_export_still_has_every_column(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(NoQuestionnaire):
        export(sqlite_database, tmp_path)
    assert list(tmp_path.glob("*.part")) == []
    publish_form(sqlite_database)
    export(sqlite_database, tmp_path)
    header = (tmp_path / "responses.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(header) == 1
    assert header[0].endswith('"place__2","place__2__state"')


def test_cp932_with_its_report(sqlite_database: Database, tmp_path: Path) -> None:
    add_customers(sqlite_database, HANAKO)
    submit(sqlite_database, publish_form(sqlite_database), add_case(sqlite_database, "0002"), [answer("name", "𠮷田")])
    reconcile(sqlite_database)
    done = export(sqlite_database, tmp_path, encoding="cp932")
    assert read(tmp_path / "responses.csv", "cp932")[0]["name"] == "〓田"
    assert read(tmp_path / "unmappable.csv", "cp932") == [
        {
            "file": "responses.csv",
            "row": "2",
            "column": "name",
            "code_point": "U+20BB7",
            "reason": "export.unmappable.no_code",
        }
    ]
    assert done.unmappable == 1


def test_jsonl_has_one_object_per_response(taro_answered: Database, tmp_path: Path) -> None:
    export(taro_answered, tmp_path, format="jsonl")
    (line,) = (tmp_path / "responses.jsonl").read_text(encoding="utf-8").splitlines()
    row = json.loads(line)
    assert (row["customer_no"], row["memo"]) == ("0001", "=1+1 と書く")


def test_a_file_path_takes_its_side_files_beside_it(taro_answered: Database, tmp_path: Path) -> None:
    export(taro_answered, tmp_path / "mine.csv")
    assert sorted(entry.name for entry in tmp_path.iterdir() if entry.suffix in (".csv", ".json")) == [
        "codebook.csv",
        "manifest.json",
        "mine.csv",
    ]


def test_a_failure_at_the_end_leaves_no_file_and_no_batch(
    taro_answered: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise OSError("disk full")

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(responses.audit, "record", crash)
        with pytest.raises(OSError, match="disk full"):
            export(taro_answered, out)
    assert list(out.iterdir()) == []
    assert export(taro_answered, out).batch.seq == 1


def test_the_differences_with_both_values(sqlite_database: Database, tmp_path: Path) -> None:
    database = sqlite_database
    add_customers(database, TARO)
    answers = [answer("name", "髙橋 太郎"), answer("job", "student"), answer("phone", "+819012345678")]
    case = add_case(database, "0001")
    submit(database, publish_form(database), case, answers)
    reconcile(database)
    out = tmp_path / "differences.csv"
    options = Options(encoding="utf-8", zone=TOKYO)
    export_differences(database, out, options, actor="clerk", word=str, reason=lambda one: one.reason)
    rows = read(out)
    assert tuple(rows[0]) == DIFFERENCE_COLUMNS
    assert {row["field"]: (row["master"], row["answer"], row["verdict"], row["reason"]) for row in rows} == {
        "occupation": ("employee", "student", "changed", "value_differs"),
        "phone": ("090-1234-5678", "+819012345678", "same_normalised", "notation"),
    }
    assert {(row["case_id"], row["customer_no"], row["branch_no"]) for row in rows} == {(case.id, "0001", "007")}


def test_the_worklists_hold_whom_the_chat_did_not_reach(
    sqlite_database: Database, universe: FrozenUniverse, tmp_path: Path
) -> None:
    database = sqlite_database
    numbers = ["0001", "0002", "0003", "0004"]
    add_customers(database, *(TARO | {"customer_no": number} for number in numbers))
    cases = [add_case(database, number, due_on=date(2026, 11, 5)) for number in numbers]
    move(database, cases[0], CaseStatus.SENT, CaseStatus.UNDELIVERABLE)
    move(database, cases[1], CaseStatus.SENT, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3)
    move(database, cases[2], CaseStatus.SENT)
    move(database, cases[3], CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.ANSWERING)

    def listed(name: str) -> list[str]:
        today = universe.now().astimezone(TOKYO).date()
        options = Options(encoding="utf-8", zone=TOKYO)
        export_worklist(database, tmp_path / "list.csv", name, options, actor="clerk", today=today, word=str)
        rows = read(tmp_path / "list.csv", "utf-8")
        assert all(tuple(row) == WORKLIST_COLUMNS for row in rows)
        return [row["customer_no"] for row in rows]

    assert listed("phone") == ["0001", "0002"]
    assert listed("visit") == ["0002"]
    assert listed("post") == ["0001", "0002"]
    universe.advance(timedelta(days=4))
    # The letter's day has passed without a word: now the next channel takes over.
    assert listed("phone") == ["0001", "0002", "0003"]
    assert listed("visit") == ["0002"]
