"""How near a text is to each group of phrasings: the evidence, before it is weighed.

Groups are topics, and whatever else a text can be about.  An inverted index over the phrasings gives the
likeness of writing, reading, words and ideas; a matrix of vectors the likeness of meaning.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.encoder import Vectors
from dialogs.faq.features import Features, Grams

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

#: Writing, reading, words: their shares of how alike two texts look.
_CHANNELS = (0.33, 0.40, 0.27)
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


#: Features and weight of each phrasing of each group.
Groups = Sequence[Sequence[tuple[Grams, float]]]


class Index:
    """The evidence for the features of a text; read-only once built."""

    def __init__(
        self, groups: Sequence[Sequence[Phrase]], vectors: Vectors | None = None, spelt: Vectors | None = None
    ) -> None:
        self._groups = len(groups)
        self._starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
        self._sizes = np.array([len(group) for group in groups])
        self._weights = np.array([phrase.weight for group in groups for phrase in group])
        self._channels = [
            _Channel([[(phrase.features.channels[number], phrase.weight) for phrase in group] for group in groups])
            for number in range(len(_CHANNELS))
        ]
        self._ideas = _Channel([[(phrase.features.ideas, phrase.weight) for phrase in group] for group in groups])
        self._vocabulary = frozenset[str]().union(*(one.features.words for group in groups for one in group))
        #: Phrasings as written, and as the dictionary spells them.
        self._vectors, self._spelt = vectors, spelt if spelt is not None else vectors

    def evidence(
        self, query: Features, vector: Vectors | None = None, *, without: tuple[int, int] | None = None
    ) -> Matrix:
        """One row a group; ``without`` (group, phrasing) leaves one phrasing out, as if it had never been written."""
        table = np.zeros((self._groups, COLUMNS))
        near, total = np.zeros(self._weights.size), 0.0
        for channel, share, grams in zip(self._channels, _CHANNELS, query.channels, strict=True):
            if grams:
                total += share
                phrases, known = channel.scores(grams, without)
                near += share * phrases
                table[:, 4] += share * known
        if total:
            near, table[:, 4] = near / total, table[:, 4] / total
            table[:, 0], table[:, 1] = self._best_two(near, without)
        if query.ideas:
            phrases, known = self._ideas.scores(query.ideas, without)
            table[:, 2], table[:, 3] = self._best_two(phrases, without)
            table[:, 5] = known
        if vector is not None and self._vectors is not None and self._spelt is not None:
            like = ((self._spelt if query.is_kana else self._vectors) @ vector).astype(np.float64) * self._weights
            first = LIGHT + MEANING if query.is_kana else LIGHT
            table[:, first], table[:, first + 1] = self._best_two(like, without)
            if without is not None:
                like[self._starts[without[0]] + without[1]] = 0.0
            sizes = self._sizes - (np.arange(self._groups) == without[0]) if without is not None else self._sizes
            table[:, first + 2] = np.add.reduceat(like, self._starts) / np.maximum(sizes, 1)
        return table

    def novelty(self, query: Features) -> float:
        """The share of the words that stand in no phrasing at all: they tell of something else."""
        words = [word for word in query.words if " " not in word]
        return sum(word not in self._vocabulary for word in words) / len(words) if words else 0.0

    def vector_of(self, group: int, phrase: int, *, is_kana: bool) -> Vectors | None:
        """The meaning of a phrasing, as a text of these words would bring it."""
        vectors = self._spelt if is_kana else self._vectors
        return None if vectors is None else np.asarray(vectors[self._starts[group] + phrase])

    def _best_two(self, phrases: Vector, without: tuple[int, int] | None) -> tuple[Vector, Vector]:
        if without is not None:
            phrases = phrases.copy()
            phrases[self._starts[without[0]] + without[1]] = 0.0
        first = np.maximum.reduceat(phrases, self._starts)
        rest = np.where(phrases == np.repeat(first, self._sizes), 0.0, phrases)
        second = np.maximum.reduceat(rest, self._starts)
        # A group with a single phrasing is not held to a second one.
        return first, np.where(self._sizes == 1, first, second)


class _Channel:
    """The phrasings in one kind of feature, weighted by how few groups share a feature."""

    def __init__(self, groups: Groups) -> None:
        self._size = len(groups)
        spread: dict[str, int] = defaultdict(int)
        for group in groups:
            for gram in frozenset().union(*(grams for grams, _ in group)):
                spread[gram] += 1
        self._rarity = {gram: math.log((self._size + 1) / (count + 0.5)) for gram, count in spread.items()}
        #: A feature that no group has still counts against all of them.
        self._unknown = math.log((self._size + 1) / 1.5)
        self._phrases = sum(len(group) for group in groups)
        self._near = _Postings(self._of_phrases(groups))
        self._known = _Postings(self._of_groups(groups))
        #: The features of each phrasing by number: the words themselves would take many times the memory.
        self._numbers = [
            [(array("i", map(self._known.number, grams)), weight) for grams, weight in group] for group in groups
        ]

    def _of_phrases(self, groups: Groups) -> Iterator[tuple[str, int, float]]:
        number = 0
        for group in groups:
            for grams, weight in group:
                length = self._length(grams)
                for gram in grams:
                    yield gram, number, weight * self._rarity[gram] / length
                number += 1

    def _of_groups(self, groups: Groups) -> Iterator[tuple[str, int, float]]:
        for place, group in enumerate(groups):
            known: dict[str, float] = {}
            for grams, weight in group:
                for gram in grams:
                    known[gram] = max(weight, known.get(gram, 0.0))
            for gram, weight in known.items():
                yield gram, place, weight

    def scores(self, query: Grams, without: tuple[int, int] | None) -> tuple[Vector, Vector]:
        """Cosine with every phrasing, and for every group the share of the query that it knows."""
        length = self._length(query)
        # Sorted: floating sums in one order, so that the same text always has the same score.
        grams = sorted(gram for gram in query if gram in self._rarity)
        if not grams:
            return np.zeros(self._phrases), np.zeros(self._size)
        weights = [self._rarity[gram] / length for gram in grams]
        near = self._near.sum(grams, weights, self._phrases)
        known = self._known.sum(grams, [weight * weight for weight in weights], self._size)
        if without is not None:
            known[without[0]] = self._known_without(query, *without)
        return near, known

    def _known_without(self, query: Grams, place: int, phrase: int) -> float:
        """The share of the query that a group knows from its other phrasings."""
        length = self._length(query)
        asked = {self._known.number(gram): gram for gram in query if gram in self._rarity}
        known: dict[str, float] = {}
        for place_of, (numbers, weight) in enumerate(self._numbers[place]):
            if place_of != phrase:
                for number in asked.keys() & set(numbers):
                    gram = asked[number]
                    known[gram] = max(weight, known.get(gram, 0.0))
        return math.fsum(weight * (self._rarity[gram] / length) ** 2 for gram, weight in known.items())

    def _length(self, grams: Grams) -> float:
        return math.sqrt(math.fsum(self._rarity.get(gram, self._unknown) ** 2 for gram in grams)) or 1.0


class _Postings:
    """For each feature the places where it stands, with a value; all in two flat arrays."""

    def __init__(self, entries: Iterable[tuple[str, int, float]]) -> None:
        numbers: dict[str, int] = {}
        grams, places, values = array("i"), array("i"), array("d")
        for gram, place, value in entries:
            grams.append(numbers.setdefault(gram, len(numbers)))
            places.append(place)
            values.append(value)
        # Stable: within a feature the places stay in order, and so the floating sums.
        order = np.argsort(np.array(grams), kind="stable")
        ends = np.cumsum(np.bincount(np.array(grams), minlength=len(numbers))).tolist() if numbers else []
        starts = [0, *ends[:-1]]
        self._spans: dict[str, tuple[int, int]] = {
            gram: (starts[number], ends[number]) for gram, number in numbers.items()
        }
        self._places = np.array(places, dtype=np.intp)[order]
        self._values = np.array(values, dtype=np.float64)[order]

    def number(self, gram: str) -> int:
        """A number that only this feature has."""
        return self._spans[gram][0]

    def sum(self, grams: Sequence[str], weights: Sequence[float], size: int) -> Vector:
        """The weighted values of the features, added up by place."""
        spans = [self._spans[gram] for gram in grams]
        places = np.concatenate([self._places[start:end] for start, end in spans])
        values = np.concatenate([self._values[start:end] for start, end in spans])
        factors = np.repeat(np.array(weights), [end - start for start, end in spans])
        return np.asarray(np.bincount(places, weights=values * factors, minlength=size), dtype=np.float64)
