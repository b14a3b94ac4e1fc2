"""Which characters of two values are marked: never notation, always what makes the difference."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from bot.console.comparing import mark, normalised


def marked(left: str, right: str) -> tuple[str, str]:
    """Both values with what is marked in brackets."""
    one, other = mark(left, right)
    return tuple("".join(f"[{piece.text}]" if piece.differs else piece.text for piece in side) for side in (one, other))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("南町３－４－１５", "南町3-4-16", ("南町３－４－１[５]", "南町3-4-1[6]")),
        ("090-1234-5678", "09012345679", ("090-1234-567[8]", "0901234567[9]")),
        ("髙橋 太郎", "高橋太郎", ("[髙]橋 太郎", "[高]橋太郎")),
        ("ﾀｶﾊｼ", "タカハシ", ("ﾀｶﾊｼ", "タカハシ")),
        ("1-1 サンプルビル", "1-1", ("1-1 [サンプルビル]", "1-1")),
        ("", "新しい値", ("", "新しい値")),
    ],
)
def test_only_the_difference_is_marked(left: str, right: str, expected: tuple[str, str]) -> None:
    assert marked(left, right) == expected


@given(st.text(max_size=30), st.text(max_size=30))
def test_marking_loses_no_character(left: str, right: str) -> None:
    one, other = mark(left, right)
    assert ("".join(piece.text for piece in one), "".join(piece.text for piece in other)) == (left, right)
    assert not any(piece.differs for piece in mark(left, left)[0])


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("phone", "090-1234-5678", "09012345678"),
        ("address", "東京都千代田区南町三丁目４番１５号", "東京都千代田区南町 3-4-15"),
        ("name", "髙橋　太郎", "髙橋太郎"),
        ("purposes", "salary;saving", "salary、saving"),
        ("birth_date", "昭和60年4月1日", "1985-04-01"),
        ("phone", "なし", None),
        ("phone", " ", None),
    ],
)
def test_a_value_is_shown_as_the_comparison_sees_it(name: str, value: str, seen: str | None) -> None:
    assert normalised(name, value) == seen
