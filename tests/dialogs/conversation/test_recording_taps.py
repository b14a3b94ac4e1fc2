"""Taps that staff let count: an answer like any other, and nothing is said, submitted or handed on by it."""

from __future__ import annotations

from dialogs.conversation import engine, inputs as inp
from dialogs.conversation.events import Form, Owner
from tests.dialogs.conversation.talking import Talk, form

TWO = """
- {type: select_one yes_no, name: moved, label: {ja: 引っ越しましたか}}
- {type: note, name: thanks, label: {ja: ありがとうございます}}
- {type: select_multiple yes_no, name: ways, label: {ja: どれですか}}
- {type: select_one yes_no, name: danger, label: {ja: 頼まれましたか}, bot: {handover: "${danger} = 'y'"}}
- {type: select_one yes_no, name: last, label: {ja: 以上ですか}}
"""
CHOICES = "yes_no: [{name: y, label: {ja: はい}}, {name: n, label: {ja: いいえ}}]"


def with_a_person() -> Talk:
    talk = Talk(form(TWO, CHOICES))
    talk.staff_takes()
    return talk


def record(talk: Talk, option: str, token: str | None = None) -> bool:
    """Whether the tap became anything; the bot never says a word about it."""
    assert talk.state.open is not None
    tap = inp.TapRecorded(token=token or talk.state.open.tokens[-1], option=option, content_id="tap")
    assert talk.send(tap) == []
    return bool(talk.last)


def test_an_answer_of_the_customers_own_and_the_next_question_on_handing_back() -> None:
    talk = with_a_person()
    assert record(talk, "c0")
    (answer,) = talk.state.answers.values()
    assert (answer.value, answer.by, answer.content_id) == ("y", "customer", "tap")
    assert talk.state.owner is Owner.STAFF
    assert talk.state.open is None
    said = "".join(message.text for message in talk.hand_back())
    assert "ありがとうございます" in said, "a note between the questions is not lost"
    assert "どれですか" in said
    assert talk.asked == "ways"


def test_an_old_button_an_unknown_option_and_another_owner_do_nothing() -> None:
    talk = Talk(form(TWO, CHOICES))
    first = talk.state.open
    assert first is not None
    tap = inp.TapRecorded(token=first.tokens[-1], option="c0", content_id="tap")
    assert not engine.step(talk.definition, talk.state, tap, talk.now).events, "with the bot a tap is its own input"
    talk.staff_takes()
    assert not record(talk, "c7")
    assert not record(talk, "c0", token="p99")
    assert not record(talk, "staff"), "a command is no answer"
    assert record(talk, "c0")
    again = engine.step(talk.definition, talk.state, tap, talk.now)
    assert not again.events, "what it asked is answered"


def test_ticking_several_is_kept_until_it_is_done() -> None:
    talk = with_a_person()
    record(talk, "c0")
    talk.hand_back()
    talk.staff_takes()
    assert record(talk, "c0")
    assert record(talk, "c1")
    assert talk.state.open is not None
    assert talk.state.open.selection == ("y", "n")
    assert record(talk, "ok")
    assert [answer.value for key, answer in talk.state.answers.items() if key.question == "ways"] == ["y n"]


def test_an_answer_that_calls_for_a_person_finds_one_there() -> None:
    talk = with_a_person()
    for option in ("c0", "c0", "ok"):
        if talk.state.open is None:
            talk.hand_back()
            talk.staff_takes()
        record(talk, option)
    talk.hand_back()
    talk.staff_takes()
    assert talk.asked == "danger"
    epoch = talk.state.epoch
    assert record(talk, "c0")
    assert (talk.state.owner, talk.state.epoch) == (Owner.STAFF, epoch)
    talk.hand_back()
    assert talk.asked == "last"


def test_nobody_submits_for_the_customer() -> None:
    talk = Talk(form("- {type: select_one yes_no, name: moved, label: {ja: 引っ越しましたか}}", CHOICES))
    talk.tap("はい")
    assert talk.state.open is not None
    assert talk.state.open.form is Form.REVIEW
    talk.staff_takes()
    assert not record(talk, "submit")
    assert not talk.state.completed
