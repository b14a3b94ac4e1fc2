"""What each column of a form does in a conversation: small forms, one promise each."""

from __future__ import annotations

import pytest

from dialogs.conversation.events import AnswerState, Form
from tests.dialogs.conversation.talking import Talk, form

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


# Repeats ------------------------------------------------------------------------------------

COUNTED = """
- {type: integer, name: count, label: {ja: いくつ}, required: "true()"}
- {type: begin_repeat, name: things, label: {ja: もの}, repeat_count: "${count}", bot: {max_repeats: "3"}}
- {type: text, name: thing, label: {ja: どれ}, required: "true()", bot: {button: {ja: もの}}}
- {type: integer, name: price, label: {ja: いくら}, required: "true()", relevant: "${thing} != 'ただ'"}
- {type: end_repeat, name: things}
- {type: calculate, name: total, calculation: "sum(${price})"}
- {type: text, name: why, label: {ja: なぜ}, required: "true()", relevant: "${total} > 100"}
"""
OPEN_END = """
- {type: begin_repeat, name: things, label: {ja: もの}, bot: {max_repeats: "3"}}
- {type: text, name: thing, label: {ja: どれ}, required: "true()", bot: {button: {ja: もの}}}
- {type: end_repeat, name: things}
- {type: text, name: after, label: {ja: おわりに}, required: "true()"}
"""


def test_a_counted_repeat_asks_each_instance_once() -> None:
    talk = Talk(form(COUNTED))
    asked = []
    for reply in ("2", "なべ", "30", "ただ"):
        talk.say(reply)
        asked.append(talk.asked)
    assert asked == ["thing[1]", "price[1]", "thing[2]", None]
    assert talk.shape is Form.REVIEW
    assert talk.answers == {"count": "2", "thing[1]": "なべ", "price[1]": "30", "thing[2]": "ただ"}


@pytest.mark.parametrize(("typed", "asked"), [("0", None), ("9", "thing[3]")])
def test_a_count_of_nothing_asks_nothing_and_the_bound_holds(typed: str, asked: str | None) -> None:
    talk = Talk(form(COUNTED))
    talk.say(typed)
    for _ in range(2):
        if talk.asked is not None:
            talk.say("ただ")
    assert talk.asked == asked


def test_a_sum_over_the_instances_decides_what_is_asked() -> None:
    talk = Talk(form(COUNTED))
    talk.say("2", "なべ", "60", "かま", "60")
    assert talk.asked == "why"
    talk.say("高いから", "[なおす]", "[いくつ]", "1")
    assert talk.shape is Form.REVIEW, "without the second price there is nothing to explain"
    assert set(talk.answers) == {"count", "thing[1]", "price[1]"}
    assert {str(key) for key in talk.state.set_aside} == {"thing[2]", "price[2]", "why"}


def test_another_one_is_asked_up_to_the_bound() -> None:
    talk = Talk(form(OPEN_END))
    talk.say("なべ")
    assert talk.shape is Form.MORE
    assert last(talk) == "ほかにもありますか。"
    talk.say("[はい]", "かま", "はい", "さら")
    assert talk.asked == "after", "three is the bound: nobody is asked for a fourth"


@pytest.mark.parametrize("reply", ["[いいえ]", "いいえ", "ありません", "これで全部です"])
def test_no_other_one_ends_the_repeat(reply: str) -> None:
    talk = Talk(form(OPEN_END))
    talk.say("なべ", reply)
    assert talk.asked == "after"


def test_the_review_names_the_instances_and_says_whether_there_were_more() -> None:
    talk = Talk(form(OPEN_END))
    talk.say("なべ", "はい", "かま", "いいえ", "以上")
    assert "1. もの(1): なべ\n2. ほかの有無: はい\n3. もの(2): かま\n4. ほかの有無: いいえ" in talk.texts
    talk.say("[なおす]")
    assert talk.labels[:4] == ["もの(1)", "ほかの有無", "もの(2)", "ほかの有無"]


def test_taking_back_that_there_is_another_one_drops_it() -> None:
    talk = Talk(form(OPEN_END))
    talk.say("なべ", "はい", "かま", "いいえ", "以上", "2", "いいえ")
    assert talk.shape is Form.REVIEW
    assert set(talk.answers) == {"thing[1]", "things[1]", "after"}
    talk.say("2", "はい")
    assert talk.shape is Form.OFFERED, "the old answer is offered, not silently restored"
    assert "前のご回答:かま" in talk.texts


def test_a_name_inside_a_repeat_means_the_same_instance_and_from_another_repeat_the_first() -> None:
    talk = Talk(
        form(
            """
- {type: begin_repeat, name: one, label: {ja: 一}, repeat_count: "2", bot: {max_repeats: "2"}}
- {type: integer, name: a, label: {ja: a}, required: "true()"}
- {type: integer, name: b, label: {ja: b}, required: "true()", relevant: "${a} > 5"}
- {type: end_repeat, name: one}
- {type: begin_repeat, name: two, label: {ja: 二}, repeat_count: "2", bot: {max_repeats: "2"}}
- {type: integer, name: c, label: {ja: c}, required: "true()", relevant: "${a} > 5"}
- {type: end_repeat, name: two}
"""
        )
    )
    talk.say("9", "1", "3")
    assert talk.asked == "c[1]"
    talk.say("1")
    assert talk.asked == "c[2]", "from outside, a name means the first instance: 9, not 3"


# Choices ------------------------------------------------------------------------------------

FILTERED = """
- {type: select_one colours, name: colour, label: {ja: いろ}, required: "true()"}
- {type: select_one fruit, name: which, label: {ja: くだもの}, required: "true()", choice_filter: "colour = ${colour}"}
- {type: select_multiple fruit, name: many, label: {ja: なに}, required: "true()", choice_filter: "colour = ${colour}"}
"""


def test_a_choice_filter_leaves_only_what_fits() -> None:
    talk = Talk(form(FILTERED, FRUIT))
    talk.say("[黄色い]")
    assert talk.labels == ["レモン"]
    talk.say("りんご")
    assert talk.asked == "which"
    assert talk.problem is not None
    talk.say("1", "1", "[なおす]", "[いろ]", "[赤い]")
    assert talk.asked == "which"
    assert talk.labels == ["りんご", "さくらんぼ"]
    assert "合わなくなった" in talk.texts
    talk.say("2")
    assert talk.asked == "many"
    talk.say("[りんご]", "[これで決定]")
    assert talk.answers == {"colour": "red", "which": "cherry", "many": "apple"}
    assert talk.shape is Form.REVIEW


def test_several_choices_tapped() -> None:
    talk = Talk(form('- {type: select_multiple fruit, name: many, label: {ja: なに}, required: "true()"}', FRUIT))
    assert "これで決定" not in talk.labels
    talk.say("[レモン]")
    assert talk.labels == ["☐ りんご", "☐ さくらんぼ", "☑ レモン", "これで決定"]
    talk.say("[りんご]", "[レモン]", "[レモン]", "[これで決定]")
    assert talk.answers == {"many": "apple lemon"}, "in the order of the list"


@pytest.mark.parametrize("reply", ["1,3", "1と3", "りんごとレモン", "レモン、りんご"])
def test_several_choices_typed(reply: str) -> None:
    talk = Talk(form('- {type: select_multiple fruit, name: many, label: {ja: なに}, required: "true()"}', FRUIT))
    talk.say(reply)
    assert talk.answers == {"many": "apple lemon"}
    assert "「りんご、レモン」ですね。" in talk.texts or reply == "りんご、レモン"


def test_done_in_words_closes_a_multiple_choice_only_when_something_is_ticked() -> None:
    talk = Talk(form('- {type: select_multiple fruit, name: many, label: {ja: なに}, required: "true()"}', FRUIT))
    talk.say("以上です")
    assert talk.asked == "many"
    assert not talk.answers
    talk.say("[レモン]", "以上です")
    assert talk.answers == {"many": "lemon"}


def test_a_multiple_choice_asked_again_has_its_ticks() -> None:
    talk = Talk(form('- {type: select_multiple fruit, name: many, label: {ja: なに}, required: "true()"}', FRUIT))
    talk.say("1,3", "[なおす]", "[なに]")
    assert talk.labels[:3] == ["☑ りんご", "☐ さくらんぼ", "☑ レモン"]
    talk.say("[さくらんぼ]", "[これで決定]")
    assert talk.answers == {"many": "apple cherry lemon"}
    assert talk.shape is Form.REVIEW


def test_a_number_after_a_narrowed_question_means_what_is_shown() -> None:
    talk = Talk(
        form(
            '- {type: select_one places, name: place, label: {ja: どこ}, required: "true()"}',
            """
places:
- {name: north, label: {ja: 製造業}}
- {name: south, label: {ja: 小売業(宝石を除く)}}
- {name: west, label: {ja: 小売業(貴金属・宝石)}}
""",
        )
    )
    talk.say("小売")
    assert "どちらでしょうか。" in talk.texts
    assert talk.labels == ["小売業(宝石を除く)", "小売業(貴金属・宝石)"]
    talk.say("1")
    assert talk.answers == {"place": "south"}


# Calculate, default, constraint --------------------------------------------------------------


def test_a_calculation_is_never_shown_and_counts_in_conditions() -> None:
    talk = Talk(
        form(
            """
- {type: integer, name: n, label: {ja: いくつ}, required: "true()"}
- {type: calculate, name: double, calculation: "${n} * 2"}
- {type: text, name: big, label: {ja: 大きいですね}, required: "true()", relevant: "${double} >= 10"}
"""
        )
    )
    talk.say("4")
    assert talk.shape is Form.REVIEW
    assert "double" not in talk.answers
    talk.say("[なおす]", "[いくつ]", "5")
    assert talk.asked == "big"


@pytest.mark.parametrize(
    ("row", "choices", "shown", "value"),
    [
        ("type: text, name: q, default: いつもの", "", "いつもの", "いつもの"),
        ('type: date, name: q, default: "2026-12-01"', "", "2026年12月1日", "2026-12-01"),
        ("type: select_one fruit, name: q, default: lemon", FRUIT, "レモン", "lemon"),
        ("type: select_multiple fruit, name: q, default: apple lemon", FRUIT, "りんご、レモン", "apple lemon"),
    ],
)
def test_a_default_is_offered_in_words_and_taken_with_one_tap(row: str, choices: str, shown: str, value: str) -> None:
    talk = Talk(form(f'- {{{row}, label: {{ja: なに}}, required: "true()"}}', choices))
    assert talk.shape is Form.OFFERED
    assert shown in talk.texts
    talk.say("[はい]")
    assert talk.answers == {"q": value}
    assert talk.in_state(AnswerState.ANSWERED) == ["q"]


def test_a_default_can_be_changed() -> None:
    talk = Talk(form('- {type: text, name: q, label: {ja: なに}, required: "true()", default: いつもの}'))
    talk.say("[変える]")
    assert talk.shape is Form.QUESTION
    talk.say("ほかの")
    assert talk.answers == {"q": "ほかの"}


def test_a_default_that_would_be_refused_is_not_offered() -> None:
    talk = Talk(
        form('- {type: integer, name: q, label: {ja: なに}, required: "true()", default: "9", constraint: ". < 5"}')
    )
    assert talk.shape is Form.QUESTION


def test_a_constraint_speaks_in_its_own_words() -> None:
    talk = Talk(
        form(
            """
- type: integer
  name: n
  label: {ja: いくつ}
  required: "true()"
  constraint: ". > 0 and . < 10"
  constraint_message: {ja: 1から9までの数を入力してください。}
"""
        )
    )
    talk.say("10")
    assert talk.problem == "constraint"
    assert talk.said[0].text.startswith("1から9までの数を入力してください。")
    talk.say("9")
    assert talk.answers == {"n": "9"}


def test_a_constraint_without_words_still_says_how_to_go_on() -> None:
    talk = Talk(form('- {type: integer, name: n, label: {ja: いくつ}, required: "true()", constraint: ". < 10"}'))
    talk.say("10")
    assert "もう一度お確かめください" in talk.texts


def test_an_answer_that_no_longer_fits_is_asked_again_with_the_reason() -> None:
    talk = Talk(
        form(
            """
- {type: integer, name: most, label: {ja: 上限}, required: "true()"}
- {type: integer, name: n, label: {ja: いくつ}, required: "true()", constraint: ". <= ${most}"}
"""
        )
    )
    talk.say("10", "8", "1", "5")
    assert talk.asked == "n"
    assert "合わなくなった" in talk.texts
    talk.say("4")
    assert talk.shape is Form.REVIEW


def test_an_answer_left_open_is_asked_when_it_becomes_required() -> None:
    talk = Talk(
        form(
            """
- {type: text, name: note, label: {ja: ひとこと}, required: "${must} = 'yes'"}
- {type: select_one yn, name: must, label: {ja: いりますか}, required: "true()"}
""",
            YES_NO,
        )
    )
    talk.say("[答えずに進む]", "[あります]")
    assert talk.asked == "note"
    assert "答えずに進む" not in talk.labels
    talk.say("ひとこと")
    assert talk.shape is Form.REVIEW
