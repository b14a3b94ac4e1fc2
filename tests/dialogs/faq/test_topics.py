"""The FAQ files: what ships is complete and honest, and what is wrong in a file is named."""

from __future__ import annotations

import re

import pytest

from dialogs.faq.checking import layout_problems, shared_phrasings
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import (
    PLACEHOLDERS,
    FaqError,
    Topic,
    canonical_json,
    load_shipped,
    read_canonical,
    read_topics,
    sha256_of,
)

LANGUAGES = ("ja", "en")
ALL_TOPICS = [f"F{number:02}" for number in range(1, 53)]
FOR_PEOPLE = {"F39", "F42", "F43", "F51", "F52"}

GOOD = """
- id: A1
  question: Why?
  variants: [why so, how come]
  answer: |
    Because, says {bank_name}.

    Truly.
  source: [iuris-4, bank to confirm]
  status: draft
- id: A2
  question: When?
  variants: [which day]
  answer: By {due_on}.
  see_also: [A1]
  handover: true
  source: letter
  status: approved
  approved_by: Sato
  approved_on: 2026-04-01
"""


@pytest.fixture(params=LANGUAGES)
def shipped(request: pytest.FixtureRequest) -> tuple[Topic, ...]:
    return load_shipped(request.param)


def test_all_52_topics_are_there(shipped: tuple[Topic, ...]) -> None:
    assert [topic.id for topic in shipped] == ALL_TOPICS


def test_each_topic_has_phrasings_a_button_and_a_source(shipped: tuple[Topic, ...]) -> None:
    for topic in shipped:
        assert len(topic.variants) >= 4, topic.id
        assert 0 < len(topic.short) <= 20, topic.id
        assert topic.source, topic.id
        assert topic.see_also, topic.id


def test_shipped_answers_are_drafts(shipped: tuple[Topic, ...]) -> None:
    assert all(topic.is_draft for topic in shipped)


def test_what_only_people_may_settle_goes_to_people(shipped: tuple[Topic, ...]) -> None:
    assert {topic.id for topic in shipped if topic.handover} == FOR_PEOPLE


@pytest.mark.parametrize("locale", LANGUAGES)
def test_answers_fit_a_phone_and_no_phrasing_stands_twice(locale: str) -> None:
    matcher = matcher_for(load_shipped(locale), locale)
    assert layout_problems(matcher.topics.values(), matcher.words) == ()
    assert shared_phrasings(matcher) == ()


def test_no_answer_speaks_of_ratings_reports_or_urgency(shipped: tuple[Topic, ...]) -> None:
    never = re.compile(
        r"格付|リスク(が|評価|ランク)|疑わしい取引|届出の対象|至急|ただちに"
        r"|risk|suspicious transaction|urgent|immediately",
        re.I,
    )
    for topic in shipped:
        assert not never.search(topic.answer + topic.short), topic.id


def test_both_languages_hand_over_and_refer_alike() -> None:
    ja, en = load_shipped("ja"), load_shipped("en")
    for first, second in zip(ja, en, strict=True):
        assert (first.id, first.handover, first.see_also, first.source) == (
            second.id,
            second.handover,
            second.see_also,
            second.source,
        )


def test_placeholders_of_both_languages_agree_on_the_date() -> None:
    for locale in LANGUAGES:
        dated = {topic.id for topic in load_shipped(locale) if "{due_on}" in topic.answer}
        assert dated == {"F14"}


def test_a_file_is_read_as_it_stands() -> None:
    first, second = read_topics(GOOD, "en")
    assert first.variants == ("why so", "how come")
    assert first.paragraphs == ("Because, says {bank_name}.", "Truly.")
    assert (first.handover, second.handover) == (False, True)
    assert second.source == ("letter",)
    assert (second.is_draft, second.approved_on) == (False, "2026-04-01")


def test_the_canonical_text_reads_back_and_ignores_layout(shipped: tuple[Topic, ...]) -> None:
    assert read_canonical(canonical_json(shipped)) == shipped
    topics = read_topics(GOOD, "en")
    again = read_topics(GOOD.replace("variants: [why so, how come]", "variants:\n  - why so\n  - how come"), "en")
    assert sha256_of(topics) == sha256_of(again)
    assert sha256_of(topics) != sha256_of(topics[:1])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  question: Why?", "  questoin: Why?", "line 3: questoin is not a key"),
        ("  question: Why?", "  question: Why?\n  question: How?", "line 4: question is there twice"),
        ("  source: letter\n", "", "line 11: source is missing"),
        ("id: A2", "id: A1", "topic A1 is already at line 2"),
        ("id: A2", "id: A 2", "may hold letters"),
        ("{bank_name}", "{bank_fax}", "{bank_fax} cannot stand in answer"),
        ("{bank_name}", "{bank_name", "{ cannot stand in answer"),
        ("question: When?", "question: When is {due_on}?", "{due_on} cannot stand in question"),
        ("see_also: [A1]", "see_also: [A9]", "see_also of A2 names no topic: A9"),
        ("handover: true", "handover: perhaps", "handover of A2 must be true or false"),
        ("status: draft", "status: done", "status is draft or approved, not done"),
        ("status: draft", "status: draft\n  approved_by: Sato", "a draft has no approved_by"),
        ("  approved_on: 2026-04-01\n", "", "needs approved_by and approved_on"),
        ("2026-04-01", "last spring", "approved_on must be a date"),
        ("variants: [which day]", "variants: {a: b}", "variants must be a list"),
        ("variants: [which day]", "variants:\n  - which: day", "must be a list of texts; a text with a colon"),
        ("variants: [which day]", "variants: [which day, which day]", "holds the same text twice"),
        ("variants: [which day]", "variants: [which day", "this is not YAML"),
        ("question: When?", "question: [When?]", "question must be a text"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(FaqError) as caught:
        read_topics(GOOD.replace(old, new, 1), "en", name="our.yaml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("our.yaml (en)")


@pytest.mark.parametrize("source", ["", "[]", "a: b", "- a", "\x00"])
def test_what_is_no_list_of_topics_is_refused(source: str) -> None:
    with pytest.raises(FaqError):
        read_topics(source, "ja")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(FaqError, match="no FAQ in the language xx"):
        load_shipped("xx")


def test_every_placeholder_is_used_somewhere() -> None:
    used = set(re.findall(r"\{(\w+)\}", "".join(topic.answer for topic in load_shipped("ja"))))
    assert used == PLACEHOLDERS
