"""The sentence encoder's network for one text, in less than half of the time that the package takes for it.

The network looks at each piece of a text alone, then twice at its neighbours.  What the first look takes from a piece
is the same wherever it stands, so for the pieces that Japanese is written with it is worked out beforehand; for a
text there remain the sums over neighbours and the second look.  It is kept in 16 bits, so that the vectors are the
package's to four digits: nearer than the half precision in which the vectors of phrasings are kept.

Architecture: Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval" (the CNN model).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float32]

WIDTH = 512
_CHUNKS = 17
_BRANCH = 256
#: How many neighbours each branch looks at, and how many of them stand before.
_BRANCHES = ((2, 0), (3, 1), (5, 2))
_FIRST = len(_BRANCHES) * _BRANCH
#: Of a piece are kept its projection for each branch, and what it brings to each neighbour in each of them.
_BLOCKS = len(_BRANCHES) + sum(size for size, _ in _BRANCHES)
_MOST = 32767


class Rows(Protocol):
    """Rows of a table, by number."""

    def __len__(self) -> int: ...
    def __getitem__(self, places: Any, /) -> NDArray[Any]: ...


class Network:
    """Numbers of pieces to a unit vector; read-only once built."""

    def __init__(self, arrays: Arrays, table: Rows, kept: Rows | None = None) -> None:
        """``kept`` is what ``small`` made of the looks of the pieces ``arrays["kept"]``, with ``arrays["scales"]``."""
        self._of = {name.removeprefix("model."): array for name, array in arrays.items()}
        self._eps = float(self._of["eps"])
        self._table = table
        self._first = [_by_neighbour(self._of[f"w1.{branch}"], size) for branch, (size, _) in enumerate(_BRANCHES)]
        self._second = [_by_neighbour(self._of[f"w2.{branch}"], size) for branch, (size, _) in enumerate(_BRANCHES)]
        # Between the sum over the pieces and the first bend nothing is bent: one product does for all of it.
        behind = np.hstack((self._of["d0"], self._of["p1"]))
        self._sum_to_bend = (self._of["ln_g"][:, None] * self._of["cnn_W"]) @ behind
        self._each_to_bend = (self._of["ln_b"] @ self._of["cnn_W"] + self._of["cnn_b"]) @ behind
        self._last = np.hstack((self._of["d2"], self._of["p3"]))
        for name in ("w1.0", "w1.1", "w1.2", "w2.0", "w2.1", "w2.2", "cnn_W", "d0", "p1", "d2", "p3"):
            del self._of[name]  # they stand in another order now
        self._place = np.full(len(table), -1, dtype=np.int32)
        self._kept = kept
        if kept is not None:
            self._scales, self._kept_table = arrays["scales"], arrays["embedded"]
            self._place[arrays["kept"]] = np.arange(len(kept), dtype=np.int32)

    def looks(self, pieces: NDArray[np.int64]) -> Floats:
        """What pieces are, each alone: ``_BLOCKS`` rows of numbers for each."""
        found = np.empty((len(pieces), _BLOCKS * _BRANCH), dtype=np.float32)
        alone = self._embedded(pieces) @ self._of["proj_W"]
        alone += self._of["proj_b"]
        alone -= alone.mean(axis=1, keepdims=True)
        spread = np.einsum("ij,ij->i", alone, alone) / alone.shape[1]
        alone *= np.reciprocal(np.sqrt(spread + self._eps))[:, None]
        alone *= self._of["ln_g_all"]
        alone += self._of["ln_b_all"]
        found[:, :_FIRST] = alone
        start = _FIRST
        for branch, weights in enumerate(self._first):
            found[:, start : start + weights.shape[1]] = alone[:, branch * _BRANCH : (branch + 1) * _BRANCH] @ weights
            start += weights.shape[1]
        return found.reshape(len(pieces), _BLOCKS, _BRANCH)

    def vector(self, pieces: Sequence[int]) -> Floats:
        """What the pieces mean together."""
        numbers = np.array(pieces, dtype=np.int64)
        looks = self._looked_up(numbers)
        size = len(numbers)
        layers = np.empty((size, WIDTH + _FIRST), dtype=np.float32)
        layers[:, :WIDTH] = self._embedded(numbers)
        start, column = len(_BRANCHES), WIDTH
        for branch, (width, before) in enumerate(_BRANCHES):
            once = _beside(looks[:, start : start + width], before, self._of[f"b1.{branch}"])
            once += looks[:, branch]
            brought = (once @ self._second[branch]).reshape(size, width, _BRANCH)
            twice = _beside(brought, before, self._of[f"b2.{branch}"])
            np.add(twice, once, out=layers[:, column : column + _BRANCH])
            start, column = start + width, column + _BRANCH
        return self._together(layers)

    def _embedded(self, pieces: NDArray[np.int64]) -> Floats:
        # The rows of the pieces that are met all the time stand together, so that the large table stays on the disk.
        rows = self._table[pieces] if self._kept is None else self._rows(pieces)
        chunk = pieces % _CHUNKS
        found = rows.astype(np.float32)
        found *= self._of["scale"][chunk, None]
        found += self._of["lo"][chunk, None]
        return found

    def _rows(self, pieces: NDArray[np.int64]) -> NDArray[np.uint8]:
        places = self._place[pieces]
        rows: NDArray[np.uint8] = self._kept_table[places]
        unknown = np.flatnonzero(places < 0)
        if len(unknown):
            rows[unknown] = self._table[pieces[unknown]]
        return rows

    def _looked_up(self, pieces: NDArray[np.int64]) -> Floats:
        if self._kept is None:
            return self.looks(pieces)
        places = self._place[pieces]
        found = self._kept[np.maximum(places, 0)].astype(np.float32)
        found *= self._scales[places, :, None]
        unknown = np.flatnonzero(places < 0)
        if len(unknown):
            found[unknown] = self.looks(pieces[unknown])
        return found

    def _together(self, layers: Floats) -> Floats:
        """The sum of the pieces, each normalised, through the layers behind."""
        size, width = layers.shape
        mean = layers.mean(axis=1)
        layers -= mean[:, None]
        scale = np.reciprocal(np.sqrt(np.einsum("ij,ij->i", layers, layers) / width + self._eps))
        said = ((scale @ layers) @ self._sum_to_bend + size * self._each_to_bend) / np.sqrt(np.float32(size))
        half = len(said) // 2
        second = np.maximum(said[half:] + np.maximum(said[:half], 0) @ self._of["d1"], 0) @ self._last
        end = np.tanh(second[-WIDTH:] + np.maximum(second[:-WIDTH], 0) @ self._of["d3"])
        return np.asarray(end / np.sqrt(max(float(end @ end), self._eps)), dtype=np.float32)


def small(looks: Floats) -> tuple[NDArray[np.int16], Floats]:
    """Looks in 16 bits, and what one of them stands for in each row."""
    scales = np.abs(looks).max(axis=2) / np.float32(_MOST)
    return np.rint(looks / np.maximum(scales, np.finfo(np.float32).tiny)[:, :, None]).astype(np.int16), scales


def _by_neighbour(weights: Floats, size: int) -> Floats:
    """The weights of a look, so that one product gives what a piece brings to each neighbour."""
    return np.ascontiguousarray(weights.reshape(size, _BRANCH, _BRANCH).transpose(1, 0, 2).reshape(_BRANCH, -1))


def _beside(brought: Floats, before: int, bias: Floats) -> Floats:
    """For each place the sum of what it and its neighbours bring, as far as there are any; below zero is nothing."""
    found = brought[:, before] + bias
    size = len(found)
    for neighbour in range(brought.shape[1]):
        away = neighbour - before
        if 0 < away < size:
            found[:-away] += brought[away:, neighbour]
        elif 0 < -away < size:
            found[-away:] += brought[:away, neighbour]
    np.maximum(found, 0, out=found)
    return found
