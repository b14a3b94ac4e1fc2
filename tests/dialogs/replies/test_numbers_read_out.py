"""Phone and corporate numbers that are read out digit by digit, in kana, kanji numerals or figures among them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dialogs.replies import READERS
from dialogs.replies.base import Parsed
from tests.dialogs.replies.test_choices_in_dialect import TODAY

NAMES = "ゼロ・れい・まる いち にー・に さん よん・し ごー・ご ろく なな・しち はち きゅう・きゅー"
SAID = dict(zip("0123456789", NAMES.split(" "), strict=True))


@pytest.mark.parametrize(
    ("kind", "texts", "value"),
    [
        (
            "phone",
            "ゼロキュウゼロいちにさんよんごろくななはち|ぜろきゅーぜろ いちにーさんよん ごーろくななはち"
            "|まるきゅうまる の 1234 の 5678|〇九〇の一二三四の五六七八|電話はゼロキュウゼロの1234の5678です"
            "|ｾﾞﾛｷｭｳｾﾞﾛｲﾁﾆｻﾝﾖﾝｺﾞﾛｸﾅﾅﾊﾁ|ゼロ・キュウ・ゼロ・イチ・ニ・サン・ヨン・ゴ・ロク・ナナ・ハチ"
            "|zero kyuu zero ichi ni san yon go roku nana hachi",
            "09012345678",
        ),
        ("phone", "ゼロさん の いちにさんよん の ごろくななはち", "0312345678"),
        ("corporate_number", "ななゼロゼロゼロゼロいちにーゼロごーゼロゼロゼロにー", "7000012050002"),
    ],
)
def test_read(kind: str, texts: str, value: str) -> None:
    for text in texts.split("|"):
        found = READERS[kind](text, TODAY)
        assert isinstance(found, Parsed), (text, found)
        assert found.value == value, text


@given(st.from_regex(r"0[789]0[1-9][0-9]{7}", fullmatch=True), st.data())
def test_every_way_of_saying_the_digits_is_one_number(digits: str, data: st.DataObject) -> None:
    said = "".join(data.draw(st.sampled_from([digit, *SAID[digit].split("・")])) for digit in digits)
    found, plain = (READERS["phone"](text, TODAY) for text in (said, digits))
    assert isinstance(found, Parsed) is isinstance(plain, Parsed)
    assert not isinstance(found, Parsed) or found == plain


@pytest.mark.parametrize(
    "text", ["ゼロキュウゼロいちにさん", "オーキューオー1234 5678", "九十 一二三四 五六七八", "さん、よろしく"]
)
def test_what_is_no_whole_number_is_asked_back(text: str) -> None:
    assert not isinstance(READERS["phone"](text, TODAY), Parsed)
