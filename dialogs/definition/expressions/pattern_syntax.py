"""Reads the text of a regular expression into a small tree; refuses what cannot run in linear time.

Taken: literals, ``.``, sets, ``\\d \\w \\s`` and their capitals (ASCII, as in ODK), groups, ``|``,
``* + ? {m,n}``, ``^`` and ``$``.  Refused by name: back references, look-around, flags, lazy marks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Longest pattern, in characters, and deepest nesting of groups.
MAX_PATTERN = 500
MAX_NESTING = 30

Test = Callable[[str], bool]


class PatternError(ValueError):
    """The pattern is not one of this subset; ``reason`` is the piece that was not understood."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class One:
    """One character that passes the test."""

    test: Test


@dataclass(frozen=True, slots=True)
class Edge:
    """The beginning or the end of the text; consumes nothing."""

    at_end: bool


@dataclass(frozen=True, slots=True)
class Chain:
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Either:
    branches: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    part: Part
    least: int
    #: ``None`` is without bound.
    most: int | None


Part = One | Edge | Chain | Either | Repeat

_CLASSES: dict[str, Test] = {
    "d": lambda c: "0" <= c <= "9",
    "w": lambda c: c.isascii() and (c.isalnum() or c == "_"),
    "s": lambda c: c in " \t\n\r\f\v",
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_QUANTIFIERS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def read_pattern(source: str) -> Part:
    """The tree of a pattern; raises ``PatternError``."""
    if len(source) > MAX_PATTERN:
        raise PatternError(source[:20])
    return _Reader(source).read()


class _Reader:
    """Recursive descent over the pattern's text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._nesting = 0

    def read(self) -> Part:
        tree = self._alternatives()
        if self._at < len(self._source):
            raise PatternError(self._source[self._at])
        return tree

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise PatternError(self._source[-20:])
        self._at += 1
        return character

    def _alternatives(self) -> Part:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise PatternError("(")
        branches = [self._sequence()]
        while self._peek() == "|":
            self._take()
            branches.append(self._sequence())
        self._nesting -= 1
        return branches[0] if len(branches) == 1 else Either(tuple(branches))

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._peek() and self._peek() not in "|)":
            parts.append(self._repeated(self._atom()))
        return Chain(tuple(parts))

    def _repeated(self, atom: Part) -> Part:
        mark = self._peek()
        if not mark or mark not in "*+?{":
            return atom
        if isinstance(atom, Edge):
            raise PatternError(mark)
        self._take()
        least, most = self._bounds() if mark == "{" else _QUANTIFIERS[mark]
        following = self._peek()
        if following and following in "*+?{":
            # Lazy and possessive marks mean nothing where the whole text must match.
            raise PatternError(mark + following)
        return Repeat(atom, least, most)

    def _bounds(self) -> tuple[int, int | None]:
        end = self._source.find("}", self._at)
        text = self._source[self._at : end] if end >= 0 else ""
        low, comma, high = text.partition(",")
        shown = "{" + text[:18] + "}"
        if not _is_count(low) or (high and not _is_count(high)):
            raise PatternError(shown)
        self._at = end + 1
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if most is not None and most < least:
            raise PatternError(shown)
        return least, most

    def _atom(self) -> Part:
        character = self._take()
        if character == "(":
            return self._group()
        if character in "*+?{}])":
            raise PatternError(character)
        if character in "^$":
            return Edge(at_end=character == "$")
        if character == "[":
            return One(self._set())
        if character == "\\":
            return One(self._escape())
        if character == ".":
            return One(lambda c: c != "\n")
        return One(_exactly(character))

    def _group(self) -> Part:
        if self._peek() == "?":
            if self._source[self._at : self._at + 2] != "?:":
                raise PatternError(self._source[self._at - 1 : self._at + 3])
            self._at += 2
        inner = self._alternatives()
        if self._peek() != ")":
            raise PatternError("(")
        self._take()
        return inner

    def _escape(self) -> Test:
        character = self._take()
        if character.lower() in _CLASSES:
            inside = _CLASSES[character.lower()]
            return inside if character.islower() else lambda c: not inside(c)
        if character.isalnum() and character not in _CONTROLS:
            raise PatternError("\\" + character)
        return _exactly(_CONTROLS.get(character, character))

    def _set(self) -> Test:
        negative = self._peek() == "^"
        if negative:
            self._take()
        tests: list[Test] = []
        singles: set[str] = set()
        empty = True
        while self._peek() != "]" or empty:
            empty = False
            low = self._set_item(tests)
            if low is None:
                continue
            if self._peek() == "-" and self._source[self._at + 1 : self._at + 2] not in ("]", ""):
                self._take()
                high = self._set_item(tests)
                if high is None or high < low:
                    raise PatternError(f"{low}-{high or ''}")
                tests.append(_between(low, high))
            else:
                singles.add(low)
        self._take()
        return _any_of(frozenset(singles), tuple(tests), negative)

    def _set_item(self, tests: list[Test]) -> str | None:
        """One character of a set, or ``None`` when a whole class went into ``tests``."""
        character = self._take()
        if character in "[&":
            # Some dialects read these as set operations; the author has to say which is meant.
            raise PatternError(character)
        if character != "\\":
            return character
        escaped = self._peek()
        test = self._escape()
        if escaped.lower() in _CLASSES:
            tests.append(test)
            return None
        return _CONTROLS.get(escaped, escaped)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


def _exactly(character: str) -> Test:
    return lambda c: c == character


def _between(low: str, high: str) -> Test:
    return lambda c: low <= c <= high


def _any_of(singles: frozenset[str], tests: tuple[Test, ...], negative: bool) -> Test:
    return lambda c: (c in singles or any(test(c) for test in tests)) != negative
