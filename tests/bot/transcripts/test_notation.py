"""What counts as a sign of a customer, whoever made the words that are to stand for his."""

from __future__ import annotations

import pytest

from bot.transcripts.notation import gives_away


@pytest.mark.parametrize(
    ("one", "text", "tells"),
    [
        ("5000", "5000", True),
        ("50円", "50", True),
        ("5300000", "5200000", False),
        ("110-12345", "0123 4", True),
        ("０１２３", "9-0123-9", True),
        ("山田様", "妻の山田花子", True),
        ("ＹＡmada", "yamaguchi", True),
        ("山 田", "山田", False),
        ("昭和56年1月3日", "昭和55年5月12日", False),
        ("", "", False),
    ],
)
def test_the_same_number_four_digits_or_two_letters_tell(one: str, text: str, tells: bool) -> None:
    assert gives_away(one, text) is tells
