"""The worker: verdicts kept once, cases moved on, nothing lost when it stops in between."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from storage.audit import list_entries
from storage.cases import CaseStatus, load_case, transitions_of
from storage.database import Database
from storage.differences import load_differences
from storage.reconciliation import worker
from storage.reconciliation.worker import Reconciled, Reconciler
from tests.storage.reconciliation.seeding import (
    SAME_ANSWERS,
    TARO,
    add_case,
    add_customers,
    answer,
    move,
    publish_form,
    status_of,
    submit,
)

TOKYO = ZoneInfo("Asia/Tokyo")


def two_years_on(rating: str, confirmed: date, expiry: date | None) -> date:
    return confirmed.replace(year=confirmed.year + 2)


@pytest.fixture
def reconciler() -> Reconciler:
    return Reconciler(next_due=two_years_on, zone=TOKYO)


def verdicts(database: Database) -> dict[str, tuple[str, str, str]]:
    found = database.run_read(lambda conn: load_differences(conn, database.vault))
    return {one.field: (one.verdict, one.severity, one.reason) for one in found}


def test_a_case_without_a_real_difference_is_done_at_once(database: Database, reconciler: Reconciler) -> None:
    add_customers(database, TARO)
    case = add_case(database, "0001")
    submit(database, publish_form(database), case, SAME_ANSWERS)
    assert reconciler.run(database) == Reconciled(submissions=1, matched=1, to_check=0)
    assert verdicts(database) == {
        "name": ("same_variant", "none", "variant"),
        "address": ("same_normalised", "none", "notation"),
        "phone": ("same_normalised", "none", "notation"),
        "occupation": ("same", "none", "unchanged"),
        "purposes": ("same_normalised", "none", "notation"),
        "nationality": ("same", "none", "identical"),
    }
    done = database.run_read(lambda conn: load_case(conn, case.id))
    assert done is not None
    assert (done.status, done.next_due_on) == (CaseStatus.DONE, date(2028, 11, 2))
    moves = database.run_read(lambda conn: transitions_of(conn, case.id))
    assert [move.to_status.value for move in moves][-4:] == ["60", "65", "66", "75"]
    entries = database.run_read(lambda conn: [e for e in list_entries(conn) if e.action == "submission.reconciled"])
    assert len(entries) == 1


@pytest.mark.parametrize(
    ("changed", "field", "expected"),
    [
        (answer("address", "千代田区南町3-4-16"), "address", ("changed", "low", "house_number_differs")),
        (answer("job", "student"), "occupation", ("changed", "medium", "value_differs")),
        (answer("country", "USA"), "nationality", ("conflict", "high", "immutable_differs")),
        (answer("phone", "09012345687"), "phone", ("suspected_slip", "low", "swapped")),
        (answer("phone", "", "declined"), "phone", ("missing", "low", "declined")),
        (answer("until", "2026-11-01"), "residence_expiry", ("conflict", "high", "expired")),
        (answer("memo", "年金", marked=True), "memo.check", ("conflict", "high", "marked")),
    ],
)
def test_a_difference_goes_to_a_person(
    sqlite_database: Database,
    reconciler: Reconciler,
    changed: dict[str, Any],
    field: str,
    expected: tuple[str, str, str],
) -> None:
    database = sqlite_database
    add_customers(database, TARO)
    case = add_case(database, "0001")
    answers = [one for one in SAME_ANSWERS if one["name"] != changed["name"]] + [changed]
    submit(database, publish_form(database), case, answers)
    assert reconciler.run(database) == Reconciled(submissions=1, matched=0, to_check=1)
    assert verdicts(database)[field] == expected
    assert status_of(database, case) is CaseStatus.TO_CHECK


def test_japanese_nationality_with_a_residence_status_is_a_contradiction(
    sqlite_database: Database, reconciler: Reconciler
) -> None:
    add_customers(sqlite_database, TARO | {"residence_status": "student"})
    case = add_case(sqlite_database, "0001")
    submit(sqlite_database, publish_form(sqlite_database), case, SAME_ANSWERS)
    reconciler.run(sqlite_database)
    assert verdicts(sqlite_database)["residence_status"] == ("conflict", "high", "contradicts_nationality")


def test_a_second_pass_finds_nothing_and_changes_nothing(database: Database, reconciler: Reconciler) -> None:
    add_customers(database, TARO)
    submit(database, publish_form(database), add_case(database, "0001"), SAME_ANSWERS)
    reconciler.run(database)
    before = database.run_read(lambda conn: load_differences(conn, database.vault))
    assert reconciler.run(database) == Reconciled()
    assert database.run_read(lambda conn: load_differences(conn, database.vault)) == before


def test_a_crash_leaves_the_submission_for_the_next_pass(
    database: Database, reconciler: Reconciler, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_customers(database, TARO)
    case = add_case(database, "0001")
    submit(database, publish_form(database), case, SAME_ANSWERS)

    def crash(*_: object, **__: object) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(worker.audit, "record", crash)
        with pytest.raises(OSError, match="power cut"):
            reconciler.run(database)
    assert status_of(database, case) is CaseStatus.ANSWERED
    assert verdicts(database) == {}
    assert reconciler.run(database).matched == 1


def test_a_case_that_a_person_took_is_compared_and_left_where_it_is(
    sqlite_database: Database, reconciler: Reconciler
) -> None:
    add_customers(sqlite_database, TARO)
    case = add_case(sqlite_database, "0001")
    submit(sqlite_database, publish_form(sqlite_database), case, SAME_ANSWERS)
    move(sqlite_database, case, CaseStatus.WITH_STAFF)
    reconciler.run(sqlite_database)
    assert len(verdicts(sqlite_database)) == 6
    assert status_of(sqlite_database, case) is CaseStatus.WITH_STAFF


def test_many_submissions_take_several_transactions(sqlite_database: Database, reconciler: Reconciler) -> None:
    rows = [TARO | {"customer_no": f"{number:04}"} for number in range(worker.BATCH * 2 + 3)]
    add_customers(sqlite_database, *rows)
    form = publish_form(sqlite_database)
    for row in rows:
        submit(sqlite_database, form, add_case(sqlite_database, row["customer_no"]), SAME_ANSWERS)
    assert reconciler.run(sqlite_database, limit=3).submissions == 3
    assert reconciler.run(sqlite_database).submissions == len(rows) - 3
