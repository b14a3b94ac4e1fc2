"""Going back, later, not knowing and correcting mean the same at a question of any kind, and are never its answer."""

from __future__ import annotations

from functools import lru_cache

import pytest

from dialogs.conversation.events import AnswerState, Form
from dialogs.definition.model import Questionnaire
from dialogs.definition.vocabulary import READER_KINDS
from tests.dialogs.conversation.talking import Talk, form

TYPES = ("text", "integer", "decimal", "date", "select_one jobs", "select_multiple jobs")
CHOICES = """
yn:
- {name: "yes", label: {ja: あります}}
- {name: "no", label: {ja: ありません}}
jobs:
- {name: a, label: {ja: 会社員}}
- {name: b, label: {ja: 公務員}}
- {name: c, label: {ja: 主婦}}
"""


@lru_cache(maxsize=64)
def with_question(kind: str, decline: str) -> Questionnaire:
    reader = "" if kind in TYPES else f", kind: {kind}"
    return form(
        '- {type: select_one yn, name: first, label: {ja: ひとつめ}, required: "true()"}\n'
        f'- {{type: {kind if kind in TYPES else "text"}, name: it, label: {{ja: それ}}, required: "true()",'
        f" bot: {{decline: {decline}{reader}}}}}",
        CHOICES,
    )


def at(kind: str, decline: str = "none") -> Talk:
    talk = Talk(with_question(kind, decline))
    talk.say("[あります]")
    assert talk.asked == "it"
    return talk


@pytest.fixture(params=[*TYPES, *sorted(READER_KINDS)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("text", ["さっきの間違い", "間違えました", "訂正したい"])
def test_a_correction_asks_which_answer(kind: str, text: str) -> None:
    talk = at(kind)
    talk.type(text)
    assert (talk.shape, talk.answers) == (Form.WHICH, {"first": "yes"})


@pytest.mark.parametrize("text", ["あとで", "また今度"])
def test_later_pauses(kind: str, text: str) -> None:
    talk = at(kind)
    talk.type(text)
    assert talk.state.paused
    assert "it" not in talk.answers


def test_back_goes_back(kind: str) -> None:
    talk = at(kind)
    talk.type("戻る")
    assert talk.asked == "first"


@pytest.mark.parametrize("text", ["わからない", "わかりません", "答えたくない", "答えたくありません"])
def test_not_knowing_and_not_wanting_leave_it_open_only_where_the_form_allows(kind: str, text: str) -> None:
    for decline in ("refuse", "unknown"):
        talk = at(kind, decline)
        talk.type(text)
        assert talk.in_state(AnswerState.DECLINED) == ["it"]
    talk = at(kind)
    talk.type(text)
    assert (talk.asked, "it" in talk.answers) == ("it", False)


def test_the_same_as_before_is_no_answer_where_nothing_is_known(kind: str) -> None:
    talk = at(kind)
    talk.type("同じ")
    assert (talk.asked, "it" in talk.answers) == ("it", False)
