"""What the matcher knows of a language besides the FAQ: readings, ideas, other business, small talk.

The lists are data (``words/<language>.yaml``), compared after folding; no word stands in code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from operator import add
from typing import Any

import yaml

from dialogs.faq.spotting import Spotter, begins_a_word
from dialogs.japanese import fold
from dialogs.japanese.morphology import words as words_of
from locales import language_of

#: A reading this short is found in too many other words to tell anything.
_SHORTEST_READING = 4
_LONGEST_SMALL_TALK = 24
_KANJI = re.compile(r"[\u3400-\u9fff]")


class Finder:
    """Finds which of many words stand in a text, quickly: the words are kept by their first two characters."""

    def __init__(self, words: Iterable[tuple[str, str]], *, at_word_start: bool) -> None:
        self._by_start: dict[str, list[tuple[str, str]]] = {}
        for word, name in words:
            self._by_start.setdefault(word[:2], []).append((word, name))
        self._at_word_start = at_word_start

    def names(self, text: str) -> set[str]:
        """The names of the words found."""
        return {
            name
            for start in self._by_start.keys() & _starts(text)
            for word, name in self._by_start[start]
            if word in text and (not self._at_word_start or begins_a_word(word, text))
        }


@lru_cache(maxsize=8)
def _starts(text: str) -> frozenset[str]:
    """Every character and every two; kept for a moment, because many lists are looked for in one text."""
    return frozenset((*text, *map(add, text, text[1:])))


@dataclass(frozen=True)
class Words:
    """The lists of one language."""

    locale: str
    #: Spaces divide words, and a list word is found where a word begins.
    spaced: bool
    other_business: tuple[str, ...]
    people_only: tuple[str, ...]
    #: Greetings, thanks and small talk, as they are written.
    small_phrases: tuple[str, ...]
    #: How answers to the questions of a form look.
    answers: tuple[str, ...]
    #: Words that carry no topic.
    stop_words: frozenset[str]
    other_terms: tuple[str, ...]
    #: The same terms as they sound, where that is long enough to tell anything.
    other_sounds: Mapping[str, str]
    #: How the words of this subject are read, where the dictionary alone would not know it.
    readings: Mapping[str, str]
    #: How a word of this subject is read, which may be a stem.
    sound_of: Callable[[str], str]
    _ideas: Spotter
    _people: Finder
    _chit_chat: frozenset[str]
    _small_talk: Finder
    _replies: frozenset[str]
    _question_starts: tuple[str, ...]
    _question_ends: tuple[str, ...]
    _questions: Finder
    _ask_ends: tuple[str, ...]
    _asks: Finder

    def ideas(self, folded: Sequence[str], readings: Sequence[str]) -> list[frozenset[str]]:
        """The ideas that each sentence speaks of."""
        return [frozenset(names) for names in self._ideas.names(folded, readings)]

    def needs_a_person(self, folded: str) -> bool:
        """Whether the text speaks of a loss or a danger that only a person may answer."""
        return bool(self._people.names(folded))

    def is_chit_chat(self, folded: str) -> bool:
        """Whether the whole text is a greeting, thanks or small talk."""
        bare = re.sub(r"[\W_]+", "", folded)
        if not bare or bare in self._chit_chat:
            return True
        # In a longer text such a word is part of a story.
        return len(bare) <= _LONGEST_SMALL_TALK and bool(self._small_talk.names(folded))

    def is_plain_reply(self, folded: str) -> bool:
        """Whether the whole text is a yes, a no or the like."""
        return re.sub(r"[\W_]+", "", folded) in self._replies

    def is_question(self, folded: str, *sentences: str) -> bool:
        """Whether the text, or one of its sentences, is marked as a question for certain.

        A name in kana is never taken for one.
        """
        return (
            any(self._start(one).startswith(self._question_starts) for one in (folded, *sentences))
            or any(one.endswith(self._question_ends) for one in (folded, *sentences))
            or bool(self._questions.names(folded))
        )

    def _start(self, folded: str) -> str:
        """Where spaces divide words, only whole words count (Howard is not how)."""
        return f"{folded} ".replace("'", " ") if self.spaced else folded

    def asks(self, folded: str, *sentences: str) -> bool:
        """Whether the text, or one of its sentences, seems to ask for something."""
        return (
            self.is_question(folded, *sentences)
            or any(one.endswith(self._ask_ends) for one in (folded, *sentences))
            or bool(self._asks.names(folded))
        )


def _reader(readings: Mapping[str, str]) -> Callable[[str], str]:
    longest_first = sorted(readings, key=lambda word: (-len(word), word))
    pattern = re.compile("|".join(map(re.escape, longest_first)))

    def read(word: str) -> str:
        # Entries are often stems, which the dictionary would read as other words: the list's own readings go first.
        known = pattern.sub(lambda match: readings[match[0]], fold(word)) if readings else fold(word)
        return "".join(one.reading for one in words_of(known)) if _KANJI.search(known) else known

    return read


@lru_cache(maxsize=8)
def load_words(locale: str) -> Words:
    """The lists of a language; a language without its own uses those of its base (ja_easy: ja)."""
    folder = files("dialogs.faq") / "words"
    resource = folder / f"{locale}.yaml"
    if not resource.is_file():
        resource = folder / f"{language_of(locale)}.yaml"
    data: dict[str, Any] = yaml.load(resource.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader: every scalar is text
    spaced = data["spaced"] == "true"
    readings = {fold(word): fold(kana) for word, kana in data["readings"].items()}

    def finder(words: Iterable[str]) -> Finder:
        return Finder(((fold(word), word) for word in words), at_word_start=spaced)

    read = _reader(readings)
    ideas = [(word, name) for name, words in data["concepts"].items() for word in words]
    return Words(
        locale=locale,
        spaced=spaced,
        other_business=tuple(data["other_business"]),
        people_only=tuple(data["people_only"]),
        small_phrases=(*data["chit_chat"], *data["small_talk"]),
        answers=tuple(data["answers"]),
        stop_words=frozenset(data["stop_words"]),
        other_terms=tuple(fold(word) for word in data["other_terms"]),
        other_sounds={} if spaced else {fold(word): read(word) for word in data["other_terms"]},
        readings=readings,
        sound_of=read,
        _ideas=Spotter(
            [(fold(word), name) for word, name in ideas],
            [(sound, name) for word, name in ideas if len(sound := read(word)) >= _SHORTEST_READING],
            at_word_start=spaced,
        ),
        _people=finder(data["people_terms"]),
        _chit_chat=frozenset(re.sub(r"[\W_]+", "", fold(word)) for word in data["chit_chat"]),
        _small_talk=finder(data["small_talk"]),
        _replies=frozenset(re.sub(r"[\W_]+", "", fold(word)) for word in data["replies"]),
        _question_starts=tuple(fold(word) + (" " if spaced else "") for word in data["question_starts"]),
        _question_ends=tuple(fold(word) for word in data["question_ends"]),
        _questions=finder(data["question_anywhere"]),
        _ask_ends=tuple(fold(word) for word in data["ask_ends"]),
        _asks=finder(data["ask_words"]),
    )


_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
