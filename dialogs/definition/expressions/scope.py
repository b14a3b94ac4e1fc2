"""What an expression may ask about the world: answers, the day, labels; nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol


class Scope(Protocol):
    """Handed in at each evaluation; the same scope gives the same result, so replay is exact."""

    def value(self, name: str) -> str:
        """Canonical text of an answer; empty when unanswered or irrelevant.

        Codes of a select_multiple are joined by one space; numbers are plain decimals; dates ISO.
        """

    def own(self) -> str:
        """The value of ``.``: the answer that is being judged."""

    def today(self) -> date:
        """The customer's day."""

    def now(self) -> datetime:
        """The customer's date and time; aware."""

    def label(self, question: str, choice: str) -> str:
        """The wording of a choice of a question (``jr:choice-name``); empty where there is none."""

    def column(self, name: str) -> str:
        """A column of the choice row that a ``choice_filter`` looks at."""

    def series(self, name: str) -> Sequence[str]:
        """The values of a question over all its repeat instances, in order."""

    def instance(self) -> int:
        """Which instance of its repeat the expression stands in, from 1; 0 outside repeats."""

    def of_instance(self, name: str, instance: int) -> str:
        """The value of a question in one instance of its repeat; empty where there is none."""
