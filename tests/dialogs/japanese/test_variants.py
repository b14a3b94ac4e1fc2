"""Drawings of one character are alike; different characters that look alike are not."""

from __future__ import annotations

import pytest

from dialogs.japanese.kana import alike_key, to_hiragana, to_katakana, transfer_key
from dialogs.japanese.variants import has_gaiji, same_variants, variant_forms, variant_key


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("髙橋", "高橋"),
        ("山﨑", "山崎"),
        ("渡邉", "渡辺"),
        ("渡邊", "渡邉"),
        ("齋藤", "斎藤"),
        ("𠮷田", "吉田"),
        ("嶋", "島"),
        ("葛\U000e0100", "葛"),
    ],
)
def test_alike(left: str, right: str) -> None:
    assert same_variants(left, right)
    assert same_variants(right, left)


@pytest.mark.parametrize(
    ("left", "right"), [("斎藤", "斉藤"), ("大田", "太田"), ("未", "末"), ("土", "士"), ("高橋", "高")]
)
def test_apart(left: str, right: str) -> None:
    assert not same_variants(left, right)


def test_key_and_forms() -> None:
    assert variant_key("髙橋﨑𠮷") == "高橋崎吉"
    assert {"髙", "高"} <= variant_forms("髙")
    assert variant_forms("A") == {"A"}


def test_bank_gaiji_are_seen() -> None:
    assert has_gaiji("山\ue000")
    assert not has_gaiji("山田")


def test_kana_keys() -> None:
    assert to_katakana("やまだ") == "ヤマダ"
    assert to_hiragana("ヤマダー") == "やまだー"
    assert transfer_key("ショウ") == transfer_key("シヨウ")
    assert transfer_key("オーノ ケン") == "オノケン"
    assert alike_key("ミヅヲ") == alike_key("ミズオ")
    assert transfer_key("ミヅヲ") != transfer_key("ミズオ")
    assert alike_key("ヴィトン") == alike_key("ビトン")
