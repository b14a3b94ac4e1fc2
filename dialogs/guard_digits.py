"""Figures in a text as the guard sees them: runs of digits with any separators, and their check digits.

Sources: ISO/IEC 7812 (Luhn, issuer prefixes), ministerial order on the check digit of the 個人番号.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from dialogs.replies.codes import is_corporate_number

#: Between two digits of one number: anything that is neither letter nor digit, or の; a few at most.
_RUN = re.compile(r"\d(?:(?:[^\w]|_|の){0,8}\d)*")
_GROUP = re.compile(r"\d+")
_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


@dataclass(frozen=True, kw_only=True)
class Run:
    """Digits that stand together, however they are separated."""

    digits: str = field(repr=False)
    #: Lengths of the groups between separators.
    groups: tuple[int, ...]
    start: int
    end: int

    @property
    def begins_with_phone(self) -> bool:
        """Whether a telephone number stands in front of something else: 03-1234-5678 4821."""
        first = self.groups[:3]
        return (
            self.digits.startswith("0")
            and len(self.groups) > 3
            and 2 <= first[0] <= 5
            and first[2] == 4
            and sum(first) in (10, 11)
        )

    def windows(self, lengths: tuple[int, ...]) -> Iterator[str]:
        """Stretches of these lengths made of whole groups, and those at either end of a group that is too long."""
        edges, position = [0], 0
        for group in self.groups:
            position += group
            edges.append(position)
        inside = set(edges)
        ends = {0, len(self.digits)} | {edge for start, edge in pairwise(edges) if edge - start > max(lengths)}
        ends |= {start for start, edge in pairwise(edges) if edge - start > max(lengths)}
        for edge in edges:
            for length in lengths:
                after, before = edge + length, edge - length
                if after <= len(self.digits) and (after in inside or edge in ends):
                    yield self.digits[edge:after]
                if before >= 0 and edge in ends:
                    yield self.digits[before:edge]


def runs_of(plain: str) -> Iterator[Run]:
    """The runs of a normalised text; a whole corporate number is public and splits a run."""
    for match in _RUN.finditer(plain):
        pending: list[re.Match[str]] = []
        for group in _GROUP.finditer(plain, match.start(), match.end()):
            if is_corporate_number(group[0]):
                yield from _run(pending)
                pending = []
            else:
                pending.append(group)
        yield from _run(pending)


def _run(groups: list[re.Match[str]]) -> Iterator[Run]:
    if groups:
        yield Run(
            digits="".join(group[0] for group in groups),
            groups=tuple(len(group[0]) for group in groups),
            start=groups[0].start(),
            end=groups[-1].end(),
        )


def is_card_number(digits: str) -> bool:
    """14 to 16 digits with the right Luhn check digit, not all alike."""
    if not 14 <= len(digits) <= 16 or len(set(digits)) == 1:
        return False
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def issuer_lengths(digits: str) -> tuple[int, ...]:
    """How long a card number that begins like this is; empty where no issuer begins so."""
    two, three, four = int(digits[:2]), int(digits[:3]), int(digits[:4])
    if two in (34, 37):
        return (15,)
    if 300 <= three <= 305 or two in (36, 38, 39):
        return (14, 16)
    if digits[0] == "4" or 51 <= two <= 55 or 2221 <= four <= 2720 or 3528 <= four <= 3589:
        return (16,)
    if four == 6011 or two == 65 or 644 <= three <= 649 or two == 62:
        return (16,)
    return ()


def is_my_number(digits: str) -> bool:
    """12 digits with the check digit of an individual number."""
    if len(digits) != 12 or len(set(digits)) == 1:
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(digits, _MY_NUMBER_WEIGHTS, strict=False)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)
