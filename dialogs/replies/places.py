"""Where a typed address lies: its prefecture and municipality, with what was left out of them.

Promise: added is what the list of municipalities, or the postal code in front, leaves only one answer for;
anything else is asked back, and so is a contradiction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.japanese.municipalities import (
    Found,
    Municipality,
    begins_with,
    find_municipality,
    fold_place,
    town_at_start,
)
from dialogs.japanese.numerals import NUMERAL_CHARS
from dialogs.japanese.postal import Place
from dialogs.replies.base import Problem, ReplyContext
from dialogs.replies.prefectures import PREFECTURES
from dialogs.replies.problems import problem

_SOME_MUNICIPALITY = re.compile("^.{1,12}?[市区町村郡]")
_CITY_AND_WARD = re.compile("(?=[^市区]{1,5}市[^市区]{1,4}区)")
_SECTION = re.compile("^(?:大字|字)(?=.)")
_NUMBER_FIRST = re.compile(f" ?(?:\\d|[{NUMERAL_CHARS}]+(?:丁目|番|号|[-の]))")
#: What may stand behind the name of a town that is surely written in full.
_TOWN_ENDS = re.compile(f" |[\\d{NUMERAL_CHARS}]|字|大字|$")


@dataclass(frozen=True, slots=True)
class Located:
    """An address whose municipality is settled."""

    municipality: Municipality
    #: Prefecture and municipality as they are stored, with what was added.
    head: str
    rest: str


def locate(address: str, places: Sequence[Place], context: ReplyContext) -> Located | Problem:
    """The place of ``address``; ``places`` are those of a postal code that was typed with it."""
    prefecture, rest = _split_prefecture(address)
    found = _find(rest, prefecture, guess=bool(places))
    if found is None:
        fitting = [place for place in places if prefecture in (None, place.prefecture)]
        return _completed(rest, fitting) or _not_found(rest, prefecture, places, context)
    candidates = found.candidates
    if places:
        covered = {(place.prefecture, place.municipality) for place in places}
        candidates = tuple(one for one in candidates if (one.prefecture, one.whole) in covered)
        if not candidates:
            return problem("address.postal_code_mismatch", context)
    behind = rest[found.length :].strip()
    if len({one.prefecture for one in candidates}) > 1:
        return problem("address.no_prefecture", context)
    if len(candidates) > 1:
        # Of the wards of a city, or of wards of one name, only one has that town.
        having = tuple(one for one in candidates if _is_town(behind, town_at_start(behind, one)))
        if len(having) != 1:
            lacking = problem("address.no_ward", context, city=candidates[0].above)
            return lacking if found.lacks_ward else problem("address.no_municipality", context)
        candidates = having
    one = candidates[0]
    written = rest[: found.length] + (one.name if found.lacks_ward else "")
    return Located(one, one.prefecture + found.left_out(one) + written, behind)


def covers(places: Sequence[Place], address: str, context: ReplyContext) -> bool:
    """Whether an address may lie at one of ``places``; one whose municipality nobody can tell may."""
    located = locate(address, (), context)
    if isinstance(located, Problem):
        return True
    one = located.municipality
    return any((place.prefecture, place.municipality) == (one.prefecture, one.whole) for place in places)


def names_place(text: str, place: Place) -> bool:
    """Whether ``text`` begins the name of ``place`` or of a part of it (姫路, 中央町, Osaka), or goes on behind it."""
    named, town = fold_place(text), fold_place(place.town)
    one = _municipality(place)
    parts = (place.prefecture + one.whole, one.whole, one.name, "")
    begins = any(len(named) > 1 and (fold_place(part) + town).startswith(named) for part in parts)
    goes_on = any(begins_with(text, name) for name in (place.prefecture, one.whole))
    return begins or goes_on or text.lower() == PREFECTURES[place.prefecture]


def describe(places: Sequence[Place]) -> str:
    """What all places of a postal code have in common: 東京都千代田区千代田, 石川県金沢市."""
    parts = [(place.prefecture, place.municipality, place.town) for place in places]
    common = ""
    for column in zip(*parts, strict=True):
        if len(set(column)) > 1:
            break
        common += column[0]
    return common or "・".join(dict.fromkeys(place.prefecture for place in places))


def begins_with_number(rest: str) -> bool:
    """Whether an address begins with its house number: prefecture, municipality and town are left out."""
    return _NUMBER_FIRST.match(rest) is not None


def names_another_place(rest: str) -> bool:
    """Whether another address stands in the rest of one: a prefecture or a city with its municipality or ward."""
    for name in PREFECTURES:
        at = rest.find(name)
        if at >= 0 and find_municipality(rest[at + len(name) :].strip(), name) is not None:
            return True
    wards = (find_municipality(rest[match.start() :]) for match in _CITY_AND_WARD.finditer(rest))
    return any(found is not None and found.spelling.endswith("区") for found in wards)


def _split_prefecture(address: str) -> tuple[str | None, str]:
    """The prefecture that an address begins with, also without its last sign (大阪府 as 大阪), and the rest."""
    for name in PREFECTURES:
        if length := begins_with(address, name):
            return name, address[length:].strip()
    if _find(address, None, guess=False) is None:
        for name in PREFECTURES:
            rest = address[len(name) - 1 :].strip()
            if name != "北海道" and begins_with(address, name[:-1]) and find_municipality(rest, name):
                return name, rest
    return None, address


def _find(rest: str, prefecture: str | None, *, guess: bool) -> Found | None:
    """The municipality in front; a mere 〇〇町 may be a town of anywhere, so without prefecture it says nothing."""
    found = find_municipality(rest, prefecture)
    if found is None or prefecture is not None or guess or found.spelling[-1] not in "町村" or "郡" in found.spelling:
        return found
    return None


def _is_town(behind: str, length: int) -> bool:
    return length > 0 and _TOWN_ENDS.match(behind, length) is not None


def _completed(rest: str, places: Sequence[Place]) -> Located | None:
    """An address without its municipality, completed from its postal code."""
    if not places or len({(place.prefecture, place.municipality) for place in places}) > 1:
        return None
    first = places[0]
    town = _SECTION.sub("", rest)
    if any(place.town and not place.is_building and begins_with(town, place.town) for place in places):
        return _at(first, "", rest)
    if len(places) > 1 or first.is_building:
        return None
    # "What has no code of its own" says nothing about the town; a village without towns needs none.
    covers_the_rest = not first.town and bool(first.note)
    if begins_with_number(rest):
        return None if covers_the_rest else _at(first, first.town, rest)
    return _at(first, "", rest) if not first.town else None


def _at(place: Place, town: str, rest: str) -> Located:
    return Located(_municipality(place), place.prefecture + place.municipality + town, rest.strip())


def _municipality(place: Place) -> Municipality:
    found = find_municipality(place.municipality, place.prefecture)
    assert found is not None
    return found.candidates[0]


def _not_found(rest: str, prefecture: str | None, places: Sequence[Place], context: ReplyContext) -> Problem:
    if places and begins_with_number(rest):
        return problem("address.only_postal_code", context, place=describe(places))
    if prefecture is None:
        return problem("address.no_prefecture", context)
    elsewhere = _find(rest, None, guess=False)
    if elsewhere is not None and len({one.prefecture for one in elsewhere.candidates}) == 1:
        one = elsewhere.candidates[0]
        city = one.above if elsewhere.lacks_ward else one.whole
        return problem("address.prefecture_mismatch", context, city=city, prefecture=one.prefecture)
    if _SOME_MUNICIPALITY.match(rest):
        return problem("address.no_such_municipality", context, prefecture=prefecture)
    return problem("address.no_municipality", context)
