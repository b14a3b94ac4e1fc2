"""How an answer is taken or not: left open, echoed, confirmed, doubted, refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from dialogs.conversation.answering import Taken, read_reply
from dialogs.conversation.events import AnswerState, Form
from dialogs.conversation.form import Position
from dialogs.conversation.state import State
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, ReplyContext
from tests.dialogs.conversation.talking import NOW, Talk, form, read

YES_NO = """
yn:
- {name: "yes", label: {ja: あります}}
- {name: "no", label: {ja: ありません}}
"""
FRUIT = """
fruit:
- {name: apple, label: {ja: りんご}, colour: red}
- {name: cherry, label: {ja: さくらんぼ}, colour: red}
- {name: lemon, label: {ja: レモン}, colour: yellow}
colours:
- {name: red, label: {ja: 赤い}}
- {name: yellow, label: {ja: 黄色い}}
"""


def last(talk: Talk) -> str:
    return talk.said[-1].text


# Left open ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decline", "label", "words"),
    [("refuse", "回答を控える", "答えたくない"), ("unknown", "わからない", "わかりません")],
)
def test_declining_by_button_or_in_words(decline: str, label: str, words: str) -> None:
    small = form(
        f'- {{type: integer, name: n, label: {{ja: いくつ}}, required: "true()", bot: {{decline: {decline}}}}}'
    )
    for reply in (f"[{label}]", words):
        talk = Talk(small)
        talk.say(reply)
        assert talk.in_state(AnswerState.DECLINED) == ["n"]
        assert f"1. いくつ: {label}" in talk.texts


def test_nothing_is_declined_where_the_form_does_not_allow_it() -> None:
    talk = Talk(form('- {type: integer, name: n, label: {ja: いくつ}, required: "true()"}'))
    talk.say("答えたくない")
    assert talk.asked == "n"
    assert not talk.answers


def test_a_declined_answer_is_empty_in_conditions() -> None:
    talk = Talk(
        form(
            """
- {type: integer, name: n, label: {ja: いくつ}, required: "true()", bot: {decline: refuse}}
- {type: text, name: none, label: {ja: なぜ}, required: "true()", relevant: "${n} = ''"}
"""
        )
    )
    talk.say("[回答を控える]")
    assert talk.asked == "none"


def test_what_is_not_required_may_be_skipped() -> None:
    talk = Talk(form("- {type: text, name: note, label: {ja: ひとこと}}"))
    talk.say("[答えずに進む]")
    assert talk.answers == {"note": ""}
    assert "1. ひとこと: 回答なし" in talk.texts


def test_an_acknowledgement_is_given_by_its_button_or_a_yes() -> None:
    small = form('- {type: acknowledge, name: read, label: {ja: お読みください。}, required: "true()"}')
    for reply in ("[確認しました]", "はい"):
        talk = Talk(small)
        talk.say("いいえ")
        assert talk.problem == "acknowledge.needed"
        talk.say(reply)
        assert talk.answers == {"read": "OK"}
        assert "確認しました" in last(talk)


# Echo, confirm, soft check ------------------------------------------------------------------

CONFIRMED = '- {type: text, name: phone, label: {ja: 電話}, required: "true()", bot: {kind: phone, confirm: "true"}}'


def test_a_value_that_is_easily_mistyped_is_confirmed() -> None:
    talk = Talk(form(CONFIRMED))
    talk.say("０９０ー１２３４ー５６７８")
    assert talk.shape is Form.CONFIRM
    assert talk.texts == "「090-1234-5678」でよろしいですか。"
    assert not talk.answers
    talk.say("[入力しなおす]")
    assert talk.shape is Form.QUESTION
    talk.say("090-1234-5679", "はい")
    assert talk.answers == {"phone": "09012345679"}


def test_a_new_value_instead_of_a_yes_is_confirmed_in_its_turn() -> None:
    talk = Talk(form(CONFIRMED))
    talk.say("09012345678", "090-1234-5679")
    assert talk.texts == "「090-1234-5679」でよろしいですか。"
    talk.say("はい")
    assert talk.answers == {"phone": "09012345679"}


def test_a_typed_value_that_reads_otherwise_is_read_back() -> None:
    talk = Talk(
        form(
            """
- {type: text, name: kana, label: {ja: よみ}, required: "true()", bot: {kind: kana}}
- {type: integer, name: n, label: {ja: いくつ}, required: "true()"}
- {type: integer, name: m, label: {ja: あといくつ}, required: "true()"}
"""
        )
    )
    talk.say("やまだ")
    assert "「ヤマダ」ですね。" in talk.texts
    talk.say("三十")
    assert "「30」ですね。" in talk.texts
    talk.say("30")
    assert "ですね" not in talk.texts


CHECKED = """
- {type: integer, name: age, label: {ja: 年齢}, required: "true()"}
- type: integer
  name: n
  label: {ja: 勤続年数}
  required: "true()"
  bot:
    check: "${age} - . >= 15"
    check_message: {ja: 年数を、もう一度お確かめください。}
    decline: refuse
"""


def test_a_soft_check_asks_once_and_marks_what_is_kept() -> None:
    talk = Talk(form(CHECKED))
    talk.say("20", "10")
    assert talk.shape is Form.CHECK
    assert "年数を、もう一度お確かめください。" in talk.texts
    assert "10" in talk.texts
    talk.say("[このままでよい]")
    assert talk.submission()["n"] == ("10", AnswerState.ANSWERED, True)
    assert "要確認" not in last(talk)


def test_a_soft_check_lets_the_answer_be_changed() -> None:
    talk = Talk(form(CHECKED))
    talk.say("20", "10", "[変える]")
    assert talk.shape is Form.QUESTION
    talk.say("3")
    assert talk.submission()["n"] == ("3", AnswerState.ANSWERED, False)


def test_typing_another_value_at_a_soft_check_is_that_value() -> None:
    talk = Talk(form(CHECKED))
    talk.say("20", "10", "4")
    assert talk.submission()["n"] == ("4", AnswerState.ANSWERED, False)


def test_a_soft_check_does_not_bother_who_fits_or_declines() -> None:
    for reply in ("5", "[回答を控える]"):
        talk = Talk(form(CHECKED))
        talk.say("20", reply)
        assert talk.shape is Form.REVIEW


# Problems ---------------------------------------------------------------------------------------


def test_the_first_failure_explains_the_second_narrows_the_third_offers_a_person() -> None:
    talk = Talk(
        form('- {type: date, name: d, label: {ja: いつ}, required: "true()", bot: {example: {ja: 昭和30年4月1日}}}')
    )
    talk.say("ずっとまえ")
    assert talk.problem == "date.unreadable"
    assert "例:" in talk.texts
    assert "係の者と話す" not in talk.labels
    talk.say("ずっとまえ")
    assert "例と同じ形で" in talk.texts
    talk.say("ずっとまえ")
    assert talk.failures == 3
    assert talk.labels == ["係の者と話す"]
    assert "staff" not in talk.ways_out, "the same button does not stand twice"
    talk.say("昭和39年10月10日")
    assert talk.answers == {"d": "1964-10-10"}


def test_no_form_is_spoken_of_where_no_example_was_shown() -> None:
    talk = Talk(form('- {type: date, name: d, label: {ja: いつ}, required: "true()"}'))
    talk.say("わからない", "わからない")
    assert (talk.problem, talk.failures) == ("needed", 2)
    assert "例" not in talk.texts


def test_failures_belong_to_one_question() -> None:
    talk = Talk(
        form(
            """
- {type: integer, name: a, label: {ja: いくつ}, required: "true()"}
- {type: integer, name: b, label: {ja: いくら}, required: "true()"}
"""
        )
    )
    talk.say("たくさん", "いっぱい", "3", "たくさん")
    assert talk.failures == 1


def test_an_unclear_yes_is_asked_back_in_the_buttons_words() -> None:
    talk = Talk(
        form(
            '- {type: select_one yn, name: q, label: {ja: ありますか}, required: "true()", bot: {kind: yes_no}}', YES_NO
        )
    )
    talk.say("大丈夫です")
    assert talk.problem == "yes_no.ambiguous"
    assert "どちらの意味か" in talk.texts
    assert "はい" not in talk.texts
    talk.say("ないです")
    assert talk.answers == {"q": "no"}


@given(st.integers(0, 10**10).map(str) | st.from_regex("[0-9]{1,10}", fullmatch=True))
def test_a_bare_number_is_what_the_reader_makes_of_it(text: str) -> None:
    position = Position(form("- {type: integer, name: n, label: {ja: いくつ}}"), State(), NOW)
    taken = read_reply(position, position.asked_slots[0], read(text, "ja"))
    parsed = READERS["integer"](text, ReplyContext(today=NOW.date()))
    assert isinstance(parsed, Parsed)
    assert taken == Taken(value=str(parsed.value), display=parsed.display)


def test_a_reader_looks_at_a_text_once_and_again_where_it_knows_something_else() -> None:
    reading = read("二十五", "ja")
    reading.replies.clear()
    small = form("- {type: integer, name: n, label: {ja: いくつ}}")
    monday, tuesday = (Position(small, State(), NOW + timedelta(days=days)) for days in (0, 1))
    for position in (monday, monday, tuesday):
        assert read_reply(position, position.asked_slots[0], reading) == Taken(value="25", display="25")
    assert len(reading.replies) == 2, "the day is something that a reader knows"
