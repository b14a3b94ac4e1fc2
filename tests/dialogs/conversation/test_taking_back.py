"""A message that was taken back: its words are in no event and no state, and its question is asked again."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import integers

from dialogs.conversation import events as ev, inputs as inp, state as st
from dialogs.conversation.events import Form, Key, Owner
from dialogs.conversation.taking_back import redact
from dialogs.definition.model import Questionnaire
from tests.dialogs.conversation.machine_forms import MASTER, forms
from tests.dialogs.conversation.talking import Talk, form
from tests.dialogs.conversation.test_machine import give, reply as valid_reply, settle

CANARY = "金糸雀町"
SURVEY = """
- {type: text, name: place, label: {ja: どこですか}, required: "true()"}
- {type: text, name: told, label: {ja: 何ですか}, required: "true()", bot: {confirm: "true"}}
- {type: integer, name: years, label: {ja: 何年ですか}, required: "true()", bot: {check: ". < 90"}}
- {type: text, name: more, label: {ja: ほかには}, relevant: "${years} > 5"}
"""


def talk() -> Talk:
    return Talk(form(SURVEY))


def take_back(talk: Talk, content_id: str) -> None:
    """What the service does: redact the log, fold it, and let the engine record the deed."""
    talk.log = [ev.to_json(event) for event in redact(talk.events, content_id)]
    talk.state = talk._folded = st.fold(talk.events)
    talk.snapshot = json.dumps(st.to_json(talk.state))
    talk.send(inp.TookBack(content_id=content_id))


def everything(talk: Talk) -> str:
    return json.dumps(talk.log, ensure_ascii=False) + talk.snapshot.encode().decode("unicode_escape")


def test_the_answer_is_open_again_and_its_words_are_gone() -> None:
    one = talk()
    one.type(CANARY)
    message = one.typed
    assert (one.asked, CANARY in everything(one)) == ("told", True)
    take_back(one, message)
    assert one.asked == "place"
    assert CANARY not in everything(one)
    assert one.render("engine.taken_back").text in one.texts
    one.type("東京")
    assert (one.answers, one.asked) == ({"place": "東京"}, "told")


def test_an_echo_that_waits_for_yes_is_withdrawn() -> None:
    one = talk()
    one.say("東京", CANARY)
    assert one.shape is Form.CONFIRM
    take_back(one, one.typed)
    assert (one.asked, one.shape) == ("told", Form.QUESTION)
    assert CANARY not in everything(one)


def test_a_confirmed_answer_is_that_of_the_message_and_not_of_the_tap() -> None:
    one = talk()
    one.say("東京", CANARY)
    message = one.typed
    one.option("yes")
    assert one.asked == "years"
    take_back(one, message)
    assert one.asked == "told"
    assert CANARY not in everything(one)


def test_a_cross_check_and_a_marked_answer() -> None:
    one = talk()
    one.say("東京", "駅")
    one.option("yes")
    one.type("97")
    message = one.typed
    assert one.shape is Form.CHECK
    one.option("yes")
    assert one.asked == "more"
    take_back(one, message)
    assert (one.asked, one.shape) == ("years", Form.QUESTION)
    assert "97" not in [event.get("value") for event in one.log]


def test_an_older_answer_that_was_replaced_leaves_the_log_and_the_new_one_stays() -> None:
    one = talk()
    one.type(CANARY)
    message = one.typed
    one.option("back")
    one.type("東京")
    take_back(one, message)
    assert (one.answers["place"], one.asked) == ("東京", "told")
    assert CANARY not in everything(one)
    assert one.said == []


def test_an_answer_that_was_set_aside_is_not_offered_again() -> None:
    one = talk()
    one.say("東京", "駅")
    one.option("yes")
    one.say("9", CANARY)
    message = one.typed
    assert one.shape is Form.REVIEW
    one.send(inp.AskedToCorrect(question="years"))
    one.type("3")
    one.send(inp.AskedToCorrect(question="years"))
    one.type("8")
    assert (one.asked, one.shape) == ("more", Form.OFFERED)
    assert CANARY in one.texts
    take_back(one, message)
    assert (one.asked, one.shape) == ("more", Form.QUESTION)
    assert CANARY not in everything(one)


@pytest.mark.parametrize("owner", ["waiting", "staff"])
def test_with_a_person_it_is_recorded_and_nothing_is_said(owner: str) -> None:
    one = talk()
    one.type(CANARY)
    message = one.typed
    one.option("staff")
    if owner == "staff":
        one.staff_takes()
    take_back(one, message)
    assert (one.said, one.kinds()) == ([], ["taken_back"])
    assert CANARY not in everything(one)
    one.send(inp.HandedBack())
    assert one.state.owner is Owner.BOT
    assert one.asked == "place"


def test_while_paused_nothing_is_said_and_the_return_asks_it() -> None:
    one = talk()
    one.type(CANARY)
    message = one.typed
    one.option("later")
    take_back(one, message)
    assert (one.said, one.state.paused) == ([], True)
    one.option("resume")
    assert one.asked == "place"


def test_what_was_submitted_stays_and_nothing_else() -> None:
    one = talk()
    one.type(CANARY)
    submitted = one.typed
    one.type("黒歌鳥")
    replaced = one.typed
    one.option("no")
    one.type("駅")
    one.option("yes")
    one.type("3")
    one.option("submit")
    assert one.state.completed
    take_back(one, submitted)
    assert one.answers["place"] == CANARY
    assert [event["value"] for event in one.log if event["kind"] == "answered" and event["key"] == ["place", 0]] == [
        CANARY
    ]
    assert "黒歌鳥" in everything(one)
    take_back(one, replaced)
    assert "黒歌鳥" not in everything(one)
    assert one.said == []


def test_quoting_bubbles_name_the_message_and_others_do_not() -> None:
    one = talk()
    one.say("東京", CANARY)
    assert [bubble.quotes for bubble in one.said] == [(one.typed,)]
    message = one.typed
    one.option("yes")
    one.type("3")
    (review,) = one.said
    assert message in review.quotes
    assert len(review.quotes) == 3
    one.option("fix")
    assert [bubble.quotes for bubble in one.said] == [()]


def test_redacting_nothing_changes_nothing() -> None:
    one = talk()
    one.say("東京", "駅")
    assert redact(one.events, "content-99") == one.events


@given(definition=forms(), seed=integers(0, 10**6))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_message_of_any_talk(definition: Questionnaire, seed: int) -> None:
    """Random messages taken back on the way: nothing of them is left, and the form still comes to its end."""
    random = Random(seed)
    one = Talk(definition, master=MASTER)
    typed: list[str] = []
    for _ in range(400):
        if one.state.completed:
            break
        before = one.typed
        give(one, valid_reply(one, random))
        settle(one)
        typed += [one.typed] if one.typed != before else []
        if typed and random.random() < 0.2 and not one.state.completed:
            gone = typed.pop(random.randrange(len(typed)))
            take_back(one, gone)
            kept = (*one.state.answers.values(), *one.state.set_aside.values())
            assert all(answer.content_id != gone for answer in kept)
            left = [event for event in one.log if gone in (event.get("content_id"), event.get("basis"))]
            assert [event for event in left if event.get("value") or event.get("display")] == []
            settle(one)
    assert one.state.completed
    assert all(one.position.is_settled(slot) for slot in one.position.asked_slots)


def test_the_key_of_a_repeat() -> None:
    survey = """
- {type: begin_repeat, name: trips, label: {ja: 旅}, bot: {max_repeats: "3"}}
- {type: text, name: where, label: {ja: どこへ}, required: "true()"}
- {type: end_repeat}
"""
    one = Talk(form(survey))
    one.type("京都")
    one.option("yes")
    one.type(CANARY)
    message = one.typed
    take_back(one, message)
    assert one.asked == "where[2]"
    assert Key("where", 1) in one.state.answers
    assert CANARY not in everything(one)
