"""Two address keys side by side: the same place, a part left out, or another place.

Promise: another room, house number or town is never settled as the same; where only the building's
name is written differently at the same number and room, the place is taken as the same.
"""

from __future__ import annotations

import re

from rapidfuzz.fuzz import ratio

from storage.reconciliation.address import AddressKey, read_address
from storage.reconciliation.slips import is_swap
from storage.reconciliation.variants import fold_kana, same_characters
from storage.reconciliation.verdict import Verdict, VerdictCode

#: How alike two building names without a room must be, in per cent, to be two spellings of one.
_ALIKE = 70
_IN_NAMES = str.maketrans({"が": "ケ", "ガ": "ケ", "ヶ": "ケ", "ヵ": "ケ", "の": "ノ", "之": "ノ", "乃": "ノ"})
_STREET = re.compile(r"^(?P<ward>.*?区)?.*(?:[上下][るルが]+[るル]?|[東西]入[るル]?)(?P<town>.+)$")
#: What tells two buildings of one name apart: a number, a single letter, a direction.
_WING = re.compile(r"[0-9]+|(?<![a-z])[a-z](?![a-z])|[東西南北新旧]")


def compare_places(master: AddressKey, answer: AddressKey) -> Verdict:
    """The verdict on two addresses whose keys are not equal."""
    verdict = _compare(master, answer)
    if verdict.reason in _ELSEWHERE and (master.source or answer.source):
        # What was filled in may be another place of the same name: what was written decides.
        verdict = _compare(_as_written(master), _as_written(answer))
    return verdict


_ELSEWHERE = ("prefecture_differs", "district_differs", "town_differs")


def _as_written(key: AddressKey) -> AddressKey:
    return (read_address(key.source, fill_in=False) if key.source else None) or key


def _compare(master: AddressKey, answer: AddressKey) -> Verdict:
    rules = list(dict.fromkeys((*master.rules, *answer.rules)))
    for part in ("prefecture", "district"):
        left, right = getattr(master, part), getattr(answer, part)
        if left and right and left != right:
            return _changed(f"{part}_differs")
        if left != right:
            rules.append(f"{part}_left_out")
    town = _towns(master.town, answer.town)
    if town is None:
        if _city_left_out(master, answer) and _inside(master, answer) is not None:
            return Verdict(verdict=VerdictCode.INCOMPLETE, reason="city_left_out")
        return _changed("town_differs")
    numbers = _numbers(master, answer)
    if isinstance(numbers, Verdict):
        return numbers
    inside = _inside(master, answer) if numbers == () else numbers
    if inside is None:
        return _within(master, answer)
    variants = (*town, *(rule for rule in inside if rule in _VARIANT_RULES))
    if variants:
        return Verdict(verdict=VerdictCode.SAME_VARIANT, reason="variant", rules=tuple(dict.fromkeys(variants)))
    return Verdict(
        verdict=VerdictCode.SAME_NORMALISED, reason="notation", rules=tuple(dict.fromkeys((*rules, *inside)))
    )


_VARIANT_RULES = ("building_text",)


def _changed(reason: str) -> Verdict:
    return Verdict(verdict=VerdictCode.CHANGED, reason=reason)


def _towns(master: str, answer: str) -> tuple[str, ...] | None:
    """The variant rules by which two towns are one; ``None`` where they are not."""
    if master == answer:
        return ()
    left, right = (town.translate(_IN_NAMES).replace("通り", "通") for town in (master, answer))
    if left == right:
        return ("name_letter",)
    characters = same_characters(left, right)
    if characters is not None:
        return characters or ("name_letter",)
    left, right = _without_street(left), _without_street(right)
    if left and right and (left == right or (same_characters(left, right) is not None)):
        return ("kyoto_street",)
    return None


def _without_street(town: str) -> str:
    """In Kyoto the town stands behind "street crossing, up or down"; the way there is no part of it."""
    street = _STREET.match(town)
    return (street["ward"] or "") + street["town"] if street else town


def _city_left_out(master: AddressKey, answer: AddressKey) -> bool:
    """中央区 for 大阪市中央区; a ward of Tokyo has no city before it, so 東京都中央区 is another place."""
    shorter, longer = sorted((master, answer), key=lambda key: len(key.town))
    if not shorter.town or shorter.prefecture == "東京都" or master.numbers != answer.numbers:
        return False
    return longer.town.endswith(shorter.town) and longer.town[: -len(shorter.town)].endswith(("市", "区", "町", "村"))


def _numbers(master: AddressKey, answer: AddressKey) -> Verdict | tuple[str, ...]:
    """Empty where the house numbers are equal, a rule where one only holds the room too, else a verdict."""
    left, right = master.numbers, answer.numbers
    if left == right:
        return ()
    for short, long in ((master, answer), (answer, master)):
        room_as_number = short.room and long.numbers == (*short.numbers, short.room)
        if room_as_number and short.numbers and not long.room and not long.building:
            return ("room_number",)
    if len(right) < len(left) and left[: len(right)] == right and not answer.building and not answer.room:
        return Verdict(verdict=VerdictCode.INCOMPLETE, reason="numbers_left_out")
    if len(left) == len(right):
        differing = [(one, other) for one, other in zip(left, right, strict=True) if one != other]
        swapped_inside = len(differing) == 1 and is_swap(*differing[0])
        swapped_pair = len(differing) == 2 and differing[0] == differing[1][::-1]
        if swapped_inside or swapped_pair:
            return Verdict(verdict=VerdictCode.SUSPECTED_SLIP, reason="swapped")
    return _changed("house_number_differs")


def _inside(master: AddressKey, answer: AddressKey) -> tuple[str, ...] | None:
    """The rules by which building and room are the same; ``None`` where they are not."""
    if master.room != answer.room:
        return None
    left, right = fold_kana(master.building), fold_kana(answer.building)
    if master.building == answer.building:
        return ()
    if left == right or (left and right and same_characters(left, right) is not None):
        return ("building_text",)
    if not left or not right:
        return ("building_name",) if master.room else None
    wings = _WING.findall(left), _WING.findall(right)
    if wings[0] != wings[1] and ((wings[0] and wings[1]) or not master.room):
        return None
    shorter, longer = sorted((left, right), key=len)
    alike = (len(shorter) > 2 and longer.endswith(shorter)) or ratio(left, right) >= _ALIKE
    return ("building_text",) if master.room or alike else None


def _within(master: AddressKey, answer: AddressKey) -> Verdict:
    """The verdict on buildings and rooms that are not the same."""
    if master.room and answer.room and master.room != answer.room:
        return _changed("room_differs")
    if (master.building or master.room) and not answer.building and not answer.room:
        return Verdict(verdict=VerdictCode.INCOMPLETE, reason="building_left_out")
    if (answer.building or answer.room) and not master.building and not master.room:
        return Verdict(verdict=VerdictCode.NEW, reason="building_added")
    if master.room and not answer.room:
        return Verdict(verdict=VerdictCode.INCOMPLETE, reason="room_left_out")
    if answer.room and not master.room:
        return Verdict(verdict=VerdictCode.NEW, reason="room_added")
    return _changed("building_differs")
