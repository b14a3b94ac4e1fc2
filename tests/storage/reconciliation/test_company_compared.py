"""A company's answers against its master record: plain columns, lines of business, owners as one list."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from dialogs.definition.yaml_format import load_shipped
from storage.reconciliation.findings import find
from tests.storage.reconciliation.seeding import answer

FORM = load_shipped("corporate")
OWNERS = json.dumps([{"name": "佐藤 一郎", "share": 60}], ensure_ascii=False)
MASTER = {
    "customer_no": "0009",
    "kind": "corporate",
    "name": "株式会社みほん商事",
    "corporate_number": "7000012050002",
    "representative_name": "佐藤 一郎",
    "business": "wholesale;retail",
    "purposes": "business",
    "owners": OWNERS,
}


def verdicts(*answers: dict[str, Any], **master: str) -> dict[str, str]:
    found = find(FORM, answers, {**MASTER, **master}, date(2026, 11, 24))
    return {finding.field: finding.verdict.verdict.value for finding in found}


def owner(instance: int = 1, **values: str) -> list[dict[str, Any]]:
    return [answer(f"owner_{name}", value, instance=instance) for name, value in values.items()]


def test_plain_columns_are_compared_like_those_of_a_person() -> None:
    assert verdicts(
        answer("name", "㈱みほん商事"),
        answer("corporate_number", "7000012050002", "unchanged"),
        answer("representative_name", "鈴木 次郎"),
        answer("business_lines", "retail wholesale"),
        answer("purposes", "business payroll"),
        answer("established", "1998-04-01"),
    ) == {
        "name": "same_normalised",
        "corporate_number": "same",
        "representative_name": "changed",
        "business": "same_normalised",
        "purposes": "changed",
        "birth_date": "new",
    }


def test_registered_owners_that_stay_are_the_same() -> None:
    assert verdicts(answer("owners", OWNERS, "unchanged")) == {"owners": "same"}


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (owner(name="佐藤一郎", share="60"), "same_normalised"),
        (owner(name="佐藤 一郎", share="55"), "changed"),
        ([*owner(name="佐藤 一郎", share="60"), *owner(2, name="佐藤 花子", share="40")], "changed"),
    ],
)
def test_owners_answered_one_by_one_are_one_list(given: list[dict[str, Any]], verdict: str) -> None:
    said = answer("owners", "割合が変わった")
    assert verdicts(said, *given) == {"owners": verdict}
    assert verdicts(*given, owners="") == {"owners": "new"}


def test_what_is_kept_of_the_owners_is_the_list() -> None:
    (finding,) = find(FORM, [*owner(2, name="乙"), *owner(1, name="甲", share="60")], MASTER, date(2026, 11, 24))
    assert json.loads(finding.answer) == [{"name": "甲", "share": "60"}, {"name": "乙"}]


def test_an_owner_without_a_name_is_the_representative() -> None:
    given = [answer("representative_name", "佐藤 一郎", "unchanged"), *owner(birth_date="1965-10-01")]
    registered = json.dumps([{"name": "佐藤 一郎", "birth_date": "1965-10-01"}], ensure_ascii=False)
    assert verdicts(*given, owners=registered)["owners"] == "same_normalised"


def test_the_columns_of_a_company_are_offered_and_compared() -> None:
    columns = {
        *("name", "name_kana", "address", "phone", "email", "purposes"),
        *("corporate_number", "representative_name", "business", "owners"),
    }
    assert {q.bot.prefill for q in FORM.questions if q.is_asked} - {None} == columns
    of_owners = {f"owners.{key}" for key in ("name", "name_kana", "birth_date", "address", "nationality", "share")}
    compared = {q.bot.compare for q in FORM.questions} - {None}
    assert compared == {*columns, *of_owners, "postal_code", "birth_date"}
