"""What is wrong or weak in an FAQ, seen before it is published.

A phrasing that two topics share is an error: the same question cannot have two answers.  A phrasing
that, had it not been written, would have been taken for another topic is worth a look.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dialogs.faq.matcher import Matcher
from dialogs.faq.topics import Topic
from dialogs.faq.words import Words
from dialogs.japanese import fold

#: A paragraph is one bubble on a phone; longer ones are not read.
LONGEST_SENTENCE = {"ja": 60, "en": 140}
MOST_PARAGRAPHS = 3
LONGEST_BUTTON = 20


@dataclass(frozen=True)
class Shared:
    """The same words under two topics."""

    text: str
    topics: tuple[str, str]


@dataclass(frozen=True)
class Confusable:
    """A phrasing that lies nearer to another topic than to the rest of its own."""

    topic: str
    text: str
    other: str
    own_score: float
    other_score: float


@dataclass(frozen=True)
class Layout:
    """A text that is too long for a phone."""

    topic: str
    #: paragraphs (of the answer), short (a button's label), sentence (of the answer)
    code: str
    size: int
    most: int


def shared_phrasings(matcher: Matcher) -> tuple[Shared, ...]:
    """Phrasings that, folded, stand under two topics."""
    seen: dict[str, str] = {}
    found: list[Shared] = []
    for topic in matcher.topics.values():
        for text in (topic.question, *topic.variants):
            first = seen.setdefault(fold(text).rstrip("?"), topic.id)
            if first != topic.id:
                found.append(Shared(text, (first, topic.id)))
    return tuple(found)


def confusable_phrasings(matcher: Matcher) -> tuple[Confusable, ...]:
    """Phrasings that would be taken for another topic, the most confident first."""
    found: list[Confusable] = []
    for topic in matcher.topics.values():
        for number, text in enumerate((topic.question, *topic.variants)):
            scores = matcher.scores_without(topic.id, number)
            other = max((name for name in scores if name != topic.id), key=lambda name: scores[name], default=None)
            if other is not None and scores[other] > scores[topic.id]:
                found.append(Confusable(topic.id, text, other, scores[topic.id], scores[other]))
    return tuple(sorted(found, key=lambda one: -one.other_score))


def layout_problems(topics: Iterable[Topic], words: Words) -> tuple[Layout, ...]:
    """Answers and button labels that do not fit a phone."""
    longest = LONGEST_SENTENCE["en" if words.spaced else "ja"]
    found: list[Layout] = []
    for topic in topics:
        if len(topic.paragraphs) > MOST_PARAGRAPHS:
            found.append(Layout(topic.id, "paragraphs", len(topic.paragraphs), MOST_PARAGRAPHS))
        if len(topic.short) > LONGEST_BUTTON:
            found.append(Layout(topic.id, "short", len(topic.short), LONGEST_BUTTON))
        for sentence in topic.answer.replace("。", "。\n").replace(". ", ".\n").splitlines():
            if len(sentence.strip()) > longest:
                found.append(Layout(topic.id, "sentence", len(sentence.strip()), longest))
    return tuple(found)
