"""Moving about in a conversation: back, correct, pause, stop, a person, another language, another channel."""

from __future__ import annotations

import pytest

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.events import AnswerState, Form, Owner
from dialogs.conversation.turn import Leave
from tests.dialogs.conversation.talking import RECEIPT, Talk, form

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


# Back ---------------------------------------------------------------------------------------


def test_back_shows_the_answer_and_the_same_answer_again_changes_nothing() -> None:
    talk = talk_at("two")
    before = talk.submission()
    talk.say("[ひとつ前にもどる]")
    assert talk.asked == "secret"
    assert "いまのご回答:30" in talk.texts
    talk.say("[このまま変えない]")
    assert talk.asked == "two"
    assert talk.submission() == before


def test_back_and_back_again() -> None:
    talk = talk_at("two")
    talk.say("もどる", "もどる", "前の質問に戻る")
    assert talk.asked == "who"
    assert "back" not in talk.ways_out
    talk.say("もどる")
    assert talk.asked == "who"
    assert "これが最初の質問です。" in talk.texts


def test_back_from_the_review_and_straight_to_the_review_again() -> None:
    talk = talk_at(None)
    talk.say("もどる")
    assert talk.asked == "two"
    talk.say("かき")
    assert talk.shape is Form.REVIEW
    assert talk.answers["two"] == "かき"


# Correct ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way", [("[なおす]", "[くだもの]"), ("2",), ("2番",), ("くだもの",), ("いいえ", "2"), ("訂正したい", "2")]
)
def test_correcting_from_the_review_comes_straight_back(way: tuple[str, ...]) -> None:
    talk = talk_at(None)
    talk.say(*way)
    assert talk.asked == "one"
    assert "いまのご回答:りんご" in talk.texts
    assert "問め" not in talk.texts, "a complete form has no remaining questions to count"
    talk.say("なし")
    assert talk.shape is Form.REVIEW
    assert talk.answers["one"] == "なし"


@pytest.mark.parametrize("number", ["0", "5", "99"])
def test_a_number_that_is_not_in_the_list_is_refused(number: str) -> None:
    talk = talk_at(None)
    talk.say(number)
    assert talk.shape is Form.REVIEW
    assert talk.problem is not None


def test_correcting_in_the_middle_offers_only_what_was_answered_and_leads_back() -> None:
    talk = talk_at("secret")
    talk.say("間違えました")
    assert talk.shape is Form.WHICH
    assert talk.labels == ["どなた", "くだもの"]
    talk.say("[質問票にもどる]")
    assert talk.asked == "secret"
    talk.say("間違えました", "[くだもの]", "なし")
    assert (talk.asked, talk.answers["one"]) == ("secret", "なし")


def test_the_way_back_from_the_list_is_the_review() -> None:
    talk = talk_at(None)
    talk.say("[なおす]", "[一覧にもどる]")
    assert talk.shape is Form.REVIEW


def test_by_name_as_a_page_does_it() -> None:
    talk = talk_at(None)
    talk.send(inp.AskedToCorrect(question="one"))
    assert talk.asked == "one"
    for name in ("two", "nothing"):
        early = talk_at("one")
        early.send(inp.AskedToCorrect(question=name))
        assert early.asked == "one"
        assert "まだお答えいただいていません" in early.texts


def test_after_the_end_nothing_is_corrected() -> None:
    talk = talk_at(None)
    talk.say("[この内容で提出する]")
    talk.send(inp.AskedToCorrect(question="one"))
    assert talk.state.phase == "completed"
    assert talk.state.open is None
    assert RECEIPT in talk.texts


# Submit -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", ["[この内容で提出する]", "はい", "これで提出します"])
def test_submitting(reply: str) -> None:
    talk = talk_at(None)
    assert "まだ提出されていません" in talk.texts
    talk.say(reply)
    assert talk.state.completed
    assert RECEIPT in talk.texts
    talk.say("ありがとう")
    assert RECEIPT in talk.texts, "the number is told again"
    assert [event.kind for event in talk.events].count("confirmed") == 1


def test_a_second_tap_on_submit_submits_nothing() -> None:
    talk = talk_at(None)
    token = talk.open.tokens[-1]
    talk.option("submit", token=token)
    talk.option("submit", token=token)
    assert [event.kind for event in talk.events].count("confirmed") == 1
    assert RECEIPT in talk.texts


# Pause, stop, unlink ------------------------------------------------------------------------


@pytest.mark.parametrize("reply", ["[あとで]", "また今度にします", "あとで"])
def test_pausing_and_going_on(reply: str) -> None:
    talk = talk_at("secret")
    talk.say(reply)
    assert talk.state.phase == "paused"
    assert "保存しました" in talk.texts
    talk.later(days=3)
    talk.say("こんにちは")
    assert (talk.state.phase, talk.asked) == ("asking", "secret")
    assert "続きからご案内します。" in talk.texts


def test_a_button_of_the_question_answers_a_paused_form() -> None:
    talk = talk_at("secret")
    token = talk.open.tokens[-1]
    talk.say("[あとで]")
    talk.option("decline", token=token)
    assert talk.asked == "two"


def test_stopping_needs_a_sure_yes() -> None:
    talk = talk_at("secret")
    talk.say("回答しません")
    assert talk.shape is Form.STOP
    assert talk.labels == ["回答しない", "続ける"]
    talk.say("[続ける]")
    assert talk.asked == "secret"
    talk.say("回答しません", "はい")
    assert talk.state.phase == "ended"
    assert talk.state.ended == "refused"
    assert "0120-000-000" in talk.texts


def test_a_stopped_form_goes_on_only_when_the_customer_says_so() -> None:
    talk = talk_at("secret")
    talk.say("回答しません", "はい", "30")
    assert talk.state.phase == "ended"
    talk.send(inp.Returned())
    assert talk.state.phase == "ended"
    talk.say("[質問票にもどる]")
    assert talk.asked == "secret"
    assert talk.answers["one"] == "りんご"


def test_the_form_may_end_by_itself_and_asks_that_again_on_return() -> None:
    talk = Talk(FORM)
    talk.say("[いません]")
    assert (talk.state.phase, talk.state.ended) == ("ended", "form:who")
    talk.say("続き")
    assert talk.asked == "who"
    assert not talk.answers
    talk.say("[本人]")
    assert talk.asked == "one"


@pytest.mark.parametrize("answer", ["[連携をやめる]", "はい"])
def test_unlinking_needs_a_sure_yes_and_is_asked_once(answer: str) -> None:
    talk = talk_at("secret")
    talk.say("連携解除")
    assert talk.shape is Form.UNLINK
    assert talk.leaves == []
    talk.say(answer)
    assert talk.leaves == [Leave.UNLINK]
    talk.send(inp.Returned())
    assert talk.asked == "secret", "linked again, the form goes on where it was"


@pytest.mark.parametrize("question", ["secret", None])
def test_unlinking_can_be_declined(question: str | None) -> None:
    talk = talk_at(question)
    talk.say("連携解除", "いいえ")
    assert talk.leaves == []
    assert talk.asked == question


@pytest.mark.parametrize("word", ["連携解除", "回答しません"])
def test_back_from_are_you_sure_is_back_to_the_question(word: str) -> None:
    talk = talk_at("secret")
    talk.say(word, "もどる")
    assert talk.asked == "secret"


def test_what_was_open_beneath_are_you_sure_waits_again() -> None:
    confirmed = (
        '- {type: text, name: phone, label: {ja: 電話}, required: "true()", bot: {kind: phone, confirm: "true"}}'
    )
    talk = Talk(form(confirmed))
    talk.say("09012345678", "連携解除", "回答しません", "いいえ")
    assert (talk.shape, talk.open.value) == (Form.CONFIRM, "09012345678")
    talk.say("はい")
    assert talk.answers == {"phone": "09012345678"}


def test_after_the_receipt_a_later_yes_does_not_unlink() -> None:
    talk = talk_at(None)
    talk.say("はい", "連携解除", "いいえ", "はい")
    assert talk.leaves == []
    assert RECEIPT in talk.texts
    talk.say("連携解除", "はい")
    assert talk.leaves == [Leave.UNLINK]


def test_switching_to_another_case_is_left_to_the_lobby() -> None:
    talk = talk_at("secret")
    talk.say("別の確認")
    assert talk.leaves == [Leave.SWITCH]
    talk.send(inp.Returned())
    assert talk.asked == "secret"


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
    talk.hand_back()
    assert talk.state.phase == ("review" if phase == "paused" else phase)


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
    talk.say("これ詐欺じゃないですか")
    assert talk.labels == ["本物か確かめたい", "質問票にもどる", "係の者と話す"]
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
