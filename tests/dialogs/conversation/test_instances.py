"""Expressions that find an instance of a repeat by number, and the answer on trial by its name, in a conversation."""

from __future__ import annotations

from dialogs.conversation.events import Form
from tests.dialogs.conversation.talking import Talk, form

OWNERS = """
- {type: integer, name: count, label: {ja: 何人}, required: "true()", constraint: "${count} >= 1 and ${count} <= 3"}
- {type: begin_repeat, name: owners, label: {ja: 方}, repeat_count: "${count}", bot: {max_repeats: "3"}}
- {type: text, name: who, label: {ja: お名前}, required: "true()"}
- {type: integer, name: share, label: {ja: 割合}, required: "true()", constraint: "sum(${share}) <= 100"}
- type: text
  name: why
  label: {ja: なぜ}
  required: "true()"
  relevant: "position(..) > 1 and ${share} > indexed-repeat(${share}, ${owners}, position(..) - 1)"
- {type: end_repeat, name: owners}
- type: text
  name: first
  label: {ja: お一人目}
  required: "true()"
  relevant: "indexed-repeat(${who}, ${owners}, 1) = 'みほん'"
- type: text
  name: many
  label: {ja: 二つ}
  required: "true()"
  relevant: "checklist(2, -1, ${count} > 1, ${first} != '', 1 = 2)"
"""


def test_the_questions_own_name_in_a_constraint_is_the_answer_on_trial() -> None:
    talk = Talk(form(OWNERS))
    talk.say("9")
    assert (talk.asked, talk.problem is not None) == ("count", True)
    talk.say("2")
    assert talk.asked == "who[1]"


def test_a_sum_in_a_constraint_counts_the_answer_on_trial() -> None:
    talk = Talk(form(OWNERS))
    talk.say("2", "みほん", "60", "れい", "50")
    assert (talk.asked, talk.problem is not None) == ("share[2]", True), "60 and 50 are more than the whole"
    talk.say("40")
    assert talk.asked == "first"


def test_an_instance_is_compared_with_the_one_before_and_found_by_number() -> None:
    talk = Talk(form(OWNERS))
    talk.say("2", "みほん", "20", "れい", "30")
    assert talk.asked == "why[2]", "the second share is larger than the first; the first has none before it"
    talk.say("ふえた", "はい、わたし")
    assert talk.asked == "many", "two of three conditions hold"
    talk.say("ふたつ")
    assert talk.shape is Form.REVIEW
    assert "why[2]" in talk.answers


def test_what_follows_an_instance_goes_with_it() -> None:
    talk = Talk(form(OWNERS))
    talk.say("2", "みほん", "20", "れい", "30", "ふえた", "わたし", "ふたつ", "[なおす]", "[何人]", "1")
    assert talk.shape is Form.REVIEW
    assert set(talk.answers) == {"count", "who[1]", "share[1]", "first"}
