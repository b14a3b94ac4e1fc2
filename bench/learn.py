"""Teaches the classifier of intents: ``python -m bench.learn ja`` writes ``locales/ja/intents.npz``.

It learns from ``bench/intents_ja.jsonl``, which many authors wrote, and from what the project says of the same
things: the phrasings of the FAQ, of other business and of answers.  A text that stands by chance in
an evaluation set, too, is not learned; of the strangers' sets, which are measured as they came, it is.

``--held-out`` learns from all authors but one, in turn, and prints what it makes of that one's texts: how well
strangers are understood, and what each limit would give.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialogs.conversation.commands import exact_words
from dialogs.conversation.understanding import in_kana
from dialogs.definition.model import pick
from dialogs.definition.yaml_format import load_shipped as load_form
from dialogs.faq.features import Numbers, Text, look_up
from dialogs.faq.intents import ANSWER, OTHER, Intents, seen, worth
from dialogs.faq.matcher import Matcher
from dialogs.faq.topics import load_shipped
from dialogs.japanese import fold

HERE = Path(__file__).parent
FORMS = ("individual", "corporate")
KEPT = HERE.parent / "tests" / "evaluation"
LOCALES = HERE.parent / "locales"
#: A feature of one text alone is learned by heart.
IN_TEXTS = 3
#: So many features are kept, those that say most.
MOST = 60_000
ROUNDS, RATE, SHRINK = 15, 0.2, 2e-6
#: In each round it looks at this share of the features of a text, drawn anew, so that it leans on none of them alone.
LOOKED_AT = 0.75
#: So much likelier is an answer, or anything else, than one of the commands, before anything is read.
LIKELIER = 4.0


@dataclass(frozen=True)
class Example:
    """A text and what it wants."""

    text: str
    intent: str
    author: str = ""


def examples(language: str, matcher: Matcher) -> Iterator[Example]:
    """All that is learned."""
    kept = {
        fold(json.loads(line)["text"])
        for file in (KEPT / f"questions_{language}.jsonl", KEPT / "commands_ja.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    }
    for line in (HERE / f"intents_{language}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if fold(row["text"]) not in kept:
            yield Example(row["text"], row["intent"], row["author"])
    words = matcher.words
    for topic in matcher.topics.values():
        yield from (Example(text, OTHER) for text in (topic.question, *topic.variants))
    for text in (*words.other_business, *words.people_only, *words.small_phrases):
        yield Example(text, OTHER)
    yield from (Example(text, ANSWER) for text in words.answers)
    commands = exact_words(language)
    for form in map(load_form, FORMS):
        labels = {pick(choice.label, language, "ja") for choices in form.choices.values() for choice in choices}
        yield from (Example(text, ANSWER) for text in sorted(labels) if fold(text) not in commands)
    yield from (Example(text, command) for text, command in commands.items())


@dataclass(frozen=True)
class Read:
    """An example as it is compared."""

    example: Example
    text: Text
    asks: bool

    def seen(self) -> Numbers:
        """What is looked at."""
        return seen(self.text, asks=self.asks)


def read(example: Example, language: str, matcher: Matcher) -> Read:
    """As the bot reads it."""
    said, folded = in_kana(example.text, fold(example.text), language)
    text, asks = matcher.read(said, folded)
    return Read(example, text, asks)


@dataclass(frozen=True)
class Learned:
    """Weights for each feature and intent."""

    names: tuple[str, ...]
    numbers: Numbers
    rarity: NDArray[np.float16]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def rounded(self) -> dict[str, NDArray[np.generic]]:
        """As it is kept: the features that say most, in whole numbers of 8 bits."""
        told = self.rarity * np.abs(self.weights).max(axis=1)
        kept = np.sort(np.argsort(-told, kind="stable")[:MOST])
        scales = np.abs(self.weights[kept]).max(axis=0) / 127
        return {
            "names": np.array(self.names),
            "numbers": self.numbers[kept],
            "rarity": self.rarity[kept],
            "weights": np.rint(self.weights[kept] / scales).astype(np.int8),
            "scales": scales.astype(np.float32),
            "bias": self.bias,
        }

    def intents(self) -> Intents:
        """Ready to be asked."""
        kept = self.rounded()
        return Intents(tuple(map(str, kept.pop("names"))), **kept)  # type: ignore[arg-type]


def learn(known: Sequence[Read]) -> Learned:
    """Logistic regression with a step for each text, smaller for features that were met often (AdaGrad)."""
    texts = [one.seen() for one in known]
    names = tuple(sorted({one.example.intent for one in known} | {ANSWER, OTHER}))
    wanted = np.array([names.index(one.example.intent) for one in known])
    numbers, counts = np.unique(np.concatenate(texts), return_counts=True)
    numbers, counts = numbers[counts >= IN_TEXTS], counts[counts >= IN_TEXTS]
    rarity = np.log((len(texts) + 1) / (counts + 0.5)).astype(np.float16)
    rows = [places[found] for places, found in (look_up(text, numbers) for text in texts)]
    values = [worth(rarity[row], len(text) - len(row)) for row, text in zip(rows, texts, strict=True)]
    weights = np.zeros((len(numbers), len(names)), dtype=np.float32)
    bias = np.array([LIKELIER if name in (ANSWER, OTHER) else 0 for name in names], dtype=np.float32)
    met = np.full((len(numbers), 1), 1e-3, dtype=np.float32)
    order = np.random.default_rng(0)
    for _ in range(ROUNDS):
        for place in order.permutation(len(rows)):
            looked = order.random(len(rows[place])) < LOOKED_AT
            row, value = rows[place][looked], values[place][looked] / LOOKED_AT**0.5
            scores = value @ weights[row] + bias
            error = np.exp(scores - scores.max())
            error /= error.sum()
            error[wanted[place]] -= 1
            slope = value[:, None] * error + SHRINK * weights[row]
            met[row] += (slope * slope).mean(axis=1, keepdims=True)
            weights[row] -= RATE * slope / np.sqrt(met[row])
    return Learned(names, numbers, rarity, weights, bias)


def held_out(known: Sequence[Read]) -> None:
    """Print, for several limits, what would be heard and what would be taken of authors who were not learned from."""
    heard = []
    for author in sorted({one.example.author for one in known} - {""}):
        intents = learn([one for one in known if one.example.author != author]).intents()
        strange = [one for one in known if one.example.author == author]
        heard += [(one.example, intents.of(one.text, asks=one.asks)) for one in strange]
    for limit in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        shares = []
        for name in sorted({one.intent for one, _ in heard}):
            of = [(one, intent) for one, intent in heard if one.intent == name]
            if name in (ANSWER, OTHER):
                right = sum(intent.wish >= limit for _, intent in of)
            else:
                right = sum(intent.wish >= limit and intent.command == name for _, intent in of)
            shares.append(f"{name} {right / len(of):.3f}")
        print(limit, ", ".join(shares))


def main(language: str, mode: str = "") -> None:
    """Learn and write, or print what unknown authors would meet."""
    matcher = Matcher(load_shipped(language), language)
    known = [read(one, language, matcher) for one in examples(language, matcher)]
    if mode:
        held_out(known)
        return
    learned = learn(known)
    np.savez_compressed(LOCALES / language / "intents.npz", allow_pickle=False, **learned.rounded())
    print(f"{len(known)} texts, {len(learned.numbers)} features, {len(learned.names)} intents")


if __name__ == "__main__":
    main(*sys.argv[1:])
