"""What can be made again and takes a while: arrays in the user's cache folder.

Files are written whole or not at all; a folder that cannot be written is no failure, and a file that cannot be read
is made again.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
#: The system reads no more of a file ahead at once.
_AHEAD = 1 << 17


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


class RowsOnDisk:
    """An array in a file of which rows are read as they are asked for, and nothing else is in memory.

    Not mapped: where the system keeps files in large pages, a row would bring two megabytes with it.
    """

    def __init__(self, file: Path) -> None:
        mapped = np.load(file, mmap_mode="r", allow_pickle=False)
        self._shape, self._dtype, self._start = mapped.shape, mapped.dtype, int(mapped.offset)
        self._size = mapped.nbytes // max(len(mapped), 1)
        self._descriptor = os.open(file, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)
        if hasattr(os, "posix_fadvise"):  # else the first texts after a start of the machine wait for the disk
            for start in range(0, self._start + mapped.nbytes, _AHEAD):
                os.posix_fadvise(self._descriptor, start, _AHEAD, os.POSIX_FADV_WILLNEED)

    def __len__(self) -> int:
        return int(self._shape[0])

    def __getitem__(self, places: NDArray[np.integer[Any]]) -> Array:
        read, size, start = os.pread, self._size, self._start
        rows = b"".join([read(self._descriptor, size, start + place * size) for place in places.tolist()])
        return np.frombuffer(rows, self._dtype).reshape(len(places), *self._shape[1:])


def read_rows(file: Path) -> RowsOnDisk | None:
    """The rows of an array, or nothing where the file is none."""
    with suppress(OSError, ValueError, EOFError):
        return RowsOnDisk(file)
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
