"""A country or nationality by its Japanese, English or ISO name becomes its ISO 3166-1 alpha-3 code.

Two-letter codes are taken in capitals only (``in`` and ``no`` are words), ``NO`` never.  Shared names
(コンゴ, Korea, 朝鮮) are asked back, as are several countries in one reply.  Kosovo, for which
ISO 3166-1 has no code, is XKX, one of those that it leaves to its users (so the European Union and the International
Monetary Fund have it).  Whoever has no nationality is told that a person will see to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from dialogs.japanese.romaji import from_romaji
from dialogs.japanese.width import fold
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, about, opening, strip_chatter
from dialogs.replies.country_codes import ALIASES, ALPHA2, ALPHA3, SHARED_NAMES, STATELESS
from dialogs.replies.problems import problem

_LEAD = (
    *about(
        "国籍", "国", "国名", "居住国", "送金先", "相手国", "相手", "出身", "出身国", "住まい", "nationality", "country"
    ),
    *("i am from ", "i'm from ", "from ", "i am ", "i'm ", "my nationality is ", "my country is ", "nationality is "),
    *("country is ", "i live in ", "live in ", "citizen of ", "a citizen of "),
)
_TAIL = (
    "国籍",
    "の国籍",
    "の二重国籍",
    "籍",
    *(
        "人",
        "じん",
        "ジン",
        "国民",
        "出身",
        "の出身",
        "の方",
        "の人",
        "から",
        "から来ました",
        "から来た",
        "へ送金",
        "に送金",
    ),
    *(
        "に住んでいます",
        "に住んでます",
        "在住",
        "に送っています",
        "に送ってます",
        "に送ります",
        "へ送ります",
        "へ送っています",
    ),
    *(
        "に送金します",
        "に送金しています",
        "だけ",
        "のみ",
        "(帰化)",
        "です(帰化)",
        "を持っています",
        "を持ってます",
        "のパスポート",
    ),
    *(" citizen", " nationality", " national", " passport", " only"),
    *CASUAL_TAIL,
)
_RESIDENT = re.compile("^在日(?:の)?(?=.)")
#: The form of a state around its name: エジプト・アラブ共和国, Kingdom of Sweden.
_STATE = re.compile(
    "・?(?:イスラム|アラブ|社会主義|人民|民主|民主主義|連邦|独立|多民族)*(?:共和国|王国|連邦|公国|国)$"
    r"|^(?:the )?(?:[a-z']+ )*(?:republic|kingdom|federation|state|commonwealth|principality|union) of (?:the )?",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[、,/・&+と]| and |および|及び|または|か(?=[^ら])")
_LANGUAGES = ("ja", "en")


def read_country(text: str, context: ReplyContext) -> Parsed | Problem:
    """One country as its alpha-3 code; the display is its name in the customer's language."""
    plain = opening("country", text, context)
    if isinstance(plain, Problem):
        return plain
    stripped = _RESIDENT.sub("", strip_chatter(plain, lead=_LEAD))
    shorter = strip_chatter(stripped, tail=_TAIL)
    for word in (stripped, stripped.strip("()"), shorter, *_without_one_tail(stripped)):
        if fold(word) in _SHARED:
            return problem("country.ambiguous", context)
        if fold(word) in _STATELESS:
            return Problem(code="country.stateless")  # no example helps here
        if code := _code(word):
            return Parsed(value=code, display=country_name(code, context.locale))
    parts = [strip_chatter(part, tail=_TAIL) for part in _SEPARATORS.split(shorter) if part.strip()]
    if len(parts) > 1 and sum(_code(part) is not None for part in parts) > 1:
        return problem("country.several", context)
    if kana := from_romaji(plain):
        return read_country(kana, context)
    return problem("country.unknown", context)


def country_name(code: str, locale: str) -> str:
    """The CLDR name of a country by its alpha-3 code."""
    return _names(locale if locale in _LANGUAGES else "ja")[ALPHA2[code]]


def _without_one_tail(text: str) -> tuple[str, ...]:
    """中国人 loses 人, 韓国国籍 loses 国籍; one at a time, because 中国 itself ends in 国."""
    return tuple(text[: -len(tail)].strip() for tail in _TAIL if text.endswith(tail) and len(text) > len(tail))


def _code(word: str) -> str | None:
    if word in ALPHA3 and word != "NO":
        return ALPHA3[word]
    if re.fullmatch("[A-Z]{3}", word) and word in ALPHA2:
        return word
    names = _by_name()
    plain = _STATE.sub("", word)
    return names.get(_key(word)) or (names.get(_key(plain)) if len(plain) > 1 else None)


def _key(word: str) -> str:
    plain = re.sub("^the |[・.'’ ()\\-=]", "", _unaccented(fold(word)).replace("&", "and")).translate(_LARGE_VOWELS)
    return _VU.sub(lambda match: _VU_ROW[match[1] or ""], plain)


def _unaccented(word: str) -> str:
    """Việt Nam and Côte d'Ivoire as keyboards without accents have them; kana keep their marks."""
    return "".join(_ACCENT.sub("", unicodedata.normalize("NFD", char)) if char < "\u3000" else char for char in word)


_ACCENT = re.compile("[\u0300-\u036f]")
#: フイリピン is typed as often as フィリピン, and スロヴェニア is スロベニア.
_LARGE_VOWELS = str.maketrans("ぁぃぅぇぉ", "あいうえお")
_VU = re.compile("ゔ([あいえお])?")
_VU_ROW = {"あ": "ば", "い": "び", "え": "べ", "お": "ぼ", "": "ぶ"}


@lru_cache(maxsize=4)
def _names(language: str) -> Mapping[str, str]:
    from babel import Locale

    territories = Locale.parse(language).territories
    return MappingProxyType({two: territories[two] for two in ALPHA3})


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for language in _LANGUAGES:
        for two, name in _names(language).items():
            found[_key(name)] = ALPHA3[two]
    for code, names in ALIASES.items():
        for name in names:
            found[_key(name)] = code
    for shared in SHARED_NAMES:
        found.pop(_key(shared), None)
    return MappingProxyType(found)


_SHARED, _STATELESS = frozenset(map(fold, SHARED_NAMES)), frozenset(map(fold, STATELESS))
