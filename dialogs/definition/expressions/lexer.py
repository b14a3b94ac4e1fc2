"""Cuts the text of an expression into tokens.

Relative paths (``../name``, ``current()/../name``) are taken as what they mean in a form of ours,
where names are unique: the name at their end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from dialogs.definition.expressions.errors import ExpressionError

#: Longest expression that is read, in characters.
MAX_LENGTH = 4_000

#: What a question, a group or a column may be called.
NAME_PATTERN = r"[A-Za-z_][A-Za-z0-9_.\-]*"


class TokenKind(StrEnum):
    NUMBER = "number"
    STRING = "string"
    REFERENCE = "reference"
    OWN = "own"
    PARENT = "parent"
    NAME = "name"
    OPERATOR = "operator"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    #: A string without its quotes, a reference without its braces, anything else as written.
    text: str
    position: int


_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\r\n]+)
    | (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
    | (?P<string>'[^']*'|"[^"]*")
    | \$\{{(?P<reference>[^{{}}]*)\}}
    | (?:current\(\)/)?(?:\.\./)+(?:{NAME_PATTERN}/)*(?P<path>{NAME_PATTERN})
    | (?:current\(\)/)?(?P<parent>\.\.(?:/\.\.)*)(?!/)
    | (?P<own>(?:current\(\)/)?\.(?![.0-9/]))
    | (?P<name>{NAME_PATTERN}(?::{NAME_PATTERN})?)
    | (?P<operator><=|>=|!=|[=<>+*(),\-])
    """,
    re.VERBOSE,
)
_WHOLE_NAME = re.compile(NAME_PATTERN)
#: The beginning of a path through data that lie outside the form.
_OUTSIDE = re.compile(r"\binstance\s*\(")
_SMART_QUOTES = "‘’“”＇＂「」"


def tokens_of(source: str) -> list[Token]:
    """The tokens of a source, the last one ``END``."""
    if len(source) > MAX_LENGTH:
        raise ExpressionError("too_long", MAX_LENGTH, {"limit": str(MAX_LENGTH)})
    found: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise _refusal(source, position)
        kind = match.lastgroup
        assert kind is not None
        if kind != "space":
            found.append(_token(kind, match[kind], position))
        position = match.end()
    found.append(Token(TokenKind.END, "", len(source)))
    return found


def _token(kind: str, text: str, position: int) -> Token:
    if kind == "string":
        return Token(TokenKind.STRING, text[1:-1], position)
    if kind in ("reference", "path"):
        name = text.strip()
        if not _WHOLE_NAME.fullmatch(name):
            raise ExpressionError("bad_name", position, {"name": name})
        return Token(TokenKind.REFERENCE, name, position)
    return Token(TokenKind(kind), text, position)


def _refusal(source: str, position: int) -> ExpressionError:
    character = source[position]
    if character in "'\"":
        return ExpressionError("unterminated_string", position)
    if character in _SMART_QUOTES:
        return ExpressionError("smart_quote", position, {"character": character})
    if source.startswith("${", position):
        return ExpressionError("bad_name", position, {"name": source[position + 2 : position + 32].strip()})
    if character == "/":
        outside = _OUTSIDE.search(source, 0, position)
        if outside is not None:
            return ExpressionError(
                "unsupported_function", outside.start(), {"function": "instance", "reason": "outside"}
            )
        return ExpressionError("absolute_path", position)
    return ExpressionError("unexpected_character", position, {"character": character})
