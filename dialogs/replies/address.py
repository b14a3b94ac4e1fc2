"""A typed address, as it is to be stored: prefecture, municipality, number; width put right.

Nothing is looked up here, so only what the text itself shows is judged: a prefecture of the list (added
where a designated city or a ward of Tokyo settles it), a municipality, a number.  A city that lies in
another prefecture is asked back.  Addresses in Latin letters are taken when they name a prefecture.
"""

from __future__ import annotations

import re

from dialogs.japanese.numerals import DIGIT_CHARS
from dialogs.japanese.width import strip_variation_selectors, to_storable_width
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import about, opening, strip_chatter
from dialogs.replies.prefectures import PREFECTURES, UNIQUE_CITIES
from dialogs.replies.problems import problem

LONGEST = 120

_LEAD = (*about("住所", "ご住所", "新住所", "新しい住所", "現住所", "所在地", "本社", "address"), "新住所", "日本国")
_TAIL = (
    "に引っ越しました",
    "に引越しました",
    "に住んでいます",
    "に住んでます",
    "に移りました",
    "に転居しました",
    "に変わりました",
)
_POSTAL = re.compile(r"^(?:〒|郵便番号)? ?\d{3} ?-? ?\d{4}[ 、,]*(?=\D)|^〒 ?")
_MUNICIPALITY = re.compile(r"^.{1,12}?[市区町村郡]")
_NUMBER = re.compile(f"\\d|[{DIGIT_CHARS}十百]+(?:丁目|番地?|号|地割|条|線)|無番地")
_LATIN = re.compile(r"[A-Za-z0-9ÀÁÈÉÌÍÒÓÙÚāīūēōĀĪŪĒŌ ,.'#/&()\-]+")
#: Signs that no address has; emoji and symbols come from slips of the thumb.
_BAD = re.compile("[^\\w\\s・.,'’\"&/()（）「」\\-ー~#°＃々〆ヶ〇、。:+]")
_SPACE_BEFORE_NUMBER = re.compile(r"(?<=[^\x00-\x7f]) (?=\d)|(?<=[都道府県市区町村郡]) (?=[^\x00-\x7f])")
_TOKYO = re.compile(r"^東京(?!都)(?=[^都]{1,5}[区市])")


def read_address(text: str, context: ReplyContext) -> Parsed | Problem:
    """The address in the width that is stored; every kanji as typed."""
    plain = opening("address", text, context)
    if isinstance(plain, Problem):
        return plain
    typed = strip_chatter(to_storable_width(text.replace("\n", " ")), lead=_LEAD, tail=_TAIL)
    typed = _POSTAL.sub("", typed).strip()
    if not typed:
        return problem("address.no_prefecture", context)
    if len(typed) > LONGEST:
        return problem("address.too_long", context, limit=str(LONGEST))
    if _BAD.search(strip_variation_selectors(typed)):
        return problem("address.bad_character", context)
    return _latin(typed, context) if _LATIN.fullmatch(typed) else _japanese(typed, context)


def _japanese(typed: str, context: ReplyContext) -> Parsed | Problem:
    address = _TOKYO.sub("東京都", _without_spaces(typed))
    prefecture = next((name for name in PREFECTURES if address.startswith(name)), None)
    if prefecture is None:
        prefecture = _prefecture_of(address)
        if prefecture is None:
            return problem("address.no_prefecture", context)
        address = prefecture + address
    rest = address[len(prefecture) :].strip()
    for city, belongs in UNIQUE_CITIES.items():
        if rest.startswith(city) and belongs != prefecture:
            return problem("address.prefecture_mismatch", context, city=city, prefecture=belongs)
    municipality = _MUNICIPALITY.match(rest)
    if municipality is None:
        return problem("address.no_municipality", context)
    if not _NUMBER.search(rest, municipality.end()):
        return problem("address.no_number", context)
    address = prefecture + rest
    return Parsed(value=address, display=address)


def _without_spaces(typed: str) -> str:
    """Without the spaces between the parts of an address up to its first number; a room keeps its own."""
    first = re.search(r"\d", typed)
    end = first.start() + 1 if first else len(typed)
    return _SPACE_BEFORE_NUMBER.sub("", typed[:end]) + typed[end:]


def _prefecture_of(address: str) -> str | None:
    """The prefecture of an address that begins with a city of unmistakable name (千葉市 lies in 千葉県)."""
    for city, prefecture in UNIQUE_CITIES.items():
        if address.startswith(city):
            return prefecture
    return next((name for name in PREFECTURES if address.startswith(f"{name[:-1]}市") and name != "東京都"), None)


def _latin(typed: str, context: ReplyContext) -> Parsed | Problem:
    words = re.sub(r"[^a-z]+", " ", typed.lower().replace("ō", "o").replace("ū", "u")).split()
    if not any(name in words or f"{name}ken" in words or f"{name}fu" in words for name in PREFECTURES.values()):
        return problem("address.no_prefecture", context)
    if not re.search(r"\d", typed):
        return problem("address.no_number", context)
    if len(words) < 2:
        return problem("address.no_municipality", context)
    return Parsed(value=typed, display=typed)
