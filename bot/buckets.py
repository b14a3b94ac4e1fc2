"""How often somebody may do something: so many at once, then one in a while.

Promise: ``take`` is quick and its memory bounded, whoever asks and however often; whoever waits long enough
has his full allowance again.  Each process counts for itself, so N processes allow N times as much.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta


class Buckets:
    """One allowance for each key: ``burst`` at once, and another one every ``refill``."""

    def __init__(self, *, burst: int, refill: timedelta, now: Callable[[], datetime], most_keys: int = 20_000) -> None:
        if burst < 1 or refill <= timedelta(0) or most_keys < 1:
            raise ValueError("an allowance lets something through")
        self._full = burst * refill
        self._refill = refill
        self._now = now
        self._most_keys = most_keys
        #: When each key's allowance is full again; the one that was asked for longest ago comes first.
        self._full_at: OrderedDict[str, datetime] = OrderedDict()

    def has(self, key: str) -> bool:
        """Whether ``key`` may do it once more."""
        now = self._now()
        return self._full_again(key, now) + self._refill - now <= self._full

    def _full_again(self, key: str, now: datetime) -> datetime:
        at = self._full_at.get(key, now)
        # Further ahead than an empty allowance can be: the clock was put back, and nobody shall pay for that.
        return max(at, now) if at - now <= self._full else now

    def take(self, key: str) -> bool:
        """The same, and counts it where it may."""
        allowed = self.has(key)
        full_at = self._full_again(key, self._now())
        self._full_at.pop(key, None)
        self._full_at[key] = full_at + self._refill if allowed else full_at
        if len(self._full_at) > self._most_keys:
            self._full_at.popitem(last=False)
        return allowed
