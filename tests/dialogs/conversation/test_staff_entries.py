"""Answers that staff enter: read like the customer's own, and worth nothing until he has confirmed them."""

from __future__ import annotations

import pytest

from dialogs.conversation import inputs as inp
from dialogs.conversation.answering import Taken
from dialogs.conversation.entries import read_entry
from dialogs.conversation.events import Key
from dialogs.conversation.form import Position
from dialogs.replies.base import Problem
from tests.dialogs.conversation.talking import STAFF_ID, Talk, form

FORM = form(
    """
- {name: born, type: date, label: {ja: 生年月日をお答えください。}}
- {name: job, type: select_one jobs, label: {ja: ご職業をお選びください。}}
- {name: years, type: integer, label: {ja: 何年ですか。}, constraint: ". > 0"}
""",
    """
jobs:
  - {name: clerk, label: {ja: 会社員}}
  - {name: none, label: {ja: 無職}}
""",
)


def entry(talk: Talk, question: str, text: str) -> Taken | Problem:
    return read_entry(Position(FORM, talk.state, talk.now), Key(question), text)


def with_staff(question: str = "born", text: str = "昭和55年5月1日") -> Talk:
    talk = Talk(FORM)
    talk.send(inp.StaffTook(staff_id=STAFF_ID, epoch=1))
    taken = entry(talk, question, text)
    assert isinstance(taken, Taken)
    talk.send(inp.StaffEntered(key=Key(question), value=taken.value, display=taken.display, staff_id=STAFF_ID))
    return talk


@pytest.mark.parametrize(("answer", "counts"), [("はい", True), ("いいえ", False)])
def test_it_counts_when_the_customer_says_so(answer: str, counts: bool) -> None:
    talk = with_staff()
    (shown,) = talk.said
    assert "1980" in shown.text
    assert not talk.state.answers
    talk.tap(answer)
    assert bool(talk.state.answers) is counts
    assert talk.state.owner.value == "staff"
    if counts:
        answered = talk.state.answers[Key("born")]
        assert (answered.value, answered.by) == ("1980-05-01", STAFF_ID)
    talk.send(inp.HandedBack(staff_id=STAFF_ID))
    assert talk.asked == ("job" if counts else "born")


def test_one_tap_counts_once() -> None:
    talk = with_staff()
    talk.tap("はい")
    (before,) = talk.state.answers.values()
    talk.tap("いいえ")
    assert tuple(talk.state.answers.values()) == (before,)


def test_the_customers_own_answer_is_worth_more() -> None:
    talk = with_staff()
    talk.send(inp.HandedBack(staff_id=STAFF_ID))
    talk.type("1981年6月2日")
    assert not talk.state.proposals
    talk.tap("はい")
    assert talk.state.answers[Key("born")].value == "1981-06-02"


def test_confirmed_after_the_hand_back_the_form_goes_on() -> None:
    talk = with_staff()
    talk.send(inp.HandedBack(staff_id=STAFF_ID))
    assert talk.asked == "born"
    talk.tap("はい")
    assert talk.asked == "job"


def test_a_newer_entry_takes_the_place_of_an_older_one() -> None:
    talk = with_staff()
    talk.send(inp.StaffEntered(key=Key("born"), value="1970-01-01", display="x", staff_id=STAFF_ID))
    assert [one.value for one in talk.state.proposals] == ["1970-01-01"]


@pytest.mark.parametrize(
    ("question", "text", "wanted"),
    [
        ("born", "わすれました", "date"),
        ("job", "宇宙飛行士", "choice"),
        ("years", "0", "constraint"),
        ("nothing", "x", "entry.no_question"),
    ],
)
def test_what_the_reader_refuses_is_refused(question: str, text: str, wanted: str) -> None:
    refused = entry(Talk(FORM), question, text)
    assert isinstance(refused, Problem)
    assert refused.code.startswith(wanted) or wanted == "choice"


def test_a_choice_is_entered_by_its_label() -> None:
    taken = entry(Talk(FORM), "job", "会社員")
    assert isinstance(taken, Taken)
    assert taken.value == "clerk"
