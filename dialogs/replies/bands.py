"""Typed amounts against the bands of a choice list.

A band is taken only when the whole amount lies inside exactly one of them; what touches several is
offered, and 前後 reaches a tenth to either side.  A count of people is compared in the same way.
Bounds are the extra columns ``from`` (>=), ``above`` (>), ``to`` (<=) and ``below`` (<), in yen or
people; ``period`` (month or year) may say per what the bands are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from dialogs.definition.model import Choice
from dialogs.replies.base import Problem, ReplyContext
from dialogs.replies.money import AmountRange, read_amount_range
from dialogs.replies.numbers import read_integer
from dialogs.replies.problems import problem

_TWO_COUNTS = re.compile(r"[\d〇一二三四五六七八九十百千]+[人名].*[\d〇一二三四五六七八九十百千]+[人名]")
_BOUNDS = ("from", "above", "to", "below")


def has_bounds(choice: Choice) -> bool:
    """Whether a choice is a band at all (回答を控える is not)."""
    return any(choice.extra.get(bound) for bound in _BOUNDS)


def read_band(text: str, choices: Sequence[Choice], context: ReplyContext) -> Choice | tuple[str, ...] | Problem:
    """The one band that holds the whole amount, else the names of the bands it touches."""
    amount = read_amount_range(text, context)
    if isinstance(amount, Problem):
        return amount
    if amount.around and amount.low is not None and amount.low == amount.high:
        amount = replace(amount, low=amount.low - amount.low // 10, high=amount.low + amount.low // 10)
    bands = [choice for choice in choices if has_bounds(choice)]
    period = next((choice.extra["period"] for choice in bands if choice.extra.get("period")), None)
    if not amount.period.fits(period):
        return problem("amount.period", context)
    holding = [band for band in bands if _holds(band, amount)]
    if len(holding) == 1:
        return holding[0]
    touched = tuple(band.name for band in bands if _touches(band, amount))
    return touched or problem("amount.outside", context)


def band_of_count(text: str, choices: Sequence[Choice], context: ReplyContext) -> Choice | Problem | None:
    """The one band of a list of counts (6人から20人) that a count lies in; ``None`` where there are no such bands.

    Two counts, as in 社員3人とパート5人, are asked back: whether they are to be added, only the customer knows.
    """
    if not all(map(has_bounds, choices)):
        return None
    if _TWO_COUNTS.search(text):
        return problem("choice.unreadable", context)
    count = read_integer(text, context)
    if isinstance(count, Problem):
        return None
    number = AmountRange(low=int(count.value), high=int(count.value))
    return next((band for band in choices if _holds(band, number)), None)


def _edges(band: Choice) -> tuple[int, int | None]:
    """Lowest and highest whole yen of a band; amounts are never negative."""
    low, high = 0, None
    if value := band.extra.get("from"):
        low = int(value)
    if value := band.extra.get("above"):
        low = int(value) + 1
    if value := band.extra.get("to"):
        high = int(value)
    if value := band.extra.get("below"):
        high = int(value) - 1
    return low, high


def _lowest(amount: AmountRange) -> int:
    """Who says 130万まで has something: a range that is open below begins above nothing."""
    return 1 if amount.low is None else amount.low


def _holds(band: Choice, amount: AmountRange) -> bool:
    low, high = _edges(band)
    inside_below = _lowest(amount) >= low
    inside_above = high is None or (amount.high is not None and amount.high <= high)
    return inside_below and inside_above


def _touches(band: Choice, amount: AmountRange) -> bool:
    low, high = _edges(band)
    return (high is None or _lowest(amount) <= high) and (amount.high is None or amount.high >= low)
