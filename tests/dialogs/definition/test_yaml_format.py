"""Reading questionnaires: what is taken, what is refused by name and place, and the published body."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from dialogs.definition import yaml_source
from dialogs.definition.model import Decline, QuestionType
from dialogs.definition.yaml_format import (
    DefinitionError,
    UnreadableSource,
    canonical_json,
    canonical_source,
    load_shipped,
    read_canonical,
    read_questionnaire,
    read_tree,
    shipped_names,
    shipped_source,
)

SETTINGS = """\
settings:
  id: form
  version: 01
  title: {ja: 確認, en: Check}
"""

FULL = (
    SETTINGS
    + """\
  default_language: ja
  required_items: [occupation]
survey:
  - {type: note, name: hello, label: {ja: こんにちは, en: Hello}}
  - {type: calculate, name: risk, bot: {prefill: risk_rating}}
  - type: begin_group
    name: work
    relevant: ${risk} != 'none'
  - type: select_one jobs
    name: job
    label: {ja: 職業, en: Job}
    required: yes
    default: 01
    bot:
      kyc_item: occupation
      decline: refuse
      sensitive: true
      end: . = '02'
      why: {ja: 法律, en: Law}
  - type: text
    name: note
    label: {ja: 補足, en: Note}
    required: ${job} = '02'
    default: 2020-01-01
    constraint: string-length(.) < 9
  - type: end_group
  - type: begin_repeat
    name: countries
    bot: {max_repeats: 3}
    repeat_count: 1 + 1
  - {type: date, name: since, label: {ja: いつ, en: Since}, default: today()}
  - type: end_repeat
choices:
  jobs:
    - {name: 01, label: {ja: 会社員, en: Employee}, region: yes}
    - {name: 02, label: {ja: その他の仕事, en: Other}, button: {ja: その他}}
"""
)


def codes_of(source: str | bytes) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        read_questionnaire(source, origin="form.yaml")
    return [issue.code for issue in caught.value.issues]


def survey(*rows: str) -> str:
    return SETTINGS + "survey:\n" + "".join(f"  - {row}\n" for row in rows)


def test_reads_a_whole_form() -> None:
    form = read_questionnaire(FULL, origin="form.yaml")
    assert (form.id, form.version, form.languages) == ("form", "01", ("ja", "en"))
    assert form.required_items == ("occupation",)
    assert [q.name for q in form.questions] == ["hello", "risk", "job", "note", "since"]
    job = form.question("job")
    assert job.type is QuestionType.SELECT_ONE
    assert (job.list_name, job.groups, job.row) == ("jobs", ("work",), 4)
    assert job.required is not None
    assert job.required.source == "true()"
    assert job.bot.decline is Decline.REFUSE
    assert job.bot.sensitive
    assert job.bot.end is not None
    assert job.bot.why["ja"] == "法律"
    assert form.groups["work"].relevant is not None
    assert not form.groups["work"].is_repeat
    assert form.groups["countries"].max_repeats == 3
    assert form.question("since").groups == ("countries",)
    choice = form.choice(job, "01")
    assert choice is not None
    assert choice.extra == {"region": "yes"}


def test_every_scalar_stays_the_text_that_was_written() -> None:
    form = read_questionnaire(FULL, origin="form.yaml")
    job, note, since = (form.question(name).default for name in ("job", "note", "since"))
    assert job is not None
    assert job.constant == "01"
    assert note is not None
    assert note.constant == "2020-01-01"
    assert since is not None
    assert since.constant is None
    assert since.reads_clock


def test_bytes_with_a_mark_and_text_are_the_same() -> None:
    assert read_questionnaire(b"\xef\xbb\xbf" + FULL.encode(), origin="a") == read_questionnaire(FULL, origin="b")


def test_both_parsers_of_pyyaml_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    source = FULL.replace("name: hello,", "name: hello, hint: {ja: '~', en: ~},")
    fast = canonical_source(source, origin="x")
    monkeypatch.setattr(yaml_source, "_LOADER", yaml.SafeLoader)
    assert canonical_source(source, origin="x") == fast
    assert '"hint":{"ja":"~"}' in fast


def test_yes_and_no_are_read_where_a_condition_may_stand() -> None:
    for written, expected in (("yes", "true()"), ("True", "true()"), ("no", None), ("false()", None), ("''", None)):
        form = read_questionnaire(survey(f"{{type: text, name: a, required: {written}}}"), origin="x")
        required = form.question("a").required
        assert (required.source if required else None) == expected


@pytest.mark.parametrize(
    ("row", "code", "column", "suggestion"),
    [
        ("{type: image, name: a}", "unsupported_type", "type", None),
        ("{type: interger, name: a}", "unsupported_type", "type", "integer"),
        ("{type: select_one_from_file x.csv, name: a}", "unsupported_type", "type", None),
        ("{type: text, name: a, appearance: minimal}", "unsupported_column", "appearance", ""),
        ("{type: text, name: a, relevent: '1 = 1'}", "unsupported_column", "relevent", "relevant"),
        ("{type: text, name: a, bot: {buton: {ja: x}}}", "unsupported_column", "bot.buton", "bot.button"),
        ("{type: text, name: a, choice_filter: x}", "column_not_for_type", "choice_filter", None),
        ("{type: note, name: a, constraint: . = 1}", "column_not_for_type", "constraint", None),
        (
            "{type: calculate, name: a, calculation: 1, bot: {confirm: true}}",
            "column_not_for_type",
            "bot.confirm",
            None,
        ),
        ("{type: text, name: a, calculation: 1}", "column_not_for_type", "calculation", None),
        ("{type: text}", "missing_column", "name", None),
        ("{name: a}", "missing_column", "type", None),
        ("{type: text, name: 1a}", "bad_name", "name", None),
        ("{type: text, name: 名前}", "bad_name", "name", None),
        ("{type: text, name: [a]}", "wrong_shape", "name", None),
        ("{type: text, name: a, label: 名前}", "wrong_shape", "label", None),
        ("{type: text, name: a, label: {Japanese: 名前}}", "bad_language", "label", None),
        ("{type: text, name: a, label: {ja: [x]}}", "wrong_shape", "label", None),
        ("{type: text, name: a, bot: x}", "wrong_shape", "bot", None),
        ("{type: text, name: a, read_only: maybe}", "bad_boolean", "read_only", None),
        ("{type: text, name: a, bot: {confirm: perhaps}}", "bad_boolean", "bot.confirm", None),
        ("{type: text, name: a, bot: {kind: phon}}", "bad_value", "bot.kind", "phone"),
        ("{type: text, name: a, bot: {decline: later}}", "bad_value", "bot.decline", ""),
        ("{type: text, name: a, bot: {kyc_item: purposes}}", "bad_value", "bot.kyc_item", "purpose"),
        ("{type: select_one, name: a}", "list_not_given", "type", None),
        ("{type: text jobs, name: a}", "list_not_expected", "type", None),
        ("{type: calculate, name: a}", "calculate_without_value", "", None),
        ("{type: text, name: a, relevant: 1 +}", "expression.unexpected_end", "relevant", None),
        ("{type: text, name: a, required: yess(}", "expression.unknown_function", "required", None),
        ("{type: text, name: a, default: '${b'}", "expression.bad_name", "default", None),
        ("{type: text, name: a, bot: {end: (}}", "expression.unexpected_end", "bot.end", None),
        ("{type: end_group}", "group_not_opened", "type", None),
        ("{type: begin_group, name: g}", "group_not_closed", "", None),
        ("just text", "wrong_shape", "", None),
    ],
)
def test_refuses_a_row_by_name_and_place(row: str, code: str, column: str, suggestion: str | None) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_questionnaire(survey("{type: note, name: first}", row), origin="form.yaml")
    (issue,) = caught.value.issues
    assert (issue.code, issue.place.sheet, issue.place.row, issue.place.column) == (code, "survey", 2, column)
    assert issue.place.line == 7
    if suggestion is not None:
        assert issue.params["suggestion"] == suggestion


def test_groups_must_close_in_order() -> None:
    begin, repeat = "{type: begin_group, name: g}", "{type: begin_repeat, name: r, bot: {max_repeats: 2}}"
    assert codes_of(survey(begin, repeat, "{type: end_group}", "{type: end_repeat}")) == [
        "group_not_opened",
        "group_not_closed",
    ]
    assert codes_of(survey(begin, "{type: end_group, name: other}")) == ["group_not_opened", "group_not_closed"]
    assert codes_of(survey("{type: begin_repeat, name: r}", "{type: end_repeat}")) == ["repeat_without_bound"]
    assert codes_of(survey(repeat.replace("2", "0"), "{type: end_repeat}")) == ["bad_number"]
    named = survey("{type: begin group, name: g}", "{type: end group, name: g}")
    assert list(read_questionnaire(named, origin="x").groups) == ["g"]


def test_all_issues_are_found_at_once() -> None:
    source = survey("{type: image, name: a}", "{type: text, name: b, x: y}", "{type: text}")
    assert codes_of(source) == ["unsupported_type", "unsupported_column", "missing_column"]


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("survey: []\n", ["missing_column"]),
        ("settings: {id: a, version: 1, title: {ja: x}}\n", ["missing_column"]),
        ("settings: {title: {ja: x}}\nsurvey: []\n", ["missing_column", "missing_column"]),
        (SETTINGS + "survey: {}\nextra: 1\n", ["unsupported_column", "missing_column"]),
        (SETTINGS + "  pages: 3\nsurvey: []\n", ["unsupported_column"]),
        (SETTINGS + "  required_items: [purposes]\nsurvey: []\n", ["bad_value"]),
        (SETTINGS + "survey: []\nchoices: [a]\n", ["wrong_shape"]),
        (SETTINGS + "survey: []\nchoices: {a: {name: x}}\n", ["wrong_shape"]),
        (SETTINGS + "survey: []\nchoices: {a: [{name: b c, label: {ja: x}}]}\n", ["bad_name"]),
        (SETTINGS + "survey: []\nchoices: {a: [{name: b, media: {ja: x}}]}\n", ["wrong_shape"]),
        ("- 1\n", ["not_a_questionnaire"]),
    ],
)
def test_refuses_settings_and_choices(source: str, codes: list[str]) -> None:
    assert codes_of(source) == codes


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        (b"settings:\n  id: \xff\n", "not_utf8", 2),
        ("a: [1\n", "syntax", 2),
        ("a: 1\nb:  c: d\n", "syntax", 2),
        ("", "not_a_questionnaire", 0),
        ("a: &x 1\nb: *x\n", "alias", 1),
        ("a: 1\nb: *x\n", "alias", 2),
        ("a: !!python/object:os.system x\n", "tag", 1),
        ("a: 1\n---\nb: 2\n", "several_documents", 2),
        ("a: 1\nb: 2\na: 3\n", "duplicate_key", 3),
        ("? [a]\n: 1\n", "wrong_shape", 1),
        ("[" * 20 + "]" * 20, "too_deep", 1),
        ('a: "\\u0007"\n', "bad_character", 1),
        ('a: "\\ud800"\n', None, None),
        ("a: \x07\n", "bad_character", 0),
        ("a: " + "x" * 2_000_001, "too_large", 0),
    ],
)
def test_what_cannot_be_taken_apart_is_unreadable(source: str | bytes, code: str | None, line: int | None) -> None:
    with pytest.raises(UnreadableSource) as caught:
        read_tree(source, origin="form.yaml")
    (issue,) = caught.value.issues
    assert code is None or (issue.code, issue.place.line) == (code, line)


def test_errors_do_not_show_what_was_written_but_where() -> None:
    with pytest.raises(
        DefinitionError, match=r"form\.yaml: 1 issue\(s\), first: unsupported_type at survey\[1\] a type"
    ):
        read_questionnaire(survey("{type: image, name: a}"), origin="form.yaml")


def test_the_published_body_reads_back_as_the_same_form() -> None:
    body = canonical_source(FULL, origin="form.yaml")
    assert read_canonical(body) == read_questionnaire(FULL, origin="form.yaml")
    assert read_canonical(body).sha256 == read_questionnaire(FULL, origin="form.yaml").sha256


def test_the_identity_is_of_the_content_not_of_the_file() -> None:
    reordered = FULL.replace("  id: form\n  version: 01\n", "  version: '01'\n  id: form # the form\n")
    reordered = reordered.replace("name: hello,", "name: hello, hint: {ja: '', en: ~},")
    assert read_questionnaire(reordered, origin="x").sha256 == read_questionnaire(FULL, origin="x").sha256
    changed = FULL.replace("こんにちは", "こんばんは")
    assert read_questionnaire(changed, origin="x").sha256 != read_questionnaire(FULL, origin="x").sha256


@pytest.mark.parametrize("body", ["", "{", "[]", "1", "null", '{"a":1}', '{"a":"x","a":"y"}', "[" * 5_000, "9" * 5_000])
def test_a_damaged_body_is_refused(body: str) -> None:
    with pytest.raises(DefinitionError):
        read_canonical(body)


def test_shipped_forms_read() -> None:
    assert "individual" in shipped_names()
    for name in shipped_names():
        form = load_shipped(name)
        assert form.id == name
        assert read_canonical(canonical_source(shipped_source(name), origin=name)) == form
    with pytest.raises(LookupError):
        shipped_source("nobody")


WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff"), max_size=8)
TEXTS = st.dictionaries(st.sampled_from(["ja", "en", "ja_easy"]), WORDS, max_size=3)
QUESTIONS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "integer", "date", "select_one l", "select_multiple l", "acknowledge"])},
    optional={
        "label": TEXTS,
        "hint": TEXTS,
        "required": st.sampled_from(["yes", "no", "true()", "${q0} = 'a'", ""]),
        "relevant": st.sampled_from(["1 = 1", "selected(${q0}, 'a')", ""]),
        "default": st.sampled_from(["a", "01", "today()", ""]),
        "bot": st.fixed_dictionaries(
            {}, optional={"why": TEXTS, "confirm": st.sampled_from(["true", "false"]), "faq": WORDS}
        ),
    },
)


@given(
    rows=st.lists(QUESTIONS, max_size=6),
    labels=st.lists(TEXTS, max_size=3),
    title=TEXTS.filter(lambda t: any(v.strip() for v in t.values())),
)
@settings(max_examples=100, deadline=None)
def test_canonical_json_is_a_fixed_point(
    rows: list[dict[str, object]], labels: list[dict[str, str]], title: dict[str, str]
) -> None:
    tree = {
        "settings": {"id": "f", "version": "1", "title": title},
        "survey": [{**row, "name": f"q{number}"} for number, row in enumerate(rows)] or [{"type": "note", "name": "n"}],
        "choices": {"l": [{"name": f"c{number}", "label": label} for number, label in enumerate(labels)]},
    }
    source = yaml.safe_dump(tree, allow_unicode=True)
    body = canonical_source(source, origin="f.yaml")
    form = read_questionnaire(source, origin="f.yaml")
    assert read_canonical(body) == form
    assert canonical_source(body, origin="body.json") == body
    assert json.loads(body)["settings"]["id"] == "f"


@given(source=st.text(alphabet="abc:-[]{}'\"#&*!|>%@ \n\t?,01", max_size=60) | st.binary(max_size=40))
@settings(max_examples=400, deadline=None)
def test_any_yaml_is_read_or_refused(source: str | bytes) -> None:
    try:
        canonical_json(read_tree(source, origin="x"))
    except DefinitionError as error:
        refused = error
        assert refused.issues
