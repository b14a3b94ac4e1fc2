"""Every finding of the checker on a form that has it, and none on the forms that do not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from dialogs.definition.checker import CHECKS, CheckLimits, check
from dialogs.definition.issues import Issue, Severity
from dialogs.definition.yaml_format import load_shipped, read_questionnaire, shipped_names

LISTS = """\
choices:
  yn:
    - {name: yes, label: {ja: はい}}
    - {name: no, label: {ja: いいえ}}
  jobs:
    - {name: employee, label: {ja: 会社員}}
    - {name: student, label: {ja: 学生}}
    - {name: retired, label: {ja: 無職}}
    - {name: other, label: {ja: その他}}
  purposes:
    - {name: living, label: {ja: 生計費}}
    - {name: salary, label: {ja: 給与}}
    - {name: other, label: {ja: その他}}
"""

YN = "{type: select_one yn, name: yn, label: {ja: はいですか}, required: yes}"
JOB = "{type: select_one jobs, name: job, label: {ja: 職業}, required: yes}"
PURPOSES = "{type: select_multiple purposes, name: purposes, label: {ja: 目的}, required: yes}"
AGE = "{type: integer, name: age, label: {ja: 年齢}, required: yes}"


def text(name: str, **columns: str) -> str:
    """A row that asks for a text, with further columns as YAML."""
    more = "".join(f", {column}: {value}" for column, value in columns.items())
    return f"{{type: text, name: {name}, label: {{ja: 質問}}{more}}}"


def form(*rows: str, items: str = "", choices: str = LISTS, title: str = "{ja: 確認}") -> str:
    head = f"settings: {{id: form, version: 1, title: {title}, required_items: [{items}]}}\nsurvey:\n"
    return head + "".join(f"  - {row}\n" for row in rows) + choices


def issues_of(source: str, limits: CheckLimits | None = None) -> list[Issue]:
    return check(read_questionnaire(source, origin="form.yaml"), limits)


def codes(issues: Iterable[Issue]) -> set[str]:
    """What was found, but that the lists of these small forms are not all used."""
    return {issue.code for issue in issues} - {"unused_list"}


def test_a_clean_form_has_no_issues() -> None:
    rows = (JOB, PURPOSES, YN, text("detail", relevant="\"${job} = 'other' and selected(${purposes}, 'other')\""))
    assert issues_of(form(*rows)) == []


FOUND = {
    # names and order
    "duplicate_name": form(YN, text("yn")),
    "unknown_name": form(YN, text("a", relevant="\"${yyn} = 'yes'\"")),
    "bare_name": form(YN, text("a", relevant="yn = 'yes'")),
    "used_before_asked": form(text("a", relevant="\"${yn} = 'yes'\""), YN),
    "unknown_list": form("{type: select_one job, name: a, label: {ja: 職業}}"),
    "empty_list": form("{type: select_one none, name: a, label: {ja: 職業}}", choices="choices: {none: []}\n"),
    "duplicate_choice": form(YN, choices="choices: {yn: [{name: a, label: {ja: あ}}, {name: a, label: {ja: い}}]}\n"),
    "unknown_column": form(YN[:-1] + ", choice_filter: regon = 'kanto'}"),
    "cycle": form(text("a", relevant="\"${b} != ''\""), text("b", relevant="\"${a} != ''\"")),
    # types
    "unknown_choice": form(JOB, text("a", relevant="\"${job} = 'studnt'\"")),
    "arithmetic_on_text": form(text("t"), text("a", relevant='"${t} + 1 = 2"')),
    "order_on_text": form(JOB, text("a", relevant="\"${job} > 'other'\"")),
    "never_equal": form(AGE, text("a", relevant="\"${age} = 'old'\"")),
    "equals_on_multiple": form(PURPOSES, text("a", relevant="\"${purposes} = 'other'\"")),
    "text_as_condition": form(YN, text("a", relevant='"${yn} and 1 = 1"')),
    "default_wrong_type": form(AGE[:-1] + ", default: ten}"),
    "default_breaks_constraint": form(AGE[:-1] + ", default: 10, constraint: . >= 18}"),
    # texts
    "missing_text": form("{type: text, name: a}"),
    "missing_language": form(text("a"), title="{ja: 確認, en: Check}"),
    "extra_language": form("{type: text, name: a, label: {ja: 質問, fr: Question}}"),
    "answer_in_text": form(AGE, "{type: text, name: a, label: {ja: '${age}歳の方へ'}}"),
    "placeholder_differs": form("{type: text, name: a, label: {ja: '{bank_name}です', en: Hello}}"),
    "text_too_long": form("{type: text, name: a, label: {ja: " + "あ" * 4097 + "}}"),
    "button_too_long": form(YN, choices="choices: {yn: [{name: a, label: {ja: " + "あ" * 21 + "}}]}\n"),
    "labels_collide": form(
        YN, choices="choices: {yn: [{name: a, label: {ja: はい}}, {name: b, label: {ja: ハ イ}}]}\n"
    ),
    "label_is_other_number": form(
        YN, choices="choices: {yn: [{name: a, label: {ja: ２}}, {name: b, label: {ja: いち}}]}\n"
    ),
    # paths
    "never_relevant": form(YN, text("a", relevant="\"${yn} = 'yes' and ${yn} = 'no'\"")),
    "always_relevant": form(YN, text("a", relevant="\"${yn} = 'yes' or ${yn} = 'no'\"")),
    "constant_condition": form(JOB[:-1] + ", bot: {end: \". = 'x' and 1 = 2\"}}"),
    "reads_unanswered": form(
        JOB,
        text("school", relevant="\"${job} = 'student'\"", required="yes"),
        text("a", relevant="\"${school} != 'x'\""),
    ),
    "item_not_asked": form(YN, items="purpose"),
    "item_not_covered": form(
        JOB,
        text("a", required="yes", relevant="\"${job} = 'student'\"", bot="{kyc_item: occupation}"),
        items="occupation",
    ),
    "item_not_proved": form(
        text("t", required="yes"),
        text("a", required="yes", relevant='"string-length(${t}) > 3"', bot="{kyc_item: occupation}"),
        items="occupation",
    ),
    "unused_list": form(YN),
}


@pytest.mark.parametrize("code", FOUND)
def test_finds(code: str) -> None:
    assert code in {issue.code for issue in issues_of(FOUND[code])}


def test_places_and_parameters_say_where_and_what_to_do() -> None:
    (unknown,) = (issue for issue in issues_of(FOUND["unknown_name"]) if issue.code == "unknown_name")
    assert str(unknown.place) == "survey[2] a relevant"
    assert unknown.params == {"name": "yyn", "suggestion": "${yn}"}
    (choice,) = (issue for issue in issues_of(FOUND["unknown_choice"]) if issue.code == "unknown_choice")
    assert choice.params["suggestion"] == "student"
    (cycle,) = (issue for issue in issues_of(FOUND["cycle"]) if issue.code == "cycle")
    assert cycle.params["members"] == "a -> b -> a"
    (hole,) = (issue for issue in issues_of(FOUND["item_not_covered"]) if issue.code == "item_not_covered")
    assert hole.params["path"].startswith("job=")
    assert hole.params["path"] != "job=student"


def test_issues_come_in_order_of_place() -> None:
    found = issues_of(form(text("a", relevant="b = 1"), text("a"), "{type: text, name: c}", items="purpose"))
    assert [issue.place.sheet for issue in found][:2] == ["settings", "survey"]
    rows = [issue.place.row for issue in found if issue.place.sheet == "survey"]
    assert rows == sorted(rows)


def test_limits_are_data() -> None:
    source = form(YN, choices="choices: {yn: [{name: a, label: {ja: 六文字です。}}]}\n")
    assert issues_of(source) == []
    assert codes(issues_of(source, CheckLimits(label=5))) == {"button_too_long"}
    assert codes(issues_of(source, CheckLimits(text=4))) == {"text_too_long"}


def test_a_short_button_makes_a_long_label_fine() -> None:
    label = "あ" * 30
    source = form(YN, choices=f"choices: {{yn: [{{name: a, label: {{ja: {label}}}, button: {{ja: 短い}}}}]}}\n")
    assert issues_of(source) == []


class TestOrder:
    def test_a_constraint_may_read_its_own_question(self) -> None:
        assert codes(issues_of(form(AGE[:-1] + ", constraint: '${age} > 17'}"))) == set()

    def test_a_calculation_may_stand_before_what_it_reads(self) -> None:
        double = '{type: calculate, name: double, calculation: "${age} * 2"}'
        assert codes(issues_of(form(double, AGE, text("a", relevant='"${double} > 40"')))) == set()

    def test_a_condition_may_not_read_a_calculation_of_what_comes_later(self) -> None:
        double = '{type: calculate, name: double, calculation: "${age} * 2"}'
        found = issues_of(form(double, text("a", relevant='"${double} > 40"'), AGE))
        assert "used_before_asked" in codes(found)

    def test_a_repeat_can_be_counted_once_it_was_asked_and_has_no_other_value(self) -> None:
        people = (
            "{type: begin_repeat, name: people, label: {ja: 人}, bot: {max_repeats: 3}}",
            AGE,
            "{type: end_repeat}",
        )
        family = text("a", relevant='"count(${people}) > 1"')
        assert {"unknown_name", "used_before_asked"}.isdisjoint(codes(issues_of(form(*people, family))))
        assert "used_before_asked" in codes(issues_of(form(family, *people)))
        assert "used_before_asked" in codes(
            issues_of(form(*people).replace("bot: {max", "repeat_count: 'count(${people})', bot: {max"))
        )
        calculated = '{type: calculate, name: many, calculation: "count(${people})"}'
        assert "used_before_asked" in codes(issues_of(form(calculated, text("a", relevant='"${many} > 1"'), *people)))
        for condition in ("${people} > 1", "count(${people}) > 1 and ${people} != ''", "sum(${people}) > 1"):
            assert "unknown_name" in codes(issues_of(form(*people, text("a", relevant=f'"{condition}"'))))
        group = ("{type: begin_group, name: people}", AGE, "{type: end_group}")
        assert "unknown_name" in codes(issues_of(form(*group, family)))

    def test_a_question_cannot_decide_about_itself(self) -> None:
        found = issues_of(form(text("a", relevant="\"${a} != ''\"")))
        assert [i.params["members"] for i in found if i.code == "cycle"] == ["a -> a"]

    def test_a_circle_over_a_group_names_its_members(self) -> None:
        group = "{type: begin_group, name: g, relevant: \"${b} = '1'\"}"
        found = issues_of(form(group, text("a"), "{type: end_group}", text("b", relevant="\"${a} = '1'\"")))
        assert [i.params["members"] for i in found if i.code == "cycle"] == ["a -> b -> a"]


class TestTypes:
    @pytest.mark.parametrize(
        "condition",
        [
            "selected(${purposes}, 'living')",
            "${job} = ''",
            "${job} != 'student'",
            "${age} + 1 > 18",
            "${age} = '18'",
            "number(${purposes}) > 1",
            "if(${job} = 'other', 'x', '') = 'x'",
            "${kind} = 'a' or ${kind} = 'b'",
        ],
    )
    def test_says_nothing_about_what_can_be_meant(self, condition: str) -> None:
        kind = "{type: calculate, name: kind, calculation: \"if(${job} = 'other', 'a', 'b')\"}"
        found = issues_of(form(JOB, PURPOSES, AGE, kind, text("a", relevant=f'"{condition}"')))
        types = {"unknown_choice", "arithmetic_on_text", "order_on_text", "never_equal", "text_as_condition"}
        assert not codes(found) & types

    def test_knows_what_a_calculation_can_be(self) -> None:
        kind = "{type: calculate, name: kind, calculation: \"if(${job} = 'other', 'a', 'b')\"}"
        found = issues_of(form(JOB, kind, text("a", relevant="\"${kind} = 'c'\"")))
        assert "unknown_choice" in codes(found)

    def test_a_truth_kept_as_text_is_no_condition(self) -> None:
        adult = '{type: calculate, name: adult, calculation: "${age} >= 18"}'
        assert "text_as_condition" in codes(issues_of(form(AGE, adult, text("a", relevant='"${adult}"'))))

    def test_own_value_has_the_type_of_its_question(self) -> None:
        assert "unknown_choice" in codes(issues_of(form(JOB[:-1] + ", bot: {end: \". = 'studnt'\"}}")))


class TestCoverage:
    ITEM = "{kyc_item: occupation}"

    def covered(self, *rows: str) -> set[str]:
        return {i.code for i in issues_of(form(*rows, items="occupation")) if i.code.startswith("item_")}

    def test_a_required_question_covers(self) -> None:
        assert self.covered(text("a", required="yes", bot=self.ITEM)) == set()

    def test_a_question_that_may_be_skipped_does_not(self) -> None:
        assert self.covered(text("a", bot=self.ITEM)) == {"item_not_covered"}

    def test_several_questions_cover_together(self) -> None:
        student = text("a", required="yes", relevant="\"${job} = 'student'\"", bot=self.ITEM)
        rest = text("b", required="yes", relevant="\"${job} != 'student'\"", bot=self.ITEM)
        assert self.covered(JOB, student, rest) == set()
        hole = text("b", required="yes", relevant="\"${job} = 'other'\"", bot=self.ITEM)
        assert self.covered(JOB, student, hole) == {"item_not_covered"}

    def test_a_path_that_ends_before_needs_no_cover(self) -> None:
        closing = YN[:-1] + ", bot: {end: \". = 'no'\"}}"
        asked = text("a", required="yes", relevant="\"${yn} = 'yes'\"", bot=self.ITEM)
        assert self.covered(closing, asked) == set()
        assert self.covered(YN, asked) == {"item_not_covered"}

    def test_an_open_condition_and_its_opposite_cover_together(self) -> None:
        early = text("a", required="yes", relevant="\"today() < '2027-01-01'\"", bot=self.ITEM)
        late = text("b", required="yes", relevant="\"not(today() < '2027-01-01')\"", bot=self.ITEM)
        assert self.covered(early, late) == set()

    def test_relevance_counts_over_several_questions(self) -> None:
        middle = "{type: select_one yn, name: m, label: {ja: 質問}, required: yes, relevant: \"${job} = 'student'\"}"
        asked = text("a", required="yes", relevant="\"${m} != 'no'\"", bot=self.ITEM)
        assert self.covered(JOB, middle, asked) == {"item_not_covered"}
        other = text("b", required="yes", relevant="\"${m} = 'no'\"", bot=self.ITEM)
        assert self.covered(JOB, middle, asked, other) == set()

    def test_numbers_are_told_apart_at_their_bounds(self) -> None:
        young = text("a", required="yes", relevant='"${age} < 20"', bot=self.ITEM)
        old = text("b", required="yes", relevant='"${age} > 20"', bot=self.ITEM)
        assert self.covered(AGE, young, old) == {"item_not_covered"}
        assert self.covered(AGE, young, old.replace("> 20", ">= 20")) == set()

    def test_a_repeat_covers_where_it_has_an_instance(self) -> None:
        count = "{type: select_one n, name: n, label: {ja: いくつ}, required: yes}"
        begin = '{type: begin_repeat, name: r, bot: {max_repeats: 3}, repeat_count: "${n} - 1"}'
        numbers = "choices: {n: [{name: 1, label: {ja: 1}}, {name: 2, label: {ja: 2}}]}\n"
        rows = (count, begin, text("a", required="yes", bot=self.ITEM), "{type: end_repeat}")
        found = issues_of(form(*rows, items="occupation", choices=numbers))
        assert {i.params.get("path") for i in found if i.code == "item_not_covered"} == {"n=1"}

    def test_selections_are_followed(self) -> None:
        asked = text("a", required="yes", relevant="\"selected(${purposes}, 'living')\"", bot=self.ITEM)
        assert self.covered(PURPOSES, asked) == {"item_not_covered"}
        rest = text("b", required="yes", relevant="\"not(selected(${purposes}, 'living'))\"", bot=self.ITEM)
        assert self.covered(PURPOSES, asked, rest) == set()

    def test_too_many_cases_are_said_to_be_unproved(self) -> None:
        ages = [AGE.replace("name: age", f"name: age{n}") for n in range(9)]
        wanted = " or ".join(f"${{age{n}}} = {m}" for n in range(9) for m in range(4))
        asked = text("a", required="yes", relevant=f'"{wanted}"', bot=self.ITEM)
        rest = text("b", required="yes", relevant=f'"not({wanted})"', bot=self.ITEM)
        assert self.covered(*ages, asked, rest) == {"item_not_proved"}


class TestConditions:
    def test_an_end_that_can_happen_is_fine(self) -> None:
        assert codes(issues_of(form(JOB[:-1] + ', bot: {end: ". = \'retired\'", handover: "true()"}}'))) == set()

    def test_a_guard_or_a_requirement_answers_the_doubt(self) -> None:
        school = text("school", relevant="\"${job} = 'student'\"", required="yes")
        guarded = text("a", relevant="\"${school} != '' and ${school} != 'x'\"")
        assert "reads_unanswered" not in codes(issues_of(form(JOB, school, guarded)))
        inside = text("a", relevant="\"${school} != 'x'\"").replace("name: a", "name: inside")
        group = "{type: begin_group, name: g, relevant: \"${job} = 'student'\"}"
        found = issues_of(
            form(JOB, group, school.replace(", relevant: \"${job} = 'student'\"", ""), inside, "{type: end_group}")
        )
        assert "reads_unanswered" not in codes(found)

    def test_an_unknown_list_does_not_make_conditions_impossible(self) -> None:
        rows = (
            "{type: select_one lost, name: q, label: {ja: 質問}, required: yes}",
            text("a", relevant="\"${q} = 'x'\""),
        )
        assert codes(issues_of(form(*rows))) == {"unknown_list"}

    def test_a_date_is_compared_on_its_bounds(self) -> None:
        born = "{type: date, name: born, label: {ja: 生年月日}, required: yes}"
        on_day = text("a", relevant="\"${born} = '2000-01-01'\"")
        after = text("b", relevant="\"${born} > '2000-01-01' and ${born} < '2000-01-02'\"")
        assert codes(issues_of(form(born, on_day))) == set()
        assert codes(issues_of(form(born, after))) <= {"never_relevant"}


def test_shipped_forms_are_clean() -> None:
    for name in shipped_names():
        errors = [i for i in check(load_shipped(name)) if i.severity is Severity.ERROR]
        assert errors == []


def test_checks_are_registered_once() -> None:
    names = [run.__name__ for run in CHECKS]
    assert len(names) == len(set(names))
    assert len(names) >= 15
