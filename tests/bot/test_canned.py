"""Approved replies: what is offered, what is not, and what is wrong with a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.canned import PLACEHOLDERS, load_replies, offer
from bot.problems import SettingsProblem
from dialogs.guard import find_secret
from locales import SHIPPED_LANGUAGES, VOICES, language_of

FACTS = {"bank_name": "見本銀行", "bank_phone": "0120-000-000", "staff_name": "佐藤", "question": "ご職業"}


def own(tmp_path: Path, text: str) -> Path:
    (tmp_path / "ja").mkdir(exist_ok=True)
    (tmp_path / "ja" / "replies.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("locale", SHIPPED_LANGUAGES)
def test_the_shipped_ones_are_drafts_that_pass_our_own_guard(locale: str) -> None:
    replies = load_replies(locale, None)
    assert [reply.id for reply in replies] == [reply.id for reply in load_replies("ja", None)]
    assert offer(replies, FACTS, drafts=False) == (), "nobody has signed for them yet"
    shown = offer(replies, FACTS, drafts=True)
    assert len(shown) == len(replies)
    assert not [one for one in shown if "{" in one.text or find_secret(one.text, expected=None)]


def test_the_banks_own_file_stands_before_the_shipped_one(tmp_path: Path) -> None:
    text = """
- {id: a, title: あいさつ, text: "{bank_name}です", status: approved, approved_by: 山田, approved_on: 2026-04-01}
- {id: b, title: 下書き, text: まだです, status: draft}
"""
    replies = load_replies("ja", own(tmp_path, text))
    assert [(one.id, one.text) for one in offer(replies, FACTS, drafts=False)] == [("a", "見本銀行です")]


@pytest.mark.parametrize("voice", VOICES)
def test_every_voice_of_a_customer_has_replies(voice: str) -> None:
    assert load_replies(language_of(voice), None)


def test_a_reply_with_a_gap_is_not_offered() -> None:
    replies = load_replies("ja", None)
    without = offer(replies, FACTS | {"question": ""}, drafts=True)
    assert "question" not in {one.id for one in without}
    assert len(without) == len(replies) - 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- {id: a, title: x, text: y, status: approved}", "an approved reply has approved_by"),
        ("- {id: a, title: x, text: y, status: draft, approved_by: z}", "a draft has neither"),
        ("- {id: a, title: x, text: '{name}', status: draft}", "{name} cannot stand there; known are bank_name"),
        ("- {id: a, title: x, status: draft}", "0.text: Field required"),
        ("- {id: a, title: x, text: y, status: draft, colour: red}", "0.colour: Extra inputs"),
        ("- {id: a, title: x, text: y, status: draft}\n- {id: a, title: x, text: y, status: draft}", "stands twice"),
        ("- [", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_console_with_a_sentence(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(SettingsProblem, match=r"locales/ja/replies\.yaml") as stopped:
        load_replies("ja", own(tmp_path, text))
    assert why in str(stopped.value)


def test_the_placeholders_are_those_that_the_console_fills() -> None:
    assert set(FACTS) == PLACEHOLDERS
