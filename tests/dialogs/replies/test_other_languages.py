"""Who does not read Japanese, or asks for another language, has answered no question; a family name is half a name."""

from __future__ import annotations

import pytest

from dialogs.definition.yaml_format import load_shipped
from dialogs.replies import READERS
from dialogs.replies.base import Parsed
from dialogs.replies.languages import speaks_of_language
from tests.dialogs.replies.test_choices_in_dialect import TODAY, chosen

LACKING = (
    "日本語わからない|にほんごわからない|日本語がわかりません|日本語読めません|日本語は苦手です|日本語むずかしい"
    "|ニホンゴ ワカラナイ|日本語できない|漢字が読めません|にほんご すこししか わかりません"
    "|nihongo wakaranai|nihongo wakarimasen|I don't understand Japanese|I can't read Japanese|no Japanese"
    "|英語でお願いします|ベトナム語でおねがい|やさしい日本語でお願いします"
    "|English please|Vietnamese only|Please speak English"
)
SELECTS = [
    (form, question)
    for form in (load_shipped("individual"), load_shipped("corporate"))
    for question in form.questions
    if question.list_name
]


@pytest.mark.parametrize("text", LACKING.split("|"))
def test_it_is_taken_for_no_value_at_all(text: str) -> None:
    taken = [kind for kind, read in READERS.items() if kind != "text" and isinstance(read(text, TODAY), Parsed)]
    assert taken == []
    assert [(form.id, asked.name) for form, asked in SELECTS if chosen(asked.name, text, form)] == []


@pytest.mark.parametrize(
    "text",
    [
        *("日本語学校の学生", "日本語教師", "韓国語の先生", "やまだ えいご", "John English", "英語", "日本語"),
        *("日本語わかります", "I am not Japanese", "no", "中国", "わからない"),
    ],
)
def test_other_words_of_languages_say_nothing_of_the_kind(text: str) -> None:
    assert not speaks_of_language(text)


def test_not_knowing_is_still_an_answer_where_it_is_offered() -> None:
    assert chosen("foreign_pep", "わからない") == "unknown"
    assert chosen("foreign_pep", "日本語わからない") is None


@pytest.mark.parametrize(
    "name", ["やまだ", "ヤマダ", "さとうです", "ﾀﾅｶ", "ささき", "やまもと", "いけだ", "ごとう", "はせがわ", "キム"]
)
def test_a_family_name_in_kana_alone_is_asked_back(name: str) -> None:
    found = READERS["name"](name, TODAY)
    assert not isinstance(found, Parsed)
    assert found.code == "name.family_only"


@pytest.mark.parametrize(
    "name", ["やまだ たろう", "やまだたろう", "サトウハナコ", "グエン ヴァン アン", "もり りん", "マリア"]
)
def test_a_whole_name_in_kana_is_taken(name: str) -> None:
    found = READERS["name"](name, TODAY)
    assert isinstance(found, Parsed)
    assert found.value == name
