"""What an expression sees while a form is judged: only what the check knows, never a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache

from dialogs.definition.expressions.expression import of_tree

#: What no case tells: the day, the instances of a repeat, wording.
ELSEWHERE = frozenset({
    "today", "now", "once", "jr:choice-name", "sum", "count", "count-non-empty", "min", "max", "join", "position",
    "indexed-repeat",
})  # fmt: skip

#: A part of an expression as one of its own; the same parts are met at every step.
part = lru_cache(maxsize=4_096)(of_tree)


class OwnOnly:
    """A scope that knows nothing but the answer itself; asking for more is a mistake of the check."""

    def __init__(self, own: str) -> None:
        self._own = own

    def own(self) -> str:
        return self._own

    def value(self, name: str) -> str:
        raise LookupError(name)

    def column(self, name: str) -> str:
        raise LookupError(name)

    def label(self, question: str, choice: str) -> str:
        raise LookupError(question)

    def series(self, name: str) -> Sequence[str]:
        raise LookupError(name)

    def instance(self) -> int:
        raise LookupError("instance")

    def of_instance(self, name: str, instance: int) -> str:
        raise LookupError(name)

    def today(self) -> date:
        raise LookupError("today")

    def now(self) -> datetime:
        raise LookupError("now")


class Known(OwnOnly):
    """The answers of a case; one that is not one of a few reads as empty, so it must not be asked for."""

    def __init__(self, values: Mapping[str, str | None], own: str) -> None:
        super().__init__(own)
        self._values = values

    def value(self, name: str) -> str:
        return self._values[name] or ""


class Tried(Known):
    """An answer on trial at its question, on a day; the question's own name means it too, in a repeat the first."""

    def __init__(self, values: Mapping[str, str | None], own: str, question: str, today: date) -> None:
        super().__init__(values, own)
        self._question = question
        self._today = today

    def value(self, name: str) -> str:
        return self.own() if name == self._question else super().value(name)

    def series(self, name: str) -> Sequence[str]:
        return (self.own(),) if name == self._question else super().series(name)

    def today(self) -> date:
        return self._today
