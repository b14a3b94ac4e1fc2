"""Moving about in a conversation: back, correct, pause, stop, a person, another language, another channel."""

from __future__ import annotations

import pytest

from dialogs.conversation import inputs as inp
from dialogs.conversation.events import Form, Key
from dialogs.conversation.steps import Leave
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


# The question again -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["もう一度", "すみません、質問をもう一回お願いします", "何の質問でしたっけ", "Could you repeat the question?"],
)
@pytest.mark.parametrize("question", ["who", "one", "secret", None])
def test_the_question_is_said_again_and_nothing_is_answered(words: str, question: str | None) -> None:
    talk = talk_at(question)
    before = talk.submission()
    talk.say(words)
    assert (talk.asked, talk.submission(), [event.kind for event in talk.last]) == (question, before, ["asked"])


# Back ---------------------------------------------------------------------------------------


def test_back_shows_the_answer_and_the_same_answer_again_changes_nothing() -> None:
    talk = talk_at("two")
    before = talk.submission()
    talk.say("[もどる]")
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


# Asked once more ----------------------------------------------------------------------------


def test_what_is_asked_once_more_makes_a_further_submission() -> None:
    talk = talk_at(None)
    talk.option("submit")
    assert talk.state.completed
    talk.send(inp.AskedOnceMore(keys=(Key("two"), Key("one")), receipt_no="SECO-ND01"))
    assert (talk.asked, set(talk.answers)) == ("one", {"who", "secret"})
    talk.say("なし")
    assert talk.asked == "two"
    talk.say("ぶどう")
    assert talk.shape is Form.REVIEW
    talk.option("submit")
    assert talk.state.completed
    assert (talk.state.receipt_no, talk.answers["one"], talk.answers["two"]) == ("SECO-ND01", "なし", "ぶどう")


def test_only_what_was_submitted_is_asked_once_more() -> None:
    talk = talk_at("two")
    answers = talk.answers
    talk.send(inp.AskedOnceMore(keys=(Key("one"),), receipt_no="SECO-ND01"))
    assert (talk.asked, talk.answers, talk.state.receipt_no) == ("two", answers, RECEIPT)
