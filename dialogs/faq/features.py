"""What of a text is compared: pieces of its writing and reading, its words, and the ideas in it.

Each channel covers for the others: the reading joins kana with kanji and forgives the input method, words in
the dictionary's form join their spellings, ideas join words that share no character (凍結, 使えない).
A feature is a number of 64 bits whose lowest say its channel, so that a text, however many sentences it has, is one row
of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.words import Words
from dialogs.japanese import fold, normalise
from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.morphology import words as words_of
from dialogs.japanese.width import join_japanese

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]
Bits = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: The channels, by number; ideas are no likeness of looks.
WRITING, READING, WORDS, IDEAS = range(4)
#: Behind them, what only the classifier of intents looks at.
INTENTS = 7

#: No sign, and no end of a text.
_NOT_TEXT = re.compile(r"[^\wー々\0]+")
_NOT = re.compile(r"n't\b")
_SHORT_FORM = re.compile(r"'(?:s|m|re|ve|ll|d)\b")
_SUFFIXES = ("ingly", "edly", "ing", "ed", "es", "s")
_HIRAGANA_OR_KANJI = re.compile(r"[ぁ-ゖ\u3400-\u9fff]")
_KANJI = re.compile(r"[\u3400-\u9fff]")

#: The lowest bits of a feature: its channel, and whether it is a word by itself.
_CHANNEL, _ALONE, KIND_BITS = 3, 4, 3
#: An odd factor spreads numbers over 64 bits; its powers tell the first character of a piece from the second.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_OF_PLACE = np.cumprod(np.full((4, 1), _SPREAD), axis=0)
_SPACE, _FIRST_KANA, _LAST_KANA = ord(" "), ord("ぁ"), ord("ー")
_MOST_BITS = 62


@dataclass(frozen=True, slots=True)
class Features:
    """One sentence, but for what of it is compared by number."""

    folded: str
    ideas: frozenset[str]
    #: For the encoder.  It knows kana badly: a text without a kanji is put in the dictionary's spelling.
    meaning: str
    is_kana: bool = False
    #: How it sounds, in hiragana; empty where spaces divide words.
    sound: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is compared: its sentences and, behind several, all of them as one."""

    sentences: Sequence[Features]
    #: Each feature of any of them, once.
    numbers: Numbers
    #: Which of the sentences have it: a bit for each.
    held: Bits

    @property
    def channels(self) -> Places:
        """The channel of each feature."""
        return (self.numbers & _CHANNEL).astype(np.int64)

    @property
    def alone(self) -> Flags:
        """Which of the features are words by themselves, and not pairs of words."""
        return (self.numbers & _ALONE).astype(np.bool_)


def look_up(numbers: Numbers, among: Numbers) -> tuple[Places, Flags]:
    """Where each feature stands ``among`` sorted ones, and whether it stands there at all."""
    places = np.minimum(np.searchsorted(among, numbers), len(among) - 1)
    return places, among[places] == numbers


def features(text: str, words: Words, folded: str | None = None) -> Text:
    """One sentence; ``folded``, where it is known already."""
    return features_of([(text, fold(text) if folded is None else folded)], words)


def features_of(sentences: Sequence[tuple[str, str]], words: Words) -> Text:
    """Several sentences, each with its folded form."""
    return _spaced(sentences, words) if words.spaced else _unspaced(sentences, words)


def _spaced(sentences: Sequence[tuple[str, str]], words: Words) -> Text:
    written = [folded for _, folded in sentences]
    tokens = [_tokens(folded) for folded in written]
    return _text(
        [
            Features(folded=folded, ideas=ideas, meaning=text.strip() or "-")
            for (text, folded), ideas in zip(sentences, words.ideas(written, written), strict=True)
        ],
        _pieces([f" {' '.join(some)} " for some in tokens], [], 3, 4, spaced=True),
        [[token for token in some if token not in words.stop_words] for some in tokens],
        # Pairs stand as they were said, with the words that carry no topic.
        tokens,
    )


def _unspaced(sentences: Sequence[tuple[str, str]], words: Words) -> Text:
    plains = [_plain(text) for text, _ in sentences]
    found = [words_of(plain) for plain in plains]
    readings = words.readings
    sounds = ["".join([readings.get(word.surface, word.reading) for word in some]) for some in found]
    normal = [[word.normal for word in some if word.carries_meaning] for some in found]
    written = [folded for _, folded in sentences]
    ideas = words.ideas(written, sounds)
    read: list[Features] = []
    for place, (text, folded) in enumerate(sentences):
        is_kana = not _KANJI.search(plains[place])
        spelt = "".join([word.normal for word in found[place]]) if is_kana else text.strip()
        read.append(Features(folded, ideas[place], spelt or "-", is_kana, sounds[place]))
    return _text(read, _pieces(written, sounds, 1, 3), normal, normal)


def together(text: str, folded: str, parts: Text, most: int) -> Text:
    """``most`` of the sentences of a text and, behind them, the whole of it, without reading them again."""
    sentences = parts.sentences
    is_kana = all(part.is_kana for part in sentences)
    whole = Features(
        folded=folded,
        ideas=frozenset[str]().union(*(part.ideas for part in sentences)),
        meaning="".join(part.meaning for part in sentences) if is_kana else text.strip(),
        is_kana=is_kana,
        sound="".join(part.sound for part in sentences),
    )
    most = min(len(sentences), most)
    # Every feature is one of the whole.
    held = parts.held & ((1 << most) - 1) | 1 << most
    return Text([*sentences[:most], whole], parts.numbers, held)


def spelt_out(text: str) -> str:
    """A Japanese text in the dictionary's spelling, to be compared with one that was typed in kana."""
    return "".join(word.normal for word in words_of(_plain(text))) or "-"


def _text(
    sentences: Sequence[Features],
    pieces: tuple[Numbers, Places],
    alone: Sequence[Sequence[str]],
    chains: Sequence[Sequence[str]],
) -> Text:
    """The sentences, with their pieces, the words that stand for themselves and those that stand in a chain."""
    words, of_word = _numbers(alone, WORDS | _ALONE)
    chained, of_chain = (words, of_word) if chains is alone else _numbers(chains, WORDS)
    within = of_chain[1:] == of_chain[:-1]
    pairs = ((chained[:-1] * _SPREAD ^ chained[1:]) << KIND_BITS | WORDS)[within]
    ideas, of_idea = _numbers([one.ideas for one in sentences], IDEAS)
    numbers = np.concatenate((pieces[0], words, pairs, ideas))
    owners = np.concatenate((pieces[1], of_word, of_chain[1:][within], of_idea))
    # Sorted, each once; numpy's own way has more to mind.
    order = np.argsort(numbers)
    ordered = numbers[order]
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    # Of more sentences than there are bits the last are as one.
    bits = 1 << np.minimum(owners, _MOST_BITS)[order]
    return Text(sentences, ordered[first], np.bitwise_or.reduceat(bits, np.flatnonzero(first)) if len(bits) else bits)


def _numbers(names: Sequence[Collection[str]], kind: int) -> tuple[Numbers, Places]:
    """Words or ideas by number, and the sentence of each."""
    numbers = np.array([_number(name, kind) for some in names for name in some], dtype=np.uint64)
    return numbers, np.repeat(np.arange(len(names)), [len(some) for some in names])


def _plain(text: str) -> str:
    """In one width, katakana as such: only where nothing else is written it stands for hiragana."""
    plain = join_japanese(normalise(text).casefold())
    return plain if _HIRAGANA_OR_KANJI.search(plain) else to_hiragana(plain)


@lru_cache(maxsize=1 << 13)
def _number(name: str, kind: int) -> int:
    """A word or an idea as a number, the same on every machine."""
    digest = blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> KIND_BITS << KIND_BITS | kind


def _pieces(
    writings: Sequence[str], sounds: Sequence[str], shortest: int, longest: int, *, spaced: bool = False
) -> tuple[Numbers, Places]:
    """Each piece of some characters of each writing as a number, with its sentence; of sounds they are one longer.

    In Japanese a piece crosses no sign, and a single kana says nothing and is left out.
    """
    # No piece crosses the end of a text.
    joined = "\0".join((*writings, *sounds))
    if not spaced:
        joined = _NOT_TEXT.sub(" ", joined)
    signs = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    size, most = len(signs), longest + bool(sounds)
    text_of = np.cumsum(signs == 0)
    first_sound = int(np.searchsorted(text_of, len(writings)))
    # A row for the first character of each piece, one for the second, ...; what is behind the end is no character.
    codes, whole = np.zeros(size + most, dtype=np.uint64), np.zeros(size + most, dtype=bool)
    codes[:size] = signs
    whole[:size] = signs != 0 if spaced else (signs != _SPACE) & (signs != 0)
    signs_of = np.ndarray((most, size), np.uint64, codes, 0, (8, 8))
    pieces = np.cumsum(signs_of * _OF_PLACE[:most], axis=0, dtype=np.uint64)
    complete = np.logical_and.accumulate(np.ndarray((most, size), np.bool_, whole, 0, (1, 1)), axis=0)
    complete[0] &= (signs < _FIRST_KANA) | (signs > _LAST_KANA)
    complete[: shortest - 1] = False
    complete[shortest - 1, first_sound:] = False
    complete[longest:, :first_sound] = False
    places = np.flatnonzero(complete)
    texts_of = text_of[places % size] if size else places
    is_sound = texts_of >= len(writings)
    numbers = pieces.ravel()[places] << KIND_BITS | np.where(is_sound, READING, WRITING).astype(np.uint64)
    return np.asarray(numbers, dtype=np.uint64), texts_of - len(writings) * is_sound


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
