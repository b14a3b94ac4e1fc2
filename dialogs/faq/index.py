"""How near a text is to each group of phrasings: the evidence, before it is weighed.

Groups are topics, and whatever else a text can be about.  An inverted index over the phrasings gives the
likeness of writing, reading, words and ideas; a matrix of vectors the likeness of meaning.  All sentences of a
text are looked up at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.encoder import Vectors
from dialogs.faq.features import IDEAS, READING, WORDS, WRITING, Features

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Places = NDArray[np.int64]

#: Writing, reading, words: their shares of how alike two texts look.
_SHARES = {WRITING: 0.33, READING: 0.40, WORDS: 0.27}
_CHANNELS = len(_SHARES) + 1
#: What is added up apart: how alike two texts look, and the ideas that they share.
_PLANE = np.array([int(channel == IDEAS) for channel in range(_CHANNELS)])
#: The columns of the evidence.  LIGHT: best and second best phrasing by look, best and second best by ideas, share
#: of the text and of its ideas that the group knows.  MEANING: best, second best and mean by meaning.
LIGHT, MEANING = 6, 3
#: A text in kana is given these columns of its own: the encoder is less sure of it.
COLUMNS = LIGHT + 2 * MEANING


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of putting what a group is about."""

    features: Features
    #: A sentence of an answer counts less than a phrasing.
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Postings:
    """For each feature, by its place in the row of all features, where it stands and what that is worth."""

    ends: NDArray[np.int32]
    places: NDArray[np.int32]
    values: NDArray[np.float32]

    def spans(self, features: Places) -> tuple[Places, Places]:
        """Where the entries of the features stand, one after another, and to which of the features each belongs."""
        starts = np.where(features > 0, self.ends[features - 1], 0)
        lengths = self.ends[features] - starts
        of = np.repeat(np.arange(len(features)), lengths)
        return np.arange(len(of)) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths), of

    def sums(self, features: Places, rows: Places, shape: tuple[int, int]) -> Matrix:
        """The values, added up by the row of each feature and by place."""
        entries, of = self.spans(features)
        cells = rows[of] * shape[1] + self.places[entries]
        sums = np.bincount(cells, self.values[entries], shape[0] * shape[1])
        return np.asarray(sums, dtype=np.float64).reshape(shape)


@dataclass(frozen=True, slots=True)
class Tables:
    """All that the index is made of; arrays only, so that they can be kept."""

    #: The phrasings of each group, and what each counts.
    sizes: Places
    weights: Vector
    #: Every feature of any phrasing, sorted, with how much it tells, the fewer groups share it the more.
    features: NDArray[np.uint64]
    rarity: Vector
    #: Of phrasings: how much a feature tells, times its part in the phrasing; of groups: how much it tells, squared.
    near: Postings
    known: Postings


def tables_of(groups: Sequence[Sequence[Phrase]]) -> Tables:
    """The index over the phrasings of each group."""
    phrases = [phrase for group in groups for phrase in group]
    sizes = np.array([len(group) for group in groups])
    weights = np.array([phrase.weight for phrase in phrases])
    lengths = [len(phrase.features.numbers) for phrase in phrases]
    names, entries = np.unique(np.concatenate([one.features.numbers for one in phrases]), return_inverse=True)
    channels = np.concatenate([one.features.channels for one in phrases])
    phrase_of = np.repeat(np.arange(len(phrases)), lengths)
    group_of = np.repeat(np.repeat(np.arange(len(groups)), sizes), lengths)
    # A feature of a group counts as much as the phrasing of most weight that has it.
    pairs, pair_of = np.unique(entries * len(groups) + group_of, return_inverse=True)
    heaviest = np.zeros(len(pairs))
    np.maximum.at(heaviest, pair_of, weights[phrase_of])
    spread = np.bincount(pairs // len(groups), minlength=len(names))
    rarity = np.log((len(groups) + 1) / (spread + 0.5))
    length = np.sqrt(np.bincount(phrase_of * _CHANNELS + channels, rarity[entries] ** 2, len(phrases) * _CHANNELS))
    values = weights[phrase_of] * rarity[entries] ** 2 / length[phrase_of * _CHANNELS + channels]
    order = np.argsort(entries, kind="stable")
    near = _postings(entries[order], phrase_of[order], values[order], len(names))
    known = _postings(
        pairs // len(groups), pairs % len(groups), heaviest * rarity[pairs // len(groups)] ** 2, len(names)
    )
    return Tables(sizes, weights, names, rarity, near, known)


def _postings(features: Places, places: Places, values: Vector, size: int) -> Postings:
    ends = np.cumsum(np.bincount(features, minlength=size))
    return Postings(ends.astype(np.int32), places.astype(np.int32), values.astype(np.float32))


def _each_once(queries: Sequence[Features]) -> tuple[NDArray[np.uint64], Places, NDArray[np.bool_]]:
    """The features of all texts, each once, with its channel and which of the texts have it."""
    if len(queries) == 1:
        return queries[0].numbers, queries[0].channels, np.ones((len(queries[0].numbers), 1), dtype=bool)
    numbers, first, place = np.unique(
        np.concatenate([query.numbers for query in queries]), return_index=True, return_inverse=True
    )
    cells = place * len(queries) + np.repeat(np.arange(len(queries)), [len(query.numbers) for query in queries])
    held = np.bincount(cells, minlength=len(numbers) * len(queries)).reshape(-1, len(queries)) > 0
    return numbers, np.concatenate([query.channels for query in queries])[first], held


def _alike(texts: Places, channels: Places) -> tuple[Places, Places, Places]:
    """Features that the same texts have in the same channel as one row: the row of each, and of rows both."""
    if not len(texts) or (texts[0] == texts).all():
        return channels, np.repeat(texts[:1], _CHANNELS), np.arange(_CHANNELS)[: _CHANNELS * len(texts)]
    rows, row = np.unique(texts * _CHANNELS + channels, return_inverse=True)
    return row, *np.divmod(rows, _CHANNELS)


class Index:
    """The evidence for the features of a text; read-only once built."""

    def __init__(self, tables: Tables, vectors: Vectors | None = None, spelt: Vectors | None = None) -> None:
        self._tables = tables
        self._groups = len(tables.sizes)
        self._starts = np.cumsum([0, *tables.sizes[:-1]])
        #: A feature that no group has still counts against all of them.
        self._unknown = math.log((self._groups + 1) / 1.5)
        #: Phrasings as written, and as the dictionary spells them.
        self._vectors, self._spelt = vectors, spelt if spelt is not None else vectors

    def evidence(self, queries: Sequence[Features], *, without: tuple[int, int] | None = None) -> Matrix:
        """For each of the texts one row a group, as far as it needs no meaning.

        ``without`` (group, phrasing) leaves one phrasing out, as if it had never been written.
        """
        near, known = self._scores(queries, without)
        table = np.zeros((len(queries), self._groups, COLUMNS))
        if without is not None:
            near[:, self._starts[without[0]] + without[1]] = 0.0
        first, second = self._best_two(near)
        # Rows in pairs: what a text looks like, and its ideas.
        table[:, :, 0], table[:, :, 2] = first[::2], first[1::2]
        table[:, :, 1], table[:, :, 3] = second[::2], second[1::2]
        table[:, :, 4], table[:, :, 5] = known[::2], known[1::2]
        return table

    def novelty(self, queries: Sequence[Features]) -> Vector:
        """The share of the words of each that stand in no phrasing at all: they tell of something else."""
        text = np.repeat(np.arange(len(queries)), [len(query.words) for query in queries])
        unknown = ~self._found(np.concatenate([query.words for query in queries]))[1]
        counts = np.bincount(text, minlength=len(queries))
        return np.asarray(np.bincount(text, unknown, len(queries)) / np.maximum(counts, 1))

    def vector_of(self, group: int, phrase: int, *, is_kana: bool) -> Vectors | None:
        """The meaning of a phrasing, as a text of these words would bring it."""
        vectors = self._spelt if is_kana else self._vectors
        return None if vectors is None else np.asarray(vectors[self._starts[group] + phrase], dtype=np.float32)

    def meaning(self, query: Features, vector: Vectors, *, without: tuple[int, int] | None = None) -> Matrix:
        """The rest of the evidence for one of the texts, whose vector is given."""
        found = np.zeros((self._groups, 2 * MEANING))
        vectors = self._spelt if query.is_kana else self._vectors
        if vectors is None:
            return found
        like = (vectors @ vector).astype(np.float64) * self._tables.weights
        sizes = self._tables.sizes
        if without is not None:
            like[self._starts[without[0]] + without[1]] = 0.0
            sizes = sizes - (np.arange(self._groups) == without[0])
        first, second = self._best_two(like[None])
        mean = np.add.reduceat(like, self._starts) / np.maximum(sizes, 1)
        column = MEANING if query.is_kana else 0
        found[:, column : column + MEANING] = np.column_stack((first[0], second[0], mean))
        return found

    def _found(self, numbers: NDArray[np.uint64]) -> tuple[Places, NDArray[np.bool_]]:
        """Where features stand in the row of all of them, and which of them stand there."""
        known = self._tables.features
        places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
        return places, known[places] == numbers

    def _scores(self, queries: Sequence[Features], without: tuple[int, int] | None) -> tuple[Matrix, Matrix]:
        """Cosine with every phrasing, and for every group the share of the text that it knows: two rows a text.

        Each feature is looked up once: it is added up with those that the same texts have in the same channel, and
        of these sums every text takes its own.
        """
        size = len(queries)
        numbers, channel, held = _each_once(queries)
        places, found = self._found(numbers)
        rarity = np.where(found, self._tables.rarity[places], self._unknown)
        squares = (held * (rarity**2)[:, None]).T @ (channel[:, None] == np.arange(_CHANNELS))
        shares = np.where(squares > 0, [*_SHARES.values(), 1.0], 0.0)
        shares[:, :IDEAS] /= np.maximum(shares[:, :IDEAS].sum(axis=1, keepdims=True), 1e-9)
        squares = np.where(squares > 0, squares, 1.0)
        features, texts = places[found], held[found] @ (1 << np.arange(size))
        row, texts, channel = _alike(texts, channel[found])
        has = (texts >> np.arange(size)[:, None]) & 1
        mixed = np.zeros((2, size, 2, len(texts)))
        mixed[0, :, _PLANE[channel], np.arange(len(texts))] = (has * (shares / np.sqrt(squares))[:, channel]).T
        mixed[1, :, _PLANE[channel], np.arange(len(texts))] = (has * (shares / squares)[:, channel]).T
        to_near, to_known = mixed.reshape(2, 2 * size, len(texts))
        near = to_near @ self._tables.near.sums(features, row, (len(texts), len(self._tables.weights)))
        known = to_known @ self._tables.known.sums(features, row, (len(texts), self._groups))
        if without is not None:
            shared = (shares / squares)[0, channel[row]] * self._tables.rarity[features] ** 2
            known[:, without[0]] = self._known_without(features, shared, _PLANE[channel[row]], len(known), without)
        return near, known

    def _known_without(
        self, places: Places, factors: Vector, rows: Places, size: int, without: tuple[int, int]
    ) -> Vector:
        """The share of a text that a group knows from its other phrasings."""
        start = self._starts[without[0]]
        entries, of = self._tables.near.spans(places)
        phrases = self._tables.near.places[entries].astype(np.int64)
        others = (phrases >= start) & (phrases < start + self._tables.sizes[without[0]])
        others &= phrases != start + without[1]
        heaviest = np.zeros(len(places))
        np.maximum.at(heaviest, of[others], self._tables.weights[phrases[others]])
        return np.asarray(np.bincount(rows, heaviest * factors, size), dtype=np.float64)

    def _best_two(self, phrases: Matrix) -> tuple[Matrix, Matrix]:
        sizes = self._tables.sizes
        first = np.maximum.reduceat(phrases, self._starts, axis=1)
        rest = np.where(phrases == np.repeat(first, sizes, axis=1), 0.0, phrases)
        second = np.maximum.reduceat(rest, self._starts, axis=1)
        # A group with a single phrasing is not held to a second one.
        return first, np.where(sizes == 1, first, second)
