"""An address typed in kana, in the characters of the list of places: とうきょうとせたがやくきたざわ2の3の4.

Promise: written in kanji is only what can be read in one way alone.  A town must be in the list, so that what is
left over is never lost; where several places are read alike, all of them are named and the customer writes which.
The result goes on as any address does, and is shown to be confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dialogs.japanese.kana import to_hiragana, to_katakana
from dialogs.japanese.municipalities import Municipality, find_municipality
from dialogs.japanese.numerals import read_kanji_number
from dialogs.japanese.place_readings import municipalities_read, prefecture_read, sound, towns_read
from dialogs.japanese.postal import Place
from dialogs.japanese.spoken import spoken_number
from dialogs.replies.prefectures import PREFECTURES

_IN_KANA = re.compile(f"(?P<prefecture>{'|'.join(PREFECTURES)})?(?P<kana>[ぁ-ゖァ-ヺー 　、,]{{2,}})(?P<rest>[0-9].*)?")
_BLANKS = re.compile("[ 　、,]")
_SECTION = ("おおあざ", "あざ", "")
#: How the units of a number are read, the longer one first.
_UNITS = (("ちょうめ", "丁目"), ("ばんち", "番地"), ("ごうしつ", "号室"), ("ばん", "番"), ("ごう", "号"))
_UNIT = re.compile(f"(?<=[0-9])(?:{'|'.join(kana for kana, _ in _UNITS)})")
_BETWEEN_NUMBERS = re.compile("ちょうめの?|ばんちの?|ばんの?|ごう|の|・|-")
#: 7じょう is a part of the name of a town.
_IS_NUMBER = re.compile("[0-9]+(?![ぁ-ゖァ-ヺ])|[0-9]+(?:の(?=[0-9])|ちょうめ|ばん|ごう)|$")
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Several:
    """Places that are read alike, in full."""

    names: tuple[str, ...]


def in_characters(typed: str, places: Sequence[Place]) -> str | Several | None:
    """The address as it is written; ``None`` where it is not in kana, or no town of the list is read so."""
    parts = _IN_KANA.fullmatch(typed)
    if parts is None:
        return None
    kana, rest = to_katakana(_BLANKS.sub("", parts["kana"])), parts["rest"] or ""
    found = tuple(dict.fromkeys(_readings(kana, parts["prefecture"], places, rest)))
    if len(found) > 1:
        return Several(tuple(dict.fromkeys(place for place, _ in found))[:_MOST_NAMED])
    return "".join(found[0]) if found else None


def _readings(kana: str, written: str | None, places: Sequence[Place], rest: str) -> Iterator[tuple[str, str]]:
    """Every place that the kana name up to a house number, and that number."""
    prefecture, start = (written, 0) if written else prefecture_read(kana) or ("", 0)
    for municipality, behind in _municipalities(kana[start:], prefecture, places):
        towns = towns_read(municipality)
        for section in _SECTION:
            if not behind.startswith(to_katakana(section)):
                continue
            name = behind.removeprefix(to_katakana(section))
            for end in range(1, len(name) + 1):
                number = _number(name[end:], rest)
                if number is not None:
                    for town in towns.get(sound(name[:end]), ()):
                        yield municipality.prefecture + municipality.whole + town, number


def _municipalities(kana: str, prefecture: str, places: Sequence[Place]) -> Iterator[tuple[Municipality, str]]:
    """The municipalities that the kana may begin with and what stands behind; without any, those of a postal code."""
    covered = {(place.prefecture, place.municipality) for place in places}
    for end, candidates in municipalities_read(kana).items():
        for one in candidates:
            elsewhere = covered and (one.prefecture, one.whole) not in covered
            # A mere 〇〇町 without its district may be a town of anywhere.
            is_bare = not prefecture and not covered and one.name[-1] in "町村" and "グン" not in kana[:end]
            if prefecture in ("", one.prefecture) and not elsewhere and not is_bare:
                yield one, kana[end:]
    for place in {(place.prefecture, place.municipality): place for place in places}.values():
        found = find_municipality(place.municipality, place.prefecture)
        if found is not None and not prefecture:
            yield found.candidates[0], kana


def _number(kana: str, rest: str) -> str | None:
    """The house number behind a town, in figures or spoken (にのさんのよん); ``None`` where more than that is there."""
    if not kana and _IS_NUMBER.match(rest):
        return _UNIT.sub(lambda unit: dict(_UNITS)[unit[0]], rest)
    spoken = [spoken_number(part) for part in _BETWEEN_NUMBERS.split(to_hiragana(kana)) if part]
    read = [None if number is None else read_kanji_number(number) for number in spoken]
    if rest or not read or None in read:
        return None
    return "-".join(str(number) for number in read)
