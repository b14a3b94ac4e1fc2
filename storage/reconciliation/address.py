"""A Japanese address as a key in parts: prefecture, district, town, number sequence, building, room.

Promise: the many ways of writing one address (3丁目4番15号, 三-4-15, prefecture left out, 101号室 or
-101) give one key, and any other house or room number gives another.  This is a rule for comparing,
not a geocoder: what it cannot settle it reports as a difference, never as the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dialogs.japanese.numerals import read_kanji_number
from dialogs.japanese.variants import has_gaiji
from storage.reconciliation.area import POSTCODE, PREFECTURE, read_area, written_area
from storage.reconciliation.notation import (
    KANJI_NUMERAL,
    Steps,
    dashes_between,
    long_marks,
    unify_width,
)

_K = KANJI_NUMERAL
_NUMERAL = f"[0-9{KANJI_NUMERAL[1:-2]}]"
#: Words after a number that only say what the number counts.
_UNIT = (
    rf"(?:丁目|丁(?={_NUMERAL}|\s|-|$)|番地|番(?![町丁館街棟])|号(?![線室棟館])"
    rf"|条(?=[東西南北]?{_NUMERAL}|丁目|\s|-|$)|線(?=[東西南北]?{_NUMERAL})|地割)"
)
_KANJI_BEFORE_UNIT = re.compile(rf"(?<![0-9]){_K}(?=\s*{_UNIT})")
_KANJI_BEFORE_DASH = re.compile(rf"(?<![0-9]){_K}(?=-{_NUMERAL})")
_KANJI_AFTER_DASH = re.compile(rf"(?<=[0-9]-){_K}")
_SPACED_TURN = re.compile(rf"(?<=条[東西南北])\s+(?={_NUMERAL})")
_ONE_AS_DASH = re.compile(r"(?<=[0-9])\s*一\s*(?=[0-9])")
_NO_BETWEEN = re.compile(rf"(?:(?<={_NUMERAL})|(?<=番地)|(?<=番))\s*[ノの之乃]\s*(?={_NUMERAL}|[甲乙丙丁])")
_TOWN_NUMBER = re.compile(r"^([^0-9]*?)([0-9]{1,2})(?=番[町丁])")

#: What may stand between two numbers of one sequence, by how sure it is that the second belongs to it.
_AFTER_TOWN_UNIT = re.compile(r"\s*-?\s*(第|[東西南北])?\s*(?=[0-9])")
_AFTER_PARCEL = re.compile(r"(?:\s*-\s*)?(?=[0-9])|\s+(?=[0-9]+号(?!室|棟|館))")
_DASH = re.compile(r"\s*-\s*(?=[0-9])")
_MARKER = re.compile(r"-?([甲乙丙丁イロハニホヘト])-?(?=[0-9])")
_UNIT_HERE = re.compile(rf"\s*({_UNIT})")

_ROOM = re.compile(r"((?:(?:(?<![a-z])[a-z])?[0-9]+-)*(?:(?<![a-z])[a-z]-?)?[0-9]+(?:[a-z](?![a-z]))?)(?:号室|号|室)?$")
_FLOOR_BEFORE_ROOM = re.compile(r"[0-9]+f(?=[a-z]?[0-9]+(?:号室|号|室)?$)")
_COMMA = re.compile("[、,]")
_FIGURE, _FIGURES = re.compile("[0-9]"), re.compile("[0-9]+")
_SOME_UNIT = re.compile(_UNIT)
_TURN = re.compile("([東西南北])(?=[0-9])")
_DOTS = re.compile("[・･.'’]")
_NUMERALS = re.compile(_K)
_FLOOR = re.compile("[0-9]+f$")
_LETTER_DASH = re.compile("(?<=[a-z])-")
_JAPANESE = re.compile(r"[぀-ヿ㐀-鿿]")


@dataclass(frozen=True, kw_only=True)
class AddressKey:
    """One address in parts; an empty part was not written."""

    prefecture: str = field(default="", repr=False)
    district: str = field(default="", repr=False)
    town: str = field(default="", repr=False)
    #: House number sequence; parcel markers and directions stand in it as text.
    numbers: tuple[str, ...] = field(default=(), repr=False)
    building: str = field(default="", repr=False)
    room: str = field(default="", repr=False)
    #: What was taken out on the way; no part of the key.
    rules: tuple[str, ...] = field(default=(), compare=False)
    #: The address itself where something that was left out of it was filled in; no part of the key.
    source: str = field(default="", compare=False, repr=False)


def read_address(value: str, *, fill_in: bool = True) -> AddressKey | None:
    """The key of an address, or ``None`` where nothing can be read."""
    if has_gaiji(value):
        return None
    steps = Steps(value).to(unify_width(value), "width")
    steps.to(" ".join(_COMMA.sub(" ", steps.text).split()), "space")
    if not _JAPANESE.search(steps.text):
        text = "".join(re.findall(r"\w+", steps.text.casefold()))
        return AddressKey(town=text, rules=tuple(steps.rules)) if text else None
    steps.to(dashes_between(steps.text, _NUMERAL, _NUMERAL), "dash")
    steps.to(POSTCODE.sub("", steps.text), "postal_code")
    prefecture = PREFECTURE.match(steps.text)
    rest = steps.text[prefecture.end() :] if prefecture else steps.text
    read = read_area if fill_in else written_area
    area = read(rest.strip(), prefecture[1] if prefecture else "")
    steps.rules.extend(area.rules)
    numbered = _arabic(Steps(area.rest))
    start = _FIGURE.search(numbered.text)
    split = start.start() if start else len(numbered.text)
    numbers, end = _sequence(numbered.text, split) if start else ((), split)
    town = Steps(numbered.text[:split]).to("".join(numbered.text[:split].split()), "space")
    town.to(_plain_town(town.text), "section_word")
    building, room = _building(numbered.text[end:])
    tail = numbered.text[split:]
    written = (("unit",) if _SOME_UNIT.search(tail) else ()) + (("space",) if " " in tail else ())
    rules = (*steps.rules, *numbered.rules, *town.rules, *written)
    return AddressKey(
        prefecture=area.prefecture,
        district=area.district,
        town=area.city + town.text,
        numbers=numbers,
        building=building,
        room=room,
        rules=tuple(dict.fromkeys(rules)),
        source=value if area.city else "",
    )


def _arabic(steps: Steps) -> Steps:
    """Kanji numerals that count something become digits; those inside names stay."""
    steps.to(_SPACED_TURN.sub("", steps.text), "space")
    steps.to(_ONE_AS_DASH.sub("-", steps.text), "dash")
    steps.to(_NO_BETWEEN.sub("-", steps.text), "unit")
    steps.to(_KANJI_BEFORE_UNIT.sub(_digits, steps.text), "numeral")
    steps.to(_KANJI_BEFORE_DASH.sub(_digits, steps.text), "numeral")
    steps.to(_KANJI_AFTER_DASH.sub(_digits, steps.text), "numeral")
    return steps.to(_TOWN_NUMBER.sub(lambda match: match[1] + _kanji(int(match[2])), steps.text), "numeral")


def _digits(match: re.Match[str]) -> str:
    number = read_kanji_number(match[0])
    return match[0] if number is None else str(number)


def _kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    words = "一二三四五六七八九"
    return (("" if tens == 1 else words[tens - 1]) + "十" if tens else "") + (words[ones - 1] if ones else "")


def _sequence(text: str, start: int) -> tuple[tuple[str, ...], int]:
    """The house number sequence that begins at ``start`` and where it ends."""
    numbers: list[str] = []
    at = start
    while True:
        number = _FIGURES.match(text, at)
        if number is None:
            return tuple(numbers), at
        numbers.append(str(int(number[0])))
        at = number.end()
        unit = _UNIT_HERE.match(text, at)
        if unit:
            at = unit.end()
        marker = _MARKER.match(text, at)
        if marker:
            numbers.append(marker[1])
            at = marker.end()
            continue
        if unit and unit[1] in ("丁目", "丁", "条", "線", "地割"):
            link = _AFTER_TOWN_UNIT.match(text, at)
            if link and link[1] in ("東", "西", "南", "北"):
                numbers.append(link[1])
        elif unit and unit[1] in ("番地", "番"):
            link = _AFTER_PARCEL.match(text, at)
        else:
            link = _DASH.match(text, at) or _direction(text, at, numbers)
        if link is None:
            return tuple(numbers), at
        at = link.end()


def _direction(text: str, at: int, numbers: list[str]) -> re.Match[str] | None:
    """北1西2: with 条 left out a direction alone joins two numbers, when nothing has been counted before."""
    link = _TURN.match(text, at)
    if link and len(numbers) == 1:
        numbers.append(link[1])
        return link
    return None


def _plain_town(town: str) -> str:
    """The town without the words that only say what it is: 大字, 字, 第 before a number."""
    if "字" not in town and "第" not in town:
        return town
    town = re.sub("大字|小字", "", town)
    town = re.sub("(?<![文大小])字(?=.)", "", town)
    return re.sub("(?:第|字)$", "", town)


def _building(rest: str) -> tuple[str, str]:
    """Name and room of what follows the house number."""
    if not rest:
        return "", ""
    text = long_marks("".join(rest.casefold().split()).strip("-,.、"))
    text = _DOTS.sub("", text)
    text = _NUMERALS.sub(_digits, text)
    text = text.replace("階", "f")
    text = _FLOOR_BEFORE_ROOM.sub("", text)
    room = _ROOM.search(text)
    if room is None:
        floor = _FLOOR.search(text)
        return (text[: floor.start()], floor[0]) if floor else (text, "")
    return text[: room.start()].strip("-"), _LETTER_DASH.sub("", room[1])
