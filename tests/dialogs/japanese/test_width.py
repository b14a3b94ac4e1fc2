"""What is typed in any width, with any dash or mark, is read as one form."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, strategies as st

from dialogs.japanese import width
from dialogs.japanese.width import fold, normalise, to_storable_width


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("１ー２−３", "1-2-3"),
        ("コーポ－１０１", "コーポ-101"),
        ("タワー101", "タワー101"),
        ("サ−ビス", "サービス"),
        ("ﾊﾟｰﾄ", "パート"),
        ("か゛", "が"),
        ("山田　太郎", "山田 太郎"),
        ("〒１００－０００１", "〒100-0001"),
        ("①番", "1番"),
        ("1①", "1 1"),
        ("10〜20", "10~20"),
        ("㍿山田", "株式会社山田"),
        ("葛\U000e0100", "葛"),
        ("0\u200b9\ufeff0", "090"),
    ],
)
def test_normalise(typed: str, read: str) -> None:
    assert normalise(typed) == read


@given(st.text("あカー-−ｰ  　、。!?~a1゛\u3099漢々〇・「①²", max_size=8))
def test_a_text_that_is_left_as_it_is_had_its_one_form(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(width, "_IN_FORM", re.compile("(?!)"))
        expected = normalise(text)
    assert normalise(text) == expected


def test_a_raised_figure_never_becomes_a_plain_one() -> None:
    assert normalise("10²") == "10²"
    assert normalise("½") == "½"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("パート・アルバイト", "ﾊﾟｰﾄ･ｱﾙﾊﾞｲﾄ"),
        ("はい。", "ハイ"),
        ("ＯＫ！", "ok"),
        ("会社 員", "会社員"),
        ("New  York", "new york"),
    ],
)
def test_fold_makes_alike(left: str, right: str) -> None:
    assert fold(left) == fold(right)


def test_fold_keeps_words_of_latin_letters_apart() -> None:
    assert fold("part time") != fold("parttime")


def test_what_is_stored_keeps_every_kanji() -> None:
    # U+FA10 and U+FA19 are compatibility ideographs that NFKC would replace.
    typed = "\ufa10\ufa19\u3000ｶﾞｸ１－２"
    assert to_storable_width(typed) == "\ufa10\ufa19 ガク1-2"
    assert unicodedata.normalize("NFKC", typed)[0] != "\ufa10"


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert normalise(normalise(text)) == normalise(text)
