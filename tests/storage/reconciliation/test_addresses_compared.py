"""Addresses: every notation of one place is one place, and no other house or room is."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings, strategies as st

from storage.reconciliation.comparators import compare
from storage.reconciliation.verdict import SETTLED, VerdictCode

SAME = [
    ("東京都千代田区南町3丁目4番15号", "東京都千代田区南町3-4-15"),
    ("東京都千代田区南町3丁目4番15号", "千代田区南町三−四−十五"),
    ("東京都千代田区南町3丁目4番15号", "東京都千代田区南町三丁目4番１５号"),
    ("東京都千代田区南町3丁目4番15号", "〒100-0001 東京都千代田区南町3ー4ー15"),
    ("港区六本木6丁目10番1号", "東京都港区六本木６−１０−１"),
    ("千代田区一番町10-5", "千代田区1番町10番5"),
    ("札幌市中央区北1条西2丁目3番4号", "札幌市中央区北一条西二丁目3-4"),
    ("札幌市中央区北1条西2丁目3番4号", "札幌市中央区北1西2-3-4"),
    ("盛岡市川目第5地割12番地", "盛岡市川目5-12"),
    ("堺市堺区南瓦町2丁3番1号", "堺市堺区南瓦町2-3-1"),
    ("奈良県磯城郡田原本町大字新町52番地6", "磯城郡田原本町新町52番地の6"),
    ("奈良県磯城郡田原本町大字新町52番地6", "田原本町新町52-6"),
    ("大阪市中央区南町3-4-15 グリーンハイツ101号室", "大阪市中央区南町3-4-15-101"),
    ("大阪市中央区南町3-4-15 グリーンハイツ101号室", "大阪市中央区南町3-4-15ｸﾞﾘｰﾝﾊｲﾂ101"),
    ("横浜市西区高島1-1-1 みなとビルA棟3F", "横浜市西区高島1-1-1みなとビルA棟３階"),
    ("3ノ乙25", "3-乙25"),
    ("霞ヶ関1-1", "霞が関1丁目1番"),
    ("三鷹市井の頭4-1", "三鷹市井ノ頭4丁目1"),
    ("京都市中京区寺町通御池上る上本能寺前町488番地", "京都市中京区上本能寺前町488"),
    ("渋谷区渡邉町1-2", "渋谷区渡辺町1-2"),
    ("世田谷区太子堂1-2-3 第2コーポ渡邉 305", "世田谷区太子堂1丁目2番3号第二コーポ渡辺３０５号室"),
    ("港区六本木6-10-1ヒルズ森タワー", "港区六本木6-10-1 森タワー"),
    ("四日市市諏訪町1番5号", "三重県四日市市諏訪町1-5"),
    ("新潟市中央区学校町通一番町602番地1", "新潟市中央区学校町通1番町602-1"),
    ("札幌市北区北二十四条西五丁目1-1", "札幌市北区北24条西5丁目1番1号"),
    ("大阪市北区梅田1-1-3-2400", "大阪市北区梅田1丁目1-3 大阪駅前第3ビル24F 2400"),
    ("大阪市中央区大手前2-1-22", "中央区大手前2丁目1番22号"),
    ("北海道札幌市中央区宮の森一条1-1", "中央区宮の森1条1-1"),
    ("神奈川県横浜市西区高島1-1", "横浜市高島1-1"),
    ("茨城県龍ケ崎市本町1-1", "竜ヶ崎市本町1丁目1"),
    ("網走市北十一条西四丁目53番17号", "網走市北11条西 4-53-17"),
    ("横浜市中区日本大通1", "横浜市中区日本大通り1番"),
    ("123 Oak St, New York", "123 OAK ST New York"),
]

CHANGED = [
    ("東京都千代田区南町3丁目4番15号", "東京都千代田区南町3丁目4番16号", "house_number_differs"),
    ("東京都千代田区南町3-4-15", "東京都千代田区北町3-4-15", "town_differs"),
    ("札幌市中央区北1条西2丁目3番4号", "札幌市中央区北1条東2丁目3番4号", "house_number_differs"),
    ("蒲郡市三谷町1-2", "小郡市三谷町1-2", "town_differs"),
    ("広島県府中市本町1-1", "東京都府中市本町一丁目１番地", "prefecture_differs"),
    ("東京都中央区南町3-4-15", "大阪市中央区南町3-4-15", "town_differs"),
    ("大阪市中央区南町3-4-15 グリーンハイツ101号室", "大阪市中央区南町3-4-15 グリーンハイツ102号室", "room_differs"),
    ("中野区中野4-1-1 コーポ1-101", "中野区中野4-1-1 コーポ11-01", "room_differs"),
    ("横浜市西区高島1-1-1 みなとビルA棟3F", "横浜市西区高島1-1-1みなとビルB棟３階", "building_differs"),
    ("横浜市西区高島1-1-1 みなと第一ビル", "横浜市西区高島1-1-1みなと第二ビル", "building_differs"),
    ("横浜市西区高島1-1-1 みなとビル", "横浜市西区高島1-1-1 コーポさくら", "building_differs"),
    ("世田谷区太子堂1-2", "世田谷区太子堂1-2-3", "house_number_differs"),
    ("123 Oak St, New York", "123 Elm St, New York", "town_differs"),
]


@pytest.mark.parametrize(("master", "answer"), SAME)
def test_another_notation_is_the_same_place(master: str, answer: str) -> None:
    assert compare("address", master, answer).verdict in SETTLED
    assert compare("address", answer, master).verdict in SETTLED


@pytest.mark.parametrize(("master", "answer", "reason"), CHANGED)
def test_another_place_is_a_change(master: str, answer: str, reason: str) -> None:
    verdict = compare("address", master, answer)
    assert (verdict.verdict, verdict.reason) == (VerdictCode.CHANGED, reason)


def test_a_building_left_out_is_incomplete_and_one_added_is_new() -> None:
    full, short = "大阪市中央区南町3-4-15 グリーンハイツ101号室", "大阪市中央区南町3-4-15"
    assert compare("address", full, short).verdict is VerdictCode.INCOMPLETE
    assert compare("address", short, full).verdict is VerdictCode.NEW
    assert compare("address", full, "大阪市中央区南町3-4").verdict is VerdictCode.INCOMPLETE
    assert compare("address", full, "中央区南町3-4-15 グリーンハイツ101").reason == "city_left_out"


def test_swapped_digits_are_a_suspected_slip() -> None:
    assert compare("address", "港区南町3-4-15", "港区南町3-4-51").verdict is VerdictCode.SUSPECTED_SLIP
    assert compare("address", "港区南町3-4-15", "港区南町4-3-15").verdict is VerdictCode.SUSPECTED_SLIP


def test_a_banks_own_character_cannot_be_compared() -> None:
    assert compare("address", "港区\ue000町3-4", "港区辻町3-4").verdict is VerdictCode.UNREADABLE


TOWNS = st.sampled_from(
    [
        "東京都千代田区南町",
        "大阪府堺市堺区南瓦町",
        "札幌市中央区宮の森",
        "愛知県蒲郡市三谷町",
        "八王子市千人町",
        "港区三田",
    ]
)
BUILDINGS = st.sampled_from(["", "グリーンハイツ", "メゾン青葉", "第二コーポ渡辺", "三井ビル", "GreenCourt"])
NUMBER = st.integers(min_value=1, max_value=39)
KANJI = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")


def kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    return (("" if tens == 1 else KANJI[tens]) + "十" if tens else "") + KANJI[ones]


@st.composite
def notations(draw: st.DrawFn) -> tuple[tuple[int, int, int, int], str, str]:
    """One place and two ways of writing it."""
    town, building = draw(TOWNS), draw(BUILDINGS)
    numbers = (draw(NUMBER), draw(NUMBER), draw(NUMBER), draw(st.integers(min_value=101, max_value=999)))
    written = [draw(styles(town, numbers, building)) for _ in range(2)]
    return numbers, written[0], written[1]


@st.composite
def styles(draw: st.DrawFn, town: str, numbers: tuple[int, int, int, int], building: str) -> str:
    chome, block, house, room = numbers
    dash = draw(st.sampled_from("-−ー‐－―"))
    head = draw(
        st.sampled_from(
            [
                f"{chome}丁目{block}番{house}号",
                f"{kanji(chome)}丁目{block}番{house}号",
                f"{kanji(chome)}丁目{block}番地{house}",
                f"{chome}{dash}{block}{dash}{house}",
                f"{kanji(chome)}{dash}{kanji(block)}{dash}{kanji(house)}",
                f"{chome}丁目{block}{dash}{house}",
            ]
        )
    )
    tail = ""
    if building:
        tail = (
            draw(st.sampled_from([" ", "　"]))
            + building
            + draw(st.sampled_from([f"{room}号室", f" {room}", f"{room}号"]))
        )
    text = draw(st.sampled_from([town, town.removeprefix("東京都").removeprefix("大阪府").removeprefix("愛知県")]))
    text += draw(st.sampled_from(["", " "])) + head + tail
    if draw(st.booleans()):
        text = text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    return text


@settings(max_examples=400, deadline=None)
@given(notations())
def test_a_notation_change_never_yields_a_change(case: tuple[tuple[int, int, int, int], str, str]) -> None:
    _, master, answer = case
    assert compare("address", master, answer).verdict in SETTLED


@settings(max_examples=400, deadline=None)
@given(notations(), st.integers(min_value=0, max_value=2), st.integers(min_value=1, max_value=99), st.data())
def test_one_other_number_is_never_the_same(
    case: tuple[tuple[int, int, int, int], str, str], place: int, other: int, data: st.DataObject
) -> None:
    numbers, master, _ = case
    assume(numbers[place] != other)
    changed = (*numbers[:place], other, *numbers[place + 1 :])
    town, building = data.draw(TOWNS), data.draw(BUILDINGS)
    left = data.draw(styles(town, numbers, building))
    right = data.draw(styles(town, changed, building))
    assert compare("address", left, right).verdict not in SETTLED
    assert compare("address", master, master).verdict is VerdictCode.SAME
