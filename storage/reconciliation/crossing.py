"""Rules over several fields of one customer: what one field says about the other.

Promise: a rule never hides a difference: it only makes a settled field a conflict, names two differences as the one
event that they are (moved, another name), or says that what looks like a slip belongs to such an event.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, MutableMapping
from datetime import date

from dialogs.japanese.municipalities import fold_place
from dialogs.japanese.postal import Place, places_of
from storage.reconciliation.area import Area, area_of
from storage.reconciliation.finding import Finding
from storage.reconciliation.quick import quick_postal_code
from storage.reconciliation.reading import read_value
from storage.reconciliation.slips import slip
from storage.reconciliation.verdict import SETTLED, Verdict, VerdictCode

_Found = MutableMapping[str, Finding]
_Master = Mapping[str, str]
_DIFFERS = frozenset({VerdictCode.CHANGED, VerdictCode.SUSPECTED_SLIP})
#: Who was named anew has papers anew: any of these tells of them.
_PAPERS = ("residence_status", "residence_expiry", "residence_card")


def cross(found: _Found, master: _Master, on: date) -> None:
    """Apply every rule to the findings of one submission of the day ``on``."""
    for rule in (_japanese_with_papers, _nationality, _renamed, _moved, _postal_code, _expired):
        rule(found, master, on)


def _verdict(found: _Found, column: str) -> VerdictCode | None:
    return found[column].verdict.verdict if column in found else None


def _judge(found: _Found, column: str, verdict: VerdictCode, reason: str) -> None:
    found[column] = dataclasses.replace(found[column], verdict=Verdict(verdict=verdict, reason=reason))


def _expired(found: _Found, master: _Master, on: date) -> None:
    """A date of residence that has passed needs a person even where both sides agree on it."""
    finding = found.get("residence_expiry")
    until = read_value("date", finding.answer) if finding and finding.answer else None
    if until and date.fromisoformat(until) < on:
        _judge(found, "residence_expiry", VerdictCode.CONFLICT, "expired")


def _japanese_with_papers(found: _Found, master: _Master, on: date) -> None:
    """Japanese nationality and a status of residence exclude each other, whichever side says which."""
    nationality = found.get("nationality")
    if nationality is None or nationality.answer != "JPN":
        return
    for column in _PAPERS:
        finding = found.get(column)
        if finding is not None and finding.answer:
            _judge(found, column, VerdictCode.CONFLICT, "contradicts_nationality")
    status = master.get("residence_status", "")
    if status and "residence_status" not in found:
        verdict = Verdict(verdict=VerdictCode.CONFLICT, reason="contradicts_nationality")
        found["residence_status"] = Finding(field="residence_status", verdict=verdict, master=status, answer="")


def _nationality(found: _Found, master: _Master, on: date) -> None:
    """With new papers another nationality is a change; without any it contradicts what the bank has seen."""
    if _verdict(found, "nationality") is not VerdictCode.CONFLICT:
        return
    if any(_verdict(found, column) in (VerdictCode.CHANGED, VerdictCode.NEW) for column in _PAPERS):
        _judge(found, "nationality", VerdictCode.CHANGED, "value_differs")


def _renamed(found: _Found, master: _Master, on: date) -> None:
    """Another family name in kanji and in kana, the same given name and day of birth: married, not somebody else."""
    if _verdict(found, "name") not in _DIFFERS:
        return
    kana = _verdict(found, "name_kana")
    if kana in SETTLED and _verdict(found, "name") is VerdictCode.CHANGED and _same_length(found["name"]):
        # Written otherwise and read the same: 裕子 and 祐子.
        found["name"] = dataclasses.replace(found["name"], verdict=slip("same_reading"))
    elif kana in _DIFFERS and _verdict(found, "birth_date") in (*SETTLED, None) and _same_given_name(found):
        _judge(found, "name", VerdictCode.CHANGED, "name_change")
        _judge(found, "name_kana", VerdictCode.CHANGED, "name_change")


def _same_length(finding: Finding) -> bool:
    left, right = ("".join(text.split()) for text in (finding.master, finding.answer))
    return len(left) == len(right) and sum(one != other for one, other in zip(left, right, strict=True)) == 1


def _same_given_name(found: _Found) -> bool:
    return all(_common_end(found[column]) >= least for column, least in (("name", 1), ("name_kana", 2)))


def _common_end(finding: Finding) -> int:
    left, right = ("".join(text.split()) for text in (finding.master, finding.answer))
    count = 0
    while count < min(len(left), len(right)) and left[-1 - count] == right[-1 - count]:
        count += 1
    return count


def _moved(found: _Found, master: _Master, on: date) -> None:
    """A new address with the postal code of it: one event."""
    both = _verdict(found, "address") is VerdictCode.CHANGED and _verdict(found, "postal_code") in _DIFFERS
    if both and _belongs(found["postal_code"].answer, found["address"].answer) is not False:
        _judge(found, "address", VerdictCode.CHANGED, "moved")
        _judge(found, "postal_code", VerdictCode.CHANGED, "moved")


def _postal_code(found: _Found, master: _Master, on: date) -> None:
    """A postal code of another place than the address that was given with it."""
    if "postal_code" not in found or "address" not in found:
        return
    code, address = found["postal_code"], found["address"]
    if not code.answer or not address.answer or _belongs(code.answer, address.answer) is not False:
        return
    if _verdict(found, "postal_code") in SETTLED and address.verdict.verdict is VerdictCode.CHANGED:
        # Where the old pair did not fit either, the record is what is wrong with it.
        if _belongs(code.master or code.answer, address.master):
            _judge(found, "postal_code", VerdictCode.CONFLICT, "code_of_old_address")
    elif _verdict(found, "postal_code") in (VerdictCode.CHANGED, VerdictCode.NEW):
        found["postal_code"] = dataclasses.replace(code, verdict=slip("code_of_other_place"))


def _belongs(code: str, address: str) -> bool | None:
    """Whether a postal code is one of an address; ``None`` where the list of codes cannot tell."""
    digits = quick_postal_code(code)
    places = places_of(digits) if digits else ()
    area = area_of(address)
    if not places or not area.city:
        return None
    return any(_covers(place, area) for place in places)


def _covers(place: Place, area: Area) -> bool:
    if place.prefecture != area.prefecture or not place.municipality.endswith(area.city):
        return False
    town = fold_place(place.town)
    return not town or fold_place(area.rest.strip()).removeprefix("大字").startswith(town)
