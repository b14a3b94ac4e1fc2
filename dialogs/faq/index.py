"""An inverted index over the phrasings of all topics: one query in a fraction of a millisecond."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.calibration import Calibration
from dialogs.faq.features import Features

Vector = NDArray[np.float64]


class Index:
    """Scores of every topic for the features of a text; read-only once built."""

    def __init__(self, groups: Sequence[Sequence[tuple[Features, float]]], calibration: Calibration) -> None:
        self._calibration = calibration
        self._topics = len(groups)
        self._starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
        self._sizes = np.array([len(group) for group in groups])
        self._phrases = int(self._sizes.sum())
        self._channels = [
            _Channel([[(phrase[number], weight) for phrase, weight in group] for group in groups])
            for number in range(len(calibration.channels))
        ]

    def scores(self, query: Features, *, without: tuple[int, int] | None = None) -> Vector:
        """Between 0 and 1 for each topic: best and second best phrasing, and how much of the text it knows.

        ``without`` (topic, phrasing) leaves one phrasing out, as if it had never been written.
        """
        phrases = np.zeros(self._phrases)
        known = np.zeros(self._topics)
        total = 0.0
        for channel, weight, grams in zip(self._channels, self._calibration.channels, query, strict=True):
            if not grams:
                continue
            total += weight
            near, covered = channel.scores(grams)
            phrases += weight * near
            if without is not None:
                covered[without[0]] = channel.known_without(grams, *without)
            known += weight * covered
        if not total:
            return known
        if without is not None:
            phrases[self._starts[without[0]] + without[1]] = 0.0
        first = np.maximum.reduceat(phrases, self._starts)
        rest = np.where(phrases == np.repeat(first, self._sizes), 0.0, phrases)
        second = np.maximum.reduceat(rest, self._starts)
        of_first, of_second, of_known = self._calibration.parts
        # A topic with a single phrasing is not held to a second one.
        second = np.where(self._sizes == 1, first, second)
        return (of_first * first + of_second * second + of_known * known) / total


class _Channel:
    """The phrasings in one kind of feature, weighted by how few topics share a feature."""

    def __init__(self, groups: Sequence[Sequence[tuple[frozenset[str], float]]]) -> None:
        self._topics = len(groups)
        spread: dict[str, int] = defaultdict(int)
        for group in groups:
            for gram in frozenset().union(*(grams for grams, _ in group)):
                spread[gram] += 1
        self._rarity = {gram: math.log((self._topics + 1) / (count + 0.5)) for gram, count in spread.items()}
        #: A feature that no topic has still counts against all of them.
        self._unknown = math.log((self._topics + 1) / 1.5)
        self._groups = groups
        near: dict[str, list[tuple[int, float]]] = defaultdict(list)
        known: dict[str, dict[int, float]] = defaultdict(dict)
        number = 0
        for topic, group in enumerate(groups):
            for grams, weight in group:
                length = self._length(grams)
                for gram in grams:
                    near[gram].append((number, weight * self._rarity[gram] / length))
                    known[gram][topic] = max(weight, known[gram].get(topic, 0.0))
                number += 1
        self._phrases = number
        self._near = _Postings((gram, rows) for gram, rows in near.items())
        self._known = _Postings((gram, rows.items()) for gram, rows in known.items())

    def scores(self, query: frozenset[str]) -> tuple[Vector, Vector]:
        """Cosine with every phrasing, and for every topic the share of the query that it knows."""
        length = self._length(query)
        # Sorted: floating sums in one order, so that the same text always has the same score.
        grams = sorted(gram for gram in query if gram in self._rarity)
        if not grams:
            return np.zeros(self._phrases), np.zeros(self._topics)
        weights = [self._rarity[gram] / length for gram in grams]
        return (
            self._near.sum(grams, weights, self._phrases),
            self._known.sum(grams, [weight * weight for weight in weights], self._topics),
        )

    def known_without(self, query: frozenset[str], topic: int, phrase: int) -> float:
        """The share of the query that a topic knows from its other phrasings."""
        length = self._length(query)
        known: dict[str, float] = {}
        for number, (grams, weight) in enumerate(self._groups[topic]):
            if number != phrase:
                for gram in grams & query:
                    known[gram] = max(weight, known.get(gram, 0.0))
        return math.fsum(weight * (self._rarity[gram] / length) ** 2 for gram, weight in known.items())

    def _length(self, grams: frozenset[str]) -> float:
        return math.sqrt(math.fsum(self._rarity.get(gram, self._unknown) ** 2 for gram in grams)) or 1.0


class _Postings:
    """For each feature the places where it stands, with a value; all in two flat arrays."""

    def __init__(self, rows: Iterable[tuple[str, Iterable[tuple[int, float]]]]) -> None:
        self._spans: dict[str, tuple[int, int]] = {}
        places: list[int] = []
        values: list[float] = []
        for gram, pairs in rows:
            start = len(places)
            for place, value in pairs:
                places.append(place)
                values.append(value)
            self._spans[gram] = (start, len(places))
        self._places = np.array(places, dtype=np.intp)
        self._values = np.array(values, dtype=np.float64)

    def sum(self, grams: Sequence[str], weights: Sequence[float], size: int) -> Vector:
        """The weighted values of the features, added up by place."""
        spans = [self._spans[gram] for gram in grams]
        places = np.concatenate([self._places[start:end] for start, end in spans])
        values = np.concatenate([self._values[start:end] for start, end in spans])
        factors = np.repeat(np.array(weights), [end - start for start, end in spans])
        return np.asarray(np.bincount(places, weights=values * factors, minlength=size), dtype=np.float64)
