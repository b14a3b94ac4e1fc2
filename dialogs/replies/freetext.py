"""Free text: kept as typed, without invisible marks and without spaces around it."""

from __future__ import annotations

import re

from dialogs.japanese.width import strip_invisible
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.problems import MAX_LENGTH, problem

_SOMETHING = re.compile(r"[^\W_]|[ー○×◯]")
_SPACES = re.compile(r"[ \t\u3000]+")
_LINES = re.compile(r"\s*\n\s*")


def read_text(text: str, context: ReplyContext) -> Parsed | Problem:
    """The text itself; a reply without one letter or figure is empty."""
    if len(text) > MAX_LENGTH:
        return problem("text.too_long", context, limit=str(MAX_LENGTH))
    kept = _LINES.sub("\n", strip_invisible(text.replace("\r\n", "\n"))).strip()
    kept = _SPACES.sub(lambda match: match[0][0], kept)
    if not _SOMETHING.search(kept):
        return problem("text.empty", context)
    return Parsed(value=kept, display=kept)
