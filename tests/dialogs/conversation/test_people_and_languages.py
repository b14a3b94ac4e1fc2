"""A person takes over and hands back; side questions, languages, and channels that may not ask everything."""

from __future__ import annotations

import pytest

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.events import AnswerState, Form, Owner
from tests.dialogs.conversation.talking import STAFF_ID, Talk, form

SURVEY = """
- {type: select_one who, name: who, label: {ja: どなた, en: Who}, required: "true()", bot: {handover: ". = 'other'", end: ". = 'nobody'", button: {ja: どなた, en: Who}}}
- {type: text, name: one, label: {ja: くだもの, en: First}, required: "true()", bot: {why: {ja: わけです。, en: A reason.}}}
- {type: integer, name: secret, label: {ja: いくら, en: How much}, required: "true()", bot: {sensitive: "true", decline: refuse}}
- {type: text, name: two, label: {ja: ふたつめ, en: Second}, required: "true()"}
"""  # noqa: E501
CHOICES = """
who:
- {name: self, label: {ja: 本人, en: Me}}
- {name: other, label: {ja: 家族, en: Family}}
- {name: nobody, label: {ja: いません, en: Nobody}}
"""
FORM = form(SURVEY, CHOICES)
REPLIES = ("[本人]", "りんご", "30", "みかん")


def talk_at(question: str | None, **how: object) -> Talk:
    """A conversation that stands at a question; ``None`` is the review."""
    talk = Talk(FORM, **how)  # type: ignore[arg-type]
    for reply in REPLIES:
        if talk.asked == question:
            break
        talk.say(reply)
    assert talk.asked == question
    return talk


# A person -----------------------------------------------------------------------------------


def test_staff_take_over_and_hand_back_at_the_same_question() -> None:
    talk = talk_at("secret")
    talk.say("人と話したいです")
    assert talk.state.owner is Owner.WAITING
    talk.staff_takes()
    talk.say("30", "もしもし")
    assert talk.said == []
    assert "secret" not in talk.answers
    epoch = talk.state.epoch
    talk.hand_back()
    assert (talk.state.owner, talk.asked) == (Owner.BOT, "secret")
    assert talk.state.epoch == epoch + 1
    talk.say("30")
    assert talk.asked == "two"


@pytest.mark.parametrize("phase", ["paused", "ended", "completed", "review"])
def test_hand_back_fits_the_state_the_form_is_in(phase: str) -> None:
    talk = talk_at(None)
    if phase == "paused":
        talk.say("[あとで]")
    elif phase == "ended":
        talk.say("回答しません", "はい")
    elif phase == "completed":
        talk.say("はい")
    talk.say("[係の者と話す]" if phase != "completed" else "係の者と話す")
    talk.staff_takes()
    talk.send(inp.HandedBack(staff_id=STAFF_ID, past_due=True))
    assert talk.state.phase == ("review" if phase == "paused" else phase)
    assert ("期限は過ぎました" in talk.texts) == (phase in ("paused", "review")), "only a form that goes on can be late"


def test_who_waits_may_go_on_alone() -> None:
    talk = talk_at("secret")
    talk.say("[係の者と話す]", "[質問票にもどる]")
    assert (talk.state.owner, talk.asked) == (Owner.BOT, "secret")


def test_coming_back_to_the_chat_does_not_leave_the_waiting_line() -> None:
    talk = talk_at("secret")
    talk.say("[係の者と話す]")
    talk.send(inp.Returned())
    assert talk.state.owner is Owner.WAITING
    assert "そのままお待ちください" in talk.texts


def test_staff_may_put_a_conversation_back_into_the_line() -> None:
    talk = talk_at("secret")
    talk.say("[係の者と話す]")
    talk.staff_takes()
    talk.send(inp.StaffReleased(staff_id="staff-1", reason="shift"))
    assert talk.state.owner is Owner.WAITING
    assert talk.state.staff_id is None
    talk.say("[質問票にもどる]")
    assert talk.asked == "secret"


def test_an_answer_calls_for_a_person_and_is_not_passed_by() -> None:
    talk = Talk(FORM)
    talk.say("[家族]")
    assert talk.state.phase == "staff"
    assert talk.labels == ["答えをなおす"]
    for _ in range(2):
        talk.say("続き")
        assert (talk.asked, talk.shape) == ("who", Form.OFFERED), "back at the answer, not past it"
        talk.say("[はい]")
        assert talk.state.owner is Owner.WAITING
    reasons = [e.reason for e in talk.events if isinstance(e, ev.OwnerChanged) and e.owner is Owner.WAITING]
    assert reasons == ["handover:who"] * 3


def test_a_slip_that_called_for_a_person_can_be_put_right() -> None:
    talk = Talk(FORM)
    talk.say("[家族]", "[答えをなおす]", "[変える]", "[本人]")
    assert (talk.state.owner, talk.asked) == (Owner.BOT, "one")


def test_released_by_staff_the_answer_still_calls_for_a_person() -> None:
    talk = Talk(FORM)
    talk.say("[家族]")
    talk.staff_takes()
    talk.send(inp.StaffReleased(staff_id="staff-1", reason="shift"))
    talk.say("続き")
    assert talk.asked == "who"


def test_handed_back_by_staff_the_form_goes_on() -> None:
    talk = Talk(FORM)
    talk.say("[家族]")
    talk.staff_takes()
    talk.hand_back()
    assert talk.asked == "one"
    assert talk.answers == {"who": "other"}


def test_a_defect_leaves_the_customer_with_a_person_and_one_apology() -> None:
    talk = talk_at("secret")
    talk.send(inp.BotFailed())
    assert talk.state.owner is Owner.WAITING
    assert "保存しています" in talk.texts
    talk.staff_takes()
    talk.send(inp.BotFailed())
    assert talk.state.owner is Owner.STAFF
    assert talk.said == []


# Aside --------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", ["[なぜ聞くの?]", "使い方", "本物ですか", "紙で答える", "あと何問ですか", "(写真)"])
def test_a_side_question_changes_nothing_and_the_same_question_is_asked(reply: str) -> None:
    talk = talk_at("one")
    before = (talk.submission(), talk.failures)
    if reply == "(写真)":
        talk.send(inp.MediaSent(media="image"))
    else:
        talk.say(reply)
    assert talk.asked == "one"
    assert (talk.submission(), talk.failures) == before
    assert len(talk.said) == 2
    assert "くだもの" in talk.said[-1].text


def test_an_offer_of_topics_leads_back_to_the_question() -> None:
    talk = talk_at("secret")
    talk.say("番号がわからんし期限も過ぎた")
    assert {"期限を過ぎた", "番号がわからない"} <= set(talk.labels)
    assert talk.labels[-2:] == ["質問票にもどる", "係の者と話す"]
    talk.say("[質問票にもどる]")
    assert talk.asked == "secret"


def test_a_tap_on_a_topic_that_is_no_more_says_so() -> None:
    talk = talk_at("one")
    talk.option("q.F999")
    assert "0120-000-000" in talk.said[0].text
    assert talk.asked == "one"


# Language -----------------------------------------------------------------------------------


def test_the_language_changes_at_once_and_the_position_stays() -> None:
    talk = talk_at("one")
    talk.say("英語でお願いします")
    assert talk.said[0].text == "We will continue in English."
    assert "First" in talk.said[1].text
    talk.say("apple", "30", "orange")
    assert "1. Who: Me" in talk.texts, "choices are read back in the language that is spoken"
    talk.say("日本語で")
    assert "1. どなた: 本人" in talk.texts
    locales = {str(key): answer.locale for key, answer in talk.state.answers.items()}
    assert locales == {"who": "ja", "one": "en", "secret": "en", "two": "en"}


def test_countries_and_dates_are_read_back_in_the_language_that_is_spoken() -> None:
    talk = Talk(
        form(
            """
- {type: text, name: land, label: {ja: 国, en: Country}, required: "true()", bot: {kind: country}}
- {type: date, name: day, label: {ja: 日, en: Day}, required: "true()"}
"""
        )
    )
    talk.say("ドイツ", "2026年4月1日", "英語で")
    assert "1. Country: Germany" in talk.texts
    assert "年" not in talk.texts


# Channels -----------------------------------------------------------------------------------


def test_a_sensitive_question_is_left_to_another_channel() -> None:
    talk = Talk(FORM, sensitive_allowed=False)
    talk.say("[本人]", "りんご")
    assert talk.asked == "two"
    assert talk.in_state(AnswerState.OTHER_CHANNEL) == ["secret"]
    talk.say("みかん")
    assert "3. いくら: 別の方法でうかがいます" in talk.texts
    talk.say("3")
    assert talk.shape is Form.REVIEW
    assert "別の方法でうかがいます" in talk.said[0].text
    talk.say("はい")
    assert talk.state.completed


def test_on_a_channel_that_is_listed_it_is_asked_after_all() -> None:
    talk = Talk(FORM, sensitive_allowed=False)
    talk.say("[本人]", "りんご", "みかん")
    moved = ev.ChannelChanged(at=talk.now, sensitive_allowed=True)
    talk.record(moved)
    talk.send(inp.Returned())
    assert talk.asked == "secret"


def test_a_sensitive_answer_is_kept_but_not_shown_on_another_channel() -> None:
    talk = talk_at("two")
    talk.record(ev.ChannelChanged(at=talk.now, sensitive_allowed=False))
    talk.say("もどる")
    assert talk.asked == "one", "back passes by what this channel must not show"
    talk.say("[このまま変えない]", "みかん")
    assert "3. いくら: すでにお答えいただいています" in talk.texts
    assert "30" not in talk.texts
    talk.say("[なおす]")
    assert "いくら" not in talk.labels
    talk.say("3")
    assert talk.submission()["secret"] == ("30", AnswerState.ANSWERED, False)
