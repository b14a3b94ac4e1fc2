"""What of a text is compared: pieces of its writing, pieces of its reading, and the ideas in it.

Three channels, so that each covers for the others: the reading joins kana with kanji and forgives
the input method, the ideas join words that share no character (凍結, 使えない).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from dialogs.faq.words import Words

#: One set of features per channel: writing, reading (English: words), ideas.
Features = tuple[frozenset[str], frozenset[str], frozenset[str]]

_NOT_TEXT = re.compile(r"[^\wー々]+")
_NOT = re.compile(r"n't\b")
_SHORT_FORM = re.compile(r"'(?:s|m|re|ve|ll|d)\b")
_SUFFIXES = ("ingly", "edly", "ing", "ed", "es", "s")


def features(folded: str, words: Words) -> Features:
    """The features of one folded sentence."""
    reading = words.reading(folded)
    ideas = frozenset(words.ideas(folded, reading))
    if words.spaced:
        tokens = _tokens(folded)
        kept = [token for token in tokens if token not in words.stop_words]
        joined = " ".join(tokens)
        pairs = {f"{first} {second}" for first, second in pairwise(tokens)}
        return frozenset(_grams(f" {joined} ", 3, 4)), frozenset({*kept, *pairs}), ideas
    return (
        frozenset(_pieces(folded, 1, 3)),
        frozenset(gram for gram in _pieces(reading, 2, 4)),
        ideas,
    )


def _pieces(text: str, shortest: int, longest: int) -> Iterator[str]:
    """N-grams that do not cross a sign; a single kana says nothing and is left out."""
    for run in _NOT_TEXT.split(text):
        for gram in _grams(run, shortest, longest):
            if len(gram) > 1 or not "ぁ" <= gram <= "ー":
                yield gram


def _grams(text: str, shortest: int, longest: int) -> Iterator[str]:
    for size in range(shortest, longest + 1):
        for start in range(len(text) - size + 1):
            yield text[start : start + size]


def _tokens(text: str) -> list[str]:
    """The words, with short forms written out (don't: do not) and possessive endings cut."""
    text = _NOT.sub(" not", text.replace("’", "'").replace("can't", "can not").replace("cannot", "can not"))
    return [_stem(token) for token in re.findall(r"[a-z0-9]+", _SHORT_FORM.sub("", text))]


def _stem(token: str) -> str:
    """A word without its ending, roughly; only to meet its other forms."""
    for suffix in _SUFFIXES:
        if token.endswith(suffix) and len(token) - len(suffix) >= 3 and not token.endswith("ss"):
            return token[: -len(suffix)]
    return token
