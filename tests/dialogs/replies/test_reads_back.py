"""Names, readings, codes and addresses out of pieces that people type: what is taken reads back unchanged."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from dialogs.replies import READERS
from dialogs.replies.base import Parsed, ReplyContext

TODAY = ReplyContext(today=date(2026, 11, 28))
PLACES = "東京都 千代田区 大阪府 大阪市 北区 横浜市 西区 草津町 群馬県 北海道 札幌市 丸の内 栄 字 大字 条 西"
NUMBERS = "Tokyo 1 2 3 １ 一 二 十 - ー － 丁目 番地 号 の 100-0001 〒 1000001 5300001 101 号室 ハイツ 郵便番号 zip"
PEOPLE = "山田 太郎 やまだ ヤマダ ﾔﾏﾀﾞ 様 さん 株式会社 ㈱ (株) カナ 株 〇 ・ = '"
CHATTER = "です だ や よ やで だよ デス ﾃﾞｽ です。 はい、 住所は 名前は 氏名 フリガナ うち my に住んでます ( ) 、 ,"
PIECES = st.sampled_from([*PLACES.split(), *NUMBERS.split(), *PEOPLE.split(), *CHATTER.split(), " ", "　"])


@pytest.mark.parametrize("kind", ["address", "postal_code", "name", "kana"])
@given(pieces=st.lists(PIECES, max_size=9))
@settings(max_examples=300, deadline=None)
def test_what_is_taken_reads_back(kind: str, pieces: list[str]) -> None:
    found = READERS[kind]("".join(pieces), TODAY)
    if isinstance(found, Parsed):
        assert READERS[kind](found.display, TODAY) == found
