"""Lines kept outside the database: what a restored or exchanged database could not know about itself.

Promise: a line that was appended is on the disk before the call returns, lines are never changed, only the owner
can read the file, and a line that a crash cut short is passed over.  Lines hold ids, numbers, times and digests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from storage.encryption import canonical_json
from storage.problems import StoreProblem


class OutsideProblem(StoreProblem):
    """The file outside the database cannot be read or written."""


def append_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Append lines; raises ``OutsideProblem`` where they cannot be kept."""
    text = b"".join(canonical_json(dict(line)) + b"\n" for line in lines)
    try:
        fresh = not path.exists()
        with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
            # What a crash cut short must not swallow the line after it.
            end = file.seek(0, os.SEEK_END)
            torn = end > 0 and os.pread(file.fileno(), 1, end - 1) != b"\n"
            file.write(b"\n" + text if torn else text)
            os.fsync(file.fileno())
        if fresh:
            sync_folder(path.parent)
    except OSError as problem:
        raise OutsideProblem(f"{path.name} cannot be written: {problem.strerror}.") from None


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Every whole line, oldest first; none where the file was never written."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise OutsideProblem(f"{path.name} cannot be read: {problem.strerror}.") from None
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
