"""The container in which old Office files lie: streams with names, in sectors that form chains.

Promise: one stream is taken out in memory that the file's own size bounds, however its chains are tied;
what is no such container, or a damaged one, is a ``ValueError``.  Layout: [MS-CFB], sections 2.2 to 2.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")

_HEADER = 512
_DIFAT_IN_HEADER = 109
#: Sector numbers from here on are marks: end of a chain, free, and parts of the tables themselves.
_MARKS = 0xFFFFFFFA
_ENTRY = 128
_STREAM, _ROOT = 2, 5


class Container:
    """The streams of one file, found by name."""

    def __init__(self, raw: bytes) -> None:
        if not raw.startswith(MAGIC) or len(raw) < _HEADER:
            raise ValueError("no container")
        self._raw = raw
        shift, mini_shift = struct.unpack_from("<HH", raw, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise ValueError("sectors of an unknown size")
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        (_, directory, _, self._cutoff, mini_fat, _, difat, _) = struct.unpack_from("<8I", raw, 44)
        self._fat = self._numbers(self._table(difat))
        self._entries = dict(self._directory(directory))
        self._mini_fat = self._numbers(self._chain(mini_fat, self._fat))
        self._mini = self._stream_at(*self._root) if self._root is not None else b""

    def names(self) -> frozenset[str]:
        """The streams that there are."""
        return frozenset(self._entries)

    def stream(self, name: str) -> bytes:
        """The bytes of a stream; ``KeyError`` where there is none of that name."""
        start, size = self._entries[name]
        if size >= self._cutoff:
            return self._stream_at(start, size)
        parts = (
            self._mini[at * self._mini_size : (at + 1) * self._mini_size] for at in self._walk(start, self._mini_fat)
        )
        return b"".join(parts)[:size]

    def _stream_at(self, start: int, size: int) -> bytes:
        return b"".join(map(self._sector, self._chain(start, self._fat)))[:size]

    def _table(self, difat: int) -> Iterator[int]:
        """The sectors in which the table of chains lies."""
        yield from (at for at in struct.unpack_from(f"<{_DIFAT_IN_HEADER}I", self._raw, 76) if at < _MARKS)
        seen = 0
        while difat < _MARKS:
            seen += 1
            if seen * self._size > len(self._raw):
                raise ValueError("a chain without an end")
            *sectors, difat = struct.unpack(f"<{self._size // 4}I", self._sector(difat).ljust(self._size, b"\xff"))
            yield from (at for at in sectors if at < _MARKS)

    def _numbers(self, sectors: Iterator[int]) -> tuple[int, ...]:
        joined = bytearray()
        for at in sectors:
            joined += self._sector(at)
            if len(joined) > len(self._raw):
                raise ValueError("a table larger than the file")
        return struct.unpack(f"<{len(joined) // 4}I", joined[: len(joined) // 4 * 4])

    def _directory(self, start: int) -> Iterator[tuple[str, tuple[int, int]]]:
        self._root: tuple[int, int] | None = None
        for sector in map(self._sector, self._chain(start, self._fat)):
            for at in range(0, len(sector) - _ENTRY + 1, _ENTRY):
                length, kind = struct.unpack_from("<HB", sector, at + 64)
                first, size = struct.unpack_from("<II", sector, at + 116)
                if kind == _ROOT and self._root is None:
                    self._root = first, size
                elif kind == _STREAM:
                    name = sector[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
                    yield name, (first, size)

    def _chain(self, start: int, table: tuple[int, ...]) -> Iterator[int]:
        return self._walk(start, table)

    @staticmethod
    def _walk(start: int, table: tuple[int, ...]) -> Iterator[int]:
        at, seen = start, 0
        while at < _MARKS:
            seen += 1
            if at >= len(table) or seen > len(table):
                raise ValueError("a chain that leads nowhere")
            yield at
            at = table[at]

    def _sector(self, at: int) -> bytes:
        begin = (at + 1) * self._size
        if begin >= len(self._raw):
            raise ValueError("a sector beyond the end")
        return self._raw[begin : begin + self._size]
