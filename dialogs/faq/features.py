"""What of a text is compared: pieces of its writing and reading, its words, and the ideas in it.

Each channel covers for the others: the reading joins kana with kanji and forgives the input method, words in
the dictionary's form join their spellings, ideas join words that share no character (凍結, 使えない).
A feature is a number of 64 bits that says its channel too, so that a text is one row of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.words import Words
from dialogs.japanese import fold, normalise
from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.morphology import words as words_of
from dialogs.japanese.width import join_japanese

Numbers = NDArray[np.uint64]
Channels = NDArray[np.int64]

#: The channels, by number; ideas are no likeness of looks.
WRITING, READING, WORDS, IDEAS = range(4)

_NOT_TEXT = re.compile(r"[^\wー々]+")
_NOT = re.compile(r"n't\b")
_SHORT_FORM = re.compile(r"'(?:s|m|re|ve|ll|d)\b")
_SUFFIXES = ("ingly", "edly", "ing", "ed", "es", "s")
_HIRAGANA_OR_KANJI = re.compile(r"[ぁ-ゖ\u3400-\u9fff]")
_KANJI = re.compile(r"[\u3400-\u9fff]")

#: An odd factor spreads the numbers of short pieces over 64 bits, each channel has its own place in them.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_OF_CHANNEL = (
    np.uint64(0),
    np.uint64(0x5851F42D4C957F2D),
    np.uint64(0xD1342543DE82EF95),
    np.uint64(0xA0761D6478BD642F),
)
_HALF, _CHARACTER = np.uint64(0xFFFF), np.uint64(16)
_SPACE, _FIRST_KANA, _LAST_KANA = ord(" "), ord("ぁ"), ord("ー")
_NOTHING = np.empty(0, dtype=np.uint64)
_EACH_CHANNEL = np.arange(4)


@dataclass(frozen=True, slots=True)
class Features:
    """One sentence as it is compared."""

    folded: str
    #: Each feature, of a single sentence once.
    numbers: Numbers
    #: The channel of each of them.
    channels: Channels
    #: Its words, each once, without the pairs.
    words: Numbers
    ideas: frozenset[str]
    #: For the encoder.  It knows kana badly: a text without a kanji is put in the dictionary's spelling.
    meaning: str
    is_kana: bool = False
    #: How it sounds, in hiragana; empty where spaces divide words.
    sound: str = ""


def features(text: str, words: Words, folded: str | None = None) -> Features:
    """The features of one sentence; ``folded``, where it is known already."""
    return features_of([(text, fold(text) if folded is None else folded)], words)[0]


def features_of(sentences: Sequence[tuple[str, str]], words: Words) -> list[Features]:
    """The features of each sentence, which is given with its folded form."""
    return _spaced(sentences, words) if words.spaced else _unspaced(sentences, words)


def _spaced(sentences: Sequence[tuple[str, str]], words: Words) -> list[Features]:
    tokens = [_tokens(folded) for _, folded in sentences]
    writings = _pieces([f" {' '.join(some)} " for some in tokens], WRITING, 3, 4, spaced=True)
    return [
        _joined(
            folded,
            pieces=(writing, _NOTHING),
            # Pairs stand as they were said, with the words that carry no topic.
            words=([token for token in some if token not in words.stop_words], some),
            ideas=words.ideas(folded, folded),
            meaning=text.strip() or "-",
        )
        for (text, folded), some, writing in zip(sentences, tokens, writings, strict=True)
    ]


def _unspaced(sentences: Sequence[tuple[str, str]], words: Words) -> list[Features]:
    plains = [_plain(text) for text, _ in sentences]
    found = [words_of(plain) for plain in plains]
    sounds = ["".join([words.readings.get(word.surface, word.reading) for word in some]) for some in found]
    writings = _pieces([folded for _, folded in sentences], WRITING, 1, 3)
    readings = _pieces(sounds, READING, 2, 4)
    read: list[Features] = []
    for place, (text, folded) in enumerate(sentences):
        normal = [word.normal for word in found[place] if word.carries_meaning]
        is_kana = not _KANJI.search(plains[place])
        spelt = "".join([word.normal for word in found[place]]) if is_kana else text.strip()
        read.append(
            _joined(
                folded,
                pieces=(writings[place], readings[place]),
                words=(normal, normal),
                ideas=words.ideas(folded, sounds[place]),
                meaning=spelt or "-",
                is_kana=is_kana,
                sound=sounds[place],
            )
        )
    return read


def together(text: str, folded: str, parts: Sequence[Features]) -> Features:
    """A text of several sentences as one: what its sentences have (perhaps twice), without reading them again."""
    is_kana = all(part.is_kana for part in parts)
    return Features(
        folded=folded,
        numbers=np.concatenate([part.numbers for part in parts]),
        channels=np.concatenate([part.channels for part in parts]),
        words=np.array(sorted(set[int]().union(*(part.words.tolist() for part in parts))), dtype=np.uint64),
        ideas=frozenset[str]().union(*(part.ideas for part in parts)),
        meaning="".join(part.meaning for part in parts) if is_kana else text.strip(),
        is_kana=is_kana,
        sound="".join(part.sound for part in parts),
    )


def spelt_out(text: str) -> str:
    """A Japanese text in the dictionary's spelling, to be compared with one that was typed in kana."""
    return "".join(word.normal for word in words_of(_plain(text))) or "-"


def _joined(
    folded: str,
    *,
    pieces: tuple[Numbers, Numbers],
    words: tuple[Sequence[str], Sequence[str]],
    ideas: Iterable[str],
    meaning: str,
    is_kana: bool = False,
    sound: str = "",
) -> Features:
    ideas = frozenset(ideas)
    single = dict.fromkeys(words[0])
    pairs = dict.fromkeys(f"{first} {second}" for first, second in pairwise(words[1]))
    named = [_number(name, WORDS) for name in (*single, *(pair for pair in pairs if pair not in single))]
    by_name = np.array([*named, *(_number(idea, IDEAS) for idea in sorted(ideas))], dtype=np.uint64)
    return Features(
        folded=folded,
        numbers=np.concatenate((*pieces, by_name)),
        channels=np.repeat(_EACH_CHANNEL, (len(pieces[0]), len(pieces[1]), len(named), len(ideas))),
        words=by_name[: len(single)],
        ideas=ideas,
        meaning=meaning,
        is_kana=is_kana,
        sound=sound,
    )


def _plain(text: str) -> str:
    """In one width, katakana as such: only where nothing else is written it stands for hiragana."""
    plain = join_japanese(normalise(text).casefold())
    return plain if _HIRAGANA_OR_KANJI.search(plain) else to_hiragana(plain)


@lru_cache(maxsize=1 << 13)
def _number(name: str, channel: int) -> int:
    """A word or an idea as a number, the same on every machine."""
    digest = blake2b(name.encode("utf-8", "replace"), digest_size=8, salt=channel.to_bytes(1, "big")).digest()
    return int.from_bytes(digest, "little")


def _pieces(texts: Sequence[str], channel: int, shortest: int, longest: int, *, spaced: bool = False) -> list[Numbers]:
    """Each piece of each text of some characters, as a number.

    In Japanese a piece crosses no sign, and a single kana says nothing and is left out.
    """
    if not spaced:
        texts = [_NOT_TEXT.sub(" ", text) for text in texts]
    # Of several texts no piece crosses the end of one.
    signs = np.frombuffer("\0".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    codes = (signs ^ (signs >> _CHARACTER)) & _HALF
    whole = signs != 0 if spaced else (signs != _SPACE) & (signs != 0)
    ends = np.cumsum([len(text) + 1 for text in texts])
    found: list[list[Numbers]] = [[] for _ in texts]
    piece, complete = codes, whole
    for size in range(1, longest + 1):
        if size > 1:
            piece = (piece[:-1] << _CHARACTER) | codes[size - 1 :]
            complete = complete[:-1] & whole[size - 1 :]
        if size >= shortest:
            kept = complete if size > 1 else complete & ((signs < _FIRST_KANA) | (signs > _LAST_KANA))
            places = np.flatnonzero(kept)
            numbers, starts = piece[places], [0, *np.searchsorted(places, ends).tolist()]
            for own, (start, end) in zip(found, pairwise(starts), strict=True):
                own.append(numbers[start:end])
        if len(piece) < 2:
            break
    return [_each_once(np.concatenate(own) if own else _NOTHING) * _SPREAD ^ _OF_CHANNEL[channel] for own in found]


def _each_once(numbers: Numbers) -> Numbers:
    """Sorted, without what is there twice; numpy's own way has more to mind."""
    numbers = np.sort(numbers)
    first = np.ones(len(numbers), dtype=bool)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return numbers[first]


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
