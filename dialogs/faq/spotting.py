"""Finds which of many words stand in the sentences of a text, all of them at once.

The first signs of the words are numbers in a sorted row, and so are the signs at each place of the text: only where
both meet a word is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

#: By so many of their first signs words are looked up, a shorter word by all of its signs.
_START = 3
_SIGN = np.uint64(16)


class Spotter:
    """Words to find as they are written and words to find as they sound, each with the name of what it tells of."""

    def __init__(
        self, written: Iterable[tuple[str, str]], sounding: Iterable[tuple[str, str]], *, at_word_start: bool
    ) -> None:
        by_start: dict[str, list[tuple[str, str, bool]]] = {}
        for words, is_sound in ((written, False), (sounding, True)):
            for word, name in words:
                by_start.setdefault(word[:_START], []).append((word, name, is_sound))
        self._tables = []
        for size in range(1, _START + 1):
            numbered: dict[int, list[tuple[str, str, bool]]] = {}
            for start, words_of in by_start.items():
                if len(start) == size:
                    numbered.setdefault(int(_numbers(start)[size - 1][0]), []).extend(words_of)
            self._tables.append(
                (np.array(sorted(numbered), dtype=np.uint64), [numbered[one] for one in sorted(numbered)])
            )
        self._at_word_start = at_word_start

    def names(self, written: Sequence[str], sounding: Sequence[str]) -> list[set[str]]:
        """For each sentence, given as it is written and as it sounds, the names of the words found."""
        text, size = "\0".join((*written, *sounding)), len(written)
        found: list[set[str]] = [set() for _ in written]
        ends = np.cumsum([len(sentence) + 1 for sentence in (*written, *sounding)])
        for numbers, (known, words) in zip(_numbers(text), self._tables, strict=False):
            if not len(known):
                continue
            at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
            hits = np.flatnonzero(known[at] == numbers)
            of = np.searchsorted(ends, hits, side="right").tolist()
            for place, candidates, sentence in zip(hits.tolist(), at[hits].tolist(), of, strict=True):
                if self._at_word_start and place and text[place - 1].isalnum():
                    continue
                for word, name, is_sound in words[candidates]:
                    if is_sound == (sentence >= size) and text.startswith(word, place):
                        found[sentence % size].add(name)
        return found


def _numbers(text: str) -> list[np.ndarray[tuple[int], np.dtype[np.uint64]]]:
    """The sign at each place as a number, every two and every three of them."""
    signs = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    single = ((signs ^ (signs >> 16)) & 0xFFFF).astype(np.uint64)
    found = [single]
    for size in range(2, min(_START, len(single)) + 1):
        found.append((found[-1][:-1] << _SIGN) | single[size - 1 :])
    return found
