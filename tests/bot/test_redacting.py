"""What staff read of a customer's words away from the conversation."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from bot.redacting import is_clean, names_in, redact

MASTER = {"name": "髙橋 花子", "name_kana": "タカハシ ハナコ", "email": "hana@example.jp", "employer": "かもめ商会"}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("電話は０９０－１２３４－５６７８です。変えられますか", "電話は●●●です。変えられますか"),
        ("口座1234567の住所を変えたい", "口座●●●の住所を変えたい"),
        ("〒105-0011は正しい?", "〒●●●は正しい?"),
        ("一〇五〇〇一一でいい?", "●●●でいい?"),
        ("2丁目に越したけど?", "●●●に越したけど?"),
        ("hana.t@example.jp に送って", "●●● に送って"),
        ("暗証番号は1234です", "●●●"),
        ("4111 1111 1111 1111 でいい?", "●●●"),
        ("改行\nしても\u3000一行?", "改行 しても 一行?"),
        ("18歳から3人まで、10万円の話?", "18歳から3人まで、10万円の話?"),
        ("令和7年までですか?", "令和7年までですか?"),
    ],
)
def test_figures_addresses_and_secrets(words: str, shown: str) -> None:
    assert redact(words) == shown
    assert is_clean(words) == ("●" not in shown)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("髙橋花子ですが、フクロウは?", "●●●ですが、フクロウは?"),
        ("髙橋です", "●●●です"),
        ("たかはしはなこです", "●●●です"),
        ("ﾊﾅｺでございます", "●●●でございます"),
        ("かもめ商会を辞めたら?", "●●●を辞めたら?"),
        ("フクロウは何色?", "フクロウは何色?"),
    ],
)
def test_the_names_that_the_bank_holds(words: str, shown: str) -> None:
    assert redact(words, names_in(MASTER)) == shown


def test_a_name_of_one_sign_is_masked_where_it_stands_alone() -> None:
    names = names_in({"name": "森 繁"})
    assert redact("森です。森様宛ての森林の話?", names) == "●●●です。●●●様宛ての森林の話?"


def test_of_an_unknown_customer_there_are_no_names() -> None:
    assert names_in({}) == frozenset()
    assert redact("髙橋です") == "髙橋です"


@given(st.text(max_size=60))
def test_what_was_masked_is_masked_for_good(words: str) -> None:
    shown = redact(words, names_in(MASTER))
    assert redact(shown, names_in(MASTER)) == shown
