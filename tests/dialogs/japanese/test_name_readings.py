"""A reading that hardly belongs to a name is noticed; one that may belong to it never is."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dialogs.japanese.name_readings import is_doubtful


@pytest.mark.parametrize(
    ("name", "kana"),
    [
        ("佐藤 裕子", "サトウ ヒロコ"),
        ("佐藤 裕子", "サトー ユウコ"),
        ("山崎太郎", "ヤマサキ タロウ"),
        ("山崎太郎", "ヤマザキタロウ"),
        ("東 光", "アズマ ヒカル"),
        ("金城 武", "キンジョウ タケシ"),
        ("大野 美空", "オオノ スカイ"),
        ("小鳥遊 翔", "タカナシ カケル"),
        ("やまだ 花子", "ヤマダ ハナコ"),
        ("さとうはなこ", "サトウ ハナコ"),
        ("NGUYEN VAN A", "グエン ヴァン アー"),
        ("株式会社山田商店", "ヤマダショウテン"),
        ("𠮷野 一", "ヨシノ ハジメ"),
        ("佐藤 花子", ""),
        ("", "サトウ"),
    ],
)
def test_a_possible_reading_is_not_doubted(name: str, kana: str) -> None:
    assert not is_doubtful(name, kana)


@pytest.mark.parametrize(
    ("name", "kana"),
    [
        ("佐藤 花子", "スズキ ハナコ"),
        ("佐藤花子", "ハナコ サトウ"),
        ("長谷川 一", "ハセ"),
        ("さとうはなこ", "スズキ ハナコ"),
        ("山田 太郎", "アオゾラショウジ"),
    ],
)
def test_another_name_is(name: str, kana: str) -> None:
    assert is_doubtful(name, kana)


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_is_too_odd(name: str, kana: str) -> None:
    assert is_doubtful(name, kana) in (True, False)
