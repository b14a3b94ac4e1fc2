"""When the bot calls a person, and when it goes on by itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dialogs.conversation import inputs as inp
from tests.dialogs.conversation.talking import STAFF_ID, Talk, form, shipped

FORM = form(
    """
- {name: who, type: text, label: {ja: ご用件をお書きください。}}
- {name: born, type: date, label: {ja: 生年月日をお答えください。}}
"""
)
#: Questions to the bank that no topic fits.
UNKNOWN = ("支店の床は何色に塗られていますか?", "何曜日に生まれた人が多いですか?")


@dataclass
class Staff:
    """Staff who are there, or are not."""

    is_open: bool = True

    def hours(self, locale: str) -> str:
        return "9-17"

    def next_day(self, locale: str) -> str:
        return "Monday"


def talk(*, is_open: bool = True) -> Talk:
    talking = Talk(FORM, staffing=Staff(is_open))
    talking.type("住所の変更です")
    assert talking.asked == "born"
    return talking


def owner(talking: Talk) -> str:
    return talking.state.owner.value


def reason(talking: Talk) -> str:
    return next(event.reason for event in talking.last if event.kind in ("owner_changed", "person_asked"))  # type: ignore[attr-defined]


def test_two_questions_in_a_row_without_an_answer() -> None:
    talking = talk()
    talking.type(UNKNOWN[0])
    assert owner(talking) == "bot"
    talking.type(UNKNOWN[1])
    assert (owner(talking), reason(talking)) == ("waiting", "unmatched")


def test_an_answer_between_begins_the_count_anew() -> None:
    talking = talk()
    talking.type(UNKNOWN[0])
    talking.type("1980年5月1日")
    talking = talk()
    talking.type(UNKNOWN[0])
    talking.type("なぜ届いたのですか?")
    assert talking.state.misses == 0
    talking.type(UNKNOWN[1])
    assert owner(talking) == "bot"


def test_outside_the_hours_the_question_goes_to_staff_and_the_form_goes_on() -> None:
    talking = talk(is_open=False)
    for text in UNKNOWN:
        talking.type(text)
    assert (owner(talking), reason(talking), talking.asked) == ("bot", "unmatched", "born")
    talking.type("1980年5月1日")
    assert talking.state.answers, "what is typed then is an answer, no note"


@pytest.mark.parametrize("is_open", [True, False])
def test_the_third_failure_at_one_question(is_open: bool) -> None:
    talking = talk(is_open=is_open)
    for _ in range(2):
        talking.type("きのう生まれたようなものです")
        assert owner(talking) == "bot"
    talking.type("きのう生まれたようなものです")
    if not is_open:
        # A person is offered: nobody is there to be called.
        assert (owner(talking), talking.asked) == ("bot", "born")
        return
    assert (owner(talking), reason(talking)) == ("waiting", "third_failure:born")
    talking.send(inp.HandedBack(staff_id=STAFF_ID))
    talking.type("きのう生まれたようなものです")
    assert owner(talking) == "bot", "called once; from here on a person is offered"


def test_a_form_that_is_only_played_has_nobody_to_call() -> None:
    talking = Talk(FORM)
    talking.type("住所の変更です")
    for text in (*UNKNOWN, "きのう", "きのう", "きのう"):
        talking.type(text)
    assert owner(talking) == "bot"


@pytest.mark.parametrize("text", ["詐欺にあってお金を取られました", "知らない人に脅されています", "もう死にたいです"])
def test_a_danger_is_heard_even_where_any_text_is_an_answer(text: str) -> None:
    talking = Talk(FORM, staffing=Staff())
    talking.type(text)
    assert (owner(talking), reason(talking)) == ("waiting", "danger")
    assert not talking.state.answers


def test_a_death_is_for_a_person() -> None:
    talking = Talk(shipped("individual"), staffing=Staff())
    talking.type("口座の名義人が亡くなりました")
    assert owner(talking) == "waiting"
    assert reason(talking).startswith("faq:")
