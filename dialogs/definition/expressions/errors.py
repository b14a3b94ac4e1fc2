"""Why an expression was not taken: a code, where it stands, and what the sentence about it needs.

Wording lives in the catalogue ``definition`` under ``check.expression.<code>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Every code an ``ExpressionError`` may carry; the tests demand wording for each.
EXPRESSION_ERROR_CODES = frozenset(
    {
        "empty",
        "too_long",
        "too_deep",
        "unexpected_character",
        "smart_quote",
        "unterminated_string",
        "bad_name",
        "absolute_path",
        "unexpected",
        "unexpected_end",
        "unknown_function",
        "unsupported_function",
        "wrong_argument_count",
        "name_expected",
        "parent_expected",
        "literal_expected",
        "bad_pattern",
        "bad_format",
    }
)


class ExpressionError(ValueError):
    """The text is no expression of this language."""

    def __init__(self, code: str, position: int, params: Mapping[str, str] | None = None) -> None:
        if code not in EXPRESSION_ERROR_CODES:
            raise LookupError(f"unknown expression error code {code!r}")
        super().__init__(f"{code} at {position}")
        self.code = code
        #: Offset in the source, counted in characters from 0.
        self.position = position
        self.params: Mapping[str, str] = MappingProxyType(dict(params or {}))
