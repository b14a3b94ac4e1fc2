"""A form written as a workbook, and as YAML, reads back as the same source: the same body and SHA-256."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings, strategies as st
from openpyxl import load_workbook

from dialogs.definition.issues import DefinitionError
from dialogs.definition.source_files import SourceFile, read_source, write_source
from dialogs.definition.yaml_format import shipped_names, shipped_source
from tests.dialogs.conversation.machine_forms import sources
from tests.dialogs.definition.test_yaml_format import FULL


def through(file: SourceFile, suffix: str) -> SourceFile:
    return read_source(write_source(file, suffix), origin=f"form{suffix}")


def assert_fixed_point(source: str | bytes) -> None:
    file = read_source(source if isinstance(source, bytes) else source.encode(), origin="form.yaml")
    book = through(file, ".xlsx")
    assert book.issues == ()
    assert book.canonical() == file.canonical()
    assert through(book, ".yaml").canonical() == file.canonical()
    assert book.questionnaire() == file.questionnaire()


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_form_is_the_same_as_workbook_and_as_yaml(name: str) -> None:
    assert_fixed_point(shipped_source(name))


def test_every_column_is_carried() -> None:
    assert_fixed_point(FULL)
    own = (
        "kind: phone, compare: phone, handover: . = '1', check: . != '1', check_message: {ja: 再度}, example: {ja: 例}"
    )
    wording = "hint: {ja: ヒント, ja_easy: やさしく}, required_message: {en: Needed}, constraint_message: {fr: non}"
    row = f"{{type: text, name: x, constraint: . != '2', {wording}, bot: {{{own}, faq: F01, button: {{ja: 番号}}}}}}"
    assert_fixed_point(FULL.replace("survey:\n", f"survey:\n  - {row}\n"))


@pytest.mark.parametrize(
    "tree",
    [
        {"survey": []},
        {"settings": {"required_items": []}},
        {"settings": {"required_items": [], "title": {"en": "only English"}}},
        {"settings": {"default_language": "en-US", "title": {"en-US": "Check", "ja": "確認"}}},
        {"choices": {"none": [], "some": [{"name": "a"}]}},
        {"survey": [{"type": "begin group", "name": "g"}, {"type": "end group"}]},
        {
            "survey": [{"type": "select_one  some", "name": "g", "required": "Yes"}],
            "choices": {"some": [{"name": "1"}]},
        },
        {"choices": {"bands": [{"name": "x", "from": "0", "below": "10", "Region": "TRUE", "a.b-c": "1e5"}]}},
    ],
)
def test_the_corners_of_the_format(tree: dict[str, object]) -> None:
    whole = {
        "settings": {"id": "f", "version": "1", "title": {"ja": "確認"}},
        "survey": [{"type": "note", "name": "n"}],
    }
    own = tree.get("settings")
    assert_fixed_point(json.dumps({**whole, **tree, "settings": whole["settings"] | (own or {})}))  # type: ignore[operator]


WORDS = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("\t\n\r =+-@'\"_x000D_#N/A01"),
    max_size=12,
) | st.sampled_from(["=1+1", "+81", "-1", "@a", "01", "1.0", "TRUE", "null", "~", "yes", "_x000D_", "a\r\nb", "#N/A",
                     "2026-11-28", "'x", "{ja: x}", "# x", "- a", "|\n a", "a\n\n\n b ", "12:30:00", "="])  # fmt: skip
TEXTS = st.dictionaries(st.sampled_from(["ja", "en", "ja_easy", "zh-Hant"]), WORDS, max_size=3)


@given(
    rows=st.lists(st.fixed_dictionaries({"label": TEXTS}, optional={"default": WORDS, "hint": TEXTS}), max_size=4),
    choices=st.lists(st.fixed_dictionaries({"label": TEXTS, "button": TEXTS, "extra": WORDS}), max_size=3),
    version=WORDS.filter(str.strip),
)
@settings(max_examples=100, deadline=None)
def test_any_text_is_carried(rows: list[dict[str, object]], choices: list[dict[str, object]], version: str) -> None:
    tree = {
        "settings": {"id": "f", "version": version, "title": {"ja": "x"}},
        "survey": [{"type": "text", **row, "name": f"q{number}"} for number, row in enumerate(rows)],
        "choices": {"list": [{**choice, "name": f"c{number}"} for number, choice in enumerate(choices)]},
    }
    try:
        read_source(json.dumps(tree).encode(), origin="form.yaml").questionnaire()
    except DefinitionError:
        # A default that looks computed and is not, or a text that YAML refuses.
        return
    assert_fixed_point(json.dumps(tree))


@given(source=sources())
@settings(max_examples=15, deadline=None)
def test_random_forms_are_carried(source: str) -> None:
    assert_fixed_point(source)


# The workbook as people meet it ---------------------------------------------------------------------


def test_every_cell_is_text_whatever_it_looks_like() -> None:
    source = FULL.replace("{ja: 補足, en: Note}", "{ja: '=1+1', en: '#N/A'}")
    book = load_workbook(io.BytesIO(write_source(read_source(source.encode(), origin="f.yaml"), ".xlsx")))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {"=1+1", "#N/A", "01", "02"} <= {cell.value for cell in cells}
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}


def test_the_header_stays_in_view_and_new_cells_are_text() -> None:
    book = load_workbook(io.BytesIO(write_source(read_source(FULL.encode(), origin="f.yaml"), ".xlsx")))
    assert book.sheetnames == ["survey", "choices", "settings"]
    survey = book["survey"]
    assert survey.freeze_panes == "C2"
    header = [cell.value for cell in survey[1]]
    assert header[:4] == ["type", "name", "label::Japanese (ja)", "label::English (en)"]
    assert all(survey.column_dimensions[cell.column_letter].number_format == "@" for cell in survey[1])
    assert all(survey.column_dimensions[cell.column_letter].width > 10 for cell in survey[1])


def test_the_same_form_gives_the_same_bytes() -> None:
    file = read_source(FULL.encode(), origin="f.yaml")
    assert write_source(file, ".xlsx") == write_source(through(file, ".yaml"), ".xlsx")


@pytest.mark.parametrize(
    ("extra", "column"), [("Label", "Label"), ("image", "image"), ("LIST_NAME", "LIST_NAME"), ("Value", "Value")]
)
def test_a_column_that_means_something_else_in_a_workbook_is_refused(extra: str, column: str) -> None:
    file = read_source(FULL.replace("region: yes", f"{extra}: x").encode(), origin="f.yaml")
    with pytest.raises(DefinitionError) as caught:
        write_source(file, ".xlsx")
    (issue,) = caught.value.issues
    assert (issue.code, issue.place.sheet, issue.place.name, issue.place.column) == (
        "not_for_workbook", "choices", "jobs/01", column,
    )  # fmt: skip


def test_a_text_longer_than_a_cell_is_refused_not_cut() -> None:
    file = read_source(FULL.replace("こんにちは", "あ" * 32_768).encode(), origin="f.yaml")
    with pytest.raises(DefinitionError) as caught:
        write_source(file, ".xlsx")
    assert [(issue.code, issue.place.row) for issue in caught.value.issues] == [("not_for_workbook", 1)]
    assert_fixed_point(FULL.replace("こんにちは", "あ" * 32_767))


# YAML as it is written -------------------------------------------------------------------------------


def test_yaml_is_written_in_one_order_and_in_blocks() -> None:
    file = read_source(FULL.encode(), origin="f.yaml")
    written = write_source(file, ".yaml").decode()
    assert written.startswith("settings:\n  id: form\n  version: '01'\n  title:\n    ja: 確認\n    en: Check\n")
    assert "\n\n  - type: select_one jobs\n    name: job\n    label:\n      ja: 職業\n      en: Job\n" in written
    assert "    bot:\n      decline: refuse\n      sensitive: 'true'\n" in written
    assert write_source(through(file, ".yaml"), ".yaml").decode() == written
