"""What a text can mean is read once, whole and without showing the text by accident."""

from __future__ import annotations

import pytest

from dialogs.conversation.commands import Command
from dialogs.conversation.understanding import Understanding
from dialogs.faq.matcher import Action, matcher_for
from dialogs.faq.topics import load_shipped


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    return Understanding({locale: matcher_for(load_shipped(locale), locale) for locale in ("ja", "en")})


def test_a_text_is_read_in_every_way_at_once(understanding: Understanding) -> None:
    reading = understanding.read("さっきの間違い", "ja")
    assert (reading.exact, reading.command) == (Command.CORRECT, Command.CORRECT)
    assert reading.action is Action.COMMAND
    reading = understanding.read("暗証番号いる？", "ja")
    assert (reading.exact, reading.command, reading.is_question) == (None, None, True)
    assert reading.action is Action.ANSWER
    assert reading.match.offered == ("F09",)


def test_a_command_does_not_hide_the_topic(understanding: Understanding) -> None:
    reading = understanding.read("間違えて送った", "ja")
    assert reading.action is Action.COMMAND
    assert reading.match.ranked[0].topic == "F38"


def test_the_language_decides_the_faq(understanding: Understanding) -> None:
    assert understanding.read("do you need my PIN?", "en").match.offered == ("F09",)
    ja, en = load_shipped("ja"), load_shipped("en")
    versions = {understanding.read("PIN?", locale).match.version for locale in ("ja", "en")}
    assert versions == {matcher_for(ja, "ja").version, matcher_for(en, "en").version}


def test_a_language_without_an_faq_uses_the_first(understanding: Understanding) -> None:
    assert understanding.read("暗証番号いる？", "ja_easy").match.offered == ("F09",)


def test_no_language_at_all_is_a_fault() -> None:
    with pytest.raises(ValueError, match="at least one language"):
        Understanding({})


@pytest.mark.parametrize(
    "text",
    [
        "これは何ですか",
        "なぜ職業を聞くの",
        "本物?",
        "本物？",
        "マネロンとは",
        "教えてください",
        "いつまで",
        "何のために答えるのですか、忙しいのに",
    ],
)
def test_marked_questions(understanding: Understanding, text: str) -> None:
    assert understanding.read(text, "ja").is_question


@pytest.mark.parametrize(
    "text",
    # Names and addresses in kana end like questions; none may be taken for one.
    [
        "タナカ",
        "おかの",
        "さやか",
        "カドノ",
        "たなぜ",
        "いとはら",
        "東京都千代田区",
        "なかの",
        "ドコモタワー",
        "会社員です",
        "飲食店の経営",
        "イワサキ アスカ",
        "どのかわ",
    ],
)
def test_names_and_answers_are_no_questions(understanding: Understanding, text: str) -> None:
    assert not understanding.read(text, "ja").is_question


@pytest.mark.parametrize(("text", "asks"), [("why do you ask", True), ("is this a scam?", True), ("Howard", False)])
def test_questions_in_english(understanding: Understanding, text: str, asks: bool) -> None:
    assert understanding.read(text, "en").is_question is asks


def test_the_text_is_not_in_the_repr(understanding: Understanding) -> None:
    shown = repr(understanding.read("山田太郎 090-1234-5678", "ja"))
    assert "山田" not in shown
    assert "5678" not in shown


@pytest.mark.parametrize("text", ["", " ", "\n", "?", "…", "\u200b", "a" * 100_000, "。" * 5_000, "\ud83d"])
def test_odd_texts_are_read_without_trouble(understanding: Understanding, text: str) -> None:
    for locale in ("ja", "en"):
        assert understanding.read(text, locale).match.action in (Action.NONE, Action.STAFF)
