"""One clock for several processes: it stands until somebody moves it, and all see it move at once."""

from __future__ import annotations

import mmap
import random
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.universe import CODE_ALPHABET, Universe, _Ids

_MICROSECOND = timedelta(microseconds=1)
_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)


class SharedUniverse(Universe):
    """A universe whose time lies in a file; ids and codes follow from the seed of each process."""

    _memory: mmap.mmap

    def __init__(self, path: Path, seed: int, start: datetime | None = None) -> None:
        if start is not None:
            path.write_bytes(struct.pack("q", (start - _BEGAN) // _MICROSECOND))
        with path.open("r+b") as file:
            memory = mmap.mmap(file.fileno(), 8)
        chance = random.Random(seed)

        def now() -> datetime:
            return _BEGAN + struct.unpack("q", memory[:8])[0] * _MICROSECOND

        def code(length: int) -> str:
            return "".join(chance.choice(CODE_ALPHABET) for _ in range(length))

        super().__init__(now=now, new_id=_Ids(now, chance.getrandbits), code=code)
        object.__setattr__(self, "_memory", memory)

    def advance(self, delta: timedelta) -> datetime:
        """Let time pass, or (a clock that is put right) go back, for every process."""
        moved = self.now() + delta
        self._memory[:8] = struct.pack("q", (moved - _BEGAN) // _MICROSECOND)
        return moved
