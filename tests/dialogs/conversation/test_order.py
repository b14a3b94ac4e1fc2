"""The order in which a reply is read is fixed: one test for each boundary.

    guard -> ownership -> stale token -> exact command word -> valid answer (unless the question takes free
    text and the text is a question itself) -> command in other words -> FAQ -> problem with help

Each test gives the engine something that both sides of the boundary would take.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.commands import Command
from dialogs.conversation.events import Owner
from dialogs.conversation.steps import Leave
from dialogs.conversation.understanding import Reading
from dialogs.definition.model import Questionnaire
from dialogs.faq.intents import Intent
from tests.dialogs.conversation.talking import Talk, form, understanding

SURVEY = """
- {type: select_one yn, name: first, label: {ja: ひとつめ}, required: "true()"}
- {type: text, name: words, label: {ja: ことば}, required: "true()", bot: {why: {ja: わけがあります。}}}
- {type: integer, name: number, label: {ja: いくつ}, required: "true()", bot: {why: {ja: 数のわけです。}}}
"""
CHOICES = """
yn:
- {name: "yes", label: {ja: あります}}
- {name: "no", label: {ja: ありません}}
"""
FAQ_QUESTION = "いつまでに答えればいいですか"


@pytest.fixture
def small() -> Questionnaire:
    return form(SURVEY, CHOICES)


@pytest.fixture
def at_words(small: Questionnaire) -> Talk:
    talk = Talk(small)
    talk.say("[あります]")
    assert talk.asked == "words"
    return talk


@pytest.fixture
def at_number(at_words: Talk) -> Talk:
    at_words.say("りんご")
    assert at_words.asked == "number"
    return at_words


def reading(text: str, **others: object) -> Reading:
    """What the text means, and what a test makes it mean besides."""
    return replace(understanding().read(text, "ja"), **others)  # type: ignore[arg-type]


def said(talk: Talk, text: str, **others: object) -> Talk:
    talk.send(inp.Said(reading=reading(text, **others)))
    return talk


def wished(talk: Talk, text: str, command: Command) -> Talk:
    """The text, as if it wished for a command."""
    match = replace(reading(text).match, command=command.value, intent=Intent(command.value, 1.0, 0.0))
    return said(talk, text, find=lambda: match)


def test_the_question_for_the_faq_is_answered_by_the_faq() -> None:
    found = reading(FAQ_QUESTION)
    assert found.exact is None
    assert found.command is None
    assert found.is_question
    assert found.match.action.value == "answer"


# Guard before ownership --------------------------------------------------------------------


def test_a_secret_is_kept_back_even_while_the_customer_waits_for_a_person(at_words: Talk) -> None:
    at_words.option("staff")
    at_words.type("暗証番号は1234です")
    assert at_words.kinds() == ["secret_kept_back"]
    assert "保存していません" in at_words.texts


def test_a_secret_is_kept_back_from_staff_and_the_bot_stays_silent(at_words: Talk) -> None:
    at_words.option("staff")
    at_words.staff_takes()
    at_words.type("暗証番号は1234です")
    assert at_words.kinds() == ["secret_kept_back"]
    assert at_words.said == []


def test_a_secret_is_no_answer_to_a_free_text_question(at_words: Talk) -> None:
    at_words.type("暗証番号は1234です")
    assert at_words.kinds() == ["secret_kept_back", "asked"]
    assert "words" not in at_words.answers
    assert at_words.failures == 0
    assert "1234" not in str(at_words.log)


# Ownership before everything that is read ---------------------------------------------------


@pytest.mark.parametrize("text", ["りんご", "戻る", "あとで", "連携解除", FAQ_QUESTION, "英語で"])
def test_nothing_is_answered_while_a_person_speaks(at_words: Talk, text: str) -> None:
    at_words.option("staff")
    at_words.staff_takes()
    before = at_words.state
    at_words.type(text)
    assert at_words.said == []
    assert at_words.state == before


def test_while_waiting_a_valid_answer_is_not_taken(at_words: Talk) -> None:
    at_words.option("staff")
    at_words.type("りんご")
    assert at_words.kinds() == ["waiting_told"]
    assert "words" not in at_words.answers
    at_words.type("みかん")
    assert at_words.said == []


def test_ownership_comes_before_a_stale_token(at_words: Talk) -> None:
    at_words.option("staff")
    at_words.option("c0", token="p1")
    assert at_words.kinds() == ["waiting_told"]
    at_words.staff_takes()
    at_words.option("c0", token="p1")
    assert at_words.said == []


# Stale token before the option --------------------------------------------------------------


def test_a_stale_button_is_never_an_answer(small: Questionnaire) -> None:
    talk = Talk(small)
    of_the_first_question = talk.open.tokens[-1]
    talk.say("[あります]")
    talk.option("c1", token=of_the_first_question)
    assert talk.answers == {"first": "yes"}
    assert talk.kinds() == ["asked"]
    assert talk.asked == "words"
    assert "前の質問" in talk.texts


def test_a_button_of_another_conversation_is_stale(at_number: Talk) -> None:
    at_number.option("back", token="-")
    assert at_number.asked == "number"
    assert "前の質問" in at_number.texts


@pytest.mark.parametrize("option", ["staff", "later", "why", "verify", "q.F01", "resume", "help", "language_en"])
def test_ways_out_hold_in_any_bubble_however_old(at_words: Talk, option: str) -> None:
    at_words.option(option, token="p1")
    assert "前の質問" not in at_words.texts
    assert at_words.said


def test_the_other_case_can_be_had_from_any_button(at_words: Talk) -> None:
    at_words.option("switch", token="-")
    assert at_words.leaves == [Leave.SWITCH]


def test_who_waits_for_a_person_may_still_change_the_language(at_words: Talk) -> None:
    at_words.option("staff")
    at_words.option("language_en", token="-")
    assert (at_words.state.owner, at_words.state.locale) == (Owner.WAITING, "en")


def test_a_question_shown_again_is_answered_from_either_bubble(small: Questionnaire) -> None:
    talk = Talk(small)
    talk.type(FAQ_QUESTION)
    first, second = talk.open.tokens
    assert first != second
    talk.option("c0", token=first)
    assert talk.answers == {"first": "yes"}


# Exact command before a valid answer --------------------------------------------------------


def test_an_exact_command_word_comes_before_a_valid_answer(at_words: Talk) -> None:
    at_words.type("あとで")
    assert at_words.state.paused
    assert "words" not in at_words.answers


def test_an_exact_command_that_means_nothing_here_is_an_answer(at_words: Talk) -> None:
    said(at_words, "これで全部", exact=Command.DONE)
    assert at_words.answers["words"] == "これで全部"


# Valid answer before a command in other words -------------------------------------------------


def test_a_valid_answer_comes_before_a_command_in_other_words(at_words: Talk) -> None:
    text = "外出先での買い物"
    assert reading(text).command is Command.LATER
    at_words.type(text)
    assert at_words.answers["words"] == text
    assert not at_words.state.paused


def test_a_number_is_an_answer_although_the_text_could_be_a_command(at_number: Talk) -> None:
    wished(at_number, "3", Command.STAFF)
    assert at_number.answers["number"] == "3"
    assert at_number.state.owner is Owner.BOT


def test_a_number_is_an_answer_although_it_is_marked_as_a_question(at_number: Talk) -> None:
    said(at_number, "3", is_question=True)
    assert at_number.answers["number"] == "3"


def test_a_question_is_no_answer_to_a_free_text_question(at_words: Talk) -> None:
    at_words.type(FAQ_QUESTION)
    assert "words" not in at_words.answers
    assert at_words.faq == ("F14",)


def test_asking_why_is_no_answer_to_a_free_text_question(at_words: Talk) -> None:
    wished(at_words, "そんなことまで聞くんだね", Command.WHY)
    assert "words" not in at_words.answers
    assert at_words.said[0].text == "わけがあります。"


# Command in other words before FAQ ----------------------------------------------------------


def test_a_command_in_other_words_comes_before_the_faq(at_number: Talk) -> None:
    wished(at_number, FAQ_QUESTION, Command.LATER)
    assert at_number.state.paused
    assert at_number.faq == ()


def test_a_command_that_means_nothing_here_leaves_the_faq_its_turn(at_number: Talk) -> None:
    wished(at_number, FAQ_QUESTION, Command.DONE)
    assert at_number.faq == ("F14",)


# FAQ before a problem -------------------------------------------------------------------------


def test_the_faq_comes_before_a_problem_and_counts_no_failure(at_number: Talk) -> None:
    at_number.type("たくさん")
    assert at_number.problem == "integer.unreadable"
    assert at_number.failures == 1
    at_number.type(FAQ_QUESTION)
    assert at_number.problem is None
    assert at_number.faq == ("F14",)
    assert at_number.failures == 1
    assert at_number.asked == "number"


def test_what_nothing_takes_is_a_problem_with_an_example(at_number: Talk) -> None:
    at_number.type("たくさん")
    assert at_number.kinds() == ["refused", "asked"]
    assert "例:" in at_number.texts
    assert not any(isinstance(event, ev.FaqShown) for event in at_number.events)


# Danger before everything --------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["死にたい。もうやめる", "脅されてやらされています。やめたい", "死にたい。人に代わって"]
)
def test_a_danger_comes_before_the_wish_beside_it(at_words: Talk, text: str) -> None:
    at_words.type(text)
    assert at_words.state.owner is not Owner.BOT
    assert [event.reason for event in at_words.events if isinstance(event, ev.OwnerChanged)][-1] == "danger"
    assert "words" not in at_words.answers


@pytest.mark.parametrize("text", ["詐欺にあいました", "人に代わってもらえませんか"])
def test_a_pause_swallows_no_danger_and_no_wish(at_words: Talk, text: str) -> None:
    at_words.say("あとで")
    assert at_words.state.paused
    at_words.type(text)
    assert at_words.state.owner is not Owner.BOT


@pytest.mark.parametrize("text", ["今なら電話に出られます", "英語のできる担当者はいますか"])
def test_who_waits_goes_on_waiting_whatever_it_sounds_like(at_words: Talk, text: str) -> None:
    at_words.type("人に代わってください")
    waiting = at_words.state.owner
    assert waiting is not Owner.BOT
    at_words.type(text)
    assert (at_words.state.owner, at_words.state.locale) == (waiting, "ja")
