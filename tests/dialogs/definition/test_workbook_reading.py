"""Reading XLSForm workbooks: what authors write, what Excel makes of it, and what is refused with its cell."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest
from openpyxl import load_workbook

from dialogs.definition.checker import check
from dialogs.definition.issues import DefinitionError
from dialogs.definition.model import Decline, QuestionType
from dialogs.definition.source_files import read_source
from tests.dialogs.definition.workbooks import SURVEY, Sheet, found, issues_of, read, source, workbook


def test_the_whole_vocabulary_is_read() -> None:
    form = read(
        settings=[
            ["form_id", "form_title", "form_title::English (en)", "version", "default_language", "bot::required_items"],
            ["form", "確認", "Check", "2026.1", "Japanese (ja)", "occupation, purpose"],
        ],
        survey=[
            ["type", "name", "label::Japanese (ja)", "label::en", "hint::ja", "required", "required_message::ja",
             "relevant", "constraint", "constraint_message::ja", "calculation", "choice_filter", "default",
             "read_only", "repeat_count", "bot::kind", "bot::button::ja", "bot::decline", "bot::max_repeats",
             "bot::why::Japanese (ja)", "bot::end", "bot::kyc_item", "bot::confirm"],
            ["calculate", "risk", *[None] * 8, "1 + 1"],
            ["begin group", "work", "仕事", "Work", *[None] * 3, "${risk} = 2"],
            ["select_one jobs", "job", "職業", "Job", "一つ", "yes", "お選びください", None, ". != 'x'", "だめ", None,
             "region = '1'", "a", *[None] * 4, "refuse", None, "法律です", ". = 'b'", "occupation", "true"],
            ["end group"],
            ["begin_repeat", "people", "人", "People", *[None] * 10, "2", *[None] * 3, "3"],
            ["text", "phone", "電話", "Phone", *[None] * 11, "phone", "電話番号"],
            ["end_repeat"],
        ],
        choices=[
            ["list_name", "name", "label::ja", "label::en", "bot::button::ja", "region"],
            ["jobs", "a", "会社員", "Employee", "会社", "1"],
            ["jobs", "b", "退職", "Retired", None, "2"],
        ],
    )  # fmt: skip
    assert (form.id, form.version, form.default_language) == ("form", "2026.1", "ja")
    assert form.title == {"ja": "確認", "en": "Check"}
    assert form.required_items == ("occupation", "purpose")
    job = form.question("job")
    assert (job.type, job.list_name, job.label["en"], job.hint["ja"]) == (
        QuestionType.SELECT_ONE, "jobs", "Job", "一つ",
    )  # fmt: skip
    assert (job.bot.decline, job.bot.kyc_item, job.bot.confirm, job.bot.why) == (
        Decline.REFUSE, "occupation", True, {"ja": "法律です"},
    )  # fmt: skip
    assert job.required is not None
    assert job.bot.end is not None
    assert job.choice_filter is not None
    assert job.groups == ("work",)
    assert form.groups["people"].max_repeats == 3
    assert form.question("phone").bot.button == {"ja": "電話番号"}
    assert [(choice.name, choice.extra["region"]) for choice in form.choices["jobs"]] == [("a", "1"), ("b", "2")]
    assert form.choices["jobs"][0].button == {"ja": "会社"}


def test_names_are_read_in_any_case_and_with_blanks() -> None:
    header = [" TYPE", "Name ", "Label :: Japanese (ja)", "LABEL::English (EN)", "Required Message", "ReadOnly",
              "BOT:: Why :: ja", "relevance"]  # fmt: skip
    form = read(
        **{
            "Settings": [["Form_ID ", " VERSION", "Form Title"], ["form", "1", "確認"]],
            " Survey ": [header, ["text", "a", "あ", "A", "必要です", "FALSE", "法律", "1 = 1"]],
            "CHOICES": [["List Name", "NAME", "Label"], ["l", "x", "え"]],
        }
    )
    question = form.question("a")
    assert question.label == {"ja": "あ", "en": "A"}
    assert question.required_message == {"ja": "必要です"}
    assert question.bot.why == {"ja": "法律"}
    assert question.relevant is not None
    assert form.choices["l"][0].label == {"ja": "え"}


def test_blank_rows_and_empty_columns_mean_nothing() -> None:
    header = ["type", "name", "label", None, "appearance", "  "]
    form = read(survey=[[], header, [], ["text", "a", "あ", "", "  "], [None, " "], ["note", "b", "い"]])
    assert [(question.name, question.row) for question in form.questions] == [("a", 1), ("b", 2)]


def test_a_text_without_a_language_is_in_the_forms_own() -> None:
    settings: Sheet = [["form_id", "version", "form_title", "default_language"], ["f", "1", "Check", "English (en)"]]
    form = read(settings=settings, survey=[["type", "name", "label", "label::ja"], ["text", "a", "Hello", "やあ"]])
    assert (form.default_language, form.title) == ("en", {"en": "Check"})
    assert form.question("a").label == {"en": "Hello", "ja": "やあ"}


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("select_one l", QuestionType.SELECT_ONE),
        ("select one l", QuestionType.SELECT_ONE),
        ("select one from l", QuestionType.SELECT_ONE),
        ("select1 l", QuestionType.SELECT_ONE),
        ("select_multiple l", QuestionType.SELECT_MULTIPLE),
        ("select all that apply l", QuestionType.SELECT_MULTIPLE),
        ("select all that apply from l", QuestionType.SELECT_MULTIPLE),
    ],
)
def test_xlsforms_spellings_of_a_select(written: str, kind: QuestionType) -> None:
    form = read(survey=[["type", "name"], [written, "a"]], choices=[["list_name", "name", "label"], ["l", "x", "え"]])
    assert (form.question("a").type, form.question("a").list_name) == (kind, "l")


@pytest.mark.parametrize("begin", ["begin group", "begin_group", "Begin Group", "begin  group", " BEGIN_GROUP "])
def test_a_boundary_is_read_in_xlsforms_spellings(begin: str) -> None:
    form = read(survey=[["type", "name"], [begin, "g"], ["Text ", "a\u00a0"], [begin.lower().replace("begin", "end")]])
    assert [(question.name, question.groups) for question in form.questions] == [("a", ("g",))]


@pytest.mark.parametrize("written", ["SELECT_ONE My_List", "Select One My_List", "select_one  My_List "])
def test_a_type_is_read_in_any_case_and_a_list_in_its_own(written: str) -> None:
    choices: Sheet = [["list_name", "name", "label"], ["My_List", "x", "え"]]
    form = read(survey=[["type", "name"], [written, "a"]], choices=choices)
    assert form.question("a").list_name == "My_List"


def test_of_merged_cells_the_first_holds_the_value_and_the_others_are_missed_by_cell() -> None:
    raw = workbook(survey=SURVEY, choices=[["list_name", "name", "label"], ["l", "x", "え"], [None, "y", "お"]])
    book = load_workbook(io.BytesIO(raw))
    book["choices"].merge_cells("A2:A3")
    book["survey"].merge_cells("C2:D2")
    made = io.BytesIO()
    book.save(made)
    with pytest.raises(DefinitionError) as caught:
        read_source(made.getvalue(), origin="form.xlsx").questionnaire()
    assert [(issue.code, str(issue.place)) for issue in caught.value.issues] == [
        ("missing_column", "choices!A3 list_name")
    ]


def test_a_repeat_in_a_repeat_is_refused_by_name_and_cell() -> None:
    header = ["type", "name", "bot::max_repeats"]
    rows = [["begin repeat", "r", 2.0], ["begin group", "g"], ["begin_repeat", "s", "3"], ["text", "a"]]
    ends = [["end repeat"], ["end group"], ["end repeat"]]
    assert found(survey=[header, *rows, *ends]) == [("repeat_in_repeat", "survey!A4 s type")]


@pytest.mark.parametrize("written", ["yes", "Yes", "TRUE", "true", "true()", True, 1, 1.0])
def test_what_xlsform_takes_for_yes(written: object) -> None:
    form = read(survey=[["type", "name", "required", "read_only", "default"], ["text", "a", written, written, "x"]])
    required = form.question("a").required
    assert required is not None
    assert required.source == "true()"
    assert form.question("a").read_only


@pytest.mark.parametrize("written", ["no", "No", "FALSE", "false()", False, 0, None])
def test_what_xlsform_takes_for_no(written: object) -> None:
    form = read(survey=[["type", "name", "required", "read_only"], ["text", "a", written, written]])
    assert (form.question("a").required, form.question("a").read_only) == (None, False)


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (1.0, "General", "1"),
        (1, "000", "001"),
        (0.1 + 0.2, "General", "0.3"),
        (1e15, "General", "1000000000000000"),
        (-2.50, "General", "-2.5"),
        (0.0, "General", "0"),
        (datetime(2026, 11, 28), "yyyy-mm-dd", "2026-11-28"),
        (date(2026, 11, 28), "d/m/yy", "2026-11-28"),
        (True, "General", "TRUE"),
        ("01", "General", "01"),
    ],
)
def test_what_excel_has_typed_is_the_text_again(value: object, number_format: str, text: str) -> None:
    raw = workbook(survey=[["type", "name", "default"], ["text", "a", "x"]], choices=[["list_name", "name", "label"]])
    book = load_workbook(io.BytesIO(raw))
    cell = book["survey"]["C2"]
    cell.value = value
    cell.number_format = number_format
    made = io.BytesIO()
    book.save(made)
    default = read_source(made.getvalue(), origin="form.xlsx").questionnaire().question("a").default
    assert default is not None
    assert default.constant == text


def test_relative_paths_are_read_as_the_names_at_their_end() -> None:
    header = ["type", "name", "label", "relevant", "constraint"]
    rows: Sheet = [header, ["integer", "a", "あ"], ["text", "b", "い", "../a > 3", "current()/. != 'x'"]]
    relevant = read(survey=rows).question("b").relevant
    assert relevant is not None
    assert relevant.references == {"a"}


@pytest.mark.parametrize(
    ("header", "row", "issue"),
    [
        (["type", "name"], ["image", "a"], ("unsupported_type", "survey!A2 a type")),
        (["type", "name"], ["select_one_from_file x.csv", "a"], ("unsupported_type", "survey!A2 a type")),
        (["type", "name"], ["rank l", "a"], ("unsupported_type", "survey!A2 a type")),
        (["type", "name", "appearance"], ["select_one l", "a", "search('towns')"],
         ("appearance_not_supported", "survey!C2 appearance")),
        (["type", "name", "trigger"], ["text", "a", "${a}"], ("unsupported_column", "survey!C2 a trigger")),
        (["type", "name", "bot::buton"], ["text", "a", "x"], ("unsupported_column", "survey!C2 a bot.buton")),
        (["type", "name", "bot::kind::ja"], ["text", "a", "x"],
         ("unsupported_column", "survey!C2 a bot::kind::ja")),
        (["type", "name", "bot"], ["text", "a", "x"], ("unsupported_column", "survey!C1 bot")),
        (["type", "name", "label::Vulcan"], ["text", "a", "x"], ("bad_language", "survey!C1 label")),
        (["type", "name", "label", "label::ja"], ["text", "a", "あ", "い"], ("duplicate_key", "survey!D1 label")),
        (["type", "name", "Type"], ["text", "a", "x"], ("duplicate_key", "survey!C1 type")),
        (["type", "name", "relevant"], ["text", "a", "1 +"],
         ("expression.unexpected_end", "survey!C2 a relevant")),
        (["type", "name", "bot::confirm"], ["text", "a", "perhaps"], ("bad_boolean", "survey!C2 a bot.confirm")),
        (["type", "label"], ["text", "x"], ("missing_column", "survey!2 name")),
        (["type", "name"], [None, "a"], ("missing_column", "survey!2 type")),
        (["type", "name", "default"], ["text", "a", "=1+1"], ("formula_without_value", "survey!C2 default")),
        (["type", "name", "default"], ["text", "a", "#N/A"], ("error_in_cell", "survey!C2 default")),
        (["type", "name", "hint"], ["text", "a", "x_x0007_"], ("bad_character", "survey!C2 hint.ja")),
    ],
)  # fmt: skip
def test_refuses_by_name_and_cell(header: list[object], row: list[object], issue: tuple[str, str]) -> None:
    assert found(survey=[header, row]) == [issue]


def test_a_row_is_named_as_the_sheet_counts_it() -> None:
    issues = issues_of(survey=[*SURVEY, [], [], ["image", "b"]])
    assert [(issue.place.row, issue.place.cell) for issue in issues] == [(5, "A5")]


@pytest.mark.parametrize(
    ("row", "issue"),
    [
        ({"name": "b c", "x": None}, ("bad_name", "choices!B3 l name")),
        ({"label": "x", "y": None}, ("missing_column", "choices!3 l name")),
        ({"name": "b", "list_name": ""}, ("missing_column", "choices!A3 list_name")),
    ],
)
def test_refuses_a_choice_by_name_and_cell(row: dict[str, object], issue: tuple[str, str]) -> None:
    header = ["list_name", "name", "label", *(row.keys() - {"list_name", "name", "label"})]
    first = ["l", "a", "あ"]
    assert found(survey=SURVEY, choices=[header, first, [{"list_name": "l", **row}.get(key) for key in header]]) == [
        issue
    ]


@pytest.mark.parametrize(
    ("settings", "issue"),
    [
        ([["form_id", "version", "form_title", "pages"], ["f", "1", "x", "2"]],
         ("unsupported_column", "settings!D2 pages")),
        ([["form_id", "version", "form_title", "default_language"], ["f", "1", "x", "Vulcan"]],
         ("bad_language", "settings!D2 default_language")),
        ([["form_id", "version", "form_title", "bot::required_items"], ["f", "1", "x", "purposes"]],
         ("bad_value", "settings!D2 required_items")),
        ([["form_id", "version", "form_title"], ["f", "1", "x"], ["g", "1", "x"]],
         ("several_settings", "settings!3")),
    ],
)  # fmt: skip
def test_refuses_settings_by_name_and_cell(settings: Sheet, issue: tuple[str, str]) -> None:
    assert found(settings=settings, survey=SURVEY) == [issue]


def test_sheets_of_other_names_are_not_read_and_said_so() -> None:
    file = source(survey=SURVEY, Notes=[["image", "x"]], survey_old=[["what"], ["ever"]], entities=[["list_name"]])
    assert file.questionnaire().question("a")
    assert [(issue.code, issue.params["sheet"]) for issue in file.warnings] == [
        ("sheet_not_read", "Notes"),
        ("sheet_not_read", "survey_old"),
    ]


def test_a_sheet_that_changes_the_form_is_refused() -> None:
    assert found(survey=SURVEY, external_choices=[["list_name"], ["x"]]) == [("unsupported_sheet", "external_choices")]
    (misspelt,) = issues_of(survey=SURVEY, choice=[["list_name"]])
    assert (misspelt.code, misspelt.params["suggestion"]) == ("unsupported_sheet", "choices")
    assert [code for code, _ in found(surveys=SURVEY)] == ["unsupported_sheet", "missing_column"]


def test_an_issue_of_the_checker_is_placed_too() -> None:
    file = source(
        survey=[["type", "name", "label", "relevant"], ["select_one l", "a", "あ", "${b} = 1"]],
        choices=[["list_name", "name", "label"], ["l", "x", "え"], [], ["l", "x", "お"]],
    )
    placed = [str(file.placed(issue).place) for issue in check(file.questionnaire())]
    assert "survey!D2 a relevant" in placed
    assert "choices!B2 l/x name" in placed
