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
#: Of a piece are kept its projection for each branch, what it brings to each neighbour in each of them, and (in as many
#: blocks as it takes) what it brings by itself to the layers behind.
_LOOKS = len(_BRANCHES) + sum(size for size, _ in _BRANCHES)
_BEHIND = 640
_BLOCKS = _LOOKS + -(-_BEHIND // _BRANCH)
#: So many columns of a product are made at once: with more of them the library would copy the weights each time.
_BLOCK = 64
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
        self._second = [
            _in_blocks(_by_neighbour(self._of[f"w2.{branch}"], size)) for branch, (size, _) in enumerate(_BRANCHES)
        ]
        # Between the sum over the pieces and the first bend nothing is bent: one product does for all of it.
        behind = np.hstack((self._of["d0"], self._of["p1"]))
        sum_to_bend = (self._of["ln_g"][:, None] * self._of["cnn_W"]) @ behind
        self._each_to_bend = (self._of["ln_b"] @ self._of["cnn_W"] + self._of["cnn_b"]) @ behind
        self._own_to_bend, self._looks_to_bend = np.split(sum_to_bend, [WIDTH])
        self._mean_to_bend = sum_to_bend.sum(axis=0)
        self._last = np.hstack((self._of["d2"], self._of["p3"]))
        for name in ("w1.0", "w1.1", "w1.2", "w2.0", "w2.1", "w2.2", "cnn_W", "d0", "p1", "d2", "p3"):
            del self._of[name]  # they stand in another order now
        self._place = np.full(len(table), -1, dtype=np.int32)
        self._kept = kept
        if kept is not None:
            self._scales, self._kept_sums = arrays["scales"], arrays["sums"]
            self._place[arrays["kept"]] = np.arange(len(kept), dtype=np.int32)

    def looks(self, pieces: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """What pieces are, each alone: ``_BLOCKS`` rows of numbers; the sum of its own numbers and of their squares."""
        found = np.zeros((len(pieces), _BLOCKS * _BRANCH), dtype=np.float32)
        own = self._embedded(pieces)
        alone = own @ self._of["proj_W"]
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
        found[:, start : start + _BEHIND] = own @ self._own_to_bend
        return found.reshape(len(pieces), _BLOCKS, _BRANCH), np.stack(
            (own.sum(axis=1), (own * own).sum(axis=1)), axis=1
        )

    def vector(self, pieces: Sequence[int]) -> Floats:
        """What the pieces mean together."""
        looks, sums = self._looked_up(np.array(pieces, dtype=np.int64))
        size = len(looks)
        layers = np.empty((size, _FIRST), dtype=np.float32)
        start = len(_BRANCHES)
        for branch, (width, before) in enumerate(_BRANCHES):
            once = _beside(looks[:, start : start + width], before, self._of[f"b1.{branch}"])
            once += looks[:, branch]
            brought = np.empty((size, len(self._second[branch]), _BLOCK), dtype=np.float32)
            np.matmul(once, self._second[branch], out=brought.transpose(1, 0, 2))
            twice = _beside(brought.reshape(size, width, _BRANCH), before, self._of[f"b2.{branch}"])
            np.add(twice, once, out=layers[:, branch * _BRANCH : (branch + 1) * _BRANCH])
            start += width
        return self._together(layers, looks[:, _LOOKS:].reshape(size, -1)[:, :_BEHIND], sums)

    def _embedded(self, pieces: NDArray[np.int64]) -> Floats:
        chunk = pieces % _CHUNKS
        found = self._table[pieces].astype(np.float32)
        found *= self._of["scale"][chunk, None]
        found += self._of["lo"][chunk, None]
        return found

    def _looked_up(self, pieces: NDArray[np.int64]) -> tuple[Floats, Floats]:
        if self._kept is None:
            return self.looks(pieces)
        places = self._place[pieces]
        known = np.maximum(places, 0)
        found = self._kept[known].astype(np.float32)
        found *= self._scales[known, :, None]
        sums = self._kept_sums[known]
        unknown = np.flatnonzero(places < 0)
        if len(unknown):
            found[unknown], sums[unknown] = self.looks(pieces[unknown])
        return found, sums

    def _together(self, layers: Floats, own: Floats, sums: Floats) -> Floats:
        """The sum of the pieces, each normalised, through the layers behind.

        What a piece is by itself has gone through the first of them already (``own``).
        """
        width = WIDTH + _FIRST
        mean = (layers.sum(axis=1) + sums[:, 0]) / width
        spread = (np.einsum("ij,ij->i", layers, layers) + sums[:, 1]) / width - mean * mean
        scale = np.reciprocal(np.sqrt(spread + np.float32(self._eps)))
        said = scale @ own + (scale @ layers) @ self._looks_to_bend - (scale @ mean) * self._mean_to_bend
        said = (said + len(layers) * self._each_to_bend) / np.sqrt(np.float32(len(layers)))
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


def _in_blocks(weights: Floats) -> Floats:
    """Weights whose columns stand apart, block by block."""
    return np.ascontiguousarray(weights.reshape(len(weights), -1, _BLOCK).transpose(1, 0, 2))


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
