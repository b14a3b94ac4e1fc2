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
from dialogs.faq.features import IDEAS, READING, WORDS, WRITING, Features, Text, look_up

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Places = NDArray[np.int64]

#: Writing, reading, words: their shares of how alike two texts look.
_SHARES = {WRITING: 0.33, READING: 0.40, WORDS: 0.27}
_CHANNELS = len(_SHARES) + 1
_EACH_SHARE = np.array([*_SHARES.values(), 1.0])
_IN_CHANNEL = np.eye(_CHANNELS)
#: What is added up apart: how alike two texts look, and the ideas that they share.
_PLANES = np.stack((np.arange(_CHANNELS) != IDEAS, np.arange(_CHANNELS) == IDEAS)).astype(np.float64)
_SAME_PLANE = _PLANES.T @ _PLANES
#: The columns of the evidence.  LIGHT: best and second best phrasing by look, best and second best by ideas, share
#: of the text and of its ideas that the group knows.  MEANING: best, second best and mean by meaning.
LIGHT, MEANING = 6, 3
#: A text in kana is given these columns of its own: the encoder is less sure of it.
COLUMNS = LIGHT + 2 * MEANING

#: A feature that a larger share of the groups has tells nothing, and its many entries are left out.
_MOST = 0.6

#: More bytes than the sums for one text take.
_ROOM = 1 << 21


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of putting what a group is about."""

    features: Text
    #: A sentence of an answer counts less than a phrasing.
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Postings:
    """For each feature, by its place in the row of all features, where it stands and what that is worth."""

    #: The entries of a feature begin at its number and end at the next.
    starts: NDArray[np.int32]
    places: NDArray[np.int32]
    values: NDArray[np.float32]

    def entries(self, features: Places) -> tuple[Places, Places]:
        """Where the entries of the features stand, one after another, and how many each has."""
        starts = self.starts[features].astype(np.int64)
        lengths = self.starts[features + 1] - starts
        ahead = np.cumsum(lengths)
        return np.arange(ahead[-1] if len(ahead) else 0) + np.repeat(starts - ahead + lengths, lengths), lengths

    def sums(self, features: Places, rows: Places, shape: tuple[int, int]) -> Matrix:
        """The values, added up by the row of each feature and by place."""
        entries, lengths = self.entries(features)
        cells = self.places[entries] + np.repeat(rows * shape[1], lengths)
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
    #: First of phrasings: how much a feature tells, times its part in the phrasing; behind them of groups: how much it
    #: tells, squared.
    postings: Postings


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
    rarity = np.where(spread > _MOST * len(groups), 0.0, np.log((len(groups) + 1) / (spread + 0.5)))
    length = np.sqrt(np.bincount(phrase_of * _CHANNELS + channels, rarity[entries] ** 2, len(phrases) * _CHANNELS))
    values = weights[phrase_of] * rarity[entries] ** 2 / np.maximum(length, 1e-9)[phrase_of * _CHANNELS + channels]
    of_group, group = np.divmod(pairs, len(groups))
    features = np.concatenate((entries, of_group))
    order = np.argsort(features, kind="stable")
    order = order[rarity[features[order]] > 0]
    postings = Postings(
        np.cumsum([0, *np.bincount(features[order], minlength=len(names))]).astype(np.int32),
        np.concatenate((phrase_of, len(phrases) + group))[order].astype(np.int32),
        np.concatenate((values, heaviest * rarity[of_group] ** 2))[order].astype(np.float32),
    )
    return Tables(sizes, weights, names, rarity, postings)


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
        # Given back at once: the allocator then keeps as much at hand as any text needs, and does not ask the system
        # for it again with each text. The first time it still maps it, the second time it has it.
        for room in (_ROOM, _ROOM // 2):
            np.ones(room, dtype=np.uint8)

    def evidence(self, text: Text, *, without: tuple[int, int] | None = None) -> tuple[Matrix, Vector]:
        """For each sentence one row a group, as far as it needs no meaning, and the share of its words that are new.

        New are words that stand in no phrasing at all: they tell of something else.  ``without`` (group, phrasing)
        leaves one phrasing out of the evidence, as if it had never been written.
        """
        near, known, new = self._scores(text, without)
        table = np.zeros((len(text.sentences), self._groups, COLUMNS))
        if without is not None:
            near[:, self._starts[without[0]] + without[1]] = 0.0
        first, second = self._best_two(near)
        # Rows in pairs: what a text looks like, and its ideas.
        table[:, :, 0], table[:, :, 2] = first[::2], first[1::2]
        table[:, :, 1], table[:, :, 3] = second[::2], second[1::2]
        table[:, :, 4], table[:, :, 5] = known[::2], known[1::2]
        return table, new

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
        found[:, column], found[:, column + 1], found[:, column + 2] = first[0], second[0], mean
        return found

    def _scores(self, text: Text, without: tuple[int, int] | None) -> tuple[Matrix, Matrix, Vector]:
        """Cosine with every phrasing, and for every group the share of the text that it knows: two rows a sentence.

        Each feature is looked up once: it is added up with those that the same sentences have in the same channel,
        and of these sums every sentence takes its own.
        """
        tables, size, phrases = self._tables, len(text.sentences), len(self._tables.weights)
        places, found = look_up(text.numbers, tables.features)
        told = np.where(found, tables.rarity[places], self._unknown) ** 2
        # A row for each kind of feature: the sentences that have it, and its channel.
        kind = text.held * _CHANNELS + text.channels
        present = np.zeros(_CHANNELS << size, dtype=bool)
        present[kind] = True
        kinds = np.flatnonzero(present)
        row = (np.cumsum(present) - 1)[kind]
        channel = kinds % _CHANNELS
        has = ((kinds // _CHANNELS >> np.arange(size)[:, None]) & 1).astype(np.float64)
        squares = has @ (np.bincount(row, told, len(kinds))[:, None] * _IN_CHANNEL[channel])
        alone, new = (has @ np.bincount(row, flags, len(kinds)) for flags in (text.alone, text.alone & ~found))
        shares = np.where(squares > 0, _EACH_SHARE, 0.0)
        shares /= np.maximum(shares @ _SAME_PLANE, 1e-9)
        squares = np.where(squares > 0, squares, 1.0)
        features, row = places[found], row[found]
        weight = has * (shares / squares)[:, channel]
        plane = _PLANES[:, channel]
        to_known = (weight[:, None] * plane).reshape(2 * size, len(kinds))
        to_near = ((weight * np.sqrt(squares)[:, channel])[:, None] * plane).reshape(2 * size, len(kinds))
        sums = tables.postings.sums(features, row, (len(kinds), phrases + self._groups))
        near, known = to_near @ sums[:, :phrases], to_known @ sums[:, phrases:]
        if without is not None:
            shared = weight[0, row] * tables.rarity[features] ** 2
            known[:, without[0]] = self._known_without(features, shared, channel[row] == IDEAS, len(known), without)
        return near, known, new / np.maximum(alone, 1)

    def _known_without(
        self, features: Places, factors: Vector, rows: NDArray[np.bool_], size: int, without: tuple[int, int]
    ) -> Vector:
        """The share of a text that a group knows from its other phrasings."""
        start = self._starts[without[0]]
        entries, lengths = self._tables.postings.entries(features)
        of = np.repeat(np.arange(len(features)), lengths)
        phrases = self._tables.postings.places[entries].astype(np.int64)
        others = (phrases >= start) & (phrases < start + self._tables.sizes[without[0]])
        others &= phrases != start + without[1]
        heaviest = np.zeros(len(features))
        np.maximum.at(heaviest, of[others], self._tables.weights[phrases[others]])
        return np.asarray(np.bincount(rows, heaviest * factors, size), dtype=np.float64)

    def _best_two(self, phrases: Matrix) -> tuple[Matrix, Matrix]:
        sizes = self._tables.sizes
        first = np.maximum.reduceat(phrases, self._starts, axis=1)
        rest = np.where(phrases == np.repeat(first, sizes, axis=1), 0.0, phrases)
        second = np.maximum.reduceat(rest, self._starts, axis=1)
        # A group with a single phrasing is not held to a second one.
        return first, np.where(sizes == 1, first, second)
