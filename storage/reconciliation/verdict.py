"""What a comparison of the master record with an answer can find, and in which order it is decided.

Promise: the order is fixed here and nowhere else.  A difference in notation alone never becomes
``changed``, and what cannot be read is never silently called the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

#: Stands in every stored verdict; raise it whenever a comparator may decide otherwise than before.
COMPARATOR_VERSION = "2"

Key = TypeVar("Key")


class VerdictCode(StrEnum):
    """The verdicts of the reference, in the order in which they are tried."""

    #: Byte for byte equal.
    SAME = "same"
    #: Equal once width, spaces, dashes, eras, units, order or case are taken out.
    SAME_NORMALISED = "same_normalised"
    #: Equal once character variants (髙/高, small kana, ヶ/ケ) are folded too.
    SAME_VARIANT = "same_variant"
    #: The answer is a strict part of what the master holds.
    INCOMPLETE = "incomplete"
    #: The master holds a value, the answer none.
    MISSING = "missing"
    #: The answer holds a value, the master none.
    NEW = "new"
    #: Looks like a slip of the finger: ask the customer once more.
    SUSPECTED_SLIP = "suspected_slip"
    #: Another value.
    CHANGED = "changed"
    #: A value that cannot change has changed, or two fields contradict each other.
    CONFLICT = "conflict"
    #: One side cannot be read; a person must look.
    UNREADABLE = "unreadable"


#: Verdicts that nobody needs to look at.
SETTLED = frozenset({VerdictCode.SAME, VerdictCode.SAME_NORMALISED, VerdictCode.SAME_VARIANT})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The finding about one field; carries codes only, never a value."""

    verdict: VerdictCode
    #: Worded by ``reconcile.reason.<reason>``.
    reason: str
    #: What had to be taken out to see the two as equal, in order; worded by ``reconcile.rule.<rule>``.
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparator(Generic[Key]):
    """How one kind of field is compared: pure functions, no state."""

    #: The value in one spelling and the steps that led there; ``None`` where it cannot be read.
    canonical: Callable[[str], tuple[Key, tuple[str, ...]] | None]
    #: Whether two canonical keys differ in character variants only: the rules that fired, else ``None``.  A pair of
    #: keys, not one looser key: of three forms of a character the outer two may be different names.
    fold: Callable[[Key, Key], tuple[str, ...] | None]
    #: What the relation of two different keys is, where it is closer than "another value".
    explain: Callable[[Key, Key], Verdict | None]
    #: Verdict and reason of two values that have nothing to do with each other.
    otherwise: Verdict = Verdict(verdict=VerdictCode.CHANGED, reason="value_differs")


def decide(comparator: Comparator[Key], master: str, answer: str) -> Verdict:
    """The verdict on one field; the first rule that fits wins."""
    if master == answer:
        return Verdict(verdict=VerdictCode.SAME, reason="identical")
    has_master, has_answer = bool(master.strip()), bool(answer.strip())
    if not has_master and not has_answer:
        return Verdict(verdict=VerdictCode.SAME_NORMALISED, reason="notation", rules=("space",))
    if not has_answer:
        return Verdict(verdict=VerdictCode.MISSING, reason="not_answered")
    if not has_master:
        return Verdict(verdict=VerdictCode.NEW, reason="not_in_master")
    left, right = comparator.canonical(master), comparator.canonical(answer)
    if left is None or right is None:
        return Verdict(
            verdict=VerdictCode.UNREADABLE, reason="cannot_read_master" if left is None else "cannot_read_answer"
        )
    if left[0] == right[0]:
        rules = tuple(dict.fromkeys((*left[1], *right[1])))
        return Verdict(verdict=VerdictCode.SAME_NORMALISED, reason="notation", rules=rules)
    variant = comparator.fold(left[0], right[0])
    if variant is not None:
        return Verdict(verdict=VerdictCode.SAME_VARIANT, reason="variant", rules=variant)
    return comparator.explain(left[0], right[0]) or comparator.otherwise
