"""One conversation and one change at a time: what becomes of it, and what the customer hears."""

from __future__ import annotations

import pytest

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.events import AnswerState, Form, Key
from dialogs.conversation.upgrade import Fate, Upgrade, upgrade
from dialogs.definition.model import Questionnaire
from dialogs.definition.versions import ChangeKind
from dialogs.definition.yaml_format import read_questionnaire
from tests.dialogs.conversation.talking import STAFF_ID, Talk

WHO = '- {type: select_one who, name: who, label: {ja: どなた, en: Who}, required: "true()"}'
FRUIT = '- {type: text, name: fruit, label: {ja: くだもの, en: Fruit}, required: "true()", bot: {button: {ja: くだもの, en: Fruit}}}'  # noqa: E501
COUNT = '- {type: integer, name: count, label: {ja: いくつ, en: How many}, required: "true()"}'
LAST = '- {type: text, name: last, label: {ja: さいご, en: Last}, required: "true()"}'
CHOICES = ("- {name: self, label: {ja: 本人, en: Me}}", "- {name: other, label: {ja: 家族, en: Family}}")


def version(*rows: str, choices: tuple[str, ...] = CHOICES, upgrade: str = "[]") -> Questionnaire:
    settings = f"settings: {{id: small, version: '1', title: {{ja: 票}}, default_language: ja, upgrade: {upgrade}}}"
    lines = [
        settings,
        "survey:",
        *(f"  {row}" for row in rows),
        "choices:",
        "  who:",
        *(f"    {one}" for one in choices),
    ]
    return read_questionnaire("\n".join(lines).encode(), origin="small.yaml")


OLD = version(WHO, FRUIT, COUNT, LAST)


def talk_at(question: str | None, definition: Questionnaire = OLD) -> Talk:
    talk = Talk(definition)
    for reply in ("[本人]", "りんご", "30", "みかん"):
        if talk.asked == question:
            break
        talk.say(reply)
    assert talk.asked == question
    return talk


def go_over(talk: Talk, new: Questionnaire) -> Upgrade:
    found = upgrade(talk.definition, new, talk.state, talk.now)
    if found.step is not None:
        talk.definition = new
        talk._keep(found.step.events, found.step.state)
    return found


def test_a_question_that_stands_takes_its_reply_as_if_nothing_had_happened() -> None:
    talk = talk_at("count")
    found = go_over(talk, version(WHO, FRUIT, COUNT, LAST.replace("さいご", "おわりに")))
    assert (found.fate, found.touching) == (Fate.CARRIED, ())
    talk.say("30")
    assert talk.asked == "last"
    assert "おわりに" in talk.texts
    assert "新しくなりました" not in talk.texts
    assert talk.state.answers[Key("who")].definition_sha256 == OLD.sha256
    assert talk.state.answers[Key("count")].definition_sha256 == talk.definition.sha256


@pytest.mark.parametrize("reply", ["31", "[もどる]", "30", "いくつですか"])
def test_a_reworded_open_question_is_asked_in_its_new_words_first(reply: str) -> None:
    talk = talk_at("count")
    go_over(talk, version(WHO, FRUIT, COUNT.replace("いくつ", "何個"), LAST))
    answers = talk.answers
    talk.say(reply)
    if reply == "[もどる]":
        assert talk.asked == "count"
    assert talk.answers == answers
    assert "質問票が新しくなりました" in talk.texts
    assert "何個" in talk.texts
    talk.say("30")
    assert talk.answers["count"] == "30"
    assert "新しくなりました" not in talk.texts


def test_a_button_of_before_is_not_taken_for_another_choice() -> None:
    talk = talk_at("who")
    token = talk.open.tokens[-1]
    go_over(talk, version(WHO, FRUIT, choices=CHOICES[::-1]))
    talk.option("c0", token=token)
    assert talk.answers == {}
    assert talk.asked == "who"
    assert talk.labels == ["家族", "本人"]


def test_a_new_question_is_asked_before_the_review() -> None:
    talk = talk_at(None)
    assert talk.shape is Form.REVIEW
    token = talk.open.tokens[-1]
    found = go_over(talk, version(WHO, FRUIT, COUNT.replace("count", "age"), COUNT, LAST))
    assert (found.fate, [change.kind for change in found.touching]) == (Fate.CARRIED, [ChangeKind.ADDITION])
    talk.option("submit", token=token)
    assert not talk.state.completed
    assert talk.asked == "age"
    talk.say("40")
    assert talk.shape is Form.REVIEW
    talk.option("submit")
    assert set(talk.answers) == {"who", "fruit", "age", "count", "last"}


def test_an_answer_outside_the_new_bounds_is_asked_again_with_a_reason() -> None:
    talk = talk_at("last")
    found = go_over(talk, version(WHO, FRUIT, COUNT.replace("name: count", 'name: count, constraint: ". < 10"'), LAST))
    assert found.fate is Fate.CARRIED
    talk.say("みかん")
    assert talk.asked == "count"
    assert "もう一度うかがいます" in talk.texts


def test_what_still_fits_a_narrower_rule_is_not_asked_again() -> None:
    talk = talk_at("last")
    go_over(talk, version(WHO, FRUIT, COUNT.replace("name: count", 'name: count, constraint: ". < 50"'), LAST))
    talk.say("みかん")
    assert talk.shape is Form.REVIEW


def test_a_choice_that_is_gone_is_asked_again() -> None:
    talk = talk_at("last")
    found = go_over(talk, version(WHO, FRUIT, COUNT, LAST, choices=CHOICES[1:]))
    assert (found.fate, found.again) == (Fate.ASKED_AGAIN, (Key("who"),))
    talk.say("みかん")
    assert talk.asked == "who"
    assert talk.shape is Form.QUESTION, "a choice that is gone is not offered"
    talk.say("[家族]")
    assert talk.shape is Form.REVIEW


def test_what_is_asked_no_more_stays_in_the_log_alone() -> None:
    talk = talk_at("last")
    found = go_over(talk, version(WHO, COUNT, LAST))
    assert (found.fate, found.dropped) == (Fate.CARRIED, (Key("fruit"),))
    assert "fruit" not in talk.answers
    assert not talk.state.set_aside
    assert any(isinstance(event, ev.Answered) and event.value == "りんご" for event in talk.events)
    talk.say("みかん", "[この内容で提出する]")
    assert set(talk.answers) == {"who", "count", "last"}


def test_an_answer_of_another_type_is_never_offered() -> None:
    talk = talk_at("last")
    found = go_over(talk, version(WHO, FRUIT.replace("text", "integer"), COUNT, LAST))
    assert (found.fate, found.dropped) == (Fate.ASKED_AGAIN, (Key("fruit"),))
    talk.say("みかん")
    assert (talk.asked, talk.shape) == ("fruit", Form.QUESTION)
    assert "りんご" not in talk.texts


def test_ask_offers_what_was_answered() -> None:
    talk = talk_at("last")
    reworded = FRUIT.replace("label: {ja: くだもの", "label: {ja: 好きなくだもの")
    found = go_over(talk, version(WHO, reworded, COUNT, LAST, upgrade="[wording=ask]"))
    assert (found.fate, found.again) == (Fate.ASKED_AGAIN, (Key("fruit"),))
    talk.say("みかん")
    assert (talk.asked, talk.shape) == ("fruit", Form.OFFERED)
    assert "前のご回答:りんご" in talk.texts
    talk.say("[はい]")
    assert talk.shape is Form.REVIEW
    assert talk.state.answers[Key("fruit")].definition_sha256 == talk.definition.sha256


def test_keep_leaves_whom_a_change_touches_and_takes_the_others_over() -> None:
    new = version(WHO, FRUIT.replace("text", "integer"), COUNT, LAST, upgrade="[type=keep]")
    answered, early = talk_at("count"), talk_at("who")
    assert go_over(answered, new).fate is Fate.KEPT
    assert answered.definition is OLD
    answered.say("30")
    assert answered.asked == "last"
    assert go_over(early, new).fate is Fate.CARRIED
    early.say("[本人]", "3")
    assert early.answers["fruit"] == "3"


def test_restart_offers_everything() -> None:
    talk = talk_at("last")
    found = go_over(talk, version(WHO, FRUIT, COUNT.replace("いくつ", "何個"), LAST, upgrade="[wording=restart]"))
    assert found.fate is Fate.RESTARTED
    assert talk.answers == {}
    talk.send(inp.Returned())
    assert (talk.asked, talk.shape) == ("who", Form.OFFERED)
    talk.say("[はい]", "[はい]", "[はい]", "みかん")
    assert talk.answers == {"who": "self", "fruit": "りんご", "count": "30", "last": "みかん"}


def test_with_a_person_nothing_is_said_and_the_way_back_is_the_new_form() -> None:
    talk = talk_at("count")
    talk.staff_takes()
    go_over(talk, version(WHO, FRUIT, COUNT.replace("いくつ", "何個"), LAST))
    assert talk.send(inp.MediaSent(media="image")) == []
    talk.hand_back()
    assert "質問票が新しくなりました" in talk.texts
    assert "何個" in talk.texts


def test_an_entry_of_staff_for_a_question_that_is_gone_counts_no_more() -> None:
    talk = talk_at("last")
    talk.staff_takes()
    entry = inp.StaffEntered(key=Key("fruit"), value="なし", display="なし", staff_id=STAFF_ID, content_id=None)
    talk.send(entry)
    token = talk.state.proposals[0].token
    go_over(talk, version(WHO, COUNT, LAST))
    talk.option("yes", token=token)
    assert "fruit" not in talk.answers


def test_a_note_for_staff_that_was_asked_for_is_still_taken() -> None:
    talk = talk_at("count")
    talk.record(ev.PersonAsked(at=talk.now, reason="customer_asked"))
    assert talk.state.noting
    go_over(talk, version(WHO, FRUIT, COUNT, LAST.replace("さいご", "おわりに")))
    assert talk.state.noting


def test_a_refusal_that_is_allowed_no_more_is_asked_again() -> None:
    may = COUNT.replace("name: count", "name: count, bot: {decline: refuse}")
    talk = Talk(version(WHO, may, LAST))
    talk.say("[本人]")
    talk.option("decline")
    assert talk.in_state(AnswerState.DECLINED) == ["count"]
    assert go_over(talk, version(WHO, COUNT, LAST)).again == (Key("count"),)
    talk.say("みかん")
    assert talk.asked == "count"


def test_what_is_over_stays_as_it_is() -> None:
    talk = talk_at(None)
    talk.option("submit")
    assert go_over(talk, version(WHO, COUNT)).fate is Fate.KEPT


def test_an_answer_that_was_being_corrected_stays_where_this_channel_may_not_ask_it_any_more() -> None:
    """Also where the channel itself changed meanwhile."""
    talk = Talk(OLD, sensitive_allowed=False)
    talk.say("[本人]", "りんご", "もどる")
    assert talk.state.correcting == Key("fruit")
    go_over(talk, version(WHO, FRUIT.replace("bot: {", 'bot: {sensitive: "true", '), COUNT, LAST))
    talk.send(inp.Returned())
    assert (talk.asked, talk.answers["fruit"]) == ("count", "りんご")

    moved = Talk(version(WHO, FRUIT.replace("bot: {", 'bot: {sensitive: "true", '), COUNT, LAST))
    moved.say("[本人]", "りんご", "もどる")
    moved.sensitive_allowed = False
    moved.record(ev.ChannelChanged(at=moved.now, sensitive_allowed=False))
    moved.send(inp.Returned())
    assert (moved.asked, moved.answers["fruit"]) == ("count", "りんご")


@pytest.mark.parametrize("policy", ["ask", "restart"])
def test_what_may_not_be_asked_here_stays_as_it_was_answered_elsewhere(policy: str) -> None:
    sensitive = FRUIT.replace("bot: {", 'bot: {sensitive: "true", ')
    talk = Talk(version(WHO, sensitive, COUNT, LAST))
    talk.say("[本人]", "りんご")
    talk.sensitive_allowed = False
    talk.record(ev.ChannelChanged(at=talk.now, sensitive_allowed=False))
    go_over(talk, version(WHO, sensitive.replace("くだもの", "果物"), COUNT, LAST, upgrade=f"[wording={policy}]"))
    assert talk.answers["fruit"] == "りんご"


def test_an_answer_of_another_type_is_dropped_where_this_channel_may_not_ask_for_the_new_one() -> None:
    """The log alone holds it: it neither stands nor is offered, and the question is left to another channel."""
    talk = Talk(OLD, sensitive_allowed=False)
    talk.say("[本人]", "りんご", "30")
    number = talk.state.answers[Key("count")]
    sensitive = COUNT.replace("integer", "text").replace("name: count", 'name: count, bot: {sensitive: "true"}')
    found = go_over(talk, version(WHO, FRUIT, sensitive, LAST))
    assert (found.again, found.dropped) == ((), (Key("count"),))
    assert talk.in_state(AnswerState.OTHER_CHANNEL) == ["count"]
    assert not talk.state.set_aside
    assert any(isinstance(one, ev.Answered) and one.value == number.value for one in talk.events)
    assert [one.dropped for one in talk.events if isinstance(one, ev.Migrated)] == [(Key("count"),)]
    assert talk.asked == "last"
