"""The contract between a typed reply and the value that is kept.

A reader is a pure function from a text to a value or to a problem.  It refuses rather than
guesses: what cannot be read for certain is a problem with an example of what would be read.
Wording lives in the catalogues (``problem.<code>``), never here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from dialogs.records import quick

#: A canonical value: text (date ISO 8601, codes, digits), a number, or a yes/no.
Value = str | int | float | bool


@quick
@dataclass(frozen=True, kw_only=True)
class ReplyContext:
    """What a reader may know besides the text."""

    #: The customer's day, for "today" and for plausibility.
    today: date
    locale: str = "ja"
    #: The address that a postal code must belong to, where one was answered before.
    address: str | None = field(default=None, repr=False)
    #: The postal code that may complete an address, where one was given before.
    postal_code: str | None = field(default=None, repr=False)


@quick
@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A reply that was understood."""

    value: Value = field(repr=False)
    #: How the value is read back to the customer; itself readable by the same reader.
    display: str = field(repr=False)


@quick
@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a reply was not taken: a code of the catalogue, its parameters and an example."""

    #: For example ``date.no_such_day``; the wording is ``problem.date.no_such_day``.
    code: str
    #: Never personal data: counts, bounds, names of the field.
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: What would be read, for the same reader.
    example: str | None = None


Reader = Callable[[str, ReplyContext], Parsed | Problem]
