"""What can be made again and takes a while: arrays in the user's cache folder.

Files are written whole or not at all; a folder that cannot be written is no failure, and a file that cannot be read
is made again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def cache_folder() -> Path | None:
    """Where programs of this user keep what they can make again."""
    with suppress(RuntimeError):
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kakunin"
    return None


def read_array(file: Path) -> Array | None:
    """One array, mapped: only what is looked at is in memory."""
    with suppress(OSError, ValueError, EOFError):
        return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))
    return None


def read_arrays(file: Path) -> dict[str, Array] | None:
    """Several arrays by name."""
    with (
        suppress(OSError, ValueError, EOFError, BadZipFile, KeyError, TypeError),
        file.open("rb") as stream,
        np.load(stream, allow_pickle=False) as kept,
    ):
        return {name: kept[name] for name in kept.files}
    return None


def write(file: Path, kept: Array | Mapping[str, Array]) -> None:
    """One array, or several by name."""
    part = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with part.open("wb") as stream:
            if isinstance(kept, np.ndarray):
                np.save(stream, kept, allow_pickle=False)
            else:
                np.savez(stream, allow_pickle=False, **kept)
        part.replace(file)


def let_go(folder: Path, pattern: str, *, kept: int) -> None:
    """Remove all but the newest files of a name: each change of an FAQ leaves some behind."""
    with suppress(OSError):
        files = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[kept:]:
            file.unlink(missing_ok=True)
