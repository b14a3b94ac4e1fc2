"""Files on their way to whoever fetches them.

Promise: a file appears whole under its name or not at all (written beside it, synced, renamed, the folder synced);
of files that belong together the last one (the manifest, the ``.done``) stands only when all others do.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

PART = ".part"


@dataclass(frozen=True, kw_only=True)
class WrittenFile:
    """A finished file, for the manifest."""

    name: str
    #: Rows without the header.
    rows: int
    sha256: str
    bytes: int


class Output(Protocol):
    """A file that is not there yet."""

    path: Path

    def publish(self) -> None:
        """Give it its name."""

    def discard(self) -> None:
        """Leave nothing of it."""


class OutputFile:
    """A file on its way: nothing under its name until ``publish``, nothing left of it after a failure."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(path.name + PART)
        # Answers of customers: readable by the one who exports, until he decides otherwise.
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=256 * 1024)
        self._digest = hashlib.sha256()
        self._bytes = 0

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self._bytes += len(data)
        self._file.write(data)

    def finish(self, rows: int) -> WrittenFile:
        """Bring everything to the disk, still under the temporary name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return WrittenFile(name=self.path.name, rows=rows, sha256=self._digest.hexdigest(), bytes=self._bytes)

    def publish(self) -> None:
        self._part.replace(self.path)

    def discard(self) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


class OutputSet:
    """Files that belong together: all of them appear, or none."""

    def __init__(self) -> None:
        self._outputs: list[Output] = []

    def add(self, output: Output) -> None:
        self._outputs.append(output)

    def replace(self, output: Output) -> None:
        """Add a file that may have been added before: a transaction that is run again writes it again."""
        self._outputs = [other for other in self._outputs if other.path != output.path]
        self._outputs.append(output)

    def publish(self) -> None:
        """Give every file its name, the last added one (the manifest) last.

        An earlier one of that name goes first: it would vouch for files that are being replaced.
        """
        if len(self._outputs) > 1:
            self._outputs[-1].path.unlink(missing_ok=True)
        for output in self._outputs:
            if output is self._outputs[-1]:
                sync_folder(output.path.parent)
            output.publish()
        for folder in {output.path.parent for output in self._outputs}:
            sync_folder(folder)
        self._outputs.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for output in self._outputs:
            output.discard()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; a power cut else takes a renamed file back."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def private_folder(path: Path) -> Iterator[Path]:
    """A folder for unfinished work that nobody else can read; what a killed process left there goes first."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
