"""The columns of a workbook: which of ours a header means, and in which language its texts are.

Promise: case and blanks of a header do not matter, nor which of XLSForm's spellings is used; a language may be
named by its code or by its English or own name; a header that is none of ours keeps its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from dialogs.definition.cells import LANGUAGE
from dialogs.definition.vocabulary import (
    BOT_COLUMNS,
    BOT_TEXTS,
    CHOICE_ORDER,
    SETTINGS_COLUMNS,
    SURVEY_COLUMNS,
    SURVEY_TEXTS,
)
from dialogs.definition.workbook_cells import folded
from dialogs.definition.xlsform_words import COLUMNS, is_unused

KNOWN: Mapping[str, frozenset[str]] = {
    "survey": SURVEY_COLUMNS | {f"bot::{name}" for name in BOT_COLUMNS},
    "choices": frozenset({"list_name", *CHOICE_ORDER}),
    "settings": SETTINGS_COLUMNS,
}
TEXTS: Mapping[str, frozenset[str]] = {
    "survey": SURVEY_TEXTS | {f"bot::{name}" for name in BOT_TEXTS},
    "choices": frozenset({"label", "button"}),
    "settings": frozenset({"title"}),
}
DEFAULT_LANGUAGE = "ja"
#: The language of a column that names one which is none.
NO_LANGUAGE = "?"

_LANGUAGE_NAMES = {"japanese": "ja", "english": "en", "plain japanese": "ja_easy"}
_NAMED_LANGUAGE = re.compile(r".*\(\s*([^()]+?)\s*\)")


@dataclass(frozen=True)
class Column:
    number: int
    #: In our spelling; as the author wrote it, where it is none of ours.
    name: str
    #: Whether it is one of our own columns, under ``bot``.
    own: bool = False
    language: str = ""

    @property
    def path(self) -> str:
        return f"bot.{self.name}" if self.own else self.name


def language_of(written: str) -> str:
    """The code of a language: ``Japanese (ja)``, ``ja``, ``Japanese`` or ``日本語``; empty where there is none."""
    named = _NAMED_LANGUAGE.fullmatch(written)
    name = named[1] if named else written
    code = _LANGUAGE_NAMES.get(folded(name), name)
    code = re.sub(r"^[A-Za-z]+", lambda head: head[0].lower(), code)
    if LANGUAGE.fullmatch(code):
        return code
    for one in (name, written.partition("(")[0]):
        found = _english_names().get(folded(one)) or _own_names().get(folded(one))
        if found:
            return found
    return ""


@cache
def _english_names() -> Mapping[str, str]:
    from babel import Locale

    return {folded(name): code for code, name in Locale("en").languages.items() if len(code) <= 3}


@cache
def _own_names() -> Mapping[str, str]:
    """How the languages call themselves; reading them takes a moment, so only an unknown name asks."""
    from babel import Locale, UnknownLocaleError

    found: dict[str, str] = {}
    for code in _english_names().values():
        try:
            own = Locale(code).get_language_name(code)
        except (UnknownLocaleError, ValueError):
            continue
        if own:
            found.setdefault(folded(own), code)
    return found


def column_of(sheet: str, number: int, written: str, default_language: str) -> Column:
    """The column that a header names."""
    name, language = _meant(sheet, written, default_language)
    own = name.removeprefix("bot::")
    if sheet == "survey" and own != name and "::" not in own:
        return Column(number, own, own=True, language=language)
    return Column(number, name if name in KNOWN[sheet] else written, language=language)


def _meant(sheet: str, written: str, default_language: str) -> tuple[str, str]:
    """The name of a header in our spelling, where it is one of ours, and its language."""
    name = column_name(written)
    known = COLUMNS[sheet].get(name, name)
    if known in KNOWN[sheet]:
        return known, default_language if known in TEXTS[sheet] else ""
    before, colons, last = written.rpartition("::")
    if not colons:
        # Older forms set a language, or what kind of thing is meant, apart with one colon.
        before, colons, last = written.partition(":")
    text = column_name(before)
    text = COLUMNS[sheet].get(text, text)
    if colons and text in TEXTS[sheet]:
        # Only the last part, the language, keeps its case.
        return text, language_of(last.strip()) or NO_LANGUAGE
    other = COLUMNS[sheet].get(f"{text}::{column_name(last)}", name)
    return other, default_language if other in TEXTS[sheet] else ""


def is_plain_column(sheet: str, name: str) -> bool:
    """Whether a column of this name, spelt as it is, means nothing but itself in a workbook."""
    found = column_of(sheet, 0, name, DEFAULT_LANGUAGE)
    return found.name == name and found.name not in KNOWN[sheet] and not is_unused(sheet, column_name(name))


def column_name(written: str) -> str:
    """A header without case and blanks: ``Required Message`` is ``required_message``."""
    return "::".join(re.sub(r"\s+", "_", part.strip()).lower() for part in written.split("::"))
