"""Which approved topic does a customer's text ask about, and may it be answered at once?

Soft nearest neighbour over the phrasings of each topic, offline and deterministic.  Only a near
match is answered; what is similar is offered (up to three), what is another business of the bank,
a loss or a topic for people goes to staff.  A wrong confident answer is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.calibration import CALIBRATIONS, Calibration
from dialogs.faq.features import Features, features
from dialogs.faq.index import Index
from dialogs.faq.topics import Topic, canonical_json, read_canonical, sha256_of
from dialogs.faq.words import Words, load_words
from dialogs.japanese import fold

#: Longer texts are cut: a question stands near the beginning, and the work stays bounded.
MAX_LENGTH = 500
MAX_SENTENCES = 8
#: How many topics are offered.
MAX_OFFERED = 3
#: How many topics are ranked for the record.
MAX_RANKED = 5

_SENTENCE_END = re.compile(r"(?<=[。．！!？?\n])\s*|(?<=[a-z]\.)\s+", re.IGNORECASE)


class Action(StrEnum):
    """What the bot does with a text that is no answer."""

    ANSWER = "answer"
    OFFER = "offer"
    STAFF = "staff"
    COMMAND = "command"
    NONE = "none"


class Reason(StrEnum):
    """Why the action was chosen; recorded with it."""

    NEAR = "near"
    SIMILAR = "similar"
    PERSON_TOPIC = "person_topic"
    DANGER = "danger"
    OTHER_BUSINESS = "other_business"
    #: A question that nothing fits.
    UNKNOWN = "unknown"
    CHIT_CHAT = "chit_chat"
    #: Neither a question nor like a topic: perhaps an answer with a slip in it.
    NO_QUESTION = "no_question"


@dataclass(frozen=True)
class Scored:
    """A topic and how well it fits, between 0 and 1."""

    topic: str
    score: float


@dataclass(frozen=True)
class Match:
    """What a text asks about."""

    action: Action
    #: Best first; empty when nothing shares anything with the text.
    ranked: tuple[Scored, ...]
    #: SHA-256 of the FAQ that was matched.
    version: str
    reason: Reason
    #: What the best score was held against, for the record.
    threshold: float = 0.0
    #: The topics to say or to offer: one for an answer or a topic for people, up to three for an offer.
    offered: tuple[str, ...] = ()


class Matcher:
    """The topics of one FAQ version, ready to be searched by any number of threads."""

    def __init__(self, topics: Sequence[Topic], locale: str, calibration: Calibration | None = None) -> None:
        self.topics: Mapping[str, Topic] = {topic.id: topic for topic in topics}
        self.locale = locale
        self.version = sha256_of(topics)
        self.words: Words = load_words(locale)
        self.calibration = calibration or CALIBRATIONS["en" if self.words.spaced else "ja"]
        self._ids = tuple(self.topics)
        groups: list[list[tuple[Features, float]]] = [self._phrases(topic) for topic in topics]
        self._own = len(groups)
        for extra in (self.words.other_business, self.words.people_only):
            groups.append([(self._features(text), 1.0) for text in extra])
        self._index = Index(groups, self.calibration)
        #: The ideas in the phrasings of each topic: its question and variants stand first in its group.
        self._ideas = {
            topic.id: frozenset[str]().union(*(said[2] for said, _ in group[: 1 + len(topic.variants)]))
            for topic, group in zip(topics, groups, strict=False)
        }
        #: The ideas that no other topic speaks of.
        self._own_ideas = {
            name: ideas.difference(*(others for other, others in self._ideas.items() if other != name))
            for name, ideas in self._ideas.items()
        }
        self._foreign_terms = self._terms_of_no_topic(topics)

    def match(self, text: str, *, question_topic: str | None = None) -> Match:
        """What ``text`` asks about; ``question_topic`` is the topic of the question that is open."""
        folded = fold(text[:MAX_LENGTH])
        if self.words.is_chit_chat(folded):
            return self._decided(Action.NONE, (), Reason.CHIT_CHAT)
        if self.words.is_plain_reply(folded):
            return self._decided(Action.NONE, (), Reason.NO_QUESTION)
        sentences = self._sentences(text[:MAX_LENGTH])
        scores = np.zeros(self._own + 2)
        for sentence in sentences:
            scores = np.maximum(scores, self._index.scores(self._features_of(sentence)))
        own, other, danger = scores[: self._own].copy(), float(scores[-2]), float(scores[-1])
        if question_topic in self.topics:
            own[self._ids.index(question_topic)] *= 1.0 + self.calibration.question_bonus
        ranked = self._ranked(np.minimum(own, 1.0))
        return self._decide(sentences, ranked, other, danger)

    def scores_without(self, topic: str, phrase: int) -> Mapping[str, float]:
        """How the topics fit a phrasing (0 is the question) of one of them, had it not been written."""
        text = (self.topics[topic].question, *self.topics[topic].variants)[phrase]
        scores = self._index.scores(self._features(text), without=(self._ids.index(topic), phrase))
        return {name: round(float(score), 4) for name, score in zip(self._ids, scores[: self._own], strict=True)}

    def _decide(self, sentences: Sequence[str], ranked: tuple[Scored, ...], other: float, danger: float) -> Match:
        limits = self.calibration
        best = ranked[0].score if ranked else 0.0
        second = ranked[1].score if len(ranked) > 1 else 0.0
        if any(self.words.needs_a_person(sentence) for sentence in sentences) or (
            danger >= limits.offer and danger > best
        ):
            return self._decided(Action.STAFF, ranked, Reason.DANGER)
        if other >= limits.other and other > best:
            return self._decided(Action.STAFF, ranked, Reason.OTHER_BUSINESS)
        if best < limits.other and any(term in sentence for sentence in sentences for term in self._foreign_terms):
            return self._decided(Action.STAFF, ranked, Reason.OTHER_BUSINESS)
        lead = best - second
        ideas = frozenset[str]().union(*(self._features_of(sentence)[2] for sentence in sentences))
        if ranked and self.topics[ranked[0].topic].handover:
            said_so = bool(ideas & self._own_ideas[ranked[0].topic])
            person = limits.person_said_so if said_so else limits.person
            if best >= person and lead >= limits.person_lead:
                return self._decided(Action.STAFF, ranked, Reason.PERSON_TOPIC, person)
        asks = any(self.words.asks(text) for text in sentences)
        if best >= limits.certain and lead >= limits.certain_lead and best - other >= limits.certain_lead:
            return self._decided(Action.ANSWER, ranked, Reason.NEAR, limits.certain)
        if (
            asks
            and best >= limits.answer
            and max(second, other) <= best * limits.answer_second_share
            and self._alone_speaks_of(ranked[0].topic, ideas)
        ):
            return self._decided(Action.ANSWER, ranked, Reason.NEAR, limits.answer)
        similar = limits.offer if asks else limits.offer_statement
        if best >= similar:
            floor = best * limits.offer_share
            offered = tuple(scored.topic for scored in ranked[:MAX_OFFERED] if scored.score >= floor)
            return replace(self._decided(Action.OFFER, ranked, Reason.SIMILAR, similar), offered=offered)
        if asks:
            return self._decided(Action.STAFF, ranked, Reason.UNKNOWN, similar)
        return self._decided(Action.NONE, ranked, Reason.NO_QUESTION, similar)

    def _decided(self, action: Action, ranked: tuple[Scored, ...], reason: Reason, threshold: float = 0.0) -> Match:
        first = (ranked[0].topic,) if reason in (Reason.NEAR, Reason.PERSON_TOPIC) else ()
        return Match(
            action=action, ranked=ranked, version=self.version, reason=reason, threshold=threshold, offered=first
        )

    def _alone_speaks_of(self, topic: str, ideas: frozenset[str]) -> bool:
        """Whether the topic's phrasings speak of every idea, and no topic for people might be meant instead."""
        return (
            bool(ideas)
            and ideas <= self._ideas[topic]
            and not any(ideas <= self._ideas[other.id] for other in self.topics.values() if other.handover)
        )

    def _ranked(self, own: NDArray[np.float64]) -> tuple[Scored, ...]:
        # A stable sort keeps the order of the file between equals, so the result never wavers.
        order = np.argsort(-own, kind="stable")[:MAX_RANKED]
        return tuple(Scored(self._ids[place], round(float(own[place]), 4)) for place in order if own[place] > 0)

    def _sentences(self, text: str) -> list[str]:
        """The whole text, and its sentences where there are several."""
        parts = [fold(part) for part in _SENTENCE_END.split(text) if part]
        parts = [part for part in parts if part and not self.words.is_chit_chat(part)][:MAX_SENTENCES]
        if len(parts) == 1:
            return parts
        return [*parts, fold(text)]

    def _phrases(self, topic: Topic) -> list[tuple[Features, float]]:
        phrases = [(self._features(text), 1.0) for text in (topic.question, *topic.variants)]
        if topic.short:
            phrases.append((self._features(topic.short), 1.0))
        answer = re.sub(r"\{\w+\}", " ", topic.answer)
        for sentence in filter(None, _SENTENCE_END.split(answer)):
            phrases.append((self._features(sentence), self.calibration.answer_weight))
        return phrases

    def _features(self, text: str) -> Features:
        return self._features_of(fold(text))

    def _features_of(self, folded: str) -> Features:
        return features(folded, self.words)

    def _terms_of_no_topic(self, topics: Iterable[Topic]) -> tuple[str, ...]:
        """Words of other business that this FAQ never uses: they tell of something outside it."""
        known = "\n".join(fold(text) for topic in topics for text in (topic.question, *topic.variants))
        return tuple(term for term in self.words.other_terms if term not in known)


@lru_cache(maxsize=16)
def _matcher(version: str, body: str, locale: str) -> Matcher:
    return Matcher(read_canonical(body), locale)


def matcher_for(topics: Sequence[Topic], locale: str) -> Matcher:
    """The matcher of these topics, built once for each version."""
    return _matcher(sha256_of(topics), canonical_json(topics), locale)
