"""The phrasings of an FAQ made ready to be compared with, now or by an earlier start.

Reading some two thousand phrasings takes most of a second.  What comes of it is kept in the user's cache folder, under
the hash of the texts and of everything that read them, so that the same texts are never compared in another way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

import numpy as np

from dialogs.faq.features import features, spelt_out
from dialogs.faq.index import Phrase, Postings, Tables, tables_of
from dialogs.faq.kept import Array, let_go, read_arrays, write
from dialogs.faq.words import Words

#: Texts and what each counts.
Group = Sequence[tuple[str, float]]
#: Whatever decides how a text is read.
_READ_BY = (
    ("dialogs.faq", "features.py", "index.py", "words.py", "spotting.py", "prepared.py"),
    ("dialogs.japanese", "width.py", "kana.py", "morphology.py"),
)
#: Of so many FAQs, languages and drafts the phrasings are kept.
_MOST_KEPT = 16
_OF_POSTINGS = ("starts", "places", "values")


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that the matcher needs of the phrasings themselves."""

    tables: Tables
    #: The ideas in each phrasing, group by group.
    ideas: Sequence[Sequence[frozenset[str]]]
    #: Each phrasing in the dictionary's spelling.
    spelt: Sequence[str]


def prepare(groups: Sequence[Group], words: Words, folder: Path | None) -> Prepared:
    """The phrasings ready; with a ``folder`` they are read once."""
    file = None if folder is None else folder / f"phrasings-{_name(groups, words)}.npz"
    kept = None if file is None else read_arrays(file)
    if kept is not None:
        try:
            return _from_arrays(kept)
        except (KeyError, ValueError):  # spoilt
            pass
    made = _made(groups, words)
    if folder is not None and file is not None:
        write(file, _as_arrays(made))
        let_go(folder, "phrasings-*.npz", kept=_MOST_KEPT)
    return made


def _made(groups: Sequence[Group], words: Words) -> Prepared:
    read = [[Phrase(features(text, words), weight) for text, weight in group] for group in groups]
    spelt = [] if words.spaced else [spelt_out(text) for group in groups for text, _ in group]
    return Prepared(
        tables_of(read), [[phrase.features.sentences[0].ideas for phrase in group] for group in read], spelt
    )


def _name(groups: Sequence[Group], words: Words) -> str:
    texts = json.dumps([words.locale, groups], ensure_ascii=False)
    return hashlib.sha256(_readers() + texts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@cache
def _readers() -> bytes:
    found = hashlib.sha256()
    for package, *modules in _READ_BY:
        for module in modules:
            found.update((files(package) / module).read_bytes())
    for resource in sorted((files("dialogs.faq") / "words").iterdir(), key=lambda one: one.name):
        found.update(resource.read_bytes() if resource.is_file() else b"")
    for package in ("sudachipy", "sudachidict-small", "numpy"):
        try:
            found.update(version(package).encode())
        except PackageNotFoundError:
            found.update(b"?")
    return found.digest()


def _as_arrays(made: Prepared) -> dict[str, Array]:
    tables = made.tables
    texts = {"ideas": [[sorted(one) for one in group] for group in made.ideas], "spelt": list(made.spelt)}
    return {
        "sizes": tables.sizes,
        "weights": tables.weights,
        "features": tables.features,
        "rarity": tables.rarity,
        **{name: getattr(tables.postings, name) for name in _OF_POSTINGS},
        "texts": np.frombuffer(json.dumps(texts, ensure_ascii=True).encode(), dtype=np.uint8),
    }


def _from_arrays(kept: dict[str, Array]) -> Prepared:
    texts = json.loads(kept["texts"].tobytes())
    postings = Postings(*(kept[name] for name in _OF_POSTINGS))
    tables = Tables(kept["sizes"], kept["weights"], kept["features"], kept["rarity"], postings)
    return Prepared(tables, [[frozenset(one) for one in group] for group in texts["ideas"]], texts["spelt"])
