"""Choices, yes and no in the speech of every region, stretched or very polite; a denial is never taken for a yes."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.definition.model import Questionnaire, QuestionType
from dialogs.definition.yaml_format import load_shipped
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, ReplyContext
from dialogs.replies.choices import ParsedMany, read_choice, read_choices

TODAY = ReplyContext(today=date(2026, 11, 28))
FORM = load_shipped("individual")


def chosen(name: str, text: str, form: Questionnaire = FORM) -> object:
    question = form.by_name[name]
    choices = form.choices[question.list_name or ""]
    if question.type is QuestionType.SELECT_MULTIPLE:
        several = read_choices(text, choices, TODAY, FORM.default_language)
        return ",".join(several.values) if isinstance(several, ParsedMany) else None
    found = read_choice(text, choices, TODAY, FORM.default_language, kind=question.bot.kind)
    return next(c.name for c in choices if c.name == found.value) if isinstance(found, Parsed) else None


@pytest.mark.parametrize(
    ("question", "text", "choice"),
    [
        ("frequency", "まったく使うてません", "rarely"),
        ("frequency", "ぜんぜん使うとらんばい", "rarely"),
        ("frequency", "毎日使うてます", "daily"),
        ("frequency", "月1回どすえ😊", "monthly"),
        ("frequency", "月に1回ぐらいでしょうか", "monthly"),
        ("consent", "同意させてもらいますわ", "agree"),
        ("consent", "同意いたしますけん", "agree"),
        ("consent", "同意しますえ", "agree"),
        ("consent", "同意はできまへん", "disagree"),
        ("consent", "同意できんばい", "disagree"),
        ("consent", "同意しとうない", "disagree"),
        ("occupation", "わては会社員どすえ", "company_employee"),
        ("occupation", "大学生(大学院)", "student"),
        ("income_band", "働いてないのでゼロ円", "none"),
        ("income_band", "300万円ほどいただいております", "from_2m"),
        ("foreign_pep", "該当いたしません", "none"),
        ("antisocial", "表明させていただきます", "declared"),
        ("tax_residence", "日本だけじゃけん", "japan_only"),
    ],
)
def test_taken(question: str, text: str, choice: str) -> None:
    assert chosen(question, text) == choice


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("frequency", "毎日は使うてません"),
        ("frequency", "毎日は使っとらん"),
        ("occupation", "会社員やっとらん"),
        ("occupation", "パートしとりません"),
        ("occupation", "会社員ちゃうで"),
        ("consent", "同意できないことはない"),
        ("consent", "同意しないわけではありません"),
        ("consent", "同意できんこともない"),
        ("frequency", "毎日使わなくはない"),
    ],
)
def test_what_is_denied_is_not_taken(question: str, text: str) -> None:
    assert chosen(question, text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("該当いたします", True),
        ("しておりますえ", True),
        ("ありまっせ", True),
        ("あるっちゃ", True),
        ("はーーーい", True),
        ("あるある", True),
        ("使うてません", False),
        ("やっとらんけん", False),
        ("おまへん", False),
        ("ないさー", False),
    ],
)
def test_yes_and_no(text: str, value: bool) -> None:
    found = READERS["yes_no"](text, TODAY)
    assert isinstance(found, Parsed), found
    assert found.value is value


@pytest.mark.parametrize("text", ["大丈夫やで", "問題おまへん", "ないことおまへん", "知らんけん", "使うてますか"])
def test_what_is_not_clear_stays_so(text: str) -> None:
    assert not isinstance(READERS["yes_no"](text, TODAY), Parsed)


@pytest.mark.parametrize(
    ("text", "value"),
    [("働いてないのでゼロ円", 0), ("退職したので10万円", 100_000), ("妻が働いてるので30万円", None)],
)
def test_a_reason_in_front_of_an_amount(text: str, value: int | None) -> None:
    found = READERS["amount"](text, TODAY)
    assert (found.value if isinstance(found, Parsed) else None) == value
