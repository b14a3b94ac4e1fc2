"""Reads the cells of one row as what the schema says they are, and notes what does not fit.

A ``RowReader`` remembers which columns were asked for; what is left over is refused by name, so a
column that we do not support is never silently ignored.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from dialogs.definition.expressions import Expression, ExpressionError, literal, parse
from dialogs.definition.issues import Issue, Place, issue_of
from dialogs.definition.model import NO_TEXT, Text
from dialogs.definition.source_tree import Cell, Rows, Table, Tree

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
CODE = re.compile(r"[A-Za-z0-9_.\-]+")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:[_-][A-Za-z]{2,8})*")
MAX_NAME = 64

_TRUE = frozenset({"yes", "true", "true()", "1"})
_FALSE = frozenset({"no", "false", "false()", "0"})
_LOOKS_COMPUTED = re.compile(r"\$\{|[a-z][a-z:\-]*\(")


def looks_computed(text: str) -> bool:
    """Whether a text is meant to be worked out: it reads a name or calls a function."""
    return _LOOKS_COMPUTED.search(text) is not None


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or nothing."""
    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return found[0] if found else ""


class RowReader:
    """The columns of one table of the source."""

    def __init__(self, table: Table, place: Place, issues: list[Issue]) -> None:
        self._table = table
        self.place = replace(place, line=table.line)
        self._issues = issues
        self._asked: set[str] = set()
        #: Put before the column's name in places: ``bot.``.
        self.prefix = ""

    def note(self, code: str, at: str = "", /, *, spoken: str = "", **params: str) -> None:
        """Records an issue at a column of this row, and there at the wording ``spoken``."""
        node = self._table.entries.get(at)
        place = replace(
            self.place,
            column=f"{self.prefix}{at}" if at else "",
            language=spoken,
            line=node.line if node is not None and node.line else self.place.line,
        )
        self._issues.append(Issue(code=code, place=place, params=params))

    def node(self, column: str) -> Tree | None:
        """The raw value; ``None`` for a missing or empty one."""
        self._asked.add(column)
        found = self._table.entries.get(column)
        empty = (isinstance(found, Cell) and not found.text) or (isinstance(found, Table) and not found.entries)
        return None if empty else found

    def text(self, column: str) -> str:
        found = self.node(column)
        if found is None:
            return ""
        if not isinstance(found, Cell):
            self.note("wrong_shape", column, expected="text")
            return ""
        return found.text

    def name(self, column: str, *, pattern: re.Pattern[str] = NAME) -> str:
        """An identifier; notes a missing or an ill-formed one."""
        found = self.text(column)
        if not found:
            if self.node(column) is None:
                self.note("missing_column", column, column=f"{self.prefix}{column}")
        elif len(found) > MAX_NAME or not pattern.fullmatch(found):
            self.note("bad_name", column, name=found[:MAX_NAME])
        return found

    def texts(self, column: str) -> Text:
        """Wording by language."""
        found = self.node(column)
        if found is None:
            return NO_TEXT
        if not isinstance(found, Table):
            self.note("wrong_shape", column, expected="language")
            return NO_TEXT
        wording: dict[str, str] = {}
        for language, value in found.entries.items():
            if not LANGUAGE.fullmatch(language):
                self.note("bad_language", column, language=language[:MAX_NAME])
            elif not isinstance(value, Cell):
                self.note("wrong_shape", column, spoken=language, expected="text")
            elif value.text:
                wording[language] = value.text
        return MappingProxyType(wording)

    def words(self, column: str) -> tuple[str, ...]:
        """A list of plain texts."""
        found = self.node(column)
        if found is None:
            return ()
        if not isinstance(found, Rows) or not all(isinstance(item, Cell) for item in found.items):
            self.note("wrong_shape", column, expected="list")
            return ()
        return tuple(item.text for item in found.items if isinstance(item, Cell))

    def boolean(self, column: str) -> bool:
        found = self.text(column)
        if found and found.lower() not in _TRUE | _FALSE:
            self.note("bad_boolean", column, value=found[:MAX_NAME])
        return found.lower() in _TRUE

    def whole(self, column: str) -> int | None:
        """A whole number from 1 to 99."""
        found = self.text(column)
        if not found:
            return None
        if not re.fullmatch(r"[1-9][0-9]?", found):
            self.note("bad_number", column, value=found[:MAX_NAME])
            return None
        return int(found)

    def one_of(self, column: str, allowed: Iterable[str]) -> str | None:
        found = self.text(column)
        options = sorted(allowed)
        if found and found not in options:
            self.note("bad_value", column, value=found[:MAX_NAME], suggestion=nearest(found, options))
            return None
        return found or None

    def expression(self, column: str) -> Expression | None:
        found = self.text(column)
        return self._parsed(column, found) if found else None

    def condition(self, column: str) -> Expression | None:
        """An expression, or yes/no; no is the same as nothing."""
        found = self.text(column)
        if found.lower() in _FALSE or not found:
            return None
        return parse("true()") if found.lower() in _TRUE else self._parsed(column, found)

    def default(self, column: str) -> Expression | None:
        """A plain text as it stands, unless it is computed: it reads a name or calls a function."""
        found = self.text(column)
        if not found:
            return None
        return self._parsed(column, found) if looks_computed(found) else literal(found)

    def table(self, column: str) -> Table | None:
        found = self.node(column)
        if found is None or isinstance(found, Table):
            return found
        self.note("wrong_shape", column, expected="mapping")
        return None

    def rest(self) -> list[str]:
        """The columns that nobody has asked for."""
        return [column for column in self._table.entries if column not in self._asked]

    def refuse_rest(self, known: Iterable[str]) -> None:
        """Every column left over is an issue: unsupported, or supported but not on this type."""
        everything = set(known)
        for column in self.rest():
            if column in everything:
                self.note("column_not_for_type", column, column=f"{self.prefix}{column}")
            else:
                near = nearest(column, everything)
                self.note(
                    "unsupported_column",
                    column,
                    column=f"{self.prefix}{column}"[:MAX_NAME],
                    suggestion=f"{self.prefix}{near}" if near else "",
                )

    def _parsed(self, column: str, source: str) -> Expression | None:
        try:
            return parse(source)
        except ExpressionError as error:
            node = self._table.entries[column]
            place = replace(self.place, column=f"{self.prefix}{column}", line=node.line or self.place.line)
            self._issues.append(issue_of(error, place))
            return None
