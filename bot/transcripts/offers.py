"""Texts of our own that are like several topics at once, so that the bot offers those instead of answering one.

Promise: every word is one of the shipped questions and their phrasings; where one of the topics was chosen, it is among
those which are offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, permutations, zip_longest
from typing import Any

from bot.transcripts.stage import Stage
from dialogs.faq.matcher import Action
from dialogs.faq.topics import Topic, load_shipped
from locales import language_of

#: So many texts are read in the search.
_MOST_READ = 150
_MARKS = "?？。.!！"


def offered_by(stage: Stage, shown: Mapping[str, Any] | None, wanted: str) -> Iterator[str]:
    """Texts at which topics are offered as in that event, those with most of them in common first."""
    if shown is None or shown["action"] != Action.OFFER.value:
        return
    offered = tuple(str(topic) for topic in shown["topics"])
    locale = stage.state.locale
    topics = {topic.id: topic for topic in load_shipped(language_of(locale))}
    known = [topics[one] for one in offered if one in topics]
    found: list[tuple[bool, int, str]] = []
    for text in dict.fromkeys(islice(_texts(known), _MOST_READ)):
        match = stage.understanding.read(text, locale).match
        if match.action is Action.OFFER and wanted in ("", *match.offered):
            found.append((match.offered != offered, -len(set(match.offered) & set(offered)), text))
    # Of those that fit as well as each other the whole sayings come first, as they were made.
    yield from (text for _, _, text in sorted(found, key=lambda one: one[:2]))


def _texts(topics: Sequence[Topic]) -> Iterator[str]:
    """Two of the questions together, and pieces of them and of their phrasings."""
    for one, other in permutations(topics, 2):
        yield f"{one.question}{other.question}"
    sayings = [[topic.question, *topic.variants] for topic in topics]
    groups = [[text.rstrip(_MARKS) for text in group] for group in zip_longest(*sayings, fillvalue="")]
    yield from (text for group in groups for text in group)
    for text in (text for group in groups for text in group):
        half = len(text) // 2
        yield from (text[:half], text[half:], text[: 2 * half // 3], text[-2 * half // 3 :])
