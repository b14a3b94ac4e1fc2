"""Whether the rest of an address, behind its municipality, says where on the map the house stands.

Source: Act on Indication of Residential Address (丁目, 番, 号) and the land register (番地, 地割, parcels
such as 甲12 or ロ3).  A 丁目 alone is part of the town's name and no number, except in Hokkaido, where
streets are counted (北1条西2丁目, 東3線); so are a floor, a room and the number in the name of a building.
In the middle of Kyoto a crossing of streets and its 町 say it as well: the prefectural office, 下立売通新町西入
薮ノ内町, has no number.
"""

from __future__ import annotations

import re

from dialogs.japanese.numerals import DIGIT_CHARS

_KANJI = f"[{DIGIT_CHARS}十百千]"
#: What makes a number of the town's name, of a floor or of a room.
_NO_HOUSE = "丁目|丁(?!目)|番[町丁街館棟]|号[室館棟]|条|線|地割|階|室|分|年|月|人|[mk]|[Ff](?![a-z])"
_COUNTED_IN_HOKKAIDO = "番[町丁街館棟]|号[室館棟]|階|室|分|年|月|人|[mk]|[Ff](?![a-z])"
_DWELLING = (
    "(?:ハイツ|コーポ|マンション|アパート|メゾン|レジデンス|ハイム|パレス|ハウス|コート|ビル|タワー|ヒルズ|ホーム"
    "|団地|荘|寮|棟|第)"
)
_NO_NUMBER_AT_ALL = re.compile("無番地|番地なし|番地無し|番外地|番地未定")


def _pattern(no_house: str) -> re.Pattern[str]:
    figures = rf"(?<!\d)\d+(?!\d)(?!{no_house})"
    with_unit = rf"(?<!{_KANJI}){_KANJI}+(?:番地|番(?![町丁街館棟])|号(?![室館棟線]))"
    chain = rf"(?<!{_KANJI}){_KANJI}+[-ーのノ之](?:{_KANJI}|\d)"
    return re.compile(f"{figures}|{with_unit}|{chain}")


_HOUSE = _pattern(_NO_HOUSE)
_HOUSE_IN_HOKKAIDO = _pattern(_COUNTED_IN_HOKKAIDO)
_STREETS_OF_HOKKAIDO = re.compile(f"{_KANJI}+(?:丁目|線|号(?![室館棟]))")
_CROSSING_OF_KYOTO = re.compile("通.{0,12}?(?:[上下](?:が?る|がル|ル|ガル)|[東西南北]入[るルり]?)[^0-9]{1,12}町")
_ALL_KANJI = re.compile(f" ?{_KANJI}+")
_BEHIND_DWELLING = re.compile(rf"{_DWELLING}[ \-]?(?:[A-Za-z]-?)?\d+(?:号室|号|室)?")

#: A building's name directly behind the town: what follows it is a room.
_BUILDING_FIRST = re.compile(r" ?[ァ-ヶー・A-Za-z ]{3,}\D*\d+(?:号室|号|室)?$")


def has_house_number(rest: str, prefecture: str, *, town_is_known: bool) -> bool:
    """Whether ``rest``, the address behind its municipality (and behind its town, if that is known), has a number."""
    in_hokkaido = prefecture == "北海道"
    if town_is_known and not in_hokkaido and _BUILDING_FIRST.match(rest):
        return False
    if _NO_NUMBER_AT_ALL.search(rest) or (town_is_known and _ALL_KANJI.fullmatch(rest)):
        return True
    if prefecture == "京都府" and _CROSSING_OF_KYOTO.search(rest):
        return True
    plain = _BEHIND_DWELLING.sub(" ", rest)
    if in_hokkaido:
        return bool(_HOUSE_IN_HOKKAIDO.search(plain) or _STREETS_OF_HOKKAIDO.search(plain))
    return bool(_HOUSE.search(plain))
