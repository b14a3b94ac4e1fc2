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
_Postings = dict[str, tuple[NDArray[np.intp], Vector]]


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

    def scores(self, query: Features) -> Vector:
        """Between 0 and 1 for each topic: best and second best phrasing, and how much of the text it knows."""
        phrases = np.zeros(self._phrases)
        known = np.zeros(self._topics)
        total = 0.0
        for channel, weight, grams in zip(self._channels, self._calibration.channels, query, strict=True):
            if not grams:
                continue
            total += weight
            near, covered = channel.scores(grams)
            phrases += weight * near
            known += weight * covered
        if not total:
            return known
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
        self._near = _postings((gram, rows) for gram, rows in near.items())
        self._known = _postings((gram, rows.items()) for gram, rows in known.items())

    def scores(self, query: frozenset[str]) -> tuple[Vector, Vector]:
        """Cosine with every phrasing, and for every topic the share of the query that it knows."""
        length = self._length(query)
        # Sorted: floating sums in one order, so that the same text always has the same score.
        grams = sorted(gram for gram in query if gram in self._near)
        if not grams:
            return np.zeros(self._phrases), np.zeros(self._topics)
        near = [self._near[gram] for gram in grams]
        weights = [self._rarity[gram] / length for gram in grams]
        known = [self._known[gram] for gram in grams]
        return (
            _sum(near, weights, self._phrases),
            _sum(known, [weight * weight for weight in weights], self._topics),
        )

    def _length(self, grams: frozenset[str]) -> float:
        return math.sqrt(math.fsum(self._rarity.get(gram, self._unknown) ** 2 for gram in grams)) or 1.0


def _postings(rows: Iterable[tuple[str, Iterable[tuple[int, float]]]]) -> _Postings:
    built: _Postings = {}
    for gram, pairs in rows:
        places, values = zip(*pairs, strict=True)
        built[gram] = (np.array(places, dtype=np.intp), np.array(values))
    return built


def _sum(postings: Sequence[tuple[NDArray[np.intp], Vector]], weights: Sequence[float], size: int) -> Vector:
    places = np.concatenate([place for place, _ in postings])
    values = np.concatenate([value * weight for (_, value), weight in zip(postings, weights, strict=True)])
    return np.asarray(np.bincount(places, weights=values, minlength=size), dtype=np.float64)
