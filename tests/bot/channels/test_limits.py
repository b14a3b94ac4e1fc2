"""The counts agree with the platforms' and nothing is lost where a text is parted."""

import unicodedata

import pytest
from hypothesis import given, strategies as st

from bot.channels.limits import (
    LIMITS,
    clean,
    cut,
    grapheme_count,
    graphemes,
    is_blank,
    length,
    split_text,
    utf8_bytes,
    utf16_units,
)


@pytest.mark.parametrize(
    ("text", "units", "seen"),
    [
        ("", 0, 0),
        ("abc", 3, 3),
        ("𠮷野家", 4, 3),
        ("葛\U000e0100城", 4, 2),
        ("か\u3099", 2, 1),
        ("ｶﾞｷﾞ", 4, 2),
        ("👨\u200d👩\u200d👧", 8, 1),
        ("👍🏽", 4, 1),
        ("🇯🇵🇬🇧", 8, 2),
        ("🇯🇵🇬", 6, 2),
        ("한국", 2, 2),
        ("\u1112\u1161\u11ab", 3, 1),
        ("a\u200db", 3, 2),
        ("\r\n\n", 3, 2),
        ("1\ufe0f\u20e3", 3, 1),
    ],
)
def test_counts(text: str, units: int, seen: int) -> None:
    assert utf16_units(text) == units
    assert grapheme_count(text) == seen
    assert "".join(graphemes(text)) == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_utf16_is_what_the_codec_says(text: str) -> None:
    assert utf16_units(text) == len(text.encode("utf-16-le")) // 2
    assert utf8_bytes(text) == len(text.encode())
    assert "".join(graphemes(text)) == text


def test_lengths_by_unit() -> None:
    assert length("𠮷", "utf16") == 2
    assert length("𠮷", "codepoints") == 1
    with pytest.raises(ValueError, match="unknown unit"):
        length("x", "furlongs")


def test_clean_and_blank() -> None:
    assert clean("a\r\nb\rc\x00\x07\td\ud800\u2028e ") == "a\nb\nc d\ufffd\ne"
    assert is_blank("")
    assert is_blank(" \u3000\u200b\n\u3164")
    assert not is_blank("　あ")


def test_cut_keeps_whole_characters() -> None:
    assert cut("短い", 20, units=60) == "短い"
    assert cut("あいうえお", 4, units=60) == "あいう…"
    assert cut("ab👨\u200d👩\u200d👧cd", 4, units=60) == "ab👨\u200d👩\u200d👧…"
    assert cut("ab👨\u200d👩\u200d👧cd", 4, units=9) == "ab…"


@given(st.text(), st.integers(2, 20), st.integers(2, 60))
def test_cut_holds_both_bounds(text: str, most: int, units: int) -> None:
    shown = cut(text, most, units=units)
    assert grapheme_count(shown) <= most
    assert utf16_units(shown) <= units


def test_split_prefers_paragraphs() -> None:
    assert split_text("一つ目。\n\n二つ目。\n\n三つ目。", 11) == ["一つ目。\n\n二つ目。", "三つ目。"]
    assert split_text("あ\nい\nう", 3) == ["あ\nい", "う"]
    assert split_text("いち。に。さん。", 5) == ["いち。に。", "さん。"]
    assert split_text("あいうえおか\n\nき\n\nく", 5) == ["あいうえお", "か", "き\n\nく"]
    assert split_text("短い", 10) == ["短い"]
    assert split_text("  ", 10) == []


def test_a_piece_may_be_exactly_full() -> None:
    assert split_text("𠮷" * 2500, 5000) == ["𠮷" * 2500]
    assert [utf16_units(p) for p in split_text("𠮷" * 2501, 5000)] == [5000, 2]


@given(st.text(alphabet=st.sampled_from("あ𠮷a \n。.\u3099👍🏽"), max_size=200), st.integers(2, 40))
def test_split_loses_nothing_but_white_space(text: str, most: int) -> None:
    pieces = split_text(text, most)
    assert all(0 < utf16_units(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_every_platform_has_a_row() -> None:
    assert set(LIMITS) == {"line", "telegram"}
    assert all(unicodedata.category(name[0]) == "Ll" and row.data_bytes >= 64 for name, row in LIMITS.items())
