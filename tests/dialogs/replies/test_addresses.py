"""Addresses against the list of municipalities: what is added, what is asked back, and what never is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from dialogs.japanese.postal import municipalities, places_of, towns_of
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext

TODAY = ReplyContext(today=date(2026, 11, 28))
WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")
ALL = [(prefecture, name) for prefecture, names in municipalities().items() for name in names]

TAKEN = {
    # Left out: prefecture, district, city of a ward, ward of a city, the last sign of the prefecture.
    "神奈川県横浜市西区みなとみらい3-1": "横浜市西区みなとみらい3-1|神奈川横浜市西区みなとみらい３−１",
    "群馬県吾妻郡草津町草津28": "群馬県草津町草津28|群馬県吾妻郡草津町草津28|吾妻郡草津町草津28",
    "大阪府大阪市浪速区難波中1-1": "浪速区難波中1-1|大阪府浪速区難波中1-1|大阪浪速区難波中1-1|大阪市浪速区難波中1-1",
    "大阪府大阪市北区梅田1-1": "大阪府北区梅田1-1|大阪市北区梅田1-1|大阪市梅田1-1",
    "愛知県名古屋市中区栄3-4-5": "名古屋市栄3-4-5|愛知県名古屋市栄3-4-5",
    "東京都三宅村神着1": "東京都三宅村神着1",
    # A postal code in front.
    "東京都千代田区千代田1-2-3": (
        "1000001 1-2-3|〒100-0001千代田1-2-3|１００－０００１　東京都千代田区千代田１－２－３|"
        "郵便番号は100-0001、住所は東京都千代田区千代田1-2-3です|東京都千代田区千代田1-2-3 〒100-0001|"
        "東京都千代田区千代田1-2-3、郵便番号は100-0001|東京都千代田区千代田1-2-3(100-0001)"
    ),
    "広島県府中市本山町1": "〒726-0011 府中市本山町1",
    "東京都利島村1": "1000301 1",
    "愛知県弥富市鯏浦町1-1": "498-0000 弥富市鯏浦町1-1",
    # Words of numbers and of parcels.
    "東京都港区六本木6丁目10番1号": "東京都港区六本木６丁目１０番１号|東京都港区六本木6丁目 10番1号",
    "東京都港区六本木六丁目十番一号": "東京都港区六本木六丁目十番一号",
    "東京都千代田区丸の内一-二-三": "東京都千代田区丸の内一ー二ー三|東京都千代田区丸の内一―二―三",
    "東京都渋谷区渋谷1-2-3": "東京都渋谷区渋谷1-2-3やで|東京都渋谷区渋谷1 - 2 - 3|東京都渋谷区渋谷１‐２−３",
    "愛媛県松山市南江戸甲123": "愛媛県松山市南江戸甲１２３",
    "石川県金沢市大桑町ア1の2": "金沢市大桑町ア１の２",
    "大阪府堺市堺区南瓦町2丁3番1号": "堺市堺区南瓦町２丁３番１号",
    "岩手県盛岡市川目第5地割12番地": "盛岡市川目第5地割12番地",
    "北海道札幌市中央区北1条西2丁目": "札幌市中央区北1条西2丁目",
    "北海道標津郡中標津町東三線": "北海道中標津町東三線|標津郡中標津町東三線",
    "奈良県磯城郡田原本町大字新町52番地の6": "奈良県田原本町大字新町52番地の6",
    # Kyoto: the crossing of streets.
    "京都府京都市中京区寺町通御池上る上本能寺前町488番地": "京都市中京区寺町通御池上る上本能寺前町488番地",
    "京都府京都市下京区四条通烏丸東入ル長刀鉾町20": "京都市下京区四条通烏丸東入ル長刀鉾町20",
    "京都府京都市上京区下立売通新町西入薮ノ内町": "京都市上京区下立売通新町西入薮ノ内町",
    "京都府京都市中京区河原町通三条下る大黒町": "京都市中京区河原町通三条下る大黒町",
    "京都府京都市下京区烏丸通七条上ル常葉町みほんビル2階": "下京区烏丸通七条上ル常葉町みほんビル2階",
    # Buildings and rooms as typed.
    "東京都千代田区丸の内1-2-3 みほんハイツ101": "東京都千代田区丸の内１－２－３　みほんﾊｲﾂ１０１",
    "東京都千代田区丸の内1-2-3みほんビルB棟3F": "東京都千代田区丸の内1-2-3みほんビルB棟3F",
    "東京都千代田区丸の内1丁目9番1号": "東京都　千代田区　丸の内　１丁目　９番　１号",
    "東京都千代田区丸の内一の九の一": "東京都千代田区丸の内 一の九の一|先月引っ越して東京都千代田区丸の内一の九の一",
    "東京都渋谷区道玄坂2-1": "東京都渋谷区道玄坂2-1 150-0043",
    # A town, a 小字 and a building that no list has.
    "東京都千代田区あたらし町1-1 みらいタワー9999": "東京都千代田区あたらし町1-1 みらいタワー9999",
    "福島県相馬郡飯舘村まだない字あちら1": "福島県相馬郡飯舘村まだない字あちら1",
}
ASKED_BACK = {
    "no_such_municipality": "東京都浦和市常盤1-1|大阪府中町1|群馬県上川郡草津町1",
    "prefecture_mismatch": "東京都横浜市西区1-1|大阪府京都市中京区1|東京都さいたま市浦和区常盤1",
    "no_prefecture": "府中市本町1-1|北区王子1-1|中央区日本橋1|池田町1-1|草津町草津28|1-2-3|090-1234-5678",
    "no_municipality": "東京都|東京都千代田1-1|大阪府1-1",
    "no_ward": "名古屋市中央1-2|大阪市1-1",
    "no_number": (
        "東京都千代田区|東京都千代田区三番町|東京都港区六本木6丁目|京都市下京区四条通烏丸東入|京都市左京区吉田本町|東京都港区麻布十番|"
        "東京都千代田区丸の内みほんハイツ101|東京都千代田区丸の内サンライズ101|盛岡市川目第5地割|東京都千代田区丸の内3階|"
        "東京都世田谷区太子堂 メゾンみほん202|"
        "東京都千代田区丸の内駅徒歩5分"
    ),
    "postal_code_mismatch": ("〒100-0001 大阪府大阪市北区梅田1-1|530-0001 1-1 Chiyoda, Chiyoda-ku, Tokyo"),
    "no_such_postal_code": "〒123-4567 東京都千代田区千代田1-1",
    "only_postal_code": "1000001|〒１００−０００１|100-0001です|163-1501|1631501 1-6-1|6020000 12",
    "several": (
        "100-0001 100-0005 東京都千代田区千代田1|東京都千代田区千代田1-1と大阪府大阪市北区梅田1-1|"
        "千代田区丸の内1-1、大阪市北区梅田1-1"
    ),
    "not_an_address": (
        "変わりません|東京都千代田区千代田1-1から変わってません|前の住所と同じ|東京都千代田区千代田1-1でしたが引っ越した|"
        "分からない|東京都千代田区千代田1-1だと思います|東京都千代田区千代田1-1 電話03-1234-5678|"
        "千代田区ではなく大阪市北区梅田1-1|東京都渋谷区道玄坂2-1 マンション名は言いたくない"
        "|not 1-1 Chiyoda, Chiyoda-ku, Tokyo|1-1 Chiyoda, Chiyoda-ku, Tokyo is old|"
        "東京都千代田区千代田1-1は間違いです|東京都千代田区千代田1-1じゃ無い|東京都千代田区千代田1-1の予定です"
    ),
}


@pytest.mark.parametrize(
    ("typed", "value"), [(typed, value) for value, texts in TAKEN.items() for typed in texts.split("|")]
)
def test_taken_and_read_back(typed: str, value: str) -> None:
    found = READERS["address"](typed, TODAY)
    assert isinstance(found, Parsed), found
    assert found.value == value
    assert READERS["address"](found.display, TODAY) == found


@pytest.mark.parametrize(
    ("typed", "reason"), [(typed, reason) for reason, texts in ASKED_BACK.items() for typed in texts.split("|")]
)
def test_asked_back(typed: str, reason: str) -> None:
    found = READERS["address"](typed, TODAY)
    assert isinstance(found, Problem), found
    assert found.code == f"address.{reason}"


def test_a_problem_names_only_places_of_the_list() -> None:
    def params(typed: str) -> dict[str, str]:
        found = READERS["address"](typed, TODAY)
        assert isinstance(found, Problem)
        return dict(found.params)

    assert params("1000001") == {"place": "東京都千代田区千代田"}
    assert params("9218046") == {"place": "石川県金沢市"}
    assert params("4980000") == {"place": "愛知県・三重県"}
    assert params("名古屋市どこか1") == {"city": "名古屋市"}
    assert params("東京都横浜市1") == {"city": "横浜市", "prefecture": "神奈川県"}
    assert params("東京都浦和市1") == {"prefecture": "東京都"}


@given(place=st.sampled_from(ALL), number=st.integers(1, 9999), wide=st.booleans(), shorten=st.booleans())
@settings(deadline=None)
def test_every_municipality_with_a_number_is_taken(
    place: tuple[str, str], number: int, wide: bool, shorten: bool
) -> None:
    """Behind any municipality of Japan, with a town that is or is not in the table."""
    prefecture, municipality = place
    town = min(towns_of(prefecture, municipality), default="")
    typed = f"{prefecture}{municipality}{town}{number}-1"
    found = READERS["address"](typed.translate(WIDE) if wide else typed, TODAY)
    assert isinstance(found, Parsed), found
    assert found.value == typed
    assert READERS["address"](found.display, TODAY) == found
    unknown = READERS["address"](f"{prefecture}{municipality}字そんなところ{number}", TODAY)
    assert isinstance(unknown, Parsed), unknown


@given(number=st.integers(0, 10**7 - 1) | st.integers(1000001, 1000014), house=st.integers(1, 99))
@settings(deadline=None)
def test_a_code_and_a_number_give_a_place_of_that_code_or_are_asked_back(number: int, house: int) -> None:
    code = f"{number:07}"
    found = READERS["address"](f"{code} {house}-1", TODAY)
    if isinstance(found, Parsed):
        assert any(
            str(found.value) == f"{place.prefecture}{place.municipality}{place.town}{house}-1"
            for place in places_of(code)
        )
    else:
        assert found.code == ("address.only_postal_code" if places_of(code) else "address.no_such_postal_code")


def test_the_postal_code_must_belong_to_the_address_before_it() -> None:
    reader = READERS["postal_code"]
    here = ReplyContext(today=TODAY.today, address="東京都千代田区丸の内1-2-3")
    assert isinstance(reader("100-0001", here), Parsed)
    found = reader("530-0001", here)
    assert isinstance(found, Problem)
    assert found.code == "postal_code.mismatch"
    # Nobody can tell where this lies, so nothing is contradicted.
    latin = ReplyContext(today=TODAY.today, address="1-1 Chiyoda, Chiyoda-ku, Tokyo")
    assert isinstance(reader("530-0001", latin), Parsed)


@pytest.mark.parametrize(
    "typed",
    [
        *("100-0001 東京都千代田区", "〒1000001、東京都千代田区千代田", "1000001 千代田区", "千代田区千代田 100-0001"),
        *(
            "（100-0001）",
            "100-0001（千代田）",
            "100-0001 Tokyo",
            "100-0001 東京",
            "My postal code is 100-0001",
            "１００ノ０００１",
        ),
    ],
)
def test_a_postal_code_in_front_of_its_own_place_is_taken(typed: str) -> None:
    found = READERS["postal_code"](typed, TODAY)
    assert isinstance(found, Parsed)
    assert found.value == "1000001"


@pytest.mark.parametrize(
    "typed", ["100-0001 大阪", "100-0001 京都", "100-0001か100-0005", "100-0001ではない", "前は100-0001でした"]
)
def test_a_postal_code_beside_anything_else_is_asked_back(typed: str) -> None:
    assert isinstance(READERS["postal_code"](typed, TODAY), Problem)


def test_eight_threads_read_all_kinds_at_once() -> None:
    replies = [
        ("address", "名古屋市栄3-4-5"),
        ("address", "〒100-0001 千代田1-2-3"),
        ("postal_code", "１００－０００１"),
        ("postal_code", "123-4567"),
        ("name", "髙橋 﨑子"),
        ("kana", "ﾀｶﾊｼ ｻｷｺ"),
        ("date", "昭和39年10月10日"),
        ("phone", "090-1234-5678"),
    ] * 40
    expected = [READERS[kind](text, TODAY) for kind, text in replies]
    places_of.cache_clear()
    towns_of.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda reply: READERS[reply[0]](reply[1], TODAY), replies)) == expected
