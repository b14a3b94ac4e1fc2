"""Finds which of many words stand in the sentences of a text, all of them at once.

The words are kept by their first signs: only a word whose first signs stand in the text is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import add

#: By so many of their first signs words are looked up, a shorter word by all of its signs.
_START = 4

_Tables = tuple[dict[str, list[tuple[str, str]]], ...]


class Spotter:
    """Words to find as they are written and words to find as they sound, each with the name of what it tells of."""

    def __init__(
        self, written: Iterable[tuple[str, str]], sounding: Iterable[tuple[str, str]], *, at_word_start: bool
    ) -> None:
        self._written, self._sounding = _by_start(written), _by_start(sounding)
        self._at_word_start = at_word_start

    def names(self, written: Sequence[str], sounding: Sequence[str]) -> list[set[str]]:
        """For each sentence, given as it is written and as it sounds, the names of the words found."""
        found: list[set[str]] = [set() for _ in written]
        for sentences, tables in ((written, self._written), (sounding, self._sounding)):
            text = "\0".join(sentences)
            pairs = list(map(add, text, text[1:]))
            all_starts = (text, pairs, map(add, pairs, text[2:]), map(add, pairs, pairs[2:]))
            for starts, table in zip(all_starts, tables, strict=True):
                for start in table.keys() & starts if table else ():
                    for word, name in table[start]:
                        if word in text:
                            for names, sentence in zip(found, sentences, strict=True):
                                if name not in names and self._stands_in(word, sentence):
                                    names.add(name)
        return found

    def _stands_in(self, word: str, sentence: str) -> bool:
        return begins_a_word(word, sentence) if self._at_word_start else word in sentence


def _by_start(words: Iterable[tuple[str, str]]) -> _Tables:
    """A table for words of one sign, one for those of two, ..., the last for all others."""
    tables: _Tables = tuple({} for _ in range(_START))
    for word, name in words:
        start = word[:_START]
        tables[len(start) - 1].setdefault(start, []).append((word, name))
    return tables


def begins_a_word(word: str, text: str) -> bool:
    """Whether ``word`` stands where a word of ``text`` begins."""
    place = text.find(word)
    while place > 0 and text[place - 1].isalnum():
        place = text.find(word, place + 1)
    return place >= 0
