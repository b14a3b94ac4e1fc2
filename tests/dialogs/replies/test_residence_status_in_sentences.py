"""A status of residence inside a sentence: one that is clear is taken, a plan, a past or another person's is not."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext

TODAY = ReplyContext(today=date(2026, 11, 28))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("永住の許可をもらっています", "permanent_resident"),
        ("技術・人文知識・国際業務ビザで働いています", "engineer_humanities_international"),
        ("留学で来ました", "student"),
        ("私は家族滞在で日本に来ました", "dependent"),
        ("短期滞在の90日です", "temporary_visitor"),
        ("特定技能の1号、外食です", "specified_skilled_worker"),
        ("特定技能1号(介護)", "specified_skilled_worker"),
        ("わたくし、介護ビザで働いております", "nursing_care"),
        ("定住者として日本に住んでいます", "long_term_resident"),
        ("経営管理のビザをもろてます", "business_manager"),
    ],
)
def test_taken(text: str, code: str) -> None:
    found = READERS["residence_status"](text, TODAY)
    assert isinstance(found, Parsed), found
    assert found.value == code


@pytest.mark.parametrize(
    "text",
    [
        "永住者の子です",
        "夫が永住者で私は家族滞在",
        "妻が留学で来ました",
        "永住申請中です",
        "前は留学でした",
        "留学から就職しました",
        "永住者ではありません",
        "留学を考えています",
        "永住者になりたい",
        "技能の1号です",
        "教育の仕事をしています",
        "留学の友だち",
        "特定技能から介護に変更します",
    ],
)
def test_asked_back(text: str) -> None:
    assert isinstance(READERS["residence_status"](text, TODAY), Problem)
