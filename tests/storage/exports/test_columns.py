"""Columns: the form decides them, whoever answered what."""

from __future__ import annotations

import pytest

from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import load_shipped, read_questionnaire
from storage.exports.cells import Row
from storage.exports.codebook import CODEBOOK_COLUMNS, codebook_rows
from storage.exports.columns import FIXED_COLUMNS, columns_of
from tests.storage.reconciliation.seeding import FORM, answer

NAMES = [
    *("name", "name__state", "address", "address__state", "phone", "phone__state"),
    *("job", "job__label", "job__state"),
    *("aims", "aims__label", "aims__state", "aims__salary", "aims__saving"),
    *("country", "country__state", "until", "until__state", "memo", "memo__state"),
    *("place__1", "place__1__state", "place__2", "place__2__state"),
]


@pytest.fixture
def form() -> Questionnaire:
    return read_questionnaire(FORM, origin="test")


def cells(form: Questionnaire, *answers: dict[str, object]) -> dict[str, str]:
    columns = columns_of([form])
    return dict(zip((column.name for column in columns), Row(form, columns).cells(answers), strict=True))


def test_the_columns_follow_the_form(form: Questionnaire) -> None:
    assert [column.name for column in columns_of([form])] == NAMES


def test_without_an_answer_every_column_is_there_and_blank(form: Questionnaire) -> None:
    found = cells(form)
    assert list(found) == NAMES
    assert {value for name, value in found.items() if name.endswith("__state")} == {"not_applicable"}
    assert {value for name, value in found.items() if not name.endswith("__state")} == {""}


def test_codes_labels_states_and_choices(form: Questionnaire) -> None:
    found = cells(
        form,
        answer("job", "student"),
        answer("aims", "saving", "unchanged"),
        answer("name", "", "declined"),
        answer("memo", "", "other_channel"),
        answer("place", "USA", instance=2),
    )
    assert (found["job"], found["job__label"], found["job__state"]) == ("student", "学生", "answered")
    assert (found["aims"], found["aims__label"], found["aims__state"]) == ("saving", "貯蓄", "unchanged")
    assert (found["aims__salary"], found["aims__saving"]) == ("0", "1")
    assert (found["name"], found["name__state"], found["memo__state"]) == ("", "declined", "other_channel")
    assert (found["place__1"], found["place__2"], found["place__2__state"]) == ("", "USA", "answered")


def test_a_multiple_choice_that_was_declined_is_blank_and_not_zero(form: Questionnaire) -> None:
    found = cells(form, answer("aims", "", "declined"))
    assert (found["aims"], found["aims__salary"], found["aims__saving"]) == ("", "", "")


@pytest.mark.parametrize("value", ["salary saving", "salary;saving"])
def test_several_choices_are_joined_in_one_way(form: Questionnaire, value: str) -> None:
    found = cells(form, answer("aims", value))
    assert (found["aims"], found["aims__label"]) == ("salary;saving", "給与受取;貯蓄")


def test_a_newer_version_only_adds_columns(form: Questionnaire) -> None:
    older = read_questionnaire(FORM.replace("name: memo", "name: remark").replace('"1"', '"0"'), origin="test")
    names = [column.name for column in columns_of([form, older])]
    assert names == [*NAMES, "remark", "remark__state"]


def test_the_shipped_forms_share_columns_and_have_no_two_of_one_name() -> None:
    forms = [load_shipped(name) for name in ("individual", "corporate")]
    names = [*FIXED_COLUMNS, *(column.name for column in columns_of(forms))]
    assert len(names) == len(set(names))
    assert {"purposes__salary", "purposes__payroll", "owner_share__4", "employer"} <= set(names)


def test_the_codebook_tells_what_a_shared_column_means_in_each_form() -> None:
    forms = [load_shipped(name) for name in ("individual", "corporate")]
    rows = list(codebook_rows(forms, columns_of(forms), lambda key: key))
    amounts = {row[1]: row[5] for row in rows if row[0] == "monthly_amount"}
    assert "over_30m=3,000万円を超える" in amounts["individual"].split(";")
    assert "over_30m=3,000万円を超え1億円まで" in amounts["corporate"].split(";")
    # What means the same in both is told once, and a choice only where it is offered.
    assert [row[1] for row in rows if row[0] == "monthly_amount__state"] == ["individual"]
    assert [row[1] for row in rows if row[0] == "purposes__payroll"] == ["corporate"]


def test_the_codebook_explains_every_column(form: Questionnaire) -> None:
    columns = columns_of([form])
    rows = list(codebook_rows((form,), columns, lambda key: f"word {key}"))
    assert [row[0] for row in rows] == [*FIXED_COLUMNS, *NAMES]
    assert all(len(row) == len(CODEBOOK_COLUMNS) for row in rows)
    by_name = {row[0]: row for row in rows}
    assert by_name["job"][3:] == ("select_one", "ご職業", "employee=会社員;student=学生")
    assert by_name["aims__salary"][3:] == ("choice", "給与受取", "1;0")
    assert by_name["batch_id"][4] == "word export.column.batch_id"
