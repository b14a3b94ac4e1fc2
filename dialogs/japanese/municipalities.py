"""Which municipality a written address begins with, in whatever spelling and however much is left out.

Promise: only what the list of municipalities settles is settled.  龍ケ崎市 and 竜ヶ崎市 are one, a district
(郡), the city of a ward or the ward of a city may be left out; where that leaves several municipalities, all
of them are named and the caller decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from dialogs.japanese.postal import municipalities, towns_of

_LONGEST, _LONGEST_TOWN = 14, 24
#: 下北郡 of 下北郡東通村, 札幌市 of 札幌市厚別区, 三宅島 of 三宅島三宅村.
_ABOVE = re.compile("(?P<above>.+?郡|.+?市(?=.+区$)|三宅島|八丈島)(?P<name>.+[町村区])")
_CLUSTER = re.compile("[\\s\\S][\U000e0100-\U000e01ef]*")
#: Spellings that people mix in the names of places; only for finding them in the list.
_MIXED = (
    *("ヶケヵカがガけか", "ノの之", "竜龍", "竈竃釜", "曽曾", "桧檜", "梼檮", "鯵鰺", "瀬瀨", "粕糟", "館舘", "崎﨑嵜"),
    *("高髙", "沢澤", "辺邊邉", "浜濱濵", "広廣", "渋澁", "桜櫻", "島嶋嶌", "豊豐", "富冨", "砺礪", "諫諌", "芦蘆"),
    *(
        "斉齊斎齋",
        "滝瀧",
        "塩鹽",
        "国國",
        "与與",
        "麹麴",
        "桑桒",
        "関關",
        "来來",
        "万萬",
        "円圓",
        "鉄鐵",
        "区區",
        "県縣",
    ),
)
_ONE_SPELLING = {char: group[0] for group in _MIXED for char in group}


@dataclass(frozen=True, slots=True)
class Municipality:
    prefecture: str
    #: The district or city in front of the name, where there is one.
    above: str
    name: str

    @property
    def whole(self) -> str:
        """As Japan Post writes it: 下北郡東通村."""
        return self.above + self.name


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in front of an address: how many characters, and the municipalities that it may mean."""

    length: int
    spelling: str
    candidates: tuple[Municipality, ...]

    @property
    def lacks_ward(self) -> bool:
        """Whether a city that has wards is written without one: all its wards are candidates then."""
        return all(self.spelling == fold_place(one.above) for one in self.candidates)

    def left_out(self, one: Municipality) -> str:
        """What belongs in front of the spelling: 下北郡 where only 東通村 was written."""
        # An island (三宅島三宅村) is no part of the official name.
        return one.above if self.spelling == fold_place(one.name) and not one.above.endswith("島") else ""


def make_ready() -> None:
    """Read the list now, which takes a tenth of a second once, and not within the first look-up."""
    _index()


def find_municipality(text: str, prefecture: str | None = None) -> Found | None:
    """The longest municipality that ``text`` begins with, of one prefecture or of all Japan."""
    clusters = _CLUSTER.findall(text[: 2 * _LONGEST])[:_LONGEST]
    folded = "".join(_plain(cluster[0]) for cluster in clusters)
    for length in range(len(folded), 1, -1):
        entries = _index().get(folded[:length], ())
        candidates = tuple(one for one in entries if prefecture in (None, one.prefecture))
        if candidates:
            return Found(sum(map(len, clusters[:length])), folded[:length], candidates)
    return None


def begins_with(text: str, name: str) -> int:
    """How many characters of ``text`` spell ``name`` at its beginning; 0 where it begins otherwise."""
    clusters = _CLUSTER.findall(text[: 2 * len(name)])[: len(name)]
    spelled = "".join(_plain(cluster[0]) for cluster in clusters)
    return sum(map(len, clusters)) if name and spelled == fold_place(name) else 0


def town_at_start(text: str, municipality: Municipality) -> int:
    """How many characters of ``text`` are a town of the municipality; 0 where the table knows none."""
    towns = _towns(municipality)
    clusters = _CLUSTER.findall(text[: 2 * _LONGEST_TOWN])[:_LONGEST_TOWN]
    folded = "".join(_plain(cluster[0]) for cluster in clusters)
    length = next((length for length in range(len(folded), 0, -1) if folded[:length] in towns), 0)
    return sum(map(len, clusters[:length]))


@lru_cache(maxsize=256)
def _towns(municipality: Municipality) -> frozenset[str]:
    return frozenset(map(fold_place, towns_of(municipality.prefecture, municipality.whole)))


def fold_place(text: str) -> str:
    """The form in which names of places are compared, one character for one."""
    return "".join(map(_plain, text))


def _plain(char: str) -> str:
    plain = unicodedata.normalize("NFKC", char)
    return _ONE_SPELLING.get(plain, plain) if len(plain) == 1 else char


@cache
def _index() -> Mapping[str, tuple[Municipality, ...]]:
    """Folded spelling -> the municipalities that may be meant."""
    index: dict[str, dict[Municipality, None]] = {}
    for prefecture, names in municipalities().items():
        for whole in names:
            parts = _ABOVE.fullmatch(whole)
            one = Municipality(prefecture, parts["above"] if parts else "", parts["name"] if parts else whole)
            for form in (one.whole, one.name, one.above if one.above.endswith("市") else ""):
                if form:
                    index.setdefault(fold_place(form), {})[one] = None
    return MappingProxyType({form: tuple(found) for form, found in index.items()})
