"""Words that exports need and that storage does not know: why a field differs, which program wrote a file.

Imported by ``kakunin --help``: what is heavy stays out of here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.differences import Difference


def difference_reason(word: Callable[[str], str], difference: Difference) -> str:
    """The reason of a verdict in words, with the rules that led to it."""
    text = word(f"reconcile.reason.{difference.reason}")
    rules = [word(f"reconcile.rule.{rule}") for rule in difference.rules]
    return f"{text} ({', '.join(rules)})" if rules else text


def program() -> str:
    """What the manifest says wrote the files."""
    from importlib.metadata import version

    return f"kakunin {version('kakunin')}"
