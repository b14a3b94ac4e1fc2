"""What of a text is compared: pieces of its writing and reading, its words, and the ideas in it.

Each channel covers for the others: the reading joins kana with kanji and forgives the input method, words in
the dictionary's form join their spellings, ideas join words that share no character (凍結, 使えない).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from dialogs.faq.words import Words
from dialogs.japanese import fold, normalise
from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.morphology import words as words_of
from dialogs.japanese.width import join_japanese

Grams = frozenset[str]

_NOT_TEXT = re.compile(r"[^\wー々]+")
_NOT = re.compile(r"n't\b")
_SHORT_FORM = re.compile(r"'(?:s|m|re|ve|ll|d)\b")
_SUFFIXES = ("ingly", "edly", "ing", "ed", "es", "s")
_HIRAGANA_OR_KANJI = re.compile(r"[ぁ-ゖ\u3400-\u9fff]")
_KANJI = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Features:
    """One sentence as it is compared."""

    folded: str
    writing: Grams
    #: Of Japanese only.
    reading: Grams
    words: Grams
    ideas: Grams
    #: For the encoder.  It knows kana badly: a text without a kanji is put in the dictionary's spelling.
    meaning: str
    is_kana: bool = False
    #: How it sounds, in hiragana; empty where spaces divide words.
    sound: str = ""

    @property
    def channels(self) -> tuple[Grams, Grams, Grams]:
        """What looks alike, apart from the ideas."""
        return self.writing, self.reading, self.words


def features(text: str, words: Words) -> Features:
    """The features of one sentence."""
    folded = fold(text)
    if words.spaced:
        tokens = _tokens(folded)
        kept = [token for token in tokens if token not in words.stop_words]
        return Features(
            folded=folded,
            writing=frozenset(_grams(f" {' '.join(tokens)} ", 3, 4)),
            reading=frozenset(),
            words=frozenset({*kept, *(f"{first} {second}" for first, second in pairwise(tokens))}),
            ideas=frozenset(words.ideas(folded, folded)),
            meaning=text.strip() or "-",
        )
    plain = _plain(text)
    found = words_of(plain)
    reading = "".join(words.readings.get(word.surface, word.reading) for word in found)
    normal = [word.normal for word in found if word.carries_meaning]
    is_kana = not _KANJI.search(plain)
    return Features(
        folded=folded,
        writing=frozenset(_pieces(folded, 1, 3)),
        reading=frozenset(_pieces(reading, 2, 4)),
        words=frozenset({*normal, *(f"{first} {second}" for first, second in pairwise(normal))}),
        ideas=frozenset(words.ideas(folded, reading)),
        meaning=("".join(word.normal for word in found) if is_kana else text.strip()) or "-",
        is_kana=is_kana,
        sound=reading,
    )


def spelt_out(text: str) -> str:
    """A Japanese text in the dictionary's spelling, to be compared with one that was typed in kana."""
    return "".join(word.normal for word in words_of(_plain(text))) or "-"


def _plain(text: str) -> str:
    """In one width, katakana as such: only where nothing else is written it stands for hiragana."""
    plain = join_japanese(normalise(text).casefold())
    return plain if _HIRAGANA_OR_KANJI.search(plain) else to_hiragana(plain)


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
