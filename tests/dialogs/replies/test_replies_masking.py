"""A masked value can be recognised by its owner and not be read by anybody else."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dialogs.replies import READERS
from dialogs.replies.masking import mask


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("name", "山田太郎", "山●太●"),
        ("name", "山田 太郎", "山● 太●"),
        ("name", "John Smith", "J●●● S●●●●"),
        ("name", "李", "●"),
        ("kana", "ヤマダ タロウ", "ヤ●● タ●●"),
        ("phone", "09012341234", "090-****-1234"),
        ("phone", "0312345678", "03-****-5678"),
        ("phone", "+12127365000", "+12*******00"),
        ("address", "東京都千代田区千代田1-1", "東京都●●区●●1-●"),
        ("address", "somewhere", "●●…"),
        ("email", "taro@example.com", "t***@example.com"),
        ("date", "1964-10-10", "19●●年"),
        ("text", "食品卸売", "食●●●"),
        ("postal_code", "1000001", "100-****"),
        ("residence_card", "AB12345678CD", "AB**********"),
        ("amount", "300000", "●●●"),
        ("owners", '[{"name":"山田 太郎","share":60},{"name":"株式会社青葉"}]', "山● 太●(60%)、株●会●青●"),
        ("owners", "山田", "●●●"),
        ("country", "JPN", "JPN"),
        ("no such kind", "秘密です", "秘●●●"),
        ("name", "", ""),
    ],
)
def test_mask(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


@given(st.text(alphabet="0123456789", min_size=10, max_size=11))
def test_a_phone_number_never_shows_its_middle(digits: str) -> None:
    assert len([char for char in mask("phone", digits) if char.isdigit()]) <= 7


@given(st.sampled_from(sorted(READERS)), st.text(max_size=40))
def test_any_value_can_be_masked(kind: str, value: str) -> None:
    shown = mask(kind, value)
    if kind in ("name", "text", "address", "date", "amount") and len(value) > 3 and value.isalnum():
        assert shown != value
