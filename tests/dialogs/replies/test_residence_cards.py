"""A residence card's number, typed or read out in any way; what is nearly one is asked back with what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dialogs.replies import READERS
from dialogs.replies.base import Parsed
from dialogs.replies.residence_card import _DIGITS, _LETTERS, _readings
from tests.dialogs.replies.test_choices_in_dialect import TODAY

READ = READERS["residence_card"]
CARD = st.from_regex(r"[A-Z]{2}[0-9]{8}[A-Z]{2}", fullmatch=True)


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        ("けーえる きゅうはちななろくごよんさんに えむえぬ|ケーエル98765432エムエヌ", "KL98765432MN"),
        ("ティーユーゼロゼロいちにさんよんごろくブイダブリュー", "TU00123456VW"),
        ("AB イチニサンシゴロクシチハチ CD|ABいちにーさんよんごーろくななはちCDです", "AB12345678CD"),
        ("最初がAB、次が12345678、最後がCD|アルファベットAB 数字12345678 アルファベットCD", "AB12345678CD"),
        ("ABのあと12345678、そのあとCD|ABで12345678でCD|エーのビーの12345678のシーのディー", "AB12345678CD"),
        ("AB12345678CDで間違いないです|AB12345678CDで合ってます", "AB12345678CD"),
        (
            "エイビイ12345678シイデイ|ABイチニイサンヨンゴオロクナナハチCD|ワタシノカードハAB12345678CDデス",
            "AB12345678CD",
        ),
        ("The number on my card is AB12345678CD|AB+12345678+CD|カードのナンバーはAB12345678CDです", "AB12345678CD"),
        ("AB〇〇〇一二三四五CD|ABゼロゼロゼロ12345CD", "AB00012345CD"),
    ],
)
def test_read(texts: str, value: str) -> None:
    for text in texts.split("|"):
        found = READ(text, TODAY)
        assert isinstance(found, Parsed), (text, found)
        assert found.value == value, text


@given(CARD, st.data())
def test_a_number_may_be_spelled_sign_by_sign(card: str, data: st.DataObject) -> None:
    """Taken as it was meant, or asked back where it may be two (ニイイ is 2 and E, or 2 and I); never as another."""
    names: dict[str, list[str]] = {}
    for name, sign in (*_LETTERS.items(), *_DIGITS.items()):
        names.setdefault(sign, []).append(name)
    separator = data.draw(st.sampled_from(["", " ", "、"]))
    spelled = separator.join(data.draw(st.sampled_from(names[sign])) for sign in card)
    found = READ(spelled, TODAY)
    assert not isinstance(found, Parsed) or found.value == card, spelled
    assert isinstance(found, Parsed) or len(_readings(spelled, 8)) > 1 or separator, spelled


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("AB1234567CD", "digits", {"count": "7"}),
        ("AB123456789CDです", "digits", {"count": "9"}),
        ("エービー1234567シーディー", "digits", {"count": "7"}),
        ("A12345678CD", "length", {"count": "11"}),
        ("12345678", "length", {"count": "8"}),
        ("AB1234567OCD", "look_alike", {"place": "10", "typed": "O", "meant": "0"}),
        ("abi2345678cd", "look_alike", {"place": "3", "typed": "I", "meant": "1"}),
        ("0B12345678CD", "look_alike", {"place": "1", "typed": "0", "meant": "O"}),
        ("123456789012", "format", {}),
        ("ABCDEFGHIJKL", "format", {}),
        ("AB12345678CDではない", "format", {}),
        ("AB12345678CDかEF12345678GH", "format", {}),
        ("妻のカードはAB12345678CD", "format", {}),
    ],
)
def test_asked_back(text: str, code: str, params: dict[str, str]) -> None:
    found = READ(text, TODAY)
    assert not isinstance(found, Parsed)
    assert (found.code, dict(found.params)) == (f"residence_card.{code}", params)


@given(CARD, st.integers(0, 11), st.sampled_from("OISZB0158"))
def test_a_sign_of_the_wrong_kind_is_never_put_right(card: str, place: int, sign: str) -> None:
    typed = card[:place] + sign + card[place + 1 :]
    found = READ(typed, TODAY)
    right_kind = sign.isdigit() is card[place].isdigit()
    assert (isinstance(found, Parsed) and found.value == typed) if right_kind else not isinstance(found, Parsed)
