"""A value inside sentences is taken out only where nothing beside it makes it doubtful."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext

SATURDAY = ReplyContext(today=date(2026, 11, 28))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("amount", "月に40万円です。子どもが多いので", 400_000),
        ("amount", "12万円(手取り)", 120_000),
        ("amount", "3万円を毎月仕送りしています", 30_000),
        ("date", "昭和35年4月1日です。春生まれ!", "1960-04-01"),
        ("date", "会社は昭和35年4月1日に創業しました", "1960-04-01"),
        ("integer", "従業員は5名です", 5),
        ("integer", "3人(子ども含む)", 3),
        ("integer", "私と妻の2人です", 2),
        ("integer", "夫婦2人", 2),
        ("percentage", "株の三割を持っています", 30),
        ("percentage", "さんわり", 30),
        ("phone", "番号が変わりました。090-1234-5678", "09012345678"),
        ("phone", "固定電話で03-3456-7890です", "0334567890"),
        ("email", "連絡用は taro@example.jp です", "taro@example.jp"),
        ("residence_card", "更新したのでAB12345678CDになりました", "AB12345678CD"),
        ("corporate_number", "7000012050002 ←これです", "7000012050002"),
        ("yes_no", "「はい」", True),
    ],
)
def test_taken(kind: str, text: str, value: object) -> None:
    found = READERS[kind](text, SATURDAY)
    assert isinstance(found, Parsed), found
    assert found.value == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("amount", "40万円です。嘘です"),
        ("amount", "40万円です。多分もっと少ない"),
        ("amount", "40万円。いや50万円"),
        ("date", "昭和35年4月1日です。でも自信がない"),
        ("date", "昭和35年4月1日(妻)"),
        ("integer", "夫婦と子ども3人"),
        ("integer", "去年は3人"),
        ("percentage", "40/40"),
        ("percentage", "70/30"),
        ("phone", "090-1234-5678は古い番号です"),
        ("phone", "妻の携帯は090-1234-5678です"),
        ("email", "ta ro@example.com"),
        ("email", "taro@example.com は妻のです"),
        ("residence_card", "https://example.com/x/AB12345678CD"),
        ("residence_card", "前のカードはAB12345678CDでした"),
        ("corporate_number", "取引先は7000012050002"),
        ("corporate_number", "7000012050002円"),
        ("yes_no", "はいではない"),
        ("yes_no", "どっちとも言えません"),
    ],
)
def test_asked_back(kind: str, text: str) -> None:
    assert isinstance(READERS[kind](text, SATURDAY), Problem)


@pytest.mark.parametrize("kind", ["amount", "integer", "date", "phone", "residence_card", "corporate_number"])
@pytest.mark.parametrize("value", ["30万円", "3人", "2028年4月1日", "090-1234-5678", "AB12345678CD", "7000012050002"])
@pytest.mark.parametrize("aside", ["(パスワードはsakura77)", "。暗証は0451です", "。passwordはさくらんぼ"])
def test_no_secret_passes_as_an_aside(kind: str, value: str, aside: str) -> None:
    """What is a valid reply is not withheld, so what hides a secret must not be one."""
    assert isinstance(READERS[kind](value + aside, SATURDAY), Problem)


@pytest.mark.parametrize("text", ["パスワードは1234", "暗証番号は1234", "暗証は4桁で1234", "口座番号は1234567"])
def test_a_named_number_is_no_count(text: str) -> None:
    assert isinstance(READERS["integer"](text, SATURDAY), Problem)
