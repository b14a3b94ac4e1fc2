"""A typed address, as it is to be stored: prefecture, municipality, number; width put right.

Sources: Japan Post's list of municipalities and postal codes; Act on Indication of Residential Address.
Nothing that was typed is corrected; an address in kana is written in characters where it can be read in one way
only.  Added is only what the list settles: the prefecture, the district (郡),
the city of a ward or the ward of a city, and what a postal code in front stands for.  A municipality that does
not exist, or not in that prefecture or under that code, is asked back; towns, 小字 and buildings never are,
because no list has them all.  Addresses in Latin letters are taken when they name a prefecture.
"""

from __future__ import annotations

import re

from dialogs.japanese.municipalities import town_at_start
from dialogs.japanese.numerals import DIGIT_CHARS
from dialogs.japanese.postal import Place, places_of
from dialogs.japanese.width import strip_variation_selectors, to_storable_width
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import about, opening, strip_chatter
from dialogs.replies.house_numbers import has_house_number
from dialogs.replies.places import begins_with_number, describe, locate, names_another_place
from dialogs.replies.places_in_kana import Several, in_characters
from dialogs.replies.prefectures import PREFECTURES
from dialogs.replies.problems import MAX_LENGTH, problem
from dialogs.replies.sentences import speaks_of_others
from dialogs.replies.surrounding_words import ENGLISH_SENTENCE

LONGEST = 120

_LEAD = (
    *about(
        "住所",
        "ご住所",
        "新住所",
        "新しい住所",
        "現住所",
        "いまの住所",
        "今の住所",
        "所在地",
        "本社",
        "自宅",
        "現在",
        "今",
        "いま",
        "新居",
        "引っ越し先",
        "引越し先",
        "転居先",
        "address",
    ),
    *("新住所", "現住所", "日本国", "住所", "郵便番号は", "郵便番号:", "郵便番号"),
)
_TAIL = (
    *("に引っ越しました", "に引越しました", "へ引っ越しました", "へ引越しました", "に引っ越した", "に引っ越したよ"),
    *("に住んでいます", "に住んでます", "に住んでおります", "に住んでる", "に住んでいる", "在住です", "在住"),
    *(
        "に移りました",
        "に転居しました",
        "へ転居しました",
        "に変わりました",
        "に変更です",
        "に変更しました",
        "になりました",
    ),
)
#: That one has moved, said in front of where to; a clause with a figure may hold an address itself.
_HAS_MOVED = re.compile(
    "^(?:[^0-9。、,!]{0,24}?(?:引っ?越し?|転居|移転|転勤|結婚|変わ|変更|移り|移っ)[^0-9。、,!]{0,6}?"
    f"(?:(?:た|たよ|まして|て)(?:[。、,! ]+|(?={'|'.join(PREFECTURES)}))|た(?:ので|んで|ため|から)[。、,! ]*))+(?=.)"
)
#: Closing words that no name of a building is told apart from, unless a number stands before them.
_BEHIND_NUMBER = re.compile("(?<=[0-9号番地室階])(?:だよ|だね|だ|やで|や|じゃよ|じゃ|ですわ|ね|よ)+$")
_CODE_IN_FRONT = re.compile(r"(?:〒|郵便番号)? ?(?P<area>\d{3}) ?-? ?(?P<rest>\d{4})(?!\d|-\d)[ 、,の]*|〒 ?")
_CODE_BEHIND = re.compile(r"[ 、,(]*(?:〒|郵便番号[は:]?|(?<=\()) ?(?P<area>\d{3})-?(?P<rest>\d{4})\)?$")
#: Unmarked behind a number: a house has no number such as 0043.
_CODE_AT_END = re.compile(r"(?<=[0-9号番地室階])[ 、,]+(?P<area>\d{3})-(?P<rest>\d{4})$")
_CODE_IN_LATIN = re.compile(r"(?:^|[ ,])〒?(?P<area>\d{3})-?(?P<rest>\d{4})(?=$|[ ,])(?:,? )?")
_LATIN = re.compile(r"[A-Za-z0-9ÀÁÈÉÌÍÒÓÙÚāīūēōĀĪŪĒŌ ,.'#/&()\-]*[A-Za-z][A-Za-z0-9ÀÁÈÉÌÍÒÓÙÚāīūēōĀĪŪĒŌ ,.'#/&()\-]*")
#: Signs that no address has; emoji and symbols come from slips of the thumb.
_BAD = re.compile("[^\\w\\s・.,'’\"&/()（）「」\\-ー~#°＃々〆ヶ〇、。:+]")
#: A sentence around or instead of an address; no name of a place or building holds these.
_SENTENCE = re.compile(
    "ません|でした|ました|ですが|ですけど|ですか|でしょう|ください|下さい|だった|[てで]い?ます|てない|ていない|してる"
    "|けど|から(?:変|引|越|移|の)|わから|分から|わかん|変わ[らっりる]|ではな[くい]|じゃな[くい]|かわら|同じ|おなじ|変更|引っ?越[しす]"
    "|以前|前の住所|転居|と思[いう]|たぶん|多分|たくな|(?:電話|携帯|TEL|tel)[^0-9]{0,4}0[0-9]"
)
#: What a postal code that was given before may put right.
_INCOMPLETE = frozenset(("address.no_prefecture", "address.no_municipality", "address.no_ward"))
_SPACE_BEFORE_NUMBER = re.compile(
    rf"(?<=[^\x00-\x7f]) (?=\d|[{DIGIT_CHARS}十]+(?:丁目|番|[のノ之]))|(?<=[都道府県市区町村郡字]) (?=[^\x00-\x7f])"
)
_SPACE_AFTER_TOWN_NUMBER = re.compile(r"(?<=丁目) (?=\d)|(?<=[番地]) (?=\d+号(?!室))")
_SPACED_DASH = re.compile(r"(?<=\d) ?- ?(?=\d)")


def read_address(text: str, context: ReplyContext) -> Parsed | Problem:
    """The address in the width that is stored; every kanji as typed."""
    plain = opening("address", text, context)
    if isinstance(plain, Problem):
        return plain
    code, typed = _code_and_rest(text)
    if len(typed) > LONGEST:
        return problem("address.too_long", context, limit=str(LONGEST))
    if _BAD.search(strip_variation_selectors(typed)):
        return problem("address.bad_character", context)
    places = places_of(code)
    heard = in_characters(typed, places or places_of(context.postal_code or ""))
    if isinstance(heard, Several):
        return problem("address.read_alike", context, places="、".join(heard.names))
    typed = heard or typed
    if _SENTENCE.search(typed) or ENGLISH_SENTENCE.search(typed):
        return problem("address.not_an_address", context)
    if code and _without_code(typed)[0]:
        return problem("address.several", context)
    if code and not places:
        return problem("address.no_such_postal_code", context)
    if not typed:
        if not places:
            return problem("address.no_prefecture", context)
        return problem("address.only_postal_code", context, place=describe(places))
    found = _read(typed, places, context)
    if isinstance(found, Problem) and not code and context.postal_code and found.code in _INCOMPLETE:
        completed = _read(typed, places_of(context.postal_code), context)
        return completed if isinstance(completed, Parsed) else found
    return found


def typed_postal_code(text: str) -> str:
    """The postal code that is typed with an address or alone; empty where there is none."""
    return "" if len(text) > MAX_LENGTH else _code_and_rest(text)[0]


def _code_and_rest(text: str) -> tuple[str, str]:
    typed = strip_chatter(to_storable_width(text.replace("\n", " ")), lead=_LEAD, tail=_TAIL)
    moved = _HAS_MOVED.match(typed)
    if moved and not speaks_of_others(moved[0]):
        typed = strip_chatter(typed[moved.end() :], lead=_LEAD, tail=_TAIL)
    code, typed = _without_code(typed)
    return code, _BEHIND_NUMBER.sub("", strip_chatter(typed, lead=_LEAD, tail=_TAIL))


def _read(typed: str, places: tuple[Place, ...], context: ReplyContext) -> Parsed | Problem:
    return _latin(typed, places, context) if _LATIN.fullmatch(typed) else _japanese(typed, places, context)


def _without_code(typed: str) -> tuple[str, str]:
    """A postal code that stands in front of an address or, marked as one, behind it; and the rest."""
    pattern = _CODE_IN_LATIN if _LATIN.fullmatch(typed) else None
    found = (
        pattern.search(typed)
        if pattern
        else _CODE_IN_FRONT.match(typed) or (_CODE_BEHIND.search(typed) or _CODE_AT_END.search(typed))
    )
    if found is None:
        return "", typed
    parts = (typed[: found.start()].strip(" ,、"), typed[found.end() :].strip(" ,、"))
    rest = (", " if pattern else " ").join(part for part in parts if part)
    return (found["area"] or "") + (found["rest"] or ""), rest


def _japanese(typed: str, places: tuple[Place, ...], context: ReplyContext) -> Parsed | Problem:
    located = locate(_spaced(typed), places, context)
    if isinstance(located, Problem):
        return located
    town = town_at_start(located.rest, located.municipality)
    if not has_house_number(located.rest[town:], located.municipality.prefecture, town_is_known=town > 0):
        return problem("address.no_number", context)
    if names_another_place(located.rest):
        return problem("address.several", context)
    address = located.head + located.rest
    return Parsed(value=address, display=address)


def _spaced(typed: str) -> str:
    """Without the spaces between the parts of an address up to its first number; a room keeps its own."""
    first = re.search(r"\d", typed)
    end = first.start() + 1 if first else len(typed)
    joined = _SPACE_BEFORE_NUMBER.sub("", typed[:end]) + typed[end:]
    return _SPACED_DASH.sub("-", _SPACE_AFTER_TOWN_NUMBER.sub("", joined))


def _latin(typed: str, places: tuple[Place, ...], context: ReplyContext) -> Parsed | Problem:
    words = re.sub(r"[^a-z]+", " ", typed.lower().replace("ō", "o").replace("ū", "u")).split()
    named = {
        prefecture
        for prefecture, name in PREFECTURES.items()
        if not {name, f"{name}ken", f"{name}fu"}.isdisjoint(words)
    }
    if not named and begins_with_number(typed) and places:
        # A number, and perhaps a building in Latin letters, that the postal code completes.
        return _japanese(typed, places, context)
    if not named:
        return problem("address.no_prefecture", context)
    if places and named.isdisjoint(place.prefecture for place in places):
        return problem("address.postal_code_mismatch", context)
    if not re.search(r"\d", typed):
        return problem("address.no_number", context)
    if len(words) < 2:
        return problem("address.no_municipality", context)
    return Parsed(value=typed, display=typed)
