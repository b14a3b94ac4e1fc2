"""A registered value that was called changed by a slip, typed in full, or left out: no dead end."""

from __future__ import annotations

import pytest

from dialogs.conversation.events import AnswerState
from tests.dialogs.conversation.talking import Talk, shipped

MASTER = {"name": "山田 花子", "address": "東京都千代田区千代田1-2-3", "occupation": "pensioner", "nationality": "JPN"}


def talk() -> Talk:
    begun = Talk(shipped("individual"), master=MASTER)
    begun.say("[同意する]", "[本人]")
    return begun


@pytest.mark.parametrize("slip", ["[変わっていない]", "変わっていません", "前と同じです"])
def test_changed_was_a_slip(slip: str) -> None:
    begun = talk()
    begun.say("[変わった]", slip)
    assert begun.in_state(AnswerState.UNCHANGED) == ["name"]
    assert begun.asked == "address"


def test_a_new_value_is_not_offered_as_registered() -> None:
    begun = talk()
    begun.say("[変わった]", "山本 花子", "[はい、あっています]")
    assert begun.answers["name"] == "山本 花子"
    assert begun.in_state(AnswerState.UNCHANGED) == []


@pytest.mark.parametrize("typed", ["山田花子", "山田 花子です", "山田　花子"])
def test_the_registered_name_typed_in_full_is_unchanged(typed: str) -> None:
    begun = talk()
    begun.say(typed)
    assert begun.in_state(AnswerState.UNCHANGED) == ["name"]


@pytest.mark.parametrize("typed", ["ない", "持ってない", "メールはやってない"])
def test_none_where_the_answer_may_be_left_out(typed: str) -> None:
    begun = talk()
    begun.say("変わっていない", "変わっていない", "03-1234-5671", "はい")
    assert begun.asked == "email"
    begun.say(typed)
    assert begun.answers["email"] == ""
    assert begun.asked == "occupation"


@pytest.mark.parametrize("typed", ["引っ越してない", "引っ越していません", "転居していないです"])
def test_not_moved_is_unchanged(typed: str) -> None:
    begun = talk()
    begun.say("変わっていない", typed)
    assert begun.in_state(AnswerState.UNCHANGED) == ["name", "address"]


@pytest.mark.parametrize("typed", ["ない", "持ってない", "ありません"])
def test_a_bare_denial_could_be_about_the_thing(typed: str) -> None:
    begun = talk()
    begun.say(typed)
    assert begun.problem == "choose"
    assert begun.asked == "name"


@pytest.mark.parametrize("typed", ["わからない", "答えたくない", "スキップ", "前と同じ"])
def test_no_answer_is_not_taken_for_words(typed: str) -> None:
    begun = talk()
    begun.say("変わっていない", "変わっていない", "03-1234-5671", "はい", "ない", "変わった", "その他")
    assert begun.asked == "occupation_other"
    begun.say(typed)
    assert begun.problem == "needed"
    assert "occupation_other" not in begun.answers


def test_a_mistake_before_any_answer_leads_nowhere_else() -> None:
    begun = Talk(shipped("individual"), master=MASTER)
    begun.say("間違えた")
    assert begun.asked == "consent"
