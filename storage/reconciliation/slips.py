"""Slips of the finger: two neighbours swapped, one character wrong, too many or missing."""

from __future__ import annotations

from rapidfuzz.distance import OSA


def is_swap(left: str, right: str) -> bool:
    """Whether two texts differ by exactly one pair of neighbours in the other order."""
    if len(left) != len(right):
        return False
    at = [place for place, pair in enumerate(zip(left, right, strict=True)) if pair[0] != pair[1]]
    return len(at) == 2 and at[1] == at[0] + 1 and left[at[0]] == right[at[1]] and left[at[1]] == right[at[0]]


def is_one_edit(left: str, right: str) -> bool:
    """Whether one swap, or one wrong, missing or extra character, makes the one the other."""
    return bool(OSA.distance(left, right, score_cutoff=1) == 1)
