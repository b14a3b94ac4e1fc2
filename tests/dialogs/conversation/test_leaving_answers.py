"""Answers whose question is not asked any more: gone at once, kept in the log, offered when the question returns."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis.strategies import booleans

from dialogs.conversation import events as ev, state as st
from dialogs.conversation.events import AnswerState, Form, Key
from dialogs.conversation.form import Position
from dialogs.definition.model import Questionnaire, QuestionType
from tests.dialogs.conversation.driving import LONG, QUICK, SEEDS, start, wander
from tests.dialogs.conversation.machine_forms import forms
from tests.dialogs.conversation.talking import Talk, form

SURVEY = """
- {type: select_one pets, name: pet, label: {ja: ペット, en: Pet}, required: "true()", bot: {button: {ja: ペット, en: Pet}}}
- {type: text, name: breed, label: {ja: 種類, en: Breed}, required: "true()", relevant: "${pet} = 'dog'"}
- {type: integer, name: weight, label: {ja: 体重, en: Weight}, required: "true()", relevant: "${breed} != ''"}
- {type: acknowledge, name: leash, label: {ja: つなぎます。, en: On a leash.}, required: "true()", relevant: "${weight} > 20"}
- {type: text, name: nickname, label: {ja: あだ名, en: Nickname}, relevant: "${pet} = 'dog'"}
- {type: select_one pets, name: other, label: {ja: ほか, en: Other}, required: "true()", relevant: "${pet} = 'dog'", bot: {decline: refuse}}
- {type: text, name: last, label: {ja: さいご, en: Last}, required: "true()"}
"""  # noqa: E501
CHOICES = """
pets:
- {name: dog, label: {ja: いぬ, en: Dog}}
- {name: cat, label: {ja: ねこ, en: Cat}}
"""
FORM = form(SURVEY, CHOICES)
DOG = ("[いぬ]", "しば", "30", "はい", "[答えない]", "[ねこ]", "おわり")


def reviewed(*replies: str) -> Talk:
    talk = Talk(FORM)
    for reply in replies:
        if reply == "[答えない]" and talk.asked == "nickname":
            talk.option("skip")
        else:
            talk.say(reply)
    assert talk.shape is Form.REVIEW
    return talk


def corrected(talk: Talk, choice: str) -> Talk:
    talk.say("[なおす]", "[ペット]", choice)
    return talk


def test_all_that_hangs_on_a_corrected_answer_leaves_with_it() -> None:
    talk = reviewed(*DOG)
    assert set(talk.answers) == {"pet", "breed", "weight", "leash", "nickname", "other", "last"}
    corrected(talk, "[ねこ]")
    assert talk.shape is Form.REVIEW
    assert talk.answers == {"pet": "cat", "last": "おわり"}
    assert "しば" not in talk.texts
    gone = [str(event.key) for event in talk.last if isinstance(event, ev.SetAside)]
    assert set(gone) == {"breed", "weight", "leash", "nickname", "other"}
    assert any(isinstance(event, ev.Answered) and event.value == "しば" for event in talk.events)


def test_nothing_comes_back_by_itself() -> None:
    talk = corrected(corrected(reviewed(*DOG), "[ねこ]"), "[いぬ]")
    assert talk.answers == {"pet": "dog", "last": "おわり"}
    assert (talk.asked, talk.shape) == ("breed", Form.OFFERED)
    assert "前のご回答:しば" in talk.texts
    talk.say("[はい]")
    assert (talk.asked, talk.shape) == ("weight", Form.OFFERED)
    talk.say("[変える]", "5")
    assert talk.asked == "nickname", "what hung on the earlier weight is not asked"


def test_what_was_left_open_and_what_is_to_be_read_are_asked_again() -> None:
    talk = corrected(corrected(reviewed(*DOG), "[ねこ]"), "[いぬ]")
    talk.say("[はい]", "[はい]")
    assert (talk.asked, talk.shape) == ("leash", Form.QUESTION)
    talk.say("はい")
    assert (talk.asked, talk.shape) == ("nickname", Form.QUESTION), "an answer that was left out is nothing to offer"
    assert "前のご回答" not in talk.texts
    talk.option("skip")
    assert (talk.asked, talk.shape) == ("other", Form.OFFERED)


def test_a_refusal_is_not_offered_as_an_answer() -> None:
    talk = reviewed(*DOG[:5], "[ねこ]", "おわり")
    talk.say("[なおす]", "[ほか]")
    talk.option("decline")
    assert talk.in_state(AnswerState.DECLINED) == ["other"]
    corrected(corrected(talk, "[ねこ]"), "[いぬ]")
    talk.say("[はい]", "[はい]", "はい")
    talk.option("skip")
    assert (talk.asked, talk.shape) == ("other", Form.QUESTION)


@pytest.mark.parametrize(("word", "offered"), [("英語で", "Cat"), ("やさしい日本語で", "ねこ")])
def test_what_is_offered_is_said_in_the_language_of_now(word: str, offered: str) -> None:
    talk = corrected(reviewed(*DOG), "[ねこ]")
    talk.say(word)
    talk.option("fix")
    talk.option("k0")
    talk.option("c0")
    for _ in range(6):
        if talk.asked == "other":
            break
        talk.option({Form.OFFERED: "same"}.get(talk.shape or Form.QUESTION, "yes" if talk.asked == "leash" else "skip"))
    assert (talk.asked, talk.shape) == ("other", Form.OFFERED)
    assert offered in talk.texts


def leaves_at_once_and_is_offered(definition: Questionnaire, allowed: bool, seed: int) -> None:
    talk = start(definition, allowed)
    random = Random(seed)
    for _ in range(30):
        wander(talk, random, 1)
        assert set(talk.state.answers) <= set(talk.position.places), "what is not asked is not answered"
    replayed = st.State()
    given: dict[Key, str] = {}
    for event in talk.events:
        if isinstance(event, ev.Asked) and event.key is not None:
            _is_offered(Position(definition, replayed, talk.now), event, given)
        if isinstance(event, ev.Answered):
            given[event.key] = event.value
        replayed = st.apply(replayed, event)


def _is_offered(position: Position, event: ev.Asked, given: dict[Key, str]) -> None:
    """A question that returns is asked with the answer of before, where that still fits."""
    state, key = position.state, event.key
    assert key is not None
    if event.form is Form.OFFERED and event.basis == "previous":
        assert event.value == given[key]
        assert key not in state.answers
    waiting, slot = state.set_aside.get(key), position.slot(key)
    if event.form is not Form.QUESTION or waiting is None or slot is None or slot.question is None:
        return
    fits = waiting.state is AnswerState.ANSWERED and waiting.value and position.is_valid(slot, waiting)
    plain = slot.question.type is not QuestionType.ACKNOWLEDGE and slot.question.bot.kind != "postal_code"
    told_otherwise = key in state.changes or key in state.answers or bool(event.only)
    assert not (fits and plain) or told_otherwise, f"{key} was answered before and is asked as if it was not"


@QUICK
@given(forms(), booleans(), SEEDS)
def test_random_forms_and_customers(definition: Questionnaire, allowed: bool, seed: int) -> None:
    leaves_at_once_and_is_offered(definition, allowed, seed)


@pytest.mark.slow
@LONG
@given(forms(), booleans(), SEEDS)
def test_random_forms_and_customers_at_length(definition: Questionnaire, allowed: bool, seed: int) -> None:
    leaves_at_once_and_is_offered(definition, allowed, seed)
