"""Forms as ODK and Kobo have them: what means the same in a chat runs, what means nothing there is left out."""

from __future__ import annotations

import pytest

from dialogs.definition.checker import check
from dialogs.definition.issues import DefinitionError, Issue, Severity
from dialogs.definition.model import QuestionType
from dialogs.definition.source_files import read_source
from locales import SHIPPED_LANGUAGES, load_catalogue
from tests.dialogs.definition.workbooks import SURVEY, Sheet, found, read, source, workbook

YES_NO: Sheet = [["list_name", "name", "label"], ["yn", "yes", "はい"], ["yn", "no", "いいえ"]]


def warnings(**sheets: Sheet) -> list[tuple[str, str]]:
    return [(issue.code, str(issue.place)) for issue in source(**sheets).warnings]


def test_a_form_of_kobo_runs_as_it_was_exported() -> None:
    survey: Sheet = [
        ["type", "name", "label::English (en)", "label::日本語", "required", "relevant", "appearance", "$kuid",
         "guidance_hint::English (en)", "media::image::English (en)"],
        ["start", "start", None, None, None, None, None, "a1"],
        ["today", "today"],
        ["deviceid", "deviceid"],
        ["begin_group", "about_you", "About you", "お客さまについて", None, None, "field-list"],
        ["select_one yn or_other", "moved", "Have you moved?", "引っ越しましたか。", True, None, "minimal", "b2",
         "Look up"],
        ["text", "town", "Which town?", "町はどこですか。", "yes", "selected(${moved}, ‘yes’)", "multiline", None, None,
         "town.png"],
        ["end_group"],
    ]  # fmt: skip
    choices: Sheet = [
        ["list_name", "name", "label::English (en)", "label::日本語", "media::image"],
        ["yn", "yes", "Yes", "はい", "yes.png"],
        ["yn", "no", "No", "いいえ"],
    ]
    settings: Sheet = [["form_title", "style", "version"], ["お客さま調べ", "theme-grid", "2026112801"]]
    file = source(survey=survey, choices=choices, settings=settings)
    form = file.questionnaire()
    assert [(question.name, question.type) for question in form.questions] == [
        ("today", QuestionType.CALCULATE),
        ("moved", QuestionType.SELECT_ONE),
        ("moved_other", QuestionType.TEXT),
        ("town", QuestionType.TEXT),
    ]
    assert form.default_language == "ja"
    assert [choice.name for choice in form.choices["yn.or_other"]] == ["yes", "no", "other"]
    assert [choice.name for choice in form.choices["yn"]] == ["yes", "no"]
    assert form.question("moved_other").label == {
        "ja": "「その他」の内容を教えてください。",
        "en": 'Please specify "other".',
    }
    assert form.question("moved_other").groups == ("about_you",)
    assert [str(issue.place) for issue in file.warnings] == [
        "survey!H1 $kuid", "survey!A2 type", "survey!A4 type", "survey!G1 appearance",
        "survey!I1 guidance_hint::english_(en)", "survey!J1 media::image::english_(en)", "choices!E1 media::image",
        "settings!B1 style", "settings id",
    ]  # fmt: skip
    assert not [issue for issue in check(form) if issue.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("written", "kind", "list_name"),
    [
        ("select one yn", QuestionType.SELECT_ONE, "yn"),
        ("select_one_from yn", QuestionType.SELECT_ONE, "yn"),
        ("add select one prompt using yn", QuestionType.SELECT_ONE, "yn"),
        ("q select1 yn", QuestionType.SELECT_ONE, "yn"),
        ("select all that apply from yn", QuestionType.SELECT_MULTIPLE, "yn"),
        ("select multiple from yn", QuestionType.SELECT_MULTIPLE, "yn"),
        ("select_multiple yn", QuestionType.SELECT_MULTIPLE, "yn"),
        ("string", QuestionType.TEXT, None),
        ("add text prompt", QuestionType.TEXT, None),
        ("q int", QuestionType.INTEGER, None),
        ("Integer\u00a0", QuestionType.INTEGER, None),
        ("trigger", QuestionType.ACKNOWLEDGE, None),
        ("phone number", QuestionType.TEXT, None),
    ],
)
def test_types_in_the_spellings_of_older_forms(written: str, kind: QuestionType, list_name: str | None) -> None:
    question = read(survey=[["type", "name", "label"], [written, "a", "あ"]], choices=YES_NO).question("a")
    assert (question.type, question.list_name) == (kind, list_name)


@pytest.mark.parametrize(
    ("header", "cell", "path"),
    [
        ("relevance", "1 = 1", "relevant"),
        ("skip logic", "1 = 1", "relevant"),
        ("bind:relevant", "1 = 1", "relevant"),
        ("bind::required", "yes", "required"),
        ("Constraint Message", "だめ", "constraint_message"),
        ("jr:constraintMsg", "だめ", "constraint_message"),
        ("bind:jr:constraintMsg", "だめ", "constraint_message"),
        ("caption:Japanese", "い", "label"),
        ("calculate", "today()", "default"),
    ],
)
def test_columns_in_the_spellings_of_older_forms(header: str, cell: str, path: str) -> None:
    plain = [] if path == "label" else ["label"]
    question = read(survey=[["type", "name", *plain, header], ["text", "a", *("あ" for _ in plain), cell]]).question(
        "a"
    )
    assert getattr(question, path)


def test_what_means_nothing_in_a_conversation_is_left_out_and_said_once_a_column() -> None:
    header = ["type", "name", "label", "appearance", "hxl", "備考", "image"]
    rows = [["text", name, "あ", "w1", "#adm1", "x", "a.png"] for name in "abc"]
    assert warnings(survey=[header, *rows]) == [
        ("column_not_used", f"survey!{cell} {name}")
        for cell, name in (("D1", "appearance"), ("E1", "hxl"), ("F1", "備考"), ("G1", "image"))
    ]
    assert warnings(survey=[["type", "name", "label", "required", "hint"], ["note", "n", "あ", "yes", "え"]]) == [
        ("cell_not_used", "survey!D2 required")
    ]
    rows = [["text", "a", "あ", "no"], ["text", "b", "い", "yes"], ["#text", "c", "う"], [None, None, None, None, "x"]]
    assert warnings(survey=[["type", "name", "label", "disabled"], *rows]) == [
        ("row_not_used", "survey!3"), ("row_not_used", "survey!A4 type"), ("column_without_name", "survey!E5"),
    ]  # fmt: skip
    choices = [[*YES_NO[0], "my remark", "order"], *YES_NO[1:], ["yn", "x", "え", "r", 1]]
    assert warnings(survey=SURVEY, choices=choices) == [
        ("column_not_used", "choices!D1 my_remark"), ("column_not_used", "choices!E1 order"),
    ]  # fmt: skip


def test_ends_of_groups_may_carry_remarks_and_notes_may_have_no_name() -> None:
    rows: Sheet = [
        ["type", "name", "label"],
        ["begin group", "g", "群"],
        ["note", None, "お読みください。"],
        ["text", "a", "あ"],
        ["end group", "the group g", "end"],
    ]
    assert [(question.name, question.groups) for question in read(survey=rows).questions] == [
        ("row_3", ("g",)), ("a", ("g",)),
    ]  # fmt: skip


def test_a_text_that_is_only_read_is_a_note_and_a_value_that_may_be_changed_is_offered() -> None:
    header = ["type", "name", "label", "readonly", "calculation"]
    rows = [
        ["text", "a", "お読みください。", "yes"],
        ["text", "b", "い", None, "concat(${c}, '様')"],
        ["hidden", "c", None, None],
    ]
    form = read(survey=[[*header, "default"], *rows[:2], [*rows[2], None, "山田"]])
    assert [question.type for question in form.questions] == [
        QuestionType.NOTE, QuestionType.TEXT, QuestionType.CALCULATE,
    ]  # fmt: skip
    assert form.question("b").default is not None
    assert form.question("c").calculation is not None
    assert form.question("c").calculation.source == "'山田'"


def test_a_range_and_a_percentage_are_numbers_with_bounds_and_a_counted_repeat_has_one() -> None:
    header = ["type", "name", "label", "parameters", "repeat_count"]
    rows = [["range", "a", "あ", "start=0 end=10 step=2"], ["percentage", "b", "い"],
            ["begin repeat", "r", None, None, 3], ["range", "c", "う", "start=0.5;end=2.5;step=0.5"],
            ["end repeat"]]  # fmt: skip
    form = read(survey=[header, *rows])
    constraints = {question.name: question.constraint for question in form.questions}
    assert {name: one.source if one else "" for name, one in constraints.items()} == {
        "a": "(. >= 0 and . <= 10) and (. - 0) mod 2 = 0",
        "b": ". >= 0 and . <= 100",
        "c": "(. >= 0.5 and . <= 2.5) and (. - 0.5) mod 0.5 = 0",
    }
    assert [form.question(name).type for name in "abc"] == ["integer", "integer", "decimal"]
    assert form.groups["r"].max_repeats == 3
    assert found(survey=[header, ["begin repeat", "r", None, None, "${a}"], ["text", "b", "い"], ["end repeat"]]) == [
        ("repeat_without_bound", "survey!2 r bot")
    ]


def test_a_form_without_settings_takes_them_from_its_file() -> None:
    file = read_source(workbook(settings=[], survey=SURVEY), origin="2026 年調査.v2.xlsx")
    form = file.questionnaire()
    assert (form.id, form.version, form.title) == ("_2026_.v2", "1", {"ja": "_2026_.v2"})
    assert [(issue.code, issue.params["column"]) for issue in file.warnings] == [
        ("setting_assumed", "id"), ("setting_assumed", "title"), ("setting_assumed", "version"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "texts", "language", "assumed"),
    [
        (["label"], ["What is your name?"], "en", True),
        (["label"], ["お名前は何ですか。"], "ja", False),
        (["label::English", "label::Kiswahili"], ["What is your name?", "Jina lako ni nani?"], "en", False),
        (["label:French"], ["Comment vous appelez-vous ?"], "fr", False),
        (["label::Español (es)", "label::日本語"], ["¿Cómo se llama?", "お名前は?"], "ja", False),
    ],
)
def test_the_language_is_the_one_that_the_form_names_or_shows(
    headers: list[str], texts: list[str], language: str, assumed: bool
) -> None:
    settings: Sheet = [["form_id", "form_title", "version"], ["f", "f", "1"]]
    file = source(survey=[["type", "name", *headers], ["text", "a", *texts]], settings=settings)
    assert file.questionnaire().default_language == language
    assert ["language_assumed"] * assumed == [issue.code for issue in file.warnings]


def test_quotes_and_blanks_that_a_spreadsheet_puts_in_do_no_harm_outside_of_texts() -> None:
    header = ["type", "name", "label", "relevant", "default"]
    row = ["text", "b", "“い”", "${a}\u00a0= ‘x’ or ${a} = '’\u3000'", "“あ”"]
    question = read(survey=[header, ["text", "a", "あ"], row]).question("b")
    assert question.relevant is not None
    assert question.relevant.source == "${a} = 'x' or ${a} = '’\u3000'"
    assert question.label == {"ja": "“い”"}
    assert question.default is not None
    assert question.default.constant == "“あ”"
    torn = read(survey=[header, ["text", "a", "あ"], ["text", "b", "い", "${a} = 'x’ or ${a} = 'y'"]]).question("b")
    assert torn.relevant is not None
    assert torn.relevant.source == "${a} = 'x' or ${a} = 'y'"


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("geopoint", "place"), ("gps", "place"), ("image", "media"), ("add image prompt", "media"), ("audio", "media"),
        ("time", "time"), ("dateTime", "time"), ("barcode", "code"), ("rank yn", "rank"),
        ("select_one_from_file towns.csv", "outside"), ("select_one_external towns", "outside"),
        ("begin loop over yn", "loop"), ("flower", ""),
    ],
)  # fmt: skip
def test_a_type_without_a_place_in_a_chat_is_refused_with_what_to_do_instead(written: str, advice: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(survey=[["type", "name", "label"], [written, "a", "あ"]], choices=YES_NO)
    issue: Issue = caught.value.issues[0]
    assert (issue.code, str(issue.place), issue.params["instead"]) == ("unsupported_type", "survey!A2 a type", advice)
    for language in SHIPPED_LANGUAGES:
        text = load_catalogue(language).text
        assert (text(f"check.instead.{advice}") in issue.message(text)) if advice else issue.message(text)


@pytest.mark.parametrize(
    ("relevant", "code"),
    [
        ("instance('towns')/root/item[name = ${a}]/label != ''", "expression.unsupported_function"),
        ("pulldata('towns', 'x', 'y', ${a}) = 'z'", "expression.unsupported_function"),
        ("/data/a = 'x'", "expression.absolute_path"),
        ("${last-saved#a} = 'x'", "expression.bad_name"),
    ],
)
def test_data_outside_the_form_are_refused_by_cell(relevant: str, code: str) -> None:
    rows: Sheet = [["type", "name", "label", "relevant"], ["text", "a", "あ"], ["text", "b", "い", relevant]]
    assert found(survey=rows) == [(code, "survey!D3 b relevant")]


def test_a_sentence_about_a_key_that_stands_twice_can_be_said() -> None:
    with pytest.raises(DefinitionError) as caught:
        read(survey=[["type", "name", "Name"], ["text", "a", "b"]])
    (issue,) = caught.value.issues
    assert '"Name"' in issue.message(load_catalogue("en").text)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["note", "hello", "こんにちは"]],
        [["start", "start"], ["deviceid", "deviceid"]],
        [["begin_group", "g", "何か"], ["end_group"]],
    ],
    ids=["empty", "notes alone", "a device's rows", "an empty group"],
)
def test_a_workbook_in_which_nothing_is_asked_is_no_form(rows: Sheet) -> None:
    form = read(survey=[["type", "name", "label"], *rows])
    (issue,) = (issue for issue in check(form) if issue.severity is Severity.ERROR)
    assert (issue.code, issue.place.sheet) == ("no_question", "survey")
