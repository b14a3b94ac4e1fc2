"""What one field says about another: moved, married, a postal code of the old place, papers and nationality."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dialogs.definition.yaml_format import load_shipped
from storage.reconciliation.comparators import compare
from storage.reconciliation.crossing import cross
from storage.reconciliation.finding import Finding
from storage.reconciliation.findings import find
from storage.reconciliation.severity import SeverityTableProblem, load_table, read_table, shipped_table
from storage.reconciliation.verdict import VerdictCode
from tests.storage.reconciliation.seeding import answer

FORM = load_shipped("individual")
BY_COLUMN = {question.bot.compare: question.name for question in FORM.questions if question.bot.compare}
MASTER = {
    "customer_no": "0001",
    "kind": "individual",
    "name": "山田 花子",
    "name_kana": "ヤマダ ハナコ",
    "birth_date": "1980-02-29",
    "postal_code": "1000001",
    "address": "東京都千代田区千代田1-1",
    "nationality": "JPN",
}
FOREIGN = MASTER | {"nationality": "CHN", "residence_status": "student", "residence_expiry": "2027-04-01"}


def found(master: dict[str, str], on: date = date(2026, 11, 24), **answers: str) -> dict[str, tuple[str, str]]:
    rows = [answer(BY_COLUMN[column], value) for column, value in answers.items()]
    return {
        one.field: (one.verdict.verdict.value, one.verdict.reason)
        for one in find(FORM, rows, master, on)
        if one.verdict.verdict not in (VerdictCode.SAME, VerdictCode.SAME_NORMALISED)
    }


def test_a_new_address_with_its_postal_code_is_one_move() -> None:
    moved = found(MASTER, address="大阪府大阪市北区梅田1-1", postal_code="5300001")
    assert moved == {"address": ("changed", "moved"), "postal_code": ("changed", "moved")}


def test_a_code_one_figure_off_that_belongs_to_the_new_address_is_no_slip() -> None:
    moved = found(MASTER, address="東京都千代田区有楽町1-1", postal_code="1000006")
    assert moved == {"address": ("changed", "moved"), "postal_code": ("changed", "moved")}


def test_the_code_of_the_old_place_contradicts_a_new_address() -> None:
    still = found(MASTER, address="大阪府大阪市北区梅田1-1", postal_code="100-0001")
    assert still == {
        "address": ("changed", "prefecture_differs"),
        "postal_code": ("conflict", "code_of_old_address"),
    }


def test_a_record_whose_code_never_fitted_is_no_contradiction() -> None:
    wrong = MASTER | {"postal_code": "5300001"}
    assert found(wrong, address="北海道札幌市中央区宮の森一条1-1", postal_code="5300001") == {
        "address": ("changed", "prefecture_differs")
    }


def test_a_new_code_of_another_place_than_the_address_is_asked_about() -> None:
    assert found(MASTER, address="千代田区千代田1番1", postal_code="5300001") == {
        "postal_code": ("suspected_slip", "code_of_other_place")
    }


def test_another_family_name_in_kanji_and_kana_is_one_change_of_name() -> None:
    married = found(MASTER, name="佐藤 花子", name_kana="サトウ ハナコ")
    assert married == {"name": ("changed", "name_change"), "name_kana": ("changed", "name_change")}


def test_another_person_is_no_change_of_name() -> None:
    other = found(MASTER, name="佐藤 一郎", name_kana="サトウ イチロウ")
    assert other == {"name": ("changed", "value_differs"), "name_kana": ("changed", "value_differs")}
    born: dict[str, Finding] = {
        field: Finding(field=field, verdict=compare(field_kind, left, right), master=left, answer=right)
        for field, field_kind, left, right in (
            ("name", "name", "山田 花子", "佐藤 花子"),
            ("name_kana", "kana", "ヤマダ ハナコ", "サトウ ハナコ"),
            ("birth_date", "birth_date", "1980-02-29", "1971-05-23"),
        )
    }
    cross(born, MASTER, date(2026, 11, 24))
    assert [one.verdict.reason for one in born.values()] == ["value_differs", "value_differs", "immutable_differs"]


def test_a_name_with_one_other_kanji_and_the_same_reading_is_asked_about() -> None:
    assert found(MASTER, name="山田 華子", name_kana="やまだ はなこ") == {"name": ("suspected_slip", "homophone")}
    assert found(MASTER, name="山田 花娘", name_kana="やまだ はなこ") == {"name": ("suspected_slip", "same_reading")}
    assert found(MASTER, name="山田 花娘") == {"name": ("changed", "value_differs")}


def test_another_nationality_needs_new_papers() -> None:
    assert found(FOREIGN, nationality="KOR") == {"nationality": ("conflict", "immutable_differs")}
    papers = found(FOREIGN, nationality="KOR", residence_expiry="2030-04-01")
    assert papers == {"nationality": ("changed", "value_differs"), "residence_expiry": ("changed", "value_differs")}


def test_japanese_nationality_contradicts_papers_of_either_side() -> None:
    naturalised = found(FOREIGN, nationality="JPN")
    assert naturalised["residence_status"] == ("conflict", "contradicts_nationality")
    told = found(MASTER, nationality="JPN", residence_expiry="2030-04-01")
    assert told == {"residence_expiry": ("conflict", "contradicts_nationality")}


def test_an_expiry_that_has_passed_is_a_conflict_even_where_both_agree() -> None:
    assert found(FOREIGN, date(2027, 4, 2), residence_expiry="2027-04-01") == {
        "residence_expiry": ("conflict", "expired")
    }
    assert found(FOREIGN, date(2027, 4, 1), residence_expiry="2027-04-01") == {}


VERDICTS = ", ".join(
    f"{name}: low" for name in ["incomplete", "missing", "new", "suspected_slip", "changed", "conflict", "unreadable"]
)


# Severity --------------------------------------------------------------------------------------


def test_a_purpose_that_moves_money_abroad_is_serious() -> None:
    table, changed = shipped_table(), VerdictCode.CHANGED
    assert table.severity("purposes", changed, "salary", "salary;bills") == "medium"
    assert table.severity("purposes", changed, "salary", "salary foreign_exchange") == "high"
    assert table.severity("purposes", changed, "salary;foreign_exchange", "foreign_exchange") == "medium"
    assert table.severity("occupation", changed, "company_employee", "retired_unemployed") == "high"


def test_a_bank_has_its_own_table(tmp_path: Path) -> None:
    assert load_table(None) is load_table(tmp_path) is shipped_table()
    own = f"person: [changed]\nverdicts: {{{VERDICTS}}}\nfields: {{phone: high}}\n"
    (tmp_path / "severity.yaml").write_text(own, encoding="utf-8")
    table = load_table(tmp_path)
    assert table.severity("phone", VerdictCode.CHANGED) == "high"
    assert not table.needs_person(VerdictCode.CONFLICT)


@pytest.mark.parametrize(
    "rule", ["{field: x}", "{field: x, gains: [a], severity: none}", "{field: x, gains: [], severity: low}"]
)
def test_a_table_that_says_something_else_is_refused(rule: str) -> None:
    with pytest.raises(SeverityTableProblem):
        read_table(f"person: []\nverdicts: {{{VERDICTS}}}\nfields: {{}}\nvalues: [{rule}]\n")
