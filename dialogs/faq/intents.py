"""What a text wants of the bot, or that it is an answer: a classifier that learned it from what many people typed.

Linear, over the pieces and words that are compared anyway and over how each sentence begins and ends; deterministic,
and the same with the encoder or without it.  It learned from ``bench/intents_<language>.jsonl`` (``bench/learn.py``)
and is kept beside the words of the language: ``locales/<language>/intents.npz``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from types import MappingProxyType
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.features import INTENTS, KIND_BITS, Numbers, Text, look_up
from dialogs.faq.kept import read_arrays
from locales import language_of

#: What is no command: an answer to a question of a form, and anything else (a question, thanks, another business).
ANSWER, OTHER = "answer", "other"
#: The FAQ topic that a command says, or whose matter it settles.
SETTLES = MappingProxyType({"verify": "F08", "paper": "F13", "correct": "F38", "staff": "F51"})
#: So likely a wish that it is one where no answer is open or the text is none, and where nearly any text would be one.
LIKELY, SURE = 0.65, 0.9
#: So many signs of the beginning and the end of a sentence are looked at as such.
_LONGEST_EDGE = 6
#: A sentence this short is looked at as a whole.
_LONGEST_WHOLE = 8
#: Texts are told apart by length in steps of so many signs.
_STEP, _STEPS = 6, 10
#: How much a feature would tell that was never met.
_NEW = 7.0
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True, slots=True)
class Intent:
    """What a text is likeliest to want."""

    #: The likeliest command, by name.
    command: str
    #: How likely the text is any command.
    wish: float
    #: How likely it is an answer.
    answer: float

    @property
    def is_sure(self) -> bool:
        """Whether it is a wish, even where nearly any text would be an answer."""
        return self.wish >= SURE * (self.wish + self.answer)


#: Of a text that was not looked at.
NOTHING = Intent("", 0.0, 0.0)


class Intents:
    """The classifier of one language; read-only, safe for threads."""

    def __init__(
        self,
        names: tuple[str, ...],
        numbers: Numbers,
        rarity: NDArray[np.float16],
        weights: NDArray[np.int8],
        scales: NDArray[np.float32],
        bias: NDArray[np.float32],
    ) -> None:
        self._numbers, self._rarity, self._weights = numbers, rarity, weights
        self._scales, self._bias = scales, bias
        self._names = names
        self._answer, self._other = names.index(ANSWER), names.index(OTHER)

    def of(self, text: Text, *, asks: bool) -> Intent:
        """What the text wants; ``asks`` where it is marked as a question or seems to ask for something."""
        numbers = seen(text, asks=asks)
        places, found = look_up(numbers, self._numbers)
        places = places[found]
        scores = (
            worth(self._rarity[places], len(numbers) - len(places))
            @ self._weights[places].astype(np.float32)
            * self._scales
            + self._bias
        )
        powers = np.exp(scores - scores.max())
        likely = powers / powers.sum()
        answer, other = float(likely[self._answer]), float(likely[self._other])
        likely[[self._answer, self._other]] = 0.0
        return Intent(self._names[int(likely.argmax())], 1.0 - answer - other, answer)


def seen(text: Text, *, asks: bool) -> Numbers:
    """All that the classifier looks at, each once."""
    names = {"asks" if asks else "states"}
    for sentence in text.sentences:
        names.update(_edges(_EDGE.sub("", sentence.folded)))
    whole = text.sentences[-1].folded
    names.add(f"length {min(len(whole) // _STEP, _STEPS)}")
    if whole.endswith("?"):
        names.add("marked")
    # In an order that is the same in every process: sums of weights depend on it.
    codes = [crc32(name.encode("utf-8", "replace")) << KIND_BITS | INTENTS for name in sorted(names)]
    return np.concatenate((text.numbers, np.array(codes, dtype=np.uint64)))


def worth(rarity: NDArray[np.float16], new: int) -> NDArray[np.float32]:
    """What each feature tells, so that a long text says no more than a short one, and one with much new in it less."""
    told = rarity.astype(np.float32)
    return np.asarray(told / np.sqrt(told @ told + new * _NEW**2 + 1e-6), dtype=np.float32)


def _edges(sentence: str) -> Iterator[str]:
    for size in range(1, min(_LONGEST_EDGE, len(sentence)) + 1):
        yield f"^{sentence[:size]}"
        yield f"{sentence[-size:]}$"
    if len(sentence) <= _LONGEST_WHOLE:
        yield f"^{sentence}$"


@lru_cache(maxsize=8)
def load_intents(locale: str) -> Intents:
    """The classifier of a language; raises ``ValueError`` where its file is none."""
    with as_file(files("locales") / language_of(locale) / "intents.npz") as file:
        kept = read_arrays(file) or {}
    try:
        names = tuple(str(name) for name in kept.pop("names"))
        return Intents(names, **kept)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{file} cannot be read") from error
