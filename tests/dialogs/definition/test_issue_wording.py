"""Every issue can be said in every language of the staff, with all its parameters."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from dialogs.definition import (
    builder,
    cells,
    checks,
    issues,
    source_tree,
    workbook_cells,
    workbook_format,
    workbook_writing,
    xlsform_rows,
    yaml_source,
)
from dialogs.definition.checks import endings, names, paths, texts, types
from dialogs.definition.expressions import ExpressionError, parse, typecheck
from dialogs.definition.expressions.functions import REFUSED
from dialogs.definition.issues import ISSUE_CODES, Issue, Place, Severity, issue_of
from dialogs.definition.old_excel import reading
from dialogs.definition.xlsform_words import ADVICE
from locales import SHIPPED_LANGUAGES, load_catalogue, placeholders

OWN_KEYS = {
    "check.did_you_mean", "check.clean", "check.summary", "check.severity.error", "check.severity.warning",
    "check.shape.text", "check.shape.language", "check.shape.list", "check.shape.mapping",
    "check.proof.ends", "check.proof.items", "check.proof.none",
    *(f"check.reason.{reason}" for reason in REFUSED.values()),
    *(f"check.instead.{advice}" for advice in ADVICE),
    "check.file.missing", "check.file.not_readable", "check.file.unreadable", "check.file.unknown_format",
}  # fmt: skip


@pytest.mark.parametrize("language", SHIPPED_LANGUAGES)
def test_every_code_has_wording_and_no_wording_is_left_over(language: str) -> None:
    catalogue = load_catalogue(language)
    wanted = {f"check.{code}" for code in ISSUE_CODES} | OWN_KEYS
    assert {key for key in catalogue.keys() if key.startswith("check.")} == wanted  # noqa: SIM118 - not a mapping


def test_both_languages_use_the_same_parameters() -> None:
    first, *others = (load_catalogue(language) for language in SHIPPED_LANGUAGES)
    for code in ISSUE_CODES:
        key = f"check.{code}"
        for other in others:
            assert placeholders(first.template(key)) == placeholders(other.template(key)), key


def test_every_code_is_used_somewhere() -> None:
    modules = (builder, cells, source_tree, yaml_source, endings, names, paths, texts, types, typecheck)
    modules += (workbook_cells, workbook_format, workbook_writing, xlsform_rows, reading)
    source = "".join(inspect.getsource(module) for module in modules)
    unused = {code for code in ISSUE_CODES if not code.startswith("expression.") and f'"{code}"' not in source}
    assert unused == set()


def test_a_suggestion_and_a_shape_are_put_into_words() -> None:
    text = load_catalogue("en").text
    issue = Issue(code="unknown_name", place=Place(), params={"name": "agee", "suggestion": "${age}"})
    assert issue.message(text) == 'There is no question "agee". Did you mean "${age}"?'
    shape = Issue(code="wrong_shape", place=Place(), params={"expected": "list"})
    assert "a list" in shape.message(text)
    assert issue.severity is Severity.ERROR


def test_an_expression_error_says_its_place_counted_from_one() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("1 | 2")
    issue = issue_of(caught.value, Place(sheet="survey", row=3, name="age", column="relevant"))
    assert "character 3" in issue.message(load_catalogue("en").text)
    assert "3文字目" in issue.message(load_catalogue("ja").text)


def test_an_unknown_code_is_a_mistake_of_ours() -> None:
    with pytest.raises(LookupError):
        Issue(code="no_such_code", place=Place())


def test_no_japanese_sentence_stands_in_the_code() -> None:
    folder = Path(inspect.getfile(issues)).parent
    checked = [*folder.glob("*.py"), *Path(inspect.getfile(checks)).parent.glob("*.py")]
    assert len(checked) > 12
    for file in checked:
        assert not re.search(r"[ぁ-ん]", file.read_text(encoding="utf-8").replace('"ァ" <= c <= "ヶ"', "")), file
