"""What the bank knows is offered first: unchanged in one tap, changed by asking the question itself."""

from __future__ import annotations

import pytest

from dialogs.conversation.events import AnswerState, Form
from tests.dialogs.conversation.talking import Talk, form

CHOICES = """
jobs:
- {name: employee, label: {ja: 会社員}}
- {name: student, label: {ja: 学生}}
- {name: pensioner, label: {ja: 年金受給者}}
aims:
- {name: salary, label: {ja: 給与}}
- {name: pension, label: {ja: 年金}}
- {name: saving, label: {ja: 貯蓄}}
"""
SURVEY = """
- {type: text, name: phone, label: {ja: 電話}, required: "true()", bot: {kind: phone, prefill: phone, confirm: "true"}}
- {type: select_one jobs, name: job, label: {ja: 職業}, required: "true()", bot: {prefill: occupation}}
- type: select_multiple aims
  name: aims
  label: {ja: 目的}
  required: "true()"
  bot:
    prefill: purposes
    check: "not(selected(., 'pension') and ${job} = 'student')"
    check_message: {ja: 目的を、もう一度お確かめください。}
- {type: text, name: country, label: {ja: 国籍}, required: "true()", bot: {kind: country, prefill: nationality}}
"""
MASTER = {"phone": "09012345678", "occupation": "pensioner", "purposes": "pension;saving", "nationality": "JPN"}


@pytest.fixture
def talk() -> Talk:
    return Talk(form(SURVEY, CHOICES), master=MASTER)


def test_the_registered_value_is_offered_masked(talk: Talk) -> None:
    assert talk.shape is Form.OFFERED
    assert "いまのご登録:090-****-5678" in talk.texts
    assert "1234" not in talk.texts
    assert talk.labels == ["変わっていない", "変わった"]


def test_choices_and_countries_are_offered_in_words(talk: Talk) -> None:
    talk.say("[変わっていない]")
    assert "いまのご登録:年金受給者" in talk.texts
    talk.say("[変わっていない]")
    assert "いまのご登録:年金、貯蓄" in talk.texts
    talk.say("[変わっていない]")
    assert "いまのご登録:日本" in talk.texts


@pytest.mark.parametrize(
    "reply", ["[変わっていない]", "変わっていません", "いいえ、変わってないですよ", "同じです", "はい"]
)
def test_unchanged_keeps_the_banks_own_value(talk: Talk, reply: str) -> None:
    talk.say(reply)
    assert talk.submission()["phone"] == ("09012345678", AnswerState.UNCHANGED, False)
    assert talk.asked == "job"


@pytest.mark.parametrize("reply", ["[変わった]", "いいえ", "変わりました", "はい、変わったよ", "変更しました"])
def test_changed_asks_the_question_itself(talk: Talk, reply: str) -> None:
    talk.say(reply)
    assert (talk.asked, talk.shape) == ("phone", Form.QUESTION)
    talk.say("080-1111-2222", "[はい、あっています]")
    assert talk.submission()["phone"] == ("08011112222", AnswerState.ANSWERED, False)


def test_a_new_value_can_be_typed_at_once(talk: Talk) -> None:
    talk.say("080-1111-2222")
    assert talk.shape is Form.CONFIRM
    talk.say("はい")
    assert talk.submission()["phone"] == ("08011112222", AnswerState.ANSWERED, False)


def test_typing_the_registered_value_is_unchanged(talk: Talk) -> None:
    talk.say("090-1234-5678")
    assert talk.submission()["phone"] == ("09012345678", AnswerState.UNCHANGED, False)
    talk.say("年金受給者", "年金と貯蓄", "日本")
    assert talk.in_state(AnswerState.UNCHANGED) == ["phone", "job", "aims", "country"]


def test_changed_and_then_the_same_value_again_is_an_answer(talk: Talk) -> None:
    talk.say("[変わった]", "090-1234-5678", "はい")
    assert talk.submission()["phone"] == ("09012345678", AnswerState.ANSWERED, False)


def test_a_soft_check_looks_at_unchanged_values_too() -> None:
    talk = Talk(form(SURVEY, CHOICES), master={**MASTER, "occupation": "student"})
    talk.say("[変わっていない]", "[変わっていない]", "[変わっていない]")
    assert (talk.asked, talk.shape) == ("aims", Form.CHECK)
    assert "目的を、もう一度お確かめください。" in talk.texts
    talk.say("[このままでよい]")
    assert talk.submission()["aims"] == ("pension saving", AnswerState.UNCHANGED, True)


def test_at_a_soft_check_the_unchanged_value_can_be_changed_after_all() -> None:
    talk = Talk(form(SURVEY, CHOICES), master={**MASTER, "occupation": "student"})
    talk.say("[変わっていない]", "[変わっていない]", "[変わっていない]", "[変える]")
    assert talk.asked == "aims"
    talk.say("給与")
    assert talk.submission()["aims"] == ("salary", AnswerState.ANSWERED, False)


@pytest.mark.parametrize(
    "master", [{}, {"phone": "  "}, {"occupation": "astronaut", "purposes": "pension;unknown"}], ids=str
)
def test_what_is_not_registered_or_does_not_fit_is_not_offered(master: dict[str, str]) -> None:
    talk = Talk(form(SURVEY, CHOICES), master=master)
    assert talk.shape is Form.QUESTION
    talk.say("080-1111-2222", "はい")
    assert (talk.asked, talk.shape) == ("job", Form.QUESTION)
    talk.say("[学生]")
    assert (talk.asked, talk.shape) == ("aims", Form.QUESTION)


def test_going_back_shows_the_answer_that_was_confirmed_and_keeps_it(talk: Talk) -> None:
    talk.say("[変わっていない]", "[もどる]")
    assert (talk.asked, talk.shape) == ("phone", Form.QUESTION)
    assert "いまのご回答:090-****-5678" in talk.texts
    talk.say("[このまま変えない]")
    assert talk.submission()["phone"] == ("09012345678", AnswerState.UNCHANGED, False)
    assert talk.asked == "job"


def test_the_registered_value_is_told_in_the_list_as_unchanged(talk: Talk) -> None:
    talk.say(*["[変わっていない]"] * 4)
    assert "2. 職業: 変更なし(年金受給者)" in talk.texts


def test_an_answer_given_before_is_offered_again_not_restored() -> None:
    talk = Talk(
        form(
            """
- {type: select_one jobs, name: job, label: {ja: 職業}, required: "true()"}
- {type: text, name: school, label: {ja: 学校}, required: "true()", relevant: "${job} = 'student'"}
- {type: text, name: word, label: {ja: ひとこと}, required: "true()"}
""",
            CHOICES,
        )
    )
    talk.say("学生", "みほん大学", "はやい", "[なおす]", "[職業]", "[会社員]")
    assert talk.shape is Form.REVIEW
    assert "みほん大学" not in talk.texts
    assert "school" not in talk.answers
    talk.say("[なおす]", "[職業]", "[学生]")
    assert (talk.asked, talk.shape) == ("school", Form.OFFERED)
    assert "前のご回答:みほん大学" in talk.texts
    talk.say("[はい]")
    assert talk.submission()["school"] == ("みほん大学", AnswerState.ANSWERED, False)
    assert talk.shape is Form.REVIEW


def test_an_answer_offered_again_can_be_given_anew() -> None:
    talk = Talk(
        form(
            """
- {type: select_one jobs, name: job, label: {ja: 職業}, required: "true()"}
- {type: text, name: school, label: {ja: 学校}, required: "true()", relevant: "${job} = 'student'"}
""",
            CHOICES,
        )
    )
    talk.say("学生", "みほん大学", "1", "[会社員]", "1", "[学生]", "[変える]", "みほん高校")
    assert talk.submission()["school"] == ("みほん高校", AnswerState.ANSWERED, False)
