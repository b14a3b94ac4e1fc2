"""The master file in the store: invisible until the flip, only what changed is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from storage.customers import (
    Customer,
    StageCounts,
    begin_master_version,
    discard_master_version,
    find_customer_no,
    find_customers,
    finish_master_version,
    iter_customers,
    load_customer,
    stage_master_rows,
)
from storage.database import Database
from storage.problems import MasterVersionProblem
from storage.tables import MasterRecordRow, table_of

MakeRow = Callable[..., dict[str, str]]


def begin(database: Database) -> int:
    return database.run(lambda conn: begin_master_version(conn, database.universe, "f" * 64))


def stage(database: Database, seq: int, rows: list[dict[str, str]]) -> StageCounts:
    return database.run(lambda conn: stage_master_rows(conn, database.vault, database.universe, seq, rows))


def finish(database: Database, seq: int) -> None:
    database.run(lambda conn: finish_master_version(conn, database.universe, seq, 0))


def customers(database: Database, batch: int = 500) -> list[Customer]:
    return database.run_read(lambda conn: list(iter_customers(conn, database.vault, batch=batch)))


def by_number(database: Database, number: str) -> Customer | None:
    def load(conn: Any) -> Customer | None:
        customer_id = find_customer_no(conn, number)
        return None if customer_id is None else load_customer(conn, database.vault, customer_id)

    return database.run_read(load)


def test_a_staged_version_is_invisible_until_it_is_finished(database: Database, make_row: MakeRow) -> None:
    seq = begin(database)
    assert stage(database, seq, [make_row("007"), make_row("008")]) == StageCounts(
        rows=2, new=2, changed=2, unchanged=0, repeated=0
    )
    assert customers(database) == []
    assert by_number(database, "007") is None
    finish(database, seq)
    assert [one.customer_no for one in customers(database)] == ["007", "008"]


def test_a_customer_comes_back_with_all_fields_and_typed_columns(database: Database, make_row: MakeRow) -> None:
    row = make_row("007", memo="extra", risk_rating="high", relationship_end_on="2026-03-31", locale="en")
    seq = begin(database)
    stage(database, seq, [row])
    finish(database, seq)
    customer = by_number(database, "007")
    assert customer is not None
    assert customer.fields == row
    assert (customer.kind, customer.branch_no, customer.risk_rating) == ("individual", "012", "high")
    assert (customer.last_confirmed_on, customer.relationship_end_on) == (date(2024, 5, 1), date(2026, 3, 31))
    assert (customer.locale, customer.master_seq) == ("en", seq)
    assert "山田" not in repr(customer)


def test_the_same_file_again_stores_nothing_and_a_changed_row_only_itself(
    database: Database, make_row: MakeRow
) -> None:
    rows = [make_row(f"{number:03d}") for number in range(10)]
    seq = begin(database)
    stage(database, seq, rows)
    finish(database, seq)
    again = begin(database)
    assert stage(database, again, rows).unchanged == 10
    finish(database, again)
    rows[3]["address"] = "大阪府大阪市北区1-1"
    third = begin(database)
    assert stage(database, third, rows) == StageCounts(rows=10, new=0, changed=1, unchanged=9, repeated=0)
    finish(database, third)
    stored = select(func.count()).select_from(table_of(MasterRecordRow))
    assert database.run_read(lambda conn: conn.execute(stored).scalar()) == 11
    assert {one.customer_no: one.master_seq for one in customers(database)}["003"] == third
    assert len(customers(database, batch=3)) == 10


def test_a_customer_number_that_comes_twice_counts_once(database: Database, make_row: MakeRow) -> None:
    seq = begin(database)
    first = stage(database, seq, [make_row("1", name="一番"), make_row("1", name="二番"), make_row("2")])
    assert (first.changed, first.repeated) == (2, 1)
    assert stage(database, seq, [make_row("2", name="三番")]).repeated == 1
    finish(database, seq)
    assert [one.fields["name"] for one in customers(database)] == ["一番", "山田 花子"]


def test_a_discarded_version_changes_nothing(database: Database, make_row: MakeRow) -> None:
    first = begin(database)
    stage(database, first, [make_row("1")])
    finish(database, first)
    second = begin(database)
    stage(database, second, [make_row("1", name="別名"), make_row("2")])
    database.run(lambda conn: discard_master_version(conn, second))
    assert [one.fields["name"] for one in customers(database)] == ["山田 花子"]
    with pytest.raises(MasterVersionProblem):
        finish(database, second)


def test_what_an_interrupted_import_staged_never_becomes_visible(database: Database, make_row: MakeRow) -> None:
    broken = begin(database)
    stage(database, broken, [make_row("1", name="半端")])
    seq = begin(database)
    with pytest.raises(MasterVersionProblem):
        stage(database, broken, [make_row("3")])
    stage(database, seq, [make_row("2")])
    finish(database, seq)
    assert [one.customer_no for one in customers(database)] == ["2"]


def test_a_customer_is_found_by_exact_name_and_phone_in_any_width(database: Database, make_row: MakeRow) -> None:
    seq = begin(database)
    stage(database, seq, [make_row("1"), make_row("2", name="山田 太郎", phone="0312345678")])
    finish(database, seq)

    def find(**wanted: str) -> list[str]:
        ids = database.run_read(lambda conn: find_customers(conn, database.vault, **wanted))
        return [one.customer_no for one in customers(database) if one.id in ids]

    assert find(name="山田花子") == find(name="山田　花子") == ["1"]
    assert find(phone="０３-１２３４-５６７８") == ["2"]
    assert find(name="山田花子", phone="0312345678") == []
    assert find(name="山田") == find() == []


def test_an_older_name_is_no_longer_found(database: Database, make_row: MakeRow) -> None:
    for name in ("山田 花子", "佐藤 花子"):
        seq = begin(database)
        stage(database, seq, [make_row("1", name=name)])
        finish(database, seq)
    found = database.run_read(lambda conn: find_customers(conn, database.vault, name="山田花子"))
    assert found == []
