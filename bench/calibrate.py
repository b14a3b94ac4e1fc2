"""Fits the weights of dialogs/faq/calibration.py: ``python -m bench.calibrate ja encoder``.

A conditional logit over everything that a text can be about, with the same few weights for all topics, so that
they hold for a bank's own FAQ too.  It learns from the development questions in tests/dialogs/faq and from the
phrasings of other business and topics, each left out in turn.  The limits of the actions are then set
by hand on the table that is printed: what each would answer, rightly and wrongly.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from dialogs.faq.encoder import encoder_for
from dialogs.faq.index import COLUMNS
from dialogs.faq.matcher import Matcher
from dialogs.faq.topics import load_shipped
from dialogs.japanese import fold

DEVELOPMENT = Path(__file__).parents[1] / "tests" / "dialogs" / "faq"
FILES = {"ja": ("questions_ja", "fresh_ja", "wild_ja"), "en": ("questions_en", "wild_en")}
#: Phrasings of topics count less: the lists of ideas were written beside them.
OF_PHRASING = 0.25
OF_BESIDE = 0.5
#: Of every weight towards zero.
PULL = 0.05

Table = NDArray[np.float64]
Sample = tuple[str, list[Table], str | None, float]


def samples(matcher: Matcher, locale: str) -> Iterator[Sample]:
    """Text, evidence, the name of what it is about (``None``: nothing), weight."""
    names = {"other_business": "other_business", "chit_chat": "chit_chat", "danger": "people_only"}
    for name in FILES[locale]:
        file = DEVELOPMENT / f"{name}.yaml"
        if file.is_file():
            for key, texts in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader).items():
                for text in [texts] if isinstance(texts, str) else texts:
                    target = names.get(key, key)
                    target = None if target == "unknown" else target
                    yield text, matcher.evidence(text), target, 1.0
    groups = [(topic.id, (topic.question, *topic.variants), OF_PHRASING) for topic in matcher.topics.values()]
    groups += [(name, texts, OF_BESIDE) for name, texts in zip(BESIDE, matcher._beside(), strict=True)]
    for number, (name, texts, weight) in enumerate(groups):
        for phrase, text in enumerate(texts):
            yield text, [matcher.evidence_without(text, number, phrase)], name, weight


BESIDE = ("other_business", "people_only", "chit_chat", "answers")


def design(table: Table, asks: bool, novelty: float, topics: int) -> Table:
    """One row a group and one for none; columns: evidence, four kinds, none, none where it asks, where it is new."""
    size = len(table)
    rows = np.zeros((size + 1, COLUMNS + 7))
    rows[:size, :COLUMNS] = table
    for kind in range(4):
        rows[topics + kind, COLUMNS + kind] = 1.0
    rows[size, COLUMNS + 4] = 1.0
    rows[size, COLUMNS + 5 :] = float(asks), novelty
    return rows


def fit(tables: Table, targets: NDArray[np.intp], weight: Table) -> Table:
    """Damped Newton on the penalised likelihood; evidence never speaks against a group."""
    every, size = np.arange(len(tables)), tables.shape[2]

    def loss(weights: Table) -> tuple[float, Table]:
        scores = tables @ weights
        scores = scores - scores.max(axis=1, keepdims=True)
        share = np.exp(scores)
        total = share.sum(axis=1)
        value = weight @ (scores[every, targets] - np.log(total)) - PULL * weights @ weights / 2
        return -float(value), share / total[:, None]

    weights = np.full(size, 1.0)
    value, share = loss(weights)
    for _ in range(200):
        mean = np.einsum("ng,ngp->np", share, tables)
        slope = weight @ (tables[every, targets] - mean) - PULL * weights
        bound = (weights <= 0) & (slope < 0) & (np.arange(size) < COLUMNS)
        curve = np.einsum("ng,ngp,ngq->pq", share * weight[:, None], tables, tables, optimize=True)
        curve += PULL * np.eye(size) - (mean * weight[:, None]).T @ mean
        free = ~bound
        step = np.zeros(size)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
        length = 1.0
        while length > 1e-4:
            tried = weights + length * step
            tried[:COLUMNS] = np.maximum(tried[:COLUMNS], 0.0)
            better, other = loss(tried)
            if better < value:
                break
            length /= 2
        if length <= 1e-4 or value - better < 1e-6 * abs(value):
            break
        weights, value, share = tried, better, other
    return weights


def main(locale: str, tier: str) -> None:
    """Fit and print."""
    topics = load_shipped(locale)
    matcher = Matcher(topics, locale, encoder=encoder_for("on" if tier == "encoder" else "off"))
    names = [*matcher.topics, *BESIDE, None]
    own = len(topics)
    seen = [
        (
            text,
            [design(table, matcher.words.asks(fold(text)), matcher.novelty(text), own) for table in tables],
            names.index(target),
            weight,
        )
        for text, tables, target, weight in samples(matcher, locale)
    ]
    tables = np.array([tables[-1] for _, tables, _, _ in seen])
    target = np.array([row[2] for row in seen])
    weight = np.array([row[3] for row in seen])
    fold_of = np.arange(len(seen)) % 5
    likely = np.zeros((len(seen), len(names)))
    for part in range(5):
        rest = fold_of != part
        weights = fit(tables[rest], target[rest], weight[rest])
        for number in np.flatnonzero(~rest):
            for table in seen[number][1]:
                scores = table @ weights
                share = np.exp(scores - scores.max())
                likely[number] = np.maximum(likely[number], share / share.sum())
    weights = fit(tables, target, weight)
    print("weights", tuple(float(round(value, 2)) for value in weights[:COLUMNS]))
    print("kinds, none, asks, new", tuple(float(round(value, 2)) for value in weights[COLUMNS:]))
    dev = weight == 1.0
    about = target < own
    order = np.argsort(-likely[:, :own], axis=1, kind="stable")
    for name, part in (("development", dev & about), ("left out", ~dev & about)):
        first = order[part, 0] == target[part]
        three = (order[part, :3] == target[part][:, None]).any(axis=1)
        print(f"{name}: first {first.mean():.3f}, in three {three.mean():.3f}")
    best, top = order[:, 0], likely[np.arange(len(seen)), order[:, 0]]
    over = likely[:, own:-1].max(axis=1)
    for limit in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97):
        told = (top >= limit) & (top > over)
        wrong = told & (best != target)
        print(f"{limit}: coverage {(told & dev & about).sum() / (dev & about).sum():.3f}, wrong {(wrong & dev).sum()}"
              f" of {dev.sum()}, left out {(wrong & ~dev).sum()} of {(~dev).sum()}")  # fmt: skip
    for number in np.flatnonzero((top >= 0.6) & (top > over) & (best != target))[:40]:
        print(f"  {top[number]:.3f} {names[best[number]]} for {names[target[number]]}: {seen[number][0]}")
    others = likely[:, own:-1].argmax(axis=1) + own
    for kind in range(own, len(names) - 1):
        part = target == kind
        taken = (others == kind) & (over > top)
        print(
            names[kind],
            f"found {(taken & part).sum()} of {part.sum()}, wrongly {(taken & ~part).sum()}",
            [(seen[n][0], names[target[n]], round(float(over[n]), 2)) for n in np.flatnonzero(taken & ~part)][:6],
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
