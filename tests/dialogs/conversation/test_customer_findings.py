"""What customers ran into: where the ways out stand, what a slip is told, what is heard beside the question."""

from __future__ import annotations

import pytest

from dialogs.conversation import inputs as inp
from dialogs.conversation.events import Form, Owner
from dialogs.definition.model import Questionnaire
from tests.dialogs.conversation.talking import Talk, form

SURVEY = """
- {type: select_one yn, name: first, label: {ja: ひとつめ, en: First}, required: "true()"}
- {type: select_one work, name: occupation, label: {ja: "ご職業は?", en: Your occupation?}, required: "true()",
   bot: {why: {ja: 法律で決まっています。, en: The law asks for it.}, button: {ja: ご職業, en: Occupation}}}
- {type: text, name: address, label: {ja: ご住所は?, en: Your address?}, required: "true()", bot: {button: {ja: ご住所}}}
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
