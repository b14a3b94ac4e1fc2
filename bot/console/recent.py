"""Figures that take long, for all who look at them: reckoned by one at a time, and shown for a while after.

Promise: however many look, the store works on the figures of one key no more than a twentieth of the time; what takes
no time is always of this moment.  Nothing of it is kept but in this process, and with each goes when it was reckoned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

_Figures = TypeVar("_Figures")
#: How many times as long as it took.
_HOLDS = 20
#: Keys whose figures are remembered.
_MOST = 100


@dataclass(frozen=True, kw_only=True)
class Reckoned(Generic[_Figures]):
    """Figures, and since when they are so."""

    figures: _Figures
    at: datetime
    until: datetime


class Recent(Generic[_Figures]):
    """Of one kind of figures, by key."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._known: dict[str, Reckoned[_Figures]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, key: str, reckon: Callable[[], Awaitable[_Figures]]) -> Reckoned[_Figures]:
        """The figures of a key, as they are or were a while ago."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            began = self._now()
            if known is not None and known.at <= began < known.until:
                return known
            figures = await reckon()
            took = self._now() - began
            self._known.pop(key, None)
            self._known[key] = Reckoned(figures=figures, at=began, until=began + took * (_HOLDS + 1))
            for other in list(self._known)[:-_MOST]:
                del self._known[other], self._locks[other]
            return self._known[key]
