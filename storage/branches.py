"""Whose customers something is about: the whole bank's, or those of some branches.

Promise: nothing else asks whether a branch is meant, neither of a record in hand nor in a query, so that a page and the
query behind it cannot disagree; a customer of no branch is the head office's alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Branches:
    """Some branches by their numbers; without any, the whole bank."""

    numbers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *numbers: str) -> Branches:
        return cls(frozenset(numbers))

    @classmethod
    def read(cls, text: str | None) -> Branches:
        """From what ``str`` wrote: a number has no space in it."""
        return cls(frozenset((text or "").split()))

    def __str__(self) -> str:
        return " ".join(sorted(self.numbers))

    @property
    def shown(self) -> str:
        """As people read them."""
        return ", ".join(sorted(self.numbers))

    @property
    def is_whole_bank(self) -> bool:
        return not self.numbers

    def include(self, branch_no: str | None) -> bool:
        """Whether a customer of this branch is within."""
        return self.is_whole_bank or branch_no in self.numbers

    def cover(self, others: Branches) -> bool:
        """Whether what was made for those branches is within: for the same ones, or any for the whole bank."""
        return self.is_whole_bank or self == others

    def are_of(self, branch_no: ColumnElement[Any]) -> ColumnElement[bool]:
        """``include`` for a query, where it is not the whole bank."""
        return branch_no.in_(sorted(self.numbers))

    def narrow(self, query: _Query, branch_no: ColumnElement[Any]) -> _Query:
        """The query with nothing in it but what is within."""
        return query if self.is_whole_bank else query.where(self.are_of(branch_no))


#: The scope of the head office.
WHOLE_BANK = Branches()
