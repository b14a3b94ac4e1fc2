"""Lines of Japanese and of words: nothing lost, no closing mark first, no opening one last."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from bot.outreach.line_breaks import lines_of


def width_of(text: str) -> float:
    return sum(0.5 if sign.isascii() else 1 for sign in text)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("東京都千代田区", 4, ["東京都千", "代田区"]),
        ("確認をします。", 6, ["確認をしま", "す。"]),
        ("番号(四桁)を", 3, ["番号", "(四桁)", "を"]),
        ("Read the code", 4, ["Read the", "code"]),
        ("is not “other”", 7, ["is not", "“other”"]),
        ("LINEでのご回答", 4, ["LINEでの", "ご回答"]),
        ("a\nb", 4, ["a", "b"]),
        ("x" * 10, 2, ["xxxx", "xxxx", "xx"]),
        ("", 4, [""]),
    ],
)
def test_where_a_line_ends(text: str, width: float, lines: list[str]) -> None:
    assert lines_of(text, width, width_of) == lines


@given(st.text(alphabet="あ漢字。、」「(ーa bc-.,\n　", max_size=60), st.integers(min_value=2, max_value=20))
def test_no_sign_is_lost_and_lines_keep_their_width(text: str, width: int) -> None:
    lines = lines_of(text, width, width_of)
    assert "".join("".join(lines).split()) == "".join(text.split())
    # Where every sign of a line may neither end nor begin one, it is as long as it has to be.
    assert all(width_of(line) <= width or len(line) <= width + 1 or set(line) & set("。、」「(ー.,") for line in lines)
