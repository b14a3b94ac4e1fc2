"""An address wholly in kana: written in characters where it is read in one way only, else asked back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from dialogs.japanese.postal import municipalities, readings_of_towns
from dialogs.replies import READERS
from dialogs.replies.base import Parsed
from tests.dialogs.replies.test_choices_in_dialect import TODAY

READ = READERS["address"]
READINGS = {
    "東京都": "とうきょうと",
    "大阪府": "おおさかふ",
    "北海道": "ほっかいどう",
    "長野県": "ながのけん",
    "京都府": "きょうとふ",
}
PLACES = sorted((prefecture, name) for prefecture in READINGS for name in municipalities()[prefecture])


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (
            "とうきょうとせたがやくきたざわ2の3の4|住所はとうきょうと せたがやく きたざわ2の3の4です"
            "|トウキョウトセタガヤクキタザワ２の３の４|ﾄｳｷｮｳﾄｾﾀｶﾞﾔｸｷﾀｻﾞﾜ2の3の4|せたがやくきたざわ2の3の4",
            "東京都世田谷区北沢2の3の4",
        ),
        ("とうきょうとせたがやくきたざわにのさんのよん|東京都せたがやくきたざわ2-3-4", "東京都世田谷区北沢2-3-4"),
        ("155-0031 きたざわ2ちょうめ3-4|〒155-0031 せたがやくきたざわ2ちょうめ3-4", "東京都世田谷区北沢2丁目3-4"),
        ("おーさかしきたくうめだ1の2", "大阪府大阪市北区梅田1の2"),
        ("なごやしなかくさかえ3ちょうめ4ばん5ごう", "愛知県名古屋市中区栄3丁目4番5号"),
        ("しぶやくえびす1-2-3めぞんさくら201", "東京都渋谷区恵比寿1-2-3めぞんさくら201"),
        ("よこはましなかくやましたちょう10", "神奈川県横浜市中区山下町10"),
        ("ながのけんきたさくぐんかるいざわまちながくら1", "長野県北佐久郡軽井沢町長倉1"),
    ],
)
def test_written_in_characters(texts: str, value: str) -> None:
    for text in texts.split("|"):
        found = READ(text, TODAY)
        assert isinstance(found, Parsed), (text, found)
        assert found.value == value, text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("きょうとししもぎょうくますやちょう1", "read_alike"),
        ("とうきょうとせたがやく1-2", "no_prefecture"),
        ("とうきょうとせたがやくきたざわ", "no_number"),
        ("どこでもいい1-2-3", "no_prefecture"),
        ("せたがやくきたざわ2-3-4ではありません", "not_an_address"),
        ("まえのじゅうしょはせたがやくきたざわ2-3-4", "no_prefecture"),
    ],
)
def test_asked_back(text: str, code: str) -> None:
    found = READ(text, TODAY)
    assert not isinstance(found, Parsed)
    assert found.code == f"address.{code}"


def test_a_code_given_before_says_which_place_is_meant() -> None:
    alike = READ("ふちゅうしみやまち1-2", replace(TODAY, postal_code="183-0023".replace("-", "")))
    assert isinstance(alike, Parsed)
    assert alike.value == "東京都府中市宮町1-2"


@given(st.data())
def test_every_town_is_read_as_itself_or_asked_back(data: st.DataObject) -> None:
    prefecture, municipality = data.draw(st.sampled_from(PLACES))
    town, kana = data.draw(st.sampled_from(sorted({*readings_of_towns(prefecture, municipality), ("", "")})))
    city = data.draw(st.sampled_from(_read(prefecture, municipality)))
    found = READ(f"{READINGS[prefecture]}{city}{kana}1-2-3", TODAY)
    assert not isinstance(found, Parsed) or found.value == f"{prefecture}{municipality}{town}1-2-3"


def _read(prefecture: str, municipality: str) -> list[str]:
    from dialogs.japanese.postal import readings_of_municipalities

    return [kana for of, name, _, kana in readings_of_municipalities() if (of, name) == (prefecture, municipality)]
