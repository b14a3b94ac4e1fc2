"""No secret slips through in any width or with any separators, and no answer is taken for one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, example, given, settings, strategies as st

from dialogs.guard import Secret, SecretKind, find_secret, withheld_mark
from dialogs.guard_digits import is_card_number, is_my_number
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, ReplyContext
from dialogs.replies.codes import is_corporate_number

SEPARATORS = st.text(alphabet=" 　-－ー‐・.．/,_\n\u200b", max_size=3)
WIDTHS = [
    str.maketrans("0123456789", digits) for digits in ("0123456789", "０１２３４５６７８９", "〇一二三四五六七八九")
]


def _luhn(body: str) -> str:
    return next(body + str(last) for last in range(10) if is_card_number(body + str(last)))


CARDS = st.builds(
    lambda prefix, length, tail: _luhn((prefix + tail)[: length - 1]),
    st.sampled_from(["4", "51", "2221", "3528", "37", "36", "6011", "62", "9"]),
    st.sampled_from([14, 15, 16]),
    st.text(alphabet="0123456789", min_size=15, max_size=15).filter(lambda tail: len(set(tail)) > 1),
)
MY_NUMBERS = (
    st.integers(0, 10**11 - 1)
    .map(lambda body: next(f"{body:011}{last}" for last in range(10) if is_my_number(f"{body:011}{last}") or not body))
    .filter(is_my_number)
)


def _kind(text: str, expected: str | None = None) -> SecretKind | None:
    found = find_secret(text, expected=expected)
    return None if found is None else found.kind


@given(
    card=CARDS,
    separators=st.lists(SEPARATORS, min_size=16, max_size=16),
    width=st.sampled_from(WIDTHS),
    around=st.sampled_from(["", "カード", "番号は{}です", "{}、期限は12月"]),
)
@settings(deadline=None)
def test_spacing_and_width_never_hide_a_card_number(
    card: str, separators: list[str], width: dict[int, str], around: str
) -> None:
    written = "".join(digit.translate(width) + separator for digit, separator in zip(card, separators, strict=False))
    text = around.format(written) if "{}" in around else around + written
    for expected in (None, "text", "name", "date", "amount", "yes_no", "link_code", "postal_code"):
        assert _kind(text, expected) is SecretKind.CARD_NUMBER


@given(number=MY_NUMBERS, separators=st.lists(SEPARATORS, min_size=12, max_size=12), width=st.sampled_from(WIDTHS))
@example(number="123456789018", separators=["", "", "", " "] * 3, width=WIDTHS[0])
@settings(deadline=None)
def test_spacing_and_width_never_hide_a_my_number(number: str, separators: list[str], width: dict[int, str]) -> None:
    written = "".join(digit.translate(width) + separator for digit, separator in zip(number, separators, strict=True))
    assert _kind(written) is SecretKind.MY_NUMBER
    assert _kind(written, "date") is SecretKind.MY_NUMBER


@given(body=st.integers(0, 10**12 - 1))
@settings(deadline=None)
def test_a_corporate_number_is_never_a_secret(body: int) -> None:
    number = next(
        f"{first}{body:012}" for first in range(10) if first == 9 or is_corporate_number(f"{first}{body:012}")
    )
    assume(is_corporate_number(number))
    for expected in (None, "corporate_number", "text"):
        assert _kind(number, expected) is None
        assert _kind(f"法人番号はT{number}です", expected) is None


VALID = {
    "phone": st.integers(10**7, 10**8 - 1).map(lambda tail: f"090-{tail:08}"),
    "date": st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)).map(
        lambda day: f"{day.year}年{day.month}月{day.day}日"
    ),
    "postal_code": st.integers(1000001, 1000014).map(lambda code: f"〒{code:07}"),
    "amount": st.integers(10**11, 9_999_999_999_999).map(str),
}


@pytest.mark.parametrize("kind", VALID)
@given(data=st.data())
@settings(deadline=None)
def test_a_valid_reply_to_the_open_question_is_no_secret(kind: str, data: st.DataObject) -> None:
    text = data.draw(VALID[kind])
    assume(isinstance(READERS[kind](text, ReplyContext(today=date(2026, 1, 1))), Parsed))
    assert _kind(text, kind) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("4111111111111111", "card_number"),
        ("カードは4111-1111-1111-1111 12/27 123です", "card_number"),
        ("4111の1111の1111の1111", "card_number"),
        ("⁴¹¹¹ ¹¹¹¹ ¹¹¹¹ ¹¹¹¹", "card_number"),
        ("④①①①-①①①①-①①①①-①①①①", "card_number"),
        ("3530 1113 3330 0000", "card_number"),
        ("カード番号は4111111111111112", "card_number"),
        ("7000012050002 100-0001 4111111111111111", "card_number"),
        ("1234 5678 9018", "my_number"),
        ("マイナンバーは123456789012です", "my_number"),
        ("暗証番号は1234です", "pin"),
        ("暗 証 番 号 は １ ２ ３ ４", "pin"),
        ("ＰＩＮ：１２３４", "pin"),
        ("1234が暗証番号", "pin"),
        ("暗証番号は一二三四", "pin"),
        ("暗証番号1234は教えていいですか", "pin"),
        ("my pin is 1 2 3 4", "pin"),
        ("セキュリティコードは123", "card_number"),
        ("パスワードは abc123 です", "password"),
        ("password: hunter2", "password"),
        ("パスワードはsakuraです", "password"),
        ("パスワードを Taro1964! にしました", "password"),
        ("ワンタイムパスワードは123456", "one_time_code"),
        ("認証コード 482913", "one_time_code"),
        ("My OTP is 482913", "one_time_code"),
    ],
)
def test_secrets(text: str, kind: str) -> None:
    assert _kind(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "暗証番号は必要ですか",
        "暗証番号を4桁入力しますか",
        "暗証番号は2024年に変えました",
        "暗証番号を3回間違えました",
        "暗証番号は言いません。電話番号は0312345678です",
        "パスワードは必要ですか",
        "パスワードを忘れました",
        "Is a password required?",
        "password is not needed",
        "認証コードとは何ですか",
        "照合番号は4821です",
        "shopping 1234",
        "090-1234-5678",
        "電話は090-1234-5678で郵便番号は100-0001",
        "03-1234-5678\n090-1234-5678",
        "2024年3月1日",
        "1,234,567円",
        "東京都千代田区千代田1-1-1 ビル101",
        "",
        "0000000000000000",
    ],
)
def test_not_secrets(text: str) -> None:
    assert _kind(text) is None


def test_the_open_question_decides_about_twelve_figures() -> None:
    assert _kind("123456789018", "amount") is None
    assert _kind("123456789018", "phone") is SecretKind.MY_NUMBER
    assert _kind("4111111111111111", "amount") is SecretKind.CARD_NUMBER


def test_the_mark_names_the_kind_and_nothing_else() -> None:
    found = find_secret("4111111111111111", expected=None)
    assert found is not None
    assert withheld_mark(found) == "[withheld: card_number]"
    assert "4111" not in repr(found)
    assert {withheld_mark(Secret(kind=kind)) for kind in SecretKind} == {f"[withheld: {kind}]" for kind in SecretKind}


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_can_be_looked_at(text: str) -> None:
    for expected in (None, "phone", "amount", "no such kind"):
        find_secret(text, expected=expected)


def test_a_residence_card_is_no_password() -> None:
    # A word has its borders: the letters of a card's number are none, whatever is asked.
    assert _kind("PW12345678CD", "residence_card") is None
    assert _kind("PW12345678CD") is None
    assert _kind("カードは PW12345678CD です", "residence_card") is None


@pytest.mark.parametrize(
    "text", ["pw: hunter22", "PW=hunter22", "pwdはhunter22", "taro PW hunter22", "パスワードはhunter22"]
)
def test_a_password_is_found_whatever_is_asked(text: str) -> None:
    for expected in (None, "text", "residence_card", "phone", "amount", "date"):
        assert _kind(text, expected) is SecretKind.PASSWORD
