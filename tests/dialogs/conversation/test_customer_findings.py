"""What customers ran into: where the ways out stand, what a slip is told, what is heard beside the question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.conversation import inputs as inp
from dialogs.conversation.events import Form, Key, Owner
from dialogs.conversation.form import Slot
from dialogs.conversation.naming import _as_choice, _without_wish
from dialogs.conversation.wording import render
from dialogs.definition.model import Questionnaire
from dialogs.replies.base import Parsed, ReplyContext
from dialogs.replies.choices import read_choice
from tests.dialogs.conversation.talking import Talk, form, read, shipped, voice

SURVEY = """
- {type: select_one yn, name: first, label: {ja: ひとつめ, en: First}, required: "true()"}
- {type: select_one work, name: occupation, label: {ja: "ご職業は?", en: Your occupation?}, required: "true()",
   bot: {why: {ja: 法律で決まっています。, en: The law asks for it.}, button: {ja: ご職業, en: Occupation}}}
- {type: text, name: address, label: {ja: ご住所は?, en: Your address?},
   hint: {ja: いまお住まいの所です。, en: Where you live now.},
   required: "true()", bot: {button: {ja: ご住所, en: Address}, faq: F18}}
"""
CHOICES = """
yn:
- {name: "yes", label: {ja: あります, en: I have}}
- {name: "no", label: {ja: ありません, en: I have not}}
work:
- {name: employee, label: {ja: 会社員, en: Employee}}
- {name: farmer, label: {ja: 農業, en: Farmer}}
- {name: none, label: {ja: 無職, en: No occupation}}
"""


@pytest.fixture
def small() -> Questionnaire:
    return form(SURVEY, CHOICES)


@pytest.fixture
def at_work(small: Questionnaire) -> Talk:
    talk = Talk(small)
    talk.say("[あります]")
    assert talk.asked == "occupation"
    return talk


@pytest.fixture
def at_review(at_work: Talk) -> Talk:
    at_work.say("[会社員]", "港区1-1")
    assert at_work.shape is Form.REVIEW
    return at_work


# Ways out -----------------------------------------------------------------------------------


def test_a_person_is_among_the_first_ways_out(at_review: Talk) -> None:
    assert at_review.ways_out == ["staff", "later"]
    at_review.say("[なおす]")
    assert at_review.ways_out == ["review", "staff", "later"]
    at_review.say("[ご職業]")
    assert at_review.ways_out == ["back", "staff", "why", "later"]


def test_back_is_short() -> None:
    shown = Talk(form(SURVEY, CHOICES), locale="ja").say("[あります]")[-1].shortcuts
    assert [button.label for button in shown] == ["もどる", "係の者と話す", "なぜ聞くの?", "あとで"]


# A slip is told as one ----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["アメリカ", "花子の分は", "パートで働いてます"])
def test_a_failed_answer_is_told_what_is_wrong_with_it(small: Questionnaire, text: str) -> None:
    talk = Talk(small)
    talk.type(text)
    assert talk.problem is not None
    assert talk.faq == ()
    assert talk.state.owner is Owner.BOT
    assert talk.labels[:2] == ["あります", "ありません"]


@pytest.mark.parametrize("text", ["キャッシュカードをなくした", "詐欺に遭いました"])
def test_a_loss_is_heard_though_it_is_no_question(small: Questionnaire, text: str) -> None:
    talk = Talk(small)
    talk.type(text)
    assert talk.problem is None
    assert talk.state.owner is Owner.WAITING
    assert "すぐに 0120-000-000 へお電話ください" in talk.texts


def test_what_is_surely_about_a_topic_is_offered_though_it_is_no_question(small: Questionnaire) -> None:
    talk = Talk(small)
    talk.type("口座の解約")
    assert talk.faq == ("F40",)


@pytest.mark.parametrize("text", ["これでいい", "このままでいい", "それで大丈夫です", "this is fine", "Looks good."])
def test_agreeing_is_a_yes_where_something_is_shown(at_work: Talk, text: str) -> None:
    at_work.say("[会社員]", "[もどる]")
    assert at_work.asked == "occupation"
    at_work.type(text)
    assert at_work.answers["occupation"] == "employee"
    assert at_work.asked == "address"
    at_work.say("港区1-1")
    assert at_work.shape is Form.REVIEW
    at_work.type(text)
    assert at_work.state.completed


@pytest.mark.parametrize("text", ["これでいい", "このままでいい"])
def test_agreeing_is_no_answer_where_nothing_is_shown(at_work: Talk, text: str) -> None:
    at_work.type(text)
    assert at_work.problem is not None
    at_work.say("[会社員]")
    at_work.type(text)
    assert at_work.problem is not None
    assert "address" not in at_work.answers


@pytest.mark.parametrize("text", ["これでいいですか", "これでいいのか", "is this fine?"])
def test_a_doubt_agrees_to_nothing(at_review: Talk, text: str) -> None:
    at_review.type(text)
    assert not at_review.state.completed


def test_handing_in_too_early_says_that_questions_are_left(at_work: Talk) -> None:
    at_work.type("提出する")
    assert "まだ質問が残っています" in at_work.texts
    assert at_work.asked == "occupation"
    assert at_work.failures == 0


def test_handing_in_from_the_list_of_answers_shows_the_review_first(at_review: Talk) -> None:
    at_review.say("[なおす]", "提出する")
    assert at_review.shape is Form.REVIEW
    assert not at_review.state.completed


# What does this mean? -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["どういう意味ですか", "この質問の意味を教えて", "What does this mean?", "意味がわかりません"]
)
def test_a_question_is_explained_with_all_that_is_known_about_it(at_work: Talk, text: str) -> None:
    at_work.type(text)
    assert at_work.said[0].text == "法律で決まっています。"
    assert (at_work.asked, at_work.failures, at_work.faq) == ("occupation", 0, ())
    at_work.say("[会社員]")
    at_work.type(text)
    assert at_work.said[0].text.startswith("いまお住まいの所です。\n\n")
    assert len(at_work.said[0].text) > 40
    assert at_work.faq == ("F18",)
    assert (at_work.asked, at_work.failures) == ("address", 0)


def test_a_question_without_any_explanation_leaves_the_faq_its_turn(small: Questionnaire) -> None:
    talk = Talk(small)
    talk.type("どういう意味ですか")
    assert talk.faq
    assert talk.answers == {}


def test_a_withdrawn_topic_leaves_the_rest_of_the_explanation(at_work: Talk) -> None:
    at_work.say("[会社員]", "どういう意味ですか")
    without = replace(voice("ja"), topics={})
    shown = render(at_work.prompts[0], at_work.definition, without)
    assert shown.text == "いまお住まいの所です。"


def test_what_a_word_means_is_asked_of_the_faq(at_work: Talk) -> None:
    at_work.type("PEPsの意味がわかりません")
    assert at_work.faq == ("F27",)


# The answer to be changed, named in a sentence --------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("住所を直したい", "address"),
        ("ご住所の訂正をお願いします", "address"),
        ("住所が間違っています", "address"),
        ("職業を変えたい", "occupation"),
        ("職業の答えを変えたいです", "occupation"),
        ("ご職業", "occupation"),
        ("2", "occupation"),
        ("I want to change my address", "address"),
        ("change occupation", "occupation"),
    ],
)
@pytest.mark.parametrize("first", ["", "[なおす]"])
def test_the_answer_that_is_named_opens(at_review: Talk, first: str, text: str, name: str) -> None:
    at_review.say(*filter(None, (first, text)))
    assert (at_review.asked, at_review.shape) == (name, Form.QUESTION)


def test_a_question_about_changing_opens_nothing(at_review: Talk) -> None:
    at_review.say("住所を変えたらどうなりますか?")
    assert at_review.shape is Form.REVIEW


def test_a_wish_without_a_name_asks_which(at_review: Talk) -> None:
    at_review.say("さっきの答えを間違えました")
    assert at_review.shape is Form.WHICH


def test_answers_of_the_shipped_form_open_by_name() -> None:
    talk = Talk(shipped("individual"))
    names = {"職業を変えたい": "occupation", "名前を直したい": "name", "年収を訂正したい": "income_band"}
    slots = [Slot(Key(question.name), question) for question in talk.definition.questions if question.bot.button]
    choices = [_as_choice(place, slot) for place, slot in enumerate(slots)]
    context = ReplyContext(today=talk.now.date())
    for text, name in names.items():
        named = read_choice(_without_wish(read(text, "ja")), choices, context, "ja")
        assert isinstance(named, Parsed), (text, named)
        assert slots[int(named.value)].key.question == name


# While waiting for a person --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "locale"), [("英語で", "en"), ("英語にしてください", "en"), ("in English, please", "en")]
)
def test_the_language_can_be_changed_while_waiting(at_work: Talk, text: str, locale: str) -> None:
    at_work.say("[係の者と話す]", text)
    assert (at_work.state.locale, at_work.state.owner) == (locale, Owner.WAITING)
    assert len(at_work.said) == 1


def test_what_is_known_for_certain_is_answered_once_while_waiting(at_work: Talk) -> None:
    at_work.say("[係の者と話す]")
    assert "0120-000-000" in at_work.texts
    at_work.say("はい")
    at_work.say("いつまでに答えればいいですか")
    assert at_work.faq == ("F14",)
    assert "2027年1月31日" in at_work.texts
    assert "係の者がまいります" in at_work.texts
    assert at_work.labels == ["質問票にもどる"]
    assert at_work.state.owner is Owner.WAITING
    at_work.say("マイナンバーカード")
    assert at_work.said == []
    at_work.staff_takes()
    at_work.send(inp.StaffReleased(staff_id="staff-1", reason="shift"))
    at_work.say("マイナンバーカード")
    assert at_work.faq == ("F33",)


# Too late -----------------------------------------------------------------------------------


def test_a_late_text_is_not_called_a_button(at_work: Talk) -> None:
    at_work.option(inp.TYPED_LATE, token="-")
    assert "おくれて届きました" in at_work.texts
    assert "ボタン" not in at_work.texts
    assert at_work.asked == "occupation"
