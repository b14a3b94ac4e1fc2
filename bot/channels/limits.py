"""What each platform takes, in one table, counted the way the platform counts.

Promise: a text that went through ``clean``, ``cut`` and ``split_text`` with these numbers is never
refused for its length or its characters.  Pure and light: no SDK is imported here, so that
``dialogs`` can be handed ``LIMITS[channel]`` as data by any command.

Where official pages leave the unit open, the larger count is used: a text that is short enough in
UTF-16 units is short enough in characters as well.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from bot.channels.base import Limits
from dialogs.conversation.lists import ListLimits

#: No limit of a platform but of a person in front of a phone.
_LISTS = ListLimits(whole=10, page=8, paged=40)

#: LINE counts texts in UTF-16 units and labels in graphemes.  20 is the label of a quick reply;
#: a Flex button takes 40, but a phone cuts off what is longer than about 20 full-width characters.
LINE = Limits(
    text=5000,
    text_unit="utf16",
    label=20,
    data_bytes=300,
    buttons=12,
    messages_per_call=5,
    changes=False,
    shares_number=False,
    lists=_LISTS,
    calls_per_second=2000,
    calls_at_once=2000,
    # Multicast.
    people_per_call=500,
    many_per_second=200,
)

#: Telegram says "4096 characters".  It names no limit for button labels; a phone shows about 20
#: full-width characters of a button, the rest is dots.
TELEGRAM = Limits(
    text=4096,
    text_unit="utf16",
    label=20,
    data_bytes=64,
    buttons=10,
    messages_per_call=1,
    changes=True,
    shares_number=True,
    lists=_LISTS,
    # "About 30 in a second, one in a chat", with short bursts.
    calls_per_second=30,
    calls_at_once=15,
    chat_seconds=1,
    chat_at_once=5,
)

LIMITS: Mapping[str, Limits] = MappingProxyType({"line": LINE, "telegram": TELEGRAM})

#: LINE beyond the neutral table.
LINE_FLEX_LABEL = 40
LINE_ALT_TEXT = 1500
LINE_DISPLAY_TEXT = 300
LINE_QUICK_REPLIES = 13
LINE_SENDER_NAME = 20
LINE_BUBBLE_BYTES = 30_000

#: Telegram beyond the neutral table.
TELEGRAM_KEYBOARD_BUTTONS = 100
TELEGRAM_START_PARAMETER = 64

_ZWJ = "\u200d"
_EXTENDING = frozenset({"Mn", "Me", "Mc"})
#: Half-width voicing marks join the kana before them although they are letters by category.
_HALF_WIDTH_MARKS = frozenset("ﾞﾟ")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})


def utf16_units(text: str) -> int:
    """The length of ``text`` in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """The length of ``text`` in bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def length(text: str, unit: str) -> int:
    """``text`` counted in ``unit``: utf16 or codepoints."""
    if unit == "utf16":
        return utf16_units(text)
    if unit == "codepoints":
        return len(text)
    raise ValueError(f"unknown unit {unit!r}")


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_pictograph(char: str) -> bool:
    return char >= "\U0001f000" or unicodedata.category(char) == "So"


def _hangul_part(char: str) -> str:
    """The place of a Hangul letter in its syllable: L, V, T, or empty."""
    code = ord(char)
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "V" if (code - 0xAC00) % 28 == 0 else "T"
    return ""


def _joins(cluster: str, char: str, regionals: int) -> bool:
    """Whether ``char`` belongs to the grapheme that ``cluster`` holds so far."""
    last = cluster[-1]
    if last == "\r":
        return char == "\n"
    if unicodedata.category(last) in {"Cc", "Zl", "Zp"}:
        return False
    if unicodedata.category(char) in _EXTENDING or char in _HALF_WIDTH_MARKS or char in {_ZWJ, "\u200c"}:
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return True
    if last == _ZWJ:
        return _is_pictograph(cluster[0]) and _is_pictograph(char)
    if _is_regional(char):
        return _is_regional(last) and regionals % 2 == 1
    if not (part := _hangul_part(char)):
        return False
    before = _hangul_part(last)
    if before == "L":
        return part in {"L", "V"} or 0xAC00 <= ord(char) <= 0xD7A3
    precomposed = 0xAC00 <= ord(char) <= 0xD7A3
    return not precomposed and ((before == "V" and part in {"V", "T"}) or (before == "T" and part == "T"))


def graphemes(text: str) -> Iterator[str]:
    """The characters as a person sees them: marks, emoji sequences, flags and Hangul kept whole.

    A short form of the Unicode rules, which parts rather than joins where they differ: a count may
    be too high, and a text so be cut too early, but never too late.
    """
    cluster = ""
    regionals = 0
    for char in text:
        if cluster and _joins(cluster, char, regionals):
            cluster += char
        else:
            if cluster:
                yield cluster
            cluster = char
            regionals = 0
        regionals = regionals + 1 if _is_regional(char) else regionals
    if cluster:
        yield cluster


def grapheme_count(text: str) -> int:
    """How many graphemes ``text`` has."""
    return sum(1 for _ in graphemes(text))


def has_at_most(text: str, most: int) -> bool:
    """Whether ``text`` has no more graphemes than that; few characters need no counting."""
    return len(text) <= most or grapheme_count(text) <= most


def clean(text: str) -> str:
    """``text`` without what no platform draws: control characters, lone surrogates, odd line ends."""
    if text.replace("\n", "").isprintable():  # nearly always: nothing to look for in it
        return text.strip()
    kept = []
    for char in text.replace("\r\n", "\n").replace("\r", "\n"):
        category = unicodedata.category(char)
        if category == "Cs":
            kept.append("\ufffd")
        elif char in {"\u2028", "\u2029"}:
            kept.append("\n")
        elif char == "\n" or category != "Cc":
            kept.append(char)
        elif char == "\t":
            kept.append(" ")
    return "".join(kept).strip()


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` would be seen; the platforms refuse such a text as empty."""
    return all(unicodedata.category(char) in _INVISIBLE or char in {"\u3164", "\uffa0", "\u115f"} for char in text)


def cut(text: str, most: int, *, units: int) -> str:
    """``text`` within ``most`` graphemes and ``units`` UTF-16 units; an ellipsis shows that some is missing."""
    if has_at_most(text, most) and utf16_units(text) <= units:
        return text
    kept = ""
    for shape in list(graphemes(text))[: most - 1]:
        if utf16_units(kept) + utf16_units(shape) > units - 1:
            break
        kept += shape
    return kept.rstrip() + "…"


def _pieces(text: str, border: str) -> list[str]:
    """``text`` parted behind each ``border``; joined they are ``text`` again."""
    parts = text.split(border)
    return [part + border for part in parts[:-1]] + parts[-1:]


def split_text(text: str, most: int, *, unit: str = "utf16") -> list[str]:
    """``text`` in pieces of at most ``most``, parted at paragraphs; else lines, sentences, graphemes.

    White space at the seams goes; nothing else does.
    """
    return [piece for piece in _split(text, most, unit, ("\n\n", "\n", "。", ". ", " ")) if piece]


def _split(text: str, most: int, unit: str, borders: tuple[str, ...]) -> list[str]:
    if length(text, unit) <= most:
        return [text.strip()]
    units = _pieces(text, borders[0]) if borders else list(_hard_pieces(text, most, unit))
    done: list[str] = []
    current: list[str] = []
    taken = 0
    for part in units:
        bare = length(part.rstrip(), unit)
        if current and taken + bare > most:
            done.append("".join(current).strip())
            current, taken = [], 0
        if bare > most:
            done.extend(_split(part, most, unit, borders[1:]))
        else:
            current.append(part)
            taken += length(part, unit)
    done.append("".join(current).strip())
    return done


def _hard_pieces(text: str, most: int, unit: str) -> Iterator[str]:
    """Graphemes; one that is longer than ``most`` by itself is parted between its code points."""
    for shape in graphemes(text):
        if length(shape, unit) <= most:
            yield shape
        else:
            yield from shape
