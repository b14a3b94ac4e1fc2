"""Slips: two neighbours swapped, one character wrong, too many or missing, a name that sounds the same."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from storage.reconciliation.verdict import Verdict, VerdictCode


def slip(reason: str) -> Verdict:
    return Verdict(verdict=VerdictCode.SUSPECTED_SLIP, reason=reason)


def one_typo(left: str, right: str) -> Verdict | None:
    """A slip of any of the kinds that are seen on paper."""
    if is_swap(left, right):
        return slip("swapped")
    return slip("one_character") if is_one_edit(left, right) else None


def swap_only(left: str, right: str) -> Verdict | None:
    return slip("swapped") if is_swap(left, right) else None


def is_swap(left: str, right: str) -> bool:
    """Whether two texts differ by exactly one pair of neighbours in the other order."""
    if len(left) != len(right):
        return False
    at = [place for place, pair in enumerate(zip(left, right, strict=True)) if pair[0] != pair[1]]
    return len(at) == 2 and at[1] == at[0] + 1 and left[at[0]] == right[at[1]] and left[at[1]] == right[at[0]]


def is_one_edit(left: str, right: str) -> bool:
    """Whether one swap, or one wrong, missing or extra character, makes the one the other."""
    return bool(OSA.distance(left, right, score_cutoff=1) == 1)


def sounds_the_same(left: str, right: str) -> bool:
    """Whether the dictionary reads two names alike; how people are really called, it cannot know."""
    return _sound(left) == _sound(right)


@lru_cache(maxsize=4096)
def _sound(name: str) -> str:
    from dialogs.japanese.morphology import words

    return "".join(word.reading for word in words(name))
