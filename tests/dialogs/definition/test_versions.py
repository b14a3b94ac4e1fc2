"""The classes of changes between two versions: each change of a file falls into the class that it means."""

from __future__ import annotations

import pytest

from dialogs.definition.model import Questionnaire
from dialogs.definition.source_files import read_source, write_source
from dialogs.definition.versions import DEFAULT_POLICIES, Change, ChangeKind, Policy, changes_between, policies_of
from dialogs.definition.yaml_format import load_shipped, read_canonical, read_questionnaire

FORM = """
settings: {id: small, version: "1", title: {ja: 票, en: Form}, default_language: ja}
survey:
  - {type: select_one pets, name: pet, label: {ja: ペット, en: Pet}, required: "true()"}
  - {type: begin_group, name: more, relevant: "${pet} = 'dog'"}
  - {type: integer, name: weight, label: {ja: 体重, en: Weight}, required: "true()", constraint: ". < 90", bot: {why: {ja: わけ, en: Why}}}
  - {type: end_group, name: more}
  - {type: begin_repeat, name: toys, bot: {max_repeats: "3"}}
  - {type: text, name: toy, label: {ja: おもちゃ, en: Toy}, required: "true()"}
  - {type: end_repeat, name: toys}
  - {type: text, name: last, label: {ja: さいご, en: Last}}
choices:
  pets:
    - {name: dog, label: {ja: いぬ, en: Dog}, kind: a}
    - {name: cat, label: {ja: ねこ, en: Cat}, kind: b}
"""  # noqa: E501
OLD = read_questionnaire(FORM.encode(), origin="form.yaml")


def after(*replacements: tuple[str, str]) -> Questionnaire:
    text = FORM
    for old, new in replacements:
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    return read_questionnaire(text.encode(), origin="form.yaml")


@pytest.mark.parametrize(
    ("old", "new", "kind", "name", "columns"),
    [
        ("{ja: 体重, en", "{ja: 重さ, en", "wording", "weight", ("label",)),
        ("{ja: わけ", "{ja: 理由", "wording", "weight", ("bot.why",)),
        ("{ja: いぬ, en: Dog}", "{ja: 犬, en: Dog}", "wording", "pet", ("choices/dog",)),
        ('title: {ja: 票', 'title: {ja: 質問票', "wording", "", ("title",)),
        ("kind: b}\n", "kind: b}\n    - {name: ox, label: {ja: 牛, en: Ox}}\n", "addition", "pet", ("choices/ox",)),
        ("    - {name: cat, label: {ja: ねこ, en: Cat}, kind: b}\n", "", "narrowing", "pet", ("choices/cat",)),
        ("kind: a", "kind: c", "narrowing", "pet", ("choices/dog",)),
        (". < 90", ". < 50", "narrowing", "weight", ("constraint",)),
        ("relevant: \"${pet} = 'dog'\"", "relevant: \"${pet} != ''\"", "narrowing", "more", ("relevant",)),
        ('max_repeats: "3"', 'max_repeats: "2"', "narrowing", "toys", ("max_repeats",)),
        ("name: last, ", 'name: last, required: "true()", ', "narrowing", "last", ("required",)),
        ("type: integer", "type: decimal", "type", "weight", ("type",)),
        ("name: last, ", "name: last, bot: {kind: name}, ", "type", "last", ("bot.kind",)),
        ("  - {type: text, name: last, label: {ja: さいご, en: Last}}\n", "", "removal", "last", ()),
    ],
)  # fmt: skip
def test_one_change_is_of_one_class(old: str, new: str, kind: str, name: str, columns: tuple[str, ...]) -> None:
    assert changes_between(OLD, after((old, new))) == (Change(ChangeKind(kind), name, columns),)


def test_what_comes_on_the_one_hand_goes_on_the_other() -> None:
    more = after(("name: last, ", "name: new, "))
    assert changes_between(OLD, more) == (Change(ChangeKind.ADDITION, "new"), Change(ChangeKind.REMOVAL, "last"))
    assert changes_between(more, OLD) == (Change(ChangeKind.ADDITION, "last"), Change(ChangeKind.REMOVAL, "new"))


def test_another_order_is_another_wording() -> None:
    last = "  - {type: text, name: last, label: {ja: さいご, en: Last}}\n"
    moved = after((last, ""), ("survey:\n", f"survey:\n{last}"))
    assert [(one.kind, one.name, one.columns) for one in changes_between(OLD, moved)] == [
        (ChangeKind.WORDING, "last", ("order",)),
        (ChangeKind.WORDING, "pet", ("order",)),
    ]


def test_a_question_that_goes_into_a_repeat_is_another_one() -> None:
    line = "  - {type: text, name: last, label: {ja: さいご, en: Last}}\n"
    inside = after((line, ""), ("  - {type: end_repeat", f"{line}  - {{type: end_repeat"))
    assert Change(ChangeKind.TYPE, "last", ("repeat",)) in changes_between(OLD, inside)
    group = after(("begin_repeat", "begin_group"), ("end_repeat", "end_group"), (', bot: {max_repeats: "3"}', ""))
    assert {(one.kind, one.name) for one in changes_between(OLD, group)} >= {
        (ChangeKind.TYPE, "toys"),
        (ChangeKind.TYPE, "toy"),
    }


def test_a_version_says_what_happens_and_the_rest_stands_as_usual() -> None:
    assert policies_of(OLD) == DEFAULT_POLICIES
    said = after(
        ("en: Form}, default_language: ja}", "en: Form}, default_language: ja, upgrade: [narrowing=ask, type=keep]}")
    )
    assert policies_of(said) == {**DEFAULT_POLICIES, ChangeKind.NARROWING: Policy.ASK, ChangeKind.TYPE: Policy.KEEP}
    assert changes_between(OLD, said) == ()
    assert read_canonical(said_body()).upgrade == said.upgrade


def said_body() -> str:
    text = FORM.replace("default_language: ja}", "default_language: ja, upgrade: [narrowing=ask, type=keep]}")
    source = read_source(text.encode(), origin="form.yaml")
    book = read_source(write_source(source, ".xlsx"), origin="form.xlsx")
    assert book.canonical() == source.canonical(), "the workbook holds the policies too"
    return book.canonical()


@pytest.mark.parametrize("name", ["individual", "corporate"])
def test_the_shipped_forms_differ_in_nothing_from_themselves(name: str) -> None:
    form = load_shipped(name)
    assert changes_between(form, form) == ()
