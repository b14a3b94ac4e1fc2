"""Chance that repeats itself: what happens depends on the seed and on what is asked, never on the order of asking.

Promise: the same customer meets the same luck in two runs that differ only in their ladder or cadence, so that what
differs between the runs comes from these and not from the dice.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_BITS = 56


class Chance:
    """The dice of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = str(seed)

    def of(self, *what: object) -> float:
        """A number from 0 up to 1, always the same for the same question."""
        text = "|".join((self._seed, *map(str, what)))
        return int.from_bytes(blake2b(text.encode(), digest_size=_BITS // 8).digest(), "big") / (1 << _BITS)

    def happens(self, percent: float, *what: object) -> bool:
        """Whether something happens that does in so many of a hundred cases."""
        return self.of(*what) * 100 < percent

    def pick(self, weights: Mapping[T, float], *what: object) -> T:
        """One of several, each as often as its weight says."""
        left = self.of(*what) * sum(weights.values())
        for name, weight in weights.items():
            left -= weight
            if left < 0:
                return name
        return [name for name, weight in weights.items() if weight][-1]
