"""A postal code: seven digits that are in use, with or without the name of their place beside them.

Source: Japan Post's list of postal codes.
"""

from __future__ import annotations

import re

from dialogs.japanese.postal import places_of
from dialogs.japanese.romaji import from_romaji
from dialogs.japanese.spoken import spoken_digits
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, about, opening, strip_chatter
from dialogs.replies.codes import only_figures
from dialogs.replies.places import covers, names_place
from dialogs.replies.problems import problem

_LEAD = (
    *about(
        "郵便番号", "〒", "ゆうびんばんごう", "ゆうびん", "うち", "自宅", "postal code", "zip code", "zip", "postcode"
    ),
    *(
        "〒",
        "郵便番号",
        "ゆうびんばんごう",
        "ゆうびん",
        "引っ越したので",
        "引っ越して",
        "引越して",
        "変わって",
        "新しくなって",
    ),
    *("my ", "postal code is ", "zip code is ", "postal code ", "zip code ", "zip ", "postcode is ", "postcode "),
)
_TAIL = (*CASUAL_TAIL, "になりました", "に変わりました", "に変更です")
#: Three and four digits, whatever stands around them.
_CODE = re.compile(r"(?<![\d-])(\d{3}) ?[-の]? ?(\d{4})(?![\d-])")
_AROUND_PLACE = re.compile(r"[ ()（）「」、,。.〒]")


def read_postal_code(text: str, context: ReplyContext) -> Parsed | Problem:
    """A postal code that is in use, and that belongs to the municipality of the address it was asked for."""
    found = read_postal_digits(text, context)
    if isinstance(found, Problem):
        return found
    places = places_of(str(found.value))
    if not places:
        return problem("postal_code.no_such", context)
    if context.address and not covers(places, context.address, context):
        return problem("postal_code.mismatch", context)
    return found


def read_postal_digits(text: str, context: ReplyContext) -> Parsed | Problem:
    """Seven digits, in use or not: an old record keeps the code that its place had then."""
    plain = opening("postal_code", text, context)
    if isinstance(plain, Problem):
        return plain
    # A keyboard without 〒 offers T.
    plain = re.sub(r"^[Tt] ?(?=\d)", "", strip_chatter(plain, lead=_LEAD, tail=_TAIL))
    beside = _beside_its_place(plain, context)
    if isinstance(beside, Problem):
        return beside
    digits = only_figures(plain) or beside or spoken_digits(from_romaji(plain) or plain)
    if digits is None:
        return problem("postal_code.unreadable", context)
    if len(digits) != 7:
        return problem("postal_code.digits", context, count=str(len(digits)))
    return Parsed(value=digits, display=f"{digits[:3]}-{digits[3:]}")


def _beside_its_place(plain: str, context: ReplyContext) -> str | Problem | None:
    """The digits of a code that a place is written beside; a problem where that place surely has another code."""
    written = _CODE.findall(plain)
    if len(written) != 1:
        return None
    code = "".join(written[0])
    named = _AROUND_PLACE.sub("", strip_chatter(_CODE.sub(" ", plain), lead=_LEAD, tail=_TAIL))
    places = places_of(code)
    if not named or not places or any(names_place(named, place) for place in places):
        return code
    return None if covers(places, named, context) else problem("postal_code.mismatch", context)
