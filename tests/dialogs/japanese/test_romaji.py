"""Romaji is read in both of its spellings; what is not romaji from end to end is none."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dialogs.japanese.romaji import from_romaji

SYLLABLES = {
    **{"ka": "か", "shi": "し", "si": "し", "tsu": "つ", "tu": "つ", "chi": "ち", "ti": "ち", "fu": "ふ", "hu": "ふ"},
    **{"ji": "じ", "zi": "じ", "kyo": "きょ", "sha": "しゃ", "sya": "しゃ", "ja": "じゃ", "zya": "じゃ", "wo": "を"},
}


@pytest.mark.parametrize(
    ("text", "kana"),
    [
        ("wakarimasen", "わかりません"),
        ("Kaishain desu", "かいしゃいんです"),
        ("ZANNEN", "ざんねん"),
        ("kekkon", "けっこん"),
        ("matcha", "まっちゃ"),
        ("shimbun", "しんぶん"),
        ("hon'ya", "ほんや"),
        ("onna", "おんな"),
        ("Tōkyō", "とうきょう"),
        ("hai, sou desu.", "はい,そうです."),
        ("ra-men", "らーめん"),
        ("kore wa hon o yomu watashi", "これはほんをよむわたし"),
    ],
)
def test_words(text: str, kana: str) -> None:
    assert from_romaji(text) == kana


@pytest.mark.parametrize(
    "text", ["", " ", "...", "yes", "stop", "Smith", "I don't know", "kaisha 3", "かいしゃ", "k", "x", "qa"]
)
def test_what_is_no_romaji(text: str) -> None:
    assert from_romaji(text) is None


@given(st.lists(st.sampled_from(sorted(SYLLABLES)), min_size=1, max_size=12))
def test_any_row_of_syllables_reads_as_their_kana(row: list[str]) -> None:
    assert from_romaji("".join(row)) == "".join(SYLLABLES[one] for one in row)


@given(st.text(max_size=30))
def test_any_text_is_read_or_is_none(text: str) -> None:
    found = from_romaji(text)
    assert found is None or not any("a" <= sign <= "z" for sign in found)
