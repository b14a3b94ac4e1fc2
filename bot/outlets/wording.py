"""Why an outlet failed, in words: what is kept of it is a code.

Imported by ``kakunin --help``: what is heavy stays out of here.
"""

from __future__ import annotations

from collections.abc import Callable

_STATUS = "status_"


def problem_in_words(say: Callable[..., str], code: str) -> str:
    """The sentence of a code."""
    if code.startswith(_STATUS):
        return say("outlet.problem.status", status=code.removeprefix(_STATUS))
    return say(f"outlet.problem.{code}")
