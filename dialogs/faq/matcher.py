"""Which approved topic does a customer's text ask about, and may it be answered at once?

Two tiers, offline and deterministic.  The light one compares writing, reading, words and ideas with the phrasings
of each topic; with the extra ``encoder`` the likeness of meaning is added.  Other business of the bank, dangers,
small talk and commands stand beside the topics, so that a text is told apart from them and not only from other topics.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.calibration import CALIBRATIONS, SAME_WORDS, Calibration
from dialogs.faq.deciding import MAX_OFFERED, Action, Match, Mood, Reason, Scored, Weighed, decide
from dialogs.faq.encoder import Encoder, Mode, encoder_for
from dialogs.faq.features import Features, Text, features, features_of, together
from dialogs.faq.index import LIGHT, Index, Matrix, Vector
from dialogs.faq.intents import LIKELY, SETTLES, Intent, load_intents
from dialogs.faq.kept import cache_folder
from dialogs.faq.prepared import prepare
from dialogs.faq.topics import Topic, canonical_json, read_canonical, sha256_of
from dialogs.faq.words import Finder, Words, load_words
from dialogs.japanese import fold

__all__ = ["MAX_LENGTH", "MAX_OFFERED", "Action", "Match", "Matcher", "Mood", "Reason", "Scored", "matcher_for"]

#: Longer texts are cut: a question stands near the beginning, and the work stays bounded.
MAX_LENGTH = 500
MAX_SENTENCES = 6
#: So many signs of a text are given to the encoder, whose work grows with them: letters say less than kana and kanji.
LONGEST_MEANING = {True: 100, False: 48}
#: How many topics are ranked for the record.
MAX_RANKED = 5
#: Other business, dangers, small talk, answers.
_BESIDE = 4
#: A word in kana that is shorter stands in too many others.
_SHORTEST_SOUND = 4
#: A sentence of the answer counts this much of a phrasing.
_OF_ANSWER = 0.5

_SENTENCE_END = re.compile(r"(?<=[。．！!？?\n])\s*|(?<=[a-z]\.)\s+", re.IGNORECASE)


class Matcher:
    """The topics of one FAQ version, ready to be searched by any number of threads."""

    def __init__(
        self,
        topics: Sequence[Topic],
        locale: str,
        calibration: Calibration | None = None,
        encoder: Encoder | None = None,
        folder: Path | None = None,
    ) -> None:
        self.topics: Mapping[str, Topic] = {topic.id: topic for topic in topics}
        self.locale = locale
        self.version = sha256_of(topics)
        self.words: Words = load_words(locale)
        self.tier = "light" if encoder is None else "encoder"
        self.calibration = calibration or CALIBRATIONS["en" if self.words.spaced else "ja", self.tier]
        self._encoder = encoder
        self._ids = tuple(self.topics)
        self._own = len(self._ids)
        texts = [
            *(self._phrasings(topic) for topic in topics),
            *([(text, 1.0) for text in group] for group in self._beside()),
        ]
        prepared = prepare(texts, self.words, folder)
        vectors = spelt = None
        if encoder is not None:
            vectors = encoder.phrasings([text for group in texts for text, _ in group])
            spelt = vectors if self.words.spaced else encoder.phrasings(prepared.spelt)
        self._index = Index(prepared.tables, vectors, spelt)
        self._prior = np.repeat(self.calibration.kinds, [self._own, *[1] * _BESIDE])
        self._weights = np.array(self.calibration.weights)
        #: The topic of each phrasing.
        self._same = {
            _bare(fold(text)): number
            for number, topic in enumerate(topics)
            for text in (topic.question, *topic.variants)
        }
        #: The ideas in the phrasings of each topic: its question and variants stand first in its group.
        self._ideas = [
            frozenset[str]().union(*group[: 1 + len(topic.variants)])
            for topic, group in zip(topics, prepared.ideas, strict=False)
        ]
        #: The ideas that no other topic speaks of.
        self._own_ideas = {
            name: own.difference(*(other for other in self._ideas if other is not own))
            for name, own in zip(self._ids, self._ideas, strict=True)
        }
        foreign = self._terms_of_no_topic(topics)
        self._foreign = Finder(((term, term) for term in foreign), at_word_start=False)
        sounds = (self.words.other_sounds.get(term, "") for term in foreign)
        self._foreign_sounds = [sound for sound in sounds if len(sound) >= _SHORTEST_SOUND]

    def _beside(self) -> tuple[tuple[str, ...], ...]:
        return self.words.other_business, self.words.people_only, self.words.small_phrases, self.words.answers

    def match(
        self,
        text: str,
        *,
        question_topic: str | None = None,
        folded: str | None = None,
        intent: Intent | None = None,
    ) -> Match:
        """What ``text`` asks about; ``question_topic`` is the topic of the question that is open.

        ``folded`` is the text folded, where that is known already; ``intent`` is what it wants, where it is in another
        language.
        """
        folded = fold(text[:MAX_LENGTH]) if folded is None else folded
        if self.words.is_plain_reply(folded):
            return Match(Action.NONE, (), self.version, Reason.NO_QUESTION)
        read, asks = self.read(text, folded)
        if intent is None:
            intent = load_intents(self.locale).of(read, asks=asks)
        if intent.wish < LIKELY and self.words.is_chit_chat(folded):
            return Match(Action.NONE, (), self.version, Reason.CHIT_CHAT)
        likely = self._likely(read, question_topic, asks=asks)
        return decide(self._weighed(read.sentences, likely, intent, asks=asks), self.calibration, self.version)

    def intent(self, text: str, folded: str) -> Intent:
        """What a text wants of the bot."""
        read, asks = self.read(text, folded)
        return load_intents(self.locale).of(read, asks=asks)

    def read(self, text: str, folded: str) -> tuple[Text, bool]:
        """The sentences of a text as they are compared, and whether one of them seems to ask for something."""
        read = self._read(text[:MAX_LENGTH], folded)
        *parts, whole = (sentence.folded for sentence in read.sentences)
        return read, self.words.asks(whole, *parts)

    def evidence(self, text: str) -> Matrix:
        """The evidence behind a match, a table for each sentence; for calibration."""
        return self._evidence(self._read(text[:MAX_LENGTH], fold(text[:MAX_LENGTH])))[0]

    def novelty(self, text: str) -> float:
        """The share of its words that nothing here has."""
        return float(self._index.evidence(features(text, self.words))[1][0])

    def scores_without(self, topic: str, phrase: int) -> Mapping[str, float]:
        """How the topics fit a phrasing (0 is the question) of one of them, had it not been written."""
        text = (self.topics[topic].question, *self.topics[topic].variants)[phrase]
        table = self.evidence_without(text, self._ids.index(topic), phrase)
        none = self._none(self.novelty(text), asks=self.words.asks(fold(text)))
        likely = self._probabilities(table[None], none)[0]
        return {name: round(float(score), 4) for name, score in zip(self._ids, likely[: self._own], strict=True)}

    def evidence_without(self, text: str, group: int, phrase: int) -> Matrix:
        """The evidence for a phrasing of a group, had it not been written."""
        said = features(text, self.words)
        (sentence,) = said.sentences
        table: Matrix = self._index.evidence(said, without=(group, phrase))[0][0]
        vector = self._index.vector_of(group, phrase, is_kana=sentence.is_kana)
        if vector is not None:
            table[:, LIGHT:] = self._index.meaning(sentence, vector, without=(group, phrase))
        return table

    def _weighed(
        self, sentences: Sequence[Features], likely: NDArray[np.float64], intent: Intent, *, asks: bool
    ) -> Weighed:
        own, beside = np.split(likely, [self._own])
        ranked = self._ranked(own)
        served = SETTLES.get(intent.command)
        ideas = frozenset[str]().union(*(sentence.ideas for sentence in sentences))
        rest = (scored.score for scored in ranked if scored.topic != served)
        people = [one for one in ranked if self.topics[one.topic].handover][:1]
        if people and people[0] != ranked[0] and (asks or people[0] not in ranked[:2]):
            people = []
        return Weighed(
            ranked=ranked,
            speaks_of_all=bool(ranked) and ideas <= self._ideas[self._ids.index(ranked[0].topic)],
            person_topic=people[0].topic if people else "",
            person_score=people[0].score if people else 0.0,
            said_so=bool(people) and bool(ideas & self._own_ideas[people[0].topic]),
            intent=intent,
            intent_rival=next(rest, 0.0),
            other=float(beside[0]),
            danger=float(beside[1]),
            small_talk=float(beside[2]),
            answer=float(beside[3]),
            asks=asks,
            # What stands in a sentence stands in the whole, which is the last.
            in_danger=self.words.needs_a_person(sentences[-1].folded),
            mood=Mood.ANGRY if "anger" in ideas else Mood.WORRIED if "worry" in ideas else Mood.CALM,
            foreign=self._is_foreign(sentences),
        )

    def _is_foreign(self, sentences: Sequence[Features]) -> bool:
        whole = sentences[-1]
        found = self._foreign.names(whole.folded)
        if found and not (whole.is_kana and all(len(term) < _SHORTEST_SOUND for term in found)):
            return True
        # In kana alone other words would be found by chance in a sentence with kanji.
        heard = [sentence.sound for sentence in sentences if sentence.is_kana]
        return any(sound in one for sound in self._foreign_sounds for one in heard)

    def _evidence(self, read: Text) -> tuple[Matrix, Vector]:
        tables, new = self._index.evidence(read)
        if self._encoder is not None:
            # Of several sentences the last is the whole text: what it means says as much as all of them, once.
            (vector,) = self._encoder.encode([self._meant(read.sentences)])
            tables[-1, :, LIGHT:] = self._index.meaning(read.sentences[-1], vector)
        return tables, new

    def _meant(self, sentences: Sequence[Features]) -> str:
        """What the encoder reads: of a long text the sentences that ask for something, the last first, then others.

        Where spaces divide no words, a sentence comes to its point at its end: of a longer one that is read.
        """
        *parts, whole = sentences
        spaced = self.words.spaced
        room = LONGEST_MEANING[spaced]
        if spaced or len(whole.meaning) <= room:
            return whole.meaning[:room]
        taken: dict[int, str] = {}
        asks = [self.words.asks(part.folded) for part in parts]
        for place in sorted(range(len(parts)), key=lambda place: (asks[place], place), reverse=True):
            meaning = parts[place].meaning
            if not taken or len(meaning) <= room:
                taken[place] = meaning[-room:]
                room -= len(taken[place])
        return "".join(taken[place] for place in sorted(taken)) or whole.meaning[-room:]

    def _likely(self, read: Text, question_topic: str | None, *, asks: bool) -> Vector:
        """How likely each group is meant, in the sentence where it is likeliest."""
        same = [(row, self._same.get(_bare(sentence.folded))) for row, sentence in enumerate(read.sentences)]
        tables, new = self._evidence(read)
        return np.asarray(self._probabilities(tables, self._none(new, asks=asks), question_topic, same).max(axis=0))

    def _none(self, new: Vector | float, *, asks: bool) -> Vector:
        """How much speaks for none of the groups, in each sentence with such a share of new words."""
        limits = self.calibration
        return np.asarray(limits.none + limits.none_asks * asks + limits.none_new * np.atleast_1d(new))

    def _probabilities(
        self,
        tables: Matrix,
        none: Vector,
        question_topic: str | None = None,
        same: Sequence[tuple[int, int | None]] = (),
    ) -> Matrix:
        """For each table one row: how likely each group is."""
        scores = tables @ self._weights + self._prior
        for row, topic in same:
            if topic is not None:
                scores[row, topic] += SAME_WORDS
        if question_topic in self.topics:
            scores[:, self._ids.index(question_topic)] += self.calibration.question_bonus
        highest = np.maximum(scores.max(axis=1), none)
        powers = np.exp(scores - highest[:, None])
        return np.asarray(powers / (powers.sum(axis=1) + np.exp(none - highest))[:, None])

    def _ranked(self, own: NDArray[np.float64]) -> tuple[Scored, ...]:
        # A stable sort keeps the order of the file between equals, so the result never wavers.
        scores = np.round(own, 4).tolist()
        order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:MAX_RANKED]
        return tuple(Scored(self._ids[place], scores[place]) for place in order if scores[place] > 0)

    def _read(self, text: str, folded: str) -> Text:
        """The sentences, and the whole text where there are several."""
        pieces = [piece for piece in _SENTENCE_END.split(text) if piece]
        if len(pieces) < 2:
            return features(text, self.words, folded)
        parts = [(piece, fold(piece)) for piece in pieces]
        parts = [(piece, of) for piece, of in parts if not self.words.is_chit_chat(of)]
        if not parts:
            return features(text, self.words, folded)
        read = features_of(parts, self.words)
        return read if len(parts) == 1 else together(text, folded, read, MAX_SENTENCES)

    def _phrasings(self, topic: Topic) -> list[tuple[str, float]]:
        phrases = [(text, 1.0) for text in (topic.question, *topic.variants)]
        if topic.short:
            phrases.append((topic.short, 1.0))
        answer = re.sub(r"\{\w+\}", " ", topic.answer)
        return phrases + [(text, _OF_ANSWER) for text in filter(None, _SENTENCE_END.split(answer))]

    def _terms_of_no_topic(self, topics: Iterable[Topic]) -> tuple[str, ...]:
        """Words of other business that this FAQ never uses: they tell of something outside it."""
        known = "\n".join(fold(text) for topic in topics for text in (topic.question, *topic.variants))
        return tuple(term for term in self.words.other_terms if term not in known)


def _bare(folded: str) -> str:
    return folded.rstrip("?")


@lru_cache(maxsize=16)
def _matcher(version: str, body: str, locale: str, mode: Mode) -> Matcher:
    return Matcher(read_canonical(body), locale, encoder=encoder_for(mode), folder=cache_folder())


def matcher_for(topics: Sequence[Topic], locale: str, mode: Mode = "auto") -> Matcher:
    """The matcher of these topics, built once for each version."""
    return _matcher(sha256_of(topics), canonical_json(topics), locale, mode)
