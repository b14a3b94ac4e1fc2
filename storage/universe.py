"""The clock, the ids and the chance of the program, in one value that is handed in.

Nothing else in the program asks for the time or makes an id.  Without this, a test could not say
exactly what is stored, and the demo could not let three weeks pass in a second.
"""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

#: 32 signs, so five bits each; without 0, 1, I and O, which people mistake for each other.
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

_COUNTER_BITS = 12
_TAIL_BITS = 62
#: A drawn digit, with the two bits in front that say which UUIDs these are.
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


@dataclass(frozen=True, kw_only=True)
class Universe:
    """Where time, ids and codes come from."""

    #: The time: aware, in UTC.
    now: Callable[[], datetime]
    #: A new UUIDv7 as 36 characters; later ids of one process sort after earlier ones.
    new_id: Callable[[], str]
    #: A code of ``n`` signs of ``CODE_ALPHABET``.
    code: Callable[[int], str]

    def new_ids(self, count: int) -> list[str]:
        """Several ids, in order; in a third of the time, where they are made here."""
        if isinstance(self.new_id, _Ids):
            return self.new_id.several(count)
        return [self.new_id() for _ in range(count)]

    @staticmethod
    def real() -> Universe:
        """The world as it is; codes are fit for secrets."""

        def now() -> datetime:
            return datetime.now(UTC)

        def code(length: int) -> str:
            return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))

        return Universe(now=now, new_id=_Ids(now, secrets.randbits), code=code)

    @staticmethod
    def shifted() -> ShiftedUniverse:
        """The world as it is, but its clock goes on by itself and can be moved ahead: for the demo."""
        return ShiftedUniverse()

    @staticmethod
    def frozen(start: datetime, seed: int = 1) -> FrozenUniverse:
        """A world that repeats itself: time stands until ``advance``; for tests."""
        return FrozenUniverse(start, seed)


class ShiftedUniverse(Universe):
    """The real universe at a later time."""

    _ahead: _Ahead

    def __init__(self) -> None:
        real = Universe.real()
        ahead = _Ahead()

        def now() -> datetime:
            return real.now() + ahead.by

        super().__init__(now=now, new_id=_Ids(now, secrets.randbits), code=real.code)
        object.__setattr__(self, "_ahead", ahead)

    @property
    def ahead(self) -> timedelta:
        """How far its clock is before the real one."""
        return self._ahead.by

    def advance_to(self, moment: datetime) -> None:
        """Move the clock ahead; where it is later already, it stays: a store's time never goes back."""
        self._ahead.by += max(moment - self.now(), timedelta(0))


@dataclass
class _Ahead:
    """By how much a clock was moved."""

    by: timedelta = timedelta(0)


class FrozenUniverse(Universe):
    """A universe whose ids and codes follow from a seed and whose clock is moved by hand."""

    _clock: _Clock

    def __init__(self, start: datetime, seed: int) -> None:
        if start.utcoffset() is None:
            raise ValueError("a universe starts at an aware time")
        clock = _Clock(start.astimezone(UTC))
        # Not for secrets: the same seed must give the same letters in the demo and the tests.
        chance = random.Random(seed)  # noqa: S311

        def code(length: int) -> str:
            return "".join(chance.choice(CODE_ALPHABET) for _ in range(length))

        super().__init__(now=clock.read, new_id=_Ids(clock.read, chance.getrandbits), code=code)
        object.__setattr__(self, "_clock", clock)

    def advance(self, delta: timedelta) -> datetime:
        """Let time pass and return the new time."""
        if delta < timedelta(0):
            raise ValueError("time does not go back")
        return self._clock.advance(delta)


class _Clock:
    """A clock that stands."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def read(self) -> datetime:
        return self._now

    def advance(self, delta: timedelta) -> datetime:
        self._now += delta
        return self._now


class _Ids:
    """UUIDv7 (RFC 9562) with a counter, so that ids made in one millisecond keep their order."""

    def __init__(self, now: Callable[[], datetime], bits: Callable[[int], int]) -> None:
        self._now = now
        self._bits = bits
        self._lock = threading.Lock()
        self._last = 0
        self._counter = 0

    def __call__(self) -> str:
        with self._lock:
            self._go_on()
            head, counter, tail = self._last, self._counter, self._bits(_TAIL_BITS)
        value = (head << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | tail
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def several(self, count: int) -> list[str]:
        """As many, with one look at the clock and one draw for all of them."""
        made: list[str] = []
        with self._lock:
            chance = f"{self._bits(64 * count):0{16 * count}x}" if count else ""
            for begin in range(0, len(chance), 16):
                self._count() if begin else self._go_on()
                head, variant = f"{self._last:012x}", _VARIANTS[chance[begin]]
                tail = f"{variant}{chance[begin + 1 : begin + 4]}-{chance[begin + 4 : begin + 16]}"
                made.append(f"{head[:8]}-{head[8:]}-7{self._counter:03x}-{tail}")
        return made

    def _go_on(self) -> None:
        millisecond = int(self._now().timestamp() * 1000)
        if millisecond > self._last:
            self._last = millisecond
            # Half of the counter's room is left for the ids that follow in this millisecond.
            self._counter = self._bits(_COUNTER_BITS - 1)
        else:
            self._count()

    def _count(self) -> None:
        self._counter += 1
        if self._counter >> _COUNTER_BITS:
            self._last += 1
            self._counter = 0
