"""Rows on their way through a run over whole files: parted by customer number, on disk, sealed.

Promise: what lies on the disk during a run is readable by that run alone.  The key is made for the run and never
leaves its memory, so a run that is killed leaves nothing but noise, and the next one to the same place removes it.
"""

from __future__ import annotations

import marshal
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

#: Rows that wait in memory for each part until they are written as one block.
BLOCK = 512
_LENGTH = 4
_NONCE = 12


@dataclass(frozen=True, kw_only=True)
class Spill:
    """A folder of one run; small enough to be handed to its worker processes."""

    folder: Path
    key: bytes

    @classmethod
    def beside(cls, out: Path) -> Spill:
        """A fresh folder beside the result, where there is room for a file of its size."""
        folder = out.with_name(out.name + ".parts")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        return cls(folder=folder, key=AESGCM.generate_key(256))

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def bytes(self) -> int:
        """How much lies there now."""
        return sum(file.stat().st_size for file in self.folder.iterdir())

    def write(self, name: str, number: int, rows: list[Any]) -> None:
        """Append block ``number`` of a file."""
        data = marshal.dumps(rows)
        sealed = AESGCM(self.key).encrypt(_nonce(name, number), data, name.encode())
        with (self.folder / name).open("ab") as file:
            file.write(len(sealed).to_bytes(_LENGTH, "big"))
            file.write(sealed)

    def read(self, name: str) -> Iterator[list[Any]]:
        """The blocks of a file in order; nothing where no row came into it."""
        path = self.folder / name
        if not path.exists():
            return
        cipher = AESGCM(self.key)
        with path.open("rb") as file:
            number = 0
            while head := file.read(_LENGTH):
                sealed = file.read(int.from_bytes(head, "big"))
                rows: list[Any] = marshal.loads(  # noqa: S302 - sealed by this run, so nobody else wrote it
                    cipher.decrypt(_nonce(name, number), sealed, name.encode())
                )
                yield rows
                number += 1


def _nonce(name: str, number: int) -> bytes:
    """Unique under the key of a run: the file (a letter and the number of its part) and the block."""
    part = int(name[1:])
    return name[0].encode() + part.to_bytes(4, "big") + number.to_bytes(_NONCE - 5, "big")
