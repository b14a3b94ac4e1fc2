"""The closed list of what can be wrong with a reply, and an example of a right one for each kind.

A code is ``<kind>.<reason>``; its wording is ``problem.<code>`` in every catalogue, with exactly the
placeholders named here.  Tests compare this list with the catalogues and with the readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dialogs.replies.base import Problem, ReplyContext

#: Longer replies are refused before any reader looks at them.
MAX_LENGTH: Final = 500

_KINDS: Final = (
    *("date", "amount", "integer", "decimal", "percentage", "name", "kana", "postal_code", "address", "phone", "email"),
    *("country", "residence_status", "corporate_number", "residence_card", "yes_no", "text", "choice"),
)

_OF_KINDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "date": {
        "unreadable": (),
        "incomplete": (),
        "no_such_day": (),
        "era_over": ("era", "right_year"),
        "era_not_begun": ("era", "right_year"),
        "before_calendar": (),
        "year_ambiguous": (),
        "year_out_of_range": (),
        "order_ambiguous": (),
        "mismatch": (),
    },
    "amount": {
        "unreadable": (),
        "range": (),
        "negative": (),
        "currency": (),
        "fraction": (),
        "unit_missing": (),
        "too_large": (),
        "outside": (),
        "period": (),
    },
    "integer": {"unreadable": (), "fraction": (), "too_large": ()},
    "decimal": {"unreadable": (), "too_large": ()},
    "percentage": {"unreadable": (), "ambiguous": (), "over": (), "negative": ()},
    "name": {"not_a_name": (), "bad_character": (), "gaiji": (), "family_only": ()},
    "kana": {"not_kana": (), "not_a_name": ()},
    "postal_code": {"digits": ("count",), "no_such": (), "mismatch": (), "unreadable": ()},
    "address": {
        "no_prefecture": (),
        "no_municipality": (),
        "no_such_municipality": ("prefecture",),
        "no_ward": ("city",),
        "no_number": (),
        "prefecture_mismatch": ("city", "prefecture"),
        "postal_code_mismatch": (),
        "no_such_postal_code": (),
        "only_postal_code": ("place",),
        "read_alike": ("places",),
        "several": (),
        "not_an_address": (),
        "bad_character": (),
    },
    "phone": {"unreadable": (), "letters": (), "digits": ("count",), "no_such_number": (), "several": ()},
    "email": {"unreadable": (), "no_at": (), "domain": (), "spaces": (), "several": ()},
    "country": {"unknown": (), "ambiguous": (), "several": (), "stateless": ()},
    "residence_status": {"unknown": (), "ambiguous": ()},
    "corporate_number": {"digits": ("count",), "check_digit": (), "unreadable": ()},
    "residence_card": {
        "format": (),
        "digits": ("count",),
        "length": ("count",),
        "look_alike": ("place", "typed", "meant"),
    },
    "yes_no": {"ambiguous": (), "unreadable": ()},
    "text": {},
    "choice": {
        "unreadable": (),
        "out_of_range": ("last",),
        "negated": (),
        "question": (),
        "separate": (),
        "partly_unreadable": (),
    },
}

#: Every code with the names of its parameters. ``empty`` and ``too_long`` belong to every kind.
PROBLEMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        f"{kind}.{reason}": params
        for kind in _KINDS
        for reason, params in {"empty": (), "too_long": ("limit",), **_OF_KINDS[kind]}.items()
    }
)

#: One reply per kind and language that the reader of that kind takes.
EXAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    "date": {"ja": "昭和39年10月10日", "en": "1964-10-10"},
    "amount": {"ja": "30万円", "en": "300,000 yen"},
    "integer": {"ja": "3", "en": "3"},
    "decimal": {"ja": "2.5", "en": "2.5"},
    "percentage": {"ja": "25%", "en": "25%"},
    "name": {"ja": "山田 太郎", "en": "Taro Yamada"},
    "kana": {"ja": "ヤマダ タロウ", "en": "ヤマダ タロウ"},
    "postal_code": {"ja": "100-0001", "en": "100-0001"},
    "address": {"ja": "東京都千代田区千代田1-1", "en": "1-1 Chiyoda, Chiyoda-ku, Tokyo"},
    "phone": {"ja": "090-1234-5678", "en": "090-1234-5678"},
    "email": {"ja": "taro@example.com", "en": "taro@example.com"},
    "country": {"ja": "フィリピン", "en": "Philippines"},
    "residence_status": {"ja": "永住者", "en": "Permanent Resident"},
    "corporate_number": {"ja": "7000012050002", "en": "7000012050002"},
    "residence_card": {"ja": "AB12345678CD", "en": "AB12345678CD"},
    "yes_no": {"ja": "はい", "en": "Yes"},
    "text": {"ja": "食品の小売", "en": "Food retail"},
    "choice": {"ja": "1", "en": "1"},
}


def example(kind: str, locale: str) -> str:
    """A reply that the reader of ``kind`` takes."""
    examples = EXAMPLES[kind]
    return examples.get(locale) or examples["ja"]


def problem(code: str, context: ReplyContext, **params: str) -> Problem:
    """A problem of the list, with its example; an unlisted code or parameter is a programming error."""
    if frozenset(params) != frozenset(PROBLEMS[code]):
        raise KeyError(f"{code} takes {PROBLEMS[code]}")
    kind = code.partition(".")[0]
    return Problem(code=code, params=MappingProxyType(params), example=example(kind, context.locale))
