"""Cells with their right verdict: each column in each way in which an answer relates to the record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from tests.storage.reconciliation.labelled import people, places, values

SAME, NOTATION, VARIANT, CHANGED = "same", "same_normalised", "same_variant", "changed"
INCOMPLETE, SLIP, CONFLICT, UNREADABLE = "incomplete", "suspected_slip", "conflict", "unreadable"
MISSING, NEW = "missing", "new"
#: Right verdicts of an answer that says what the record says.
SETTLED = frozenset({SAME, NOTATION, VARIANT})

_BORN = date(1930, 1, 1), date(2005, 12, 31)
_STAYS = date(2026, 1, 1), date(2031, 12, 31)
OCCUPATIONS = ("company_employee", "public_servant", "student", "homemaker", "part_time", "self_employed")
PURPOSES = ("living_expenses", "salary", "savings", "loan", "investment")
COUNTRIES = (
    ("CHN", "中国", "China"),
    ("KOR", "韓国", "South Korea"),
    ("VNM", "ベトナム", "Vietnam"),
    ("PHL", "フィリピン", "Philippines"),
    ("BRA", "ブラジル", "Brazil"),
    ("USA", "アメリカ", "USA"),
    ("JPN", "日本", "Japan"),
)


@dataclass(frozen=True)
class Cell:
    column: str
    master: str
    answer: str
    #: The right verdict; where two are as right as each other, both.
    right: tuple[str, ...]

    @property
    def same(self) -> bool:
        return self.right[0] in SETTLED

    @property
    def changed(self) -> bool:
        return self.right[0] in (CHANGED, CONFLICT)


def _cell(column: str, master: str, answer: str, *right: str) -> Cell:
    return Cell(column, master, answer, (SAME,) if master == answer and right[0] in SETTLED else right)


# Each function makes one cell: "n" another notation, "v" a variant, "c" a change, "s" a slip, "x" something special.


def name(rng: Random, how: str, column: str = "name") -> Cell:
    family, _, given, _ = people.name(rng)
    master = people.spaced(rng, family, given)
    if how == "n":
        return _cell(column, master, people.spaced(rng, family, given), NOTATION)
    if how == "v":
        drawn = "".join(
            rng.choice(people.DRAWINGS[mark] if len(people.DRAWINGS[mark]) < 3 else people.DRAWINGS[mark][:2])
            if mark in people.DRAWINGS and mark not in "辻葛"
            else people.DRAWINGS.get(mark, mark)
            if mark in "辻葛"
            else mark
            for mark in family + given
        )
        twins_only = all(one in people.TWINS for one, plain in zip(drawn, family + given, strict=False) if one != plain)
        right = (NOTATION, VARIANT) if twins_only else (VARIANT,)
        return _cell(column, master, drawn, *right) if drawn != family + given else name(rng, "n", column)
    if how == "s":
        whole = family + given
        at = rng.randint(0, len(whole) - 2)
        if whole[at] == whole[at + 1]:
            return name(rng, how, column)
        return _cell(column, master, whole[:at] + whole[at + 1] + whole[at] + whole[at + 2 :], SLIP)
    if how == "x":
        one, other = rng.choice(people.HOMOPHONES)
        return _cell(column, f"{family} {one}", people.spaced(rng, family, other) or "", SLIP, CHANGED)
    other_family = rng.choice([one[0] for one in people.SURNAMES if set(one[0]).isdisjoint(family)])
    return _cell(column, master, people.spaced(rng, other_family, given), CHANGED)


def name_kana(rng: Random, how: str) -> Cell:
    _, family, _, given = people.name(rng)
    master = rng.choice((f"{family} {given}", f"{family}　{given}", people.half(f"{family} {given}")))
    if how == "n":
        answer = people.spaced(rng, family, given)
        answer = rng.choice((answer, people.half(answer), people.hiragana(answer)))
        return _cell("name_kana", master, answer, NOTATION)
    if how == "v":
        return _cell("name_kana", master, people.transfer(f"{family} {given}"), VARIANT, NOTATION)
    if how == "s":
        whole = family + given
        at = rng.randint(0, len(whole) - 1)
        new = rng.choice([one for one in "アカサタナハマヤラン" if one != whole[at]])
        return _cell("name_kana", master, whole[:at] + new + whole[at + 1 :], SLIP)
    other = rng.choice([one[1] for one in people.SURNAMES if abs(len(one[1]) - len(family)) > 1])
    return _cell("name_kana", master, people.spaced(rng, other, given), CHANGED)


def birth_date(rng: Random, how: str) -> Cell:
    day = values.day(rng, *_BORN)
    master = day.isoformat() if rng.random() < 0.7 else values.day_written(rng, day)
    if how == "s" and (slip := values.day_slip(rng, day)):
        return _cell("birth_date", master, values.day_written(rng, slip), SLIP)
    if how == "c":
        return _cell("birth_date", master, values.day_written(rng, values.another_day(rng, day, *_BORN)), CONFLICT)
    return _cell("birth_date", master, values.day_written(rng, day), NOTATION)


def residence_expiry(rng: Random, how: str) -> Cell:
    day = values.day(rng, *_STAYS)
    master = day.isoformat() if rng.random() < 0.7 else values.day_written(rng, day)
    if how == "s" and (slip := values.day_slip(rng, day)) and slip.year == day.year:
        return _cell("residence_expiry", master, values.day_written(rng, slip), SLIP)
    if how == "c":
        new = values.another_day(rng, day, *_STAYS)
        return _cell("residence_expiry", master, values.day_written(rng, new), CHANGED)
    return _cell("residence_expiry", master, values.day_written(rng, day), NOTATION)


def postal_code(rng: Random, how: str) -> Cell:
    code = places.place(rng).code
    master = rng.choice((code, f"{code[:3]}-{code[3:]}"))
    if how == "s":
        slip = values.one_figure(rng, code, 3)
        return _cell("postal_code", master, values.postal_written(rng, slip), SLIP)
    if how == "c":
        while True:
            other = places.place(rng).code
            if sum(one != two for one, two in zip(code, other, strict=True)) > 2:
                return _cell("postal_code", master, values.postal_written(rng, other), CHANGED)
    return _cell("postal_code", master, values.postal_written(rng, code), NOTATION)


def address(rng: Random, how: str) -> Cell:
    place = places.place(rng)
    master = places.written(rng, place, whole=rng.random() < 0.7)
    if how == "s" and (slip := places.swapped(rng, place)):
        return _cell("address", master, places.written(rng, slip), SLIP)
    if how == "x" and place.building:
        bare = places.replace(place, building="", room=0, wing="")
        kind = rng.randint(0, 3)
        if kind == 0:
            return _cell("address", places.written(rng, bare), master, NEW)
        if kind == 1:
            roomless = places.replace(place, room=0, wing="")
            return _cell("address", master, places.written(rng, roomless), INCOMPLETE)
        if kind == 2:
            other = places.another_building(rng, place)
            return _cell("address", places.written(rng, places.replace(place, room=0, wing="")), other, CHANGED)
        return _cell("address", master, places.written(rng, bare), INCOMPLETE)
    if how == "c":
        kind = rng.random()
        if kind < 0.4:
            other = places.place(rng)
            while (other.city, other.town) == (place.city, place.town):
                other = places.place(rng)
        elif kind < 0.7 or not place.building:
            other = places.another_number(rng, place)
        else:
            other = places.replace(place, room=place.room + rng.choice((1, 100, 3)))
        return _cell("address", master, places.written(rng, other), CHANGED)
    return _cell("address", master, places.written(rng, place), NOTATION, VARIANT)


def phone(rng: Random, how: str) -> Cell:
    number = values.phone(rng)
    master = values.phone_written(rng, number) if rng.random() < 0.5 else number
    if how == "s":
        return _cell("phone", master, values.phone_written(rng, values.one_figure(rng, number, 4)), SLIP)
    if how == "c":
        other = values.phone(rng)
        while sum(one != two for one, two in zip(number[-8:], other[-8:], strict=True)) < 4:
            other = values.phone(rng)
        return _cell("phone", master, values.phone_written(rng, other), CHANGED)
    return _cell("phone", master, values.phone_written(rng, number), NOTATION)


def email(rng: Random, how: str) -> Cell:
    one = values.email(rng)
    if how == "s":
        return _cell("email", one, values.letter_slip(rng, one), SLIP)
    if how == "c":
        return _cell("email", one, values.email(rng), CHANGED)
    return _cell("email", one, values.email_written(rng, one), NOTATION)


def occupation(rng: Random, how: str) -> Cell:
    one = rng.choice(OCCUPATIONS)
    if how == "c":
        return _cell("occupation", one, rng.choice([other for other in OCCUPATIONS if other != one]), CHANGED)
    return _cell("occupation", one, rng.choice((people.wide(one), f" {one}", one.upper())), NOTATION)


def purposes(rng: Random, how: str) -> Cell:
    some = rng.sample(PURPOSES, rng.randint(1, 3))
    if how == "c":
        others = [one for one in PURPOSES if one not in some]
        new = rng.choice((some[1:] or others[:1], [*some, others[0]], [*some[1:], others[0]]))
        return _cell("purposes", ";".join(some), ";".join(new), CHANGED)
    mixed = list(some)
    rng.shuffle(mixed)
    return _cell("purposes", ";".join(some), rng.choice((";", "；", "; ", "、")).join(mixed), NOTATION)


def employer(rng: Random, how: str) -> Cell:
    one = people.company(rng)
    if how == "c":
        other = people.company(rng)
        while other[0] == one[0]:
            other = people.company(rng)
        return _cell("employer", people.company_written(rng, one), people.company_written(rng, other), CHANGED)
    return _cell("employer", people.company_written(rng, one), people.company_written(rng, one), NOTATION)


def nationality(rng: Random, how: str) -> Cell:
    one = rng.choice(COUNTRIES)
    if how == "c":
        other = rng.choice([another for another in COUNTRIES if another != one])
        return _cell("nationality", one[0], rng.choice(other), CONFLICT, CHANGED)
    return _cell("nationality", one[0], rng.choice((*one, people.wide(one[0]), one[0].lower())), NOTATION)


def amount(rng: Random, how: str) -> Cell:
    one = values.amount(rng)
    if how == "s":
        return _cell("amount", f"{one}", values.amount_written(rng, one * 10), SLIP)
    if how == "c":
        other = values.amount(rng)
        while other in (one, one * 10, one // 10):
            other = values.amount(rng)
        return _cell("amount", f"{one}", values.amount_written(rng, other), CHANGED)
    return _cell("amount", f"{one}", values.amount_written(rng, one), NOTATION)


def corporate_number(rng: Random, how: str) -> Cell:
    one = values.corporate_number(rng)
    if how == "s":
        return _cell("corporate_number", one, values.one_figure(rng, one), SLIP)
    if how == "c":
        other = values.corporate_number(rng)
        return _cell("corporate_number", one, other, CONFLICT)
    return _cell("corporate_number", one, rng.choice((people.wide(one), f"T{one}", f"{one[0]}-{one[1:]}")), NOTATION)


def representative_name(rng: Random, how: str) -> Cell:
    return name(rng, how, "representative_name")


def owners(rng: Random, how: str) -> Cell:
    def one() -> dict[str, str]:
        family, _, given, _ = people.name(rng)
        day = values.day(rng, *_BORN)
        return {"name": f"{family} {given}", "birth_date": day.isoformat(), "share": str(rng.randint(26, 60))}

    both = [one(), one()]
    master = json.dumps(both, ensure_ascii=False)
    told = [dict(each) for each in both]
    if how == "c":
        kind = rng.randint(0, 2)
        if kind == 0:
            told[0] = one()
        elif kind == 1:
            del told[1]
        else:
            told[0]["share"] = str(int(told[0]["share"]) + 11)
        return _cell("owners", master, json.dumps(told, ensure_ascii=False), CHANGED)
    for each in told:
        each["name"] = each["name"].replace(" ", rng.choice(("", "　")))
        each["birth_date"] = values.day_written(rng, date.fromisoformat(each["birth_date"]))
        each["share"] += rng.choice(("", "%"))
    told.reverse()
    return _cell("owners", master, json.dumps(told, ensure_ascii=False), NOTATION)


#: Column -> its maker and the ways it has, each with its weight.
MAKERS: dict[str, tuple[Callable[[Random, str], Cell], str]] = {
    "name": (name, "nnnnvvvccsx"),
    "name_kana": (name_kana, "nnnnvvccs"),
    "birth_date": (birth_date, "nnnnnncs"),
    "postal_code": (postal_code, "nnnnnccs"),
    "address": (address, "nnnnnnnnnncccccsxx"),
    "phone": (phone, "nnnnnncccs"),
    "email": (email, "nnnccs"),
    "occupation": (occupation, "nc"),
    "employer": (employer, "nnnncc"),
    "purposes": (purposes, "nnc"),
    "nationality": (nationality, "nnc"),
    "residence_expiry": (residence_expiry, "nnnncs"),
    "amount": (amount, "nnnncs"),
    "corporate_number": (corporate_number, "nncs"),
    "representative_name": (representative_name, "nnvcs"),
    "owners": (owners, "nnc"),
}


def cells(seed: int, per_column: int) -> Iterator[Cell]:
    """So many cells of every column; the same for the same seed."""
    for column, (make, ways) in MAKERS.items():
        rng = Random(f"{seed}:{column}")
        for _ in range(per_column):
            yield _blank(rng, make(rng, rng.choice(ways)))


def _blank(rng: Random, cell: Cell) -> Cell:
    """Now and then one side says nothing, or has a character of the bank's own."""
    dice = rng.random()
    if dice < 0.02:
        return Cell(cell.column, cell.master, rng.choice(("", " ", "　")), (MISSING,))
    if dice < 0.04:
        return Cell(cell.column, rng.choice(("", " ")), cell.answer, (NEW,))
    if dice < 0.06 and cell.column in ("name", "employer", "address", "representative_name"):
        at = rng.randint(0, len(cell.master) - 1)
        return Cell(cell.column, cell.master[:at] + "\ue012" + cell.master[at + 1 :], cell.answer, (UNREADABLE,))
    return cell
