"""One row: kept whole in one spelling, or refused with its column."""

from __future__ import annotations

from datetime import date

import pytest

from storage.masterfile.rows import RowChecker
from storage.reconciliation.reading import read_value

CODES = {
    "occupation": {"employee": "employee", "会社員": "employee", "student": "student"},
    "purposes": {"salary": "salary", "給与受取": "salary", "saving": "saving", "貯蓄": "saving"},
}
CHECKER = RowChecker(codes=CODES, read=read_value, today=date(2026, 11, 2))
GOOD = {"customer_no": "0001234", "kind": "individual", "name": "山田 太郎"}


@pytest.mark.parametrize(
    ("column", "given", "kept"),
    [
        ("customer_no", " ００１２３ ", "00123"),
        ("kind", "法人", "corporate"),
        ("name", "髙橋　塚", "髙橋　塚"),
        ("birth_date", "昭和39年10月10日", "1964-10-10"),
        ("birth_date", "19641010", "1964-10-10"),
        ("birth_date", "S39.10.10", "1964-10-10"),
        ("residence_expiry", " ", ""),
        ("occupation", "会社員", "employee"),
        ("purposes", "貯蓄;salary;貯蓄", "saving;salary"),
        ("nationality", "日本", "JPN"),
        ("nationality", "usa", "USA"),
        ("risk_rating", "高", "high"),
        ("residence_status", "anything without a list", "anything without a list"),
        ("corporate_number", "７０００-０１２０-５０００２", "7000012050002"),
        ("phone", "03(1234)5678 内線2", "03(1234)5678 内線2"),
        ("支店メモ", "=1+1", "=1+1"),
        (
            "owners",
            '[{"name": "山田太郎", "birth_date": "S39.10.10", "nationality": "日本", "share": 60}]',
            '[{"name":"山田太郎","birth_date":"1964-10-10","nationality":"JPN","share":60}]',
        ),
    ],
)
def test_a_value_is_kept_in_one_spelling(column: str, given: str, kept: str) -> None:
    row, flaws = CHECKER.check({**GOOD, column: given})
    assert flaws == ()
    assert row[column] == kept


@pytest.mark.parametrize(
    ("column", "given", "code"),
    [
        ("customer_no", "", "required"),
        ("customer_no", "1.2E+10", "customer_no"),
        ("kind", "person", "kind"),
        ("name", "　", "required"),
        ("name", "山\x00田", "control_character"),
        ("birth_date", "1964-02-30", "date"),
        ("birth_date", "昭和100年1月1日", "date"),
        ("birth_date", "2026-11-03", "birth_date_future"),
        ("last_confirmed_on", "今日", "date"),
        ("occupation", "astronaut", "unknown_choice"),
        ("purposes", "salary;gambling", "unknown_choice"),
        ("nationality", "月", "country"),
        ("risk_rating", "3", "risk_rating"),
        ("locale", "日本語", "locale"),
        ("corporate_number", "7000012050003", "corporate_number"),
        ("owners", "山田", "owners_json"),
        ("owners", '{"name": "山田"}', "owners_json"),
        ("owners", '[{"name": "山田", "age": 3}]', "owners_keys"),
        ("owners", '[{"name": "山田", "birth_date": "?"}]', "owners_date"),
        ("owners", '[{"name": "山田", "nationality": "月"}]', "owners_country"),
        ("owners", '[{"name": "山田", "share": NaN}]', "owners_json"),
    ],
)
def test_a_value_that_cannot_be_taken_refuses_the_row_with_its_column(column: str, given: str, code: str) -> None:
    _, flaws = CHECKER.check({**GOOD, column: given})
    assert [(flaw.column, flaw.code) for flaw in flaws] == [(column, code)]


def test_every_flaw_of_a_row_is_named() -> None:
    _, flaws = CHECKER.check({"customer_no": "?", "kind": "x", "name": ""})
    assert {flaw.column for flaw in flaws} == {"customer_no", "kind", "name"}
