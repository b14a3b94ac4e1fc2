"""One snapshot, one order, bounded pages: also while answers are written beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storage.branches import Branches
from storage.cases import CaseStatus
from storage.database import Database
from storage.export_batches import batch_members
from storage.exports import selection
from storage.exports.lists import HISTORY_COLUMNS, export_differences, export_history
from storage.exports.options import OtherScope
from storage.exports.responses import Exported, Options, export_responses
from storage.reconciliation.worker import Reconciler
from storage.submissions import save_submission
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
NUMBERS = [f"{number:04d}" for number in range(1, 8)]


def reconcile(database: Database) -> None:
    Reconciler(next_due=lambda rating, day, expiry: date(2028, 11, 2), zone=TOKYO).run(database)


def numbers_in(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["customer_no"] for row in csv.DictReader(file)]


@pytest.fixture
def answered(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Six responses, read two at a time; the last customer has not answered yet."""
    monkeypatch.setattr(selection, "PAGE", 2)
    add_customers(database, *(TARO | {"customer_no": number, "branch_no": number[-1]} for number in NUMBERS))
    form = publish_form(database)
    for number in NUMBERS[:-1]:
        submit(database, form, add_case(database, number), SAME_ANSWERS)
    reconcile(database)
    return database


def export(database: Database, out: Path, **options: object) -> Exported:
    return export_responses(
        database,
        out,
        Options(zone=TOKYO, **options),
        actor="clerk",
        program="t",
        word=str,  # type: ignore[arg-type]
    )


def test_what_is_answered_meanwhile_waits_for_the_next_export(
    answered: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = selection.Selection._response
    added: list[bool] = []

    def respond(self: selection.Selection, row: object) -> selection.Response:
        if not added:
            # In the middle of the export: an answer, its comparison, a changed branch, a new form.
            added.append(True)
            submit(answered, publish_form(answered), add_case(answered, NUMBERS[-1]), SAME_ANSWERS)
            reconcile(answered)
            add_customers(answered, *(TARO | {"customer_no": number, "branch_no": "9"} for number in NUMBERS))
        return real(self, row)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(selection.Selection, "_response", respond)
        first = export(answered, tmp_path / "1")
    assert numbers_in(tmp_path / "1" / "responses.csv") == NUMBERS[:-1]
    with (tmp_path / "1" / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["branch_no"] for row in csv.DictReader(file)] == [number[-1] for number in NUMBERS[:-1]]
    assert len(answered.run_read(lambda conn: batch_members(conn, first.batch.id))) == 6
    export(answered, tmp_path / "2", since=first.batch)
    assert numbers_in(tmp_path / "2" / "responses.csv") == NUMBERS[-1:]


def test_the_same_export_twice_is_the_same_but_for_its_number(answered: Database, tmp_path: Path) -> None:
    first, second = export(answered, tmp_path / "1"), export(answered, tmp_path / "2")
    one, two = ((tmp_path / name / "responses.csv").read_text(encoding="utf-8-sig") for name in ("1", "2"))
    assert one.replace(first.batch.id, "-") == two.replace(second.batch.id, "-")


def test_a_branch_sees_its_own_and_takes_up_its_own(answered: Database, tmp_path: Path) -> None:
    mine = export(answered, tmp_path / "1", branches=Branches.of("3"))
    assert numbers_in(tmp_path / "1" / "responses.csv") == ["0003"]
    assert export(answered, tmp_path / "2", branches=Branches.of("3"), since=mine.batch).rows == 0
    for options in ({}, {"branches": Branches.of("4")}, {"branches": Branches.of("3"), "status": "approved"}):
        with pytest.raises(OtherScope):
            export(answered, tmp_path / "3", since=mine.batch, **options)


def test_a_correction_is_exported_again_and_alone(answered: Database, tmp_path: Path) -> None:
    case = add_case(answered, "0002", cause="event")
    submitted = submit(answered, publish_form(answered), case, [answer("job", "student")])
    reconcile(answered)
    first = export(answered, tmp_path / "1")
    move(answered, case, CaseStatus.ANSWERING, CaseStatus.ANSWERED)
    again = asdict(submitted) | {"receipt_no": "R2", "answers": [answer("job", "employee")]}
    again = {name: value for name, value in again.items() if name not in ("id", "completed_seq")}
    answered.run(lambda conn: save_submission(conn, answered.vault, answered.universe, **again))
    assert numbers_in(tmp_path / "1" / "responses.csv") == [*NUMBERS[:-1], "0002"]
    reconcile(answered)
    export(answered, tmp_path / "2", since=first.batch)
    assert numbers_in(tmp_path / "2" / "responses.csv") == ["0002"]
    assert export(answered, tmp_path / "3").rows == 7


def test_an_approval_comes_later_than_the_comparison(answered: Database, tmp_path: Path) -> None:
    case = add_case(answered, "0007")
    submit(answered, publish_form(answered), case, [answer("job", "student")])
    reconcile(answered)
    first = export(answered, tmp_path / "1", status="approved")
    second = export(answered, tmp_path / "2", status="approved", since=first.batch)
    move(answered, case, CaseStatus.DONE)
    third = export(answered, tmp_path / "3", status="approved", since=second.batch)
    assert (first.rows, second.rows, third.rows) == (6, 0, 1)
    assert export(answered, tmp_path / "4", status="approved", since=third.batch).rows == 0


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def test_the_history_tells_every_move_in_order(answered: Database, tmp_path: Path) -> None:
    done = export_history(
        answered, tmp_path / "h.csv", Options(zone=TOKYO, branches=Branches.of("3")), actor="clerk", word=str
    )
    rows = list(rows_of(tmp_path / "h.csv"))
    assert tuple(rows[0]) == HISTORY_COLUMNS
    assert {row["customer_no"] for row in rows} == {"0003"}
    assert [row["to_status"] for row in rows] == ["10", "20", "25", "40", "60", "65", "66", "75"]
    assert rows[0]["at"] == "2026-11-02T10:00:00+09:00"
    assert (done.batch.kind, done.rows) == ("history", 8)


def test_differences_for_whom_nobody_approved_are_masked(answered: Database, tmp_path: Path) -> None:
    changes = [answer("name", "佐藤 花子"), answer("phone", "0311112222"), answer("job", "student")]
    submit(answered, publish_form(answered), add_case(answered, "0007"), changes)
    reconcile(answered)
    options = Options(zone=TOKYO, masked=True)
    done = export_differences(
        answered, tmp_path / "d.csv", options, actor="clerk", word=str, reason=lambda one: one.reason
    )
    found = {
        row["field"]: (row["master"], row["answer"])
        for row in rows_of(tmp_path / "d.csv")
        if row["verdict"] == "changed"
    }
    assert found == {
        "name": ("髙● 太●", "佐● 花●"),
        "phone": ("090-****-5678", "03-****-2222"),
        "occupation": ("employee", "student"),
    }
    assert len(answered.run_read(lambda conn: batch_members(conn, done.batch.id))) == 7
