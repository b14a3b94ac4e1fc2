"""How many messages of campaigns wait ahead of each platform, and when there is room for the others.

Promise: what waits is what the senders work off in a few seconds, be it the platform, its allowance or our own store
that is the slower: so they never stand still for want of a message, a stop leaves little behind, and a slow platform
takes no room from another one.  Memory of one process, a guess for the first moments; no clock and no store.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: Seconds of sending that wait at a time.
_SECONDS = 3
#: Messages in this time where nobody knows yet how fast they leave, or where none did.
_FIRST = 200
#: A shorter time says little about how fast they leave.
_MEASURE = timedelta(seconds=1)
#: No turn is further away: those before it may have been given to campaigns that are over by then.
_FURTHEST = timedelta(hours=1)


@dataclass
class _Lane:
    """One platform."""

    #: Messages that it takes in a second; endless where nobody counts them.
    most: float
    #: Messages a second that left when it was measured last.
    speed: float | None = None
    waiting: int = 0
    queued: int = 0
    measured_at: datetime | None = None
    waited_then: int = 0
    #: Messages of its allowance; ``None`` where there is no limit.
    left: int | None = None
    #: The turn of who asked last.
    free_at: datetime | None = None

    @property
    def ours(self) -> float:
        """What our senders work off meanwhile."""
        return _FIRST if self.speed is None else max(_FIRST, self.speed * _SECONDS)

    @property
    def theirs(self) -> float:
        """What the platform takes meanwhile."""
        return self.most * _SECONDS

    @property
    def is_ours(self) -> bool:
        """Whether it is we who are the slower."""
        return self.theirs > self.ours

    @property
    def is_full(self) -> bool:
        return self.is_ours and self.room == 0 and self.waiting > 0

    @property
    def room(self) -> int:
        most = math.ceil(min(self.ours, self.theirs, math.inf if self.left is None else self.left))
        return max(0, most - self.waiting)

    def look(self, waiting: int, at: datetime) -> None:
        if self.measured_at is None or at - self.measured_at > 60 * _MEASURE:
            self.measured_at, self.waited_then, self.queued = at, waiting, 0
        elif at - self.measured_at >= _MEASURE:
            gone = self.waited_then + self.queued - waiting
            self.speed = max(0.0, gone / (at - self.measured_at).total_seconds())
            self.measured_at, self.waited_then, self.queued = at, waiting, 0
        self.waiting = waiting
        if waiting == 0:
            # The turns that were given out are over, or those who had them have gone elsewhere.
            self.free_at = None

    def turn(self, at: datetime) -> datetime | None:
        if self.is_ours:
            return None
        first = at + timedelta(seconds=self.waiting / self.most)
        following = max(first, self.free_at or first) + timedelta(seconds=1 / self.most)
        self.free_at = min(following, at + _FURTHEST)
        return self.free_at


@dataclass
class Ahead:
    """The platforms of a process."""

    #: Calls that each takes in a second; 0 where nobody counts.
    limits: Mapping[str, float]
    _lanes: dict[str, _Lane] = field(default_factory=dict)

    def look(self, waiting: Mapping[str, int], left: Mapping[str, int], at: datetime) -> None:
        """What waits at this moment, by channel, and what is ``left`` of the allowance where there is one."""
        for channel, limit in self.limits.items():
            lane = self._lanes.setdefault(channel, _Lane(most=limit or math.inf))
            lane.look(waiting.get(channel, 0), at)
            lane.left = left.get(channel)

    def rooms(self) -> dict[str, int]:
        """How many more messages may be queued, by channel."""
        return {channel: lane.room for channel, lane in self._lanes.items()}

    def full(self) -> frozenset[str]:
        """The platforms of which something has to leave before there is room, and nobody knows when it does."""
        return frozenset(channel for channel, lane in self._lanes.items() if lane.is_full)

    def queued(self, channel: str, messages: int) -> None:
        """So many more wait now."""
        lane = self._lanes[channel]
        lane.waiting += messages
        lane.queued += messages

    def turn(self, channel: str, at: datetime) -> datetime | None:
        """When the platform will have room for one more who finds none; the next one who asks comes after him.

        ``None`` where it is we who are the slower: how soon there is room will be seen.
        """
        return self._lanes[channel].turn(at)
