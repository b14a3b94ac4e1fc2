"""Prefecture, district and municipality of a written address, whatever of them was left out.

Promise: a part that was left out is filled in only where the list of municipalities (and of their towns) allows one
answer; else the address stays as it was written, and what is missing is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from dialogs.japanese.municipalities import Municipality, find_municipality, town_at_start
from storage.reconciliation.notation import unify_width

PREFECTURE = re.compile(r"(北海道|東京都|京都府|大阪府|[一-龯]{2,3}県)")
POSTCODE = re.compile(r"^〒?\s*\d{3}-\d{4}\s*|^〒\s*\d{7}\s*")
#: A district (郡) before a town or village; cities whose name holds 郡 are left alone.
_DISTRICT = re.compile(r"([^市区町村郡0-9]{1,4}郡)(?!市|山市|上市)(?=[^市区]+?[町村])")
_HEAD = re.compile("[^0-9]*")
_REMEMBERED = 32_768


@dataclass(frozen=True, slots=True)
class Area:
    """The beginning of an address; an empty part is not known."""

    prefecture: str = field(repr=False)
    district: str = field(repr=False)
    #: With the city of a ward.
    city: str = field(repr=False)
    #: What follows, as it was written.
    rest: str = field(repr=False)
    rules: tuple[str, ...] = ()


def written_area(text: str, prefecture: str) -> Area:
    """The area with nothing filled in."""
    district = _DISTRICT.match(text)
    return Area(prefecture, district[1] if district else "", "", text[district.end() :] if district else text)


def read_area(text: str, prefecture: str) -> Area:
    """The area of an address in unified width without its prefecture, which is given where it was written."""
    head = _HEAD.match(text)
    end = head.end() if head else 0
    found = _of_head(text[:end], prefecture)
    return Area(found.prefecture, found.district, found.city, found.rest + text[end:], found.rules)


def area_of(address: str) -> Area:
    """The area of an address as it was typed."""
    text = POSTCODE.sub("", unify_width(address)).strip()
    found = PREFECTURE.match(text)
    return read_area(text[found.end() :].strip() if found else text, found[1] if found else "")


@lru_cache(maxsize=_REMEMBERED)
def _of_head(head: str, prefecture: str) -> Area:
    joined = "".join(head.split())
    found = find_municipality(joined, prefecture or None)
    one = None
    rest = head
    if found is not None:
        rest = _behind(head, found.length)
        bare = not prefecture and all(found.spelling == candidate.name for candidate in found.candidates)
        one = _only_one(found.candidates, rest, certain=not (bare and found.spelling.endswith(("町", "村"))))
    if found is None or one is None:
        return written_area(head, prefecture)
    rules = [] if prefecture else ["prefecture_left_out"]
    if one.above.endswith("郡") and not joined.startswith(one.above):
        rules.append("district_left_out")
    elif one.above and not joined.startswith((one.above, one.name)):
        rules.append("name_letter")
    city = one.whole if one.above.endswith("市") else one.name
    return Area(one.prefecture, one.above if one.above.endswith("郡") else "", city, rest, tuple(rules))


def _behind(head: str, length: int) -> str:
    """What follows so many characters that are no blanks; a blank behind them parts numbers and must stay."""
    for at, mark in enumerate(head):
        if length == 0:
            return head[at:]
        length -= not mark.isspace()
    return ""


def _only_one(candidates: tuple[Municipality, ...], rest: str, *, certain: bool) -> Municipality | None:
    """The municipality that is meant: the only one, or the only one that has the town that follows."""
    if len(candidates) == 1 and certain:
        return candidates[0]
    with_town = [one for one in candidates if town_at_start(rest, one)]
    return with_town[0] if len(with_town) == 1 else None
