"""Changing the key file beside a SQLite store: a new key in front, an old one out.

Promise: the file is replaced as a whole and only its owner can read it; a crash leaves the old file or the new one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from storage.encryption import Keyring, new_key
from storage.problems import KeyProblem


def add_key(path: Path) -> str:
    """Put a new key in front, which seals from the next start on; returns its id."""
    line = new_key("file")
    _replace(path, [line, *_lines(path)])
    return line.partition(":")[0]


def remove_key(path: Path, key_id: str) -> bool:
    """Take out a key that nothing needs (the caller has made sure); false where the file does not hold it."""
    lines = _lines(path)
    kept = [line for line in lines if line.partition(":")[0] != key_id]
    if len(kept) == len(lines):
        return False
    _replace(path, kept)
    return True


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        raise KeyProblem(f"The key file {path.name} beside the store cannot be read.") from None
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]


def _replace(path: Path, lines: Sequence[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    Keyring.parse(text)
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        raise KeyProblem(f"The key file {path.name} cannot be written beside the store.") from None
