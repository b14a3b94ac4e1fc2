"""What is new, changed or gone since the gallery that was signed last, and the list of hashes by which that is told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from bot.gallery.entries import Gallery

_HASH = re.compile("[0-9a-f]{64}")


class NotReadable(Exception):
    """The file is neither a gallery nor a list of its hashes."""


@dataclass(frozen=True)
class Manifest:
    """A gallery by its hashes."""

    sha256: str
    entries: Mapping[str, str]


@dataclass(frozen=True)
class Changes:
    """A gallery beside an older one, by the anchors of their messages."""

    since: str
    #: new, changed or same
    state: Mapping[str, str]
    removed: tuple[str, ...]

    def count(self, state: str) -> int:
        """How many messages are in that state."""
        return len(self.removed) if state == "removed" else list(self.state.values()).count(state)


def manifest_of(gallery: Gallery) -> dict[str, Any]:
    """The hashes of a gallery as plain data."""
    entries = {entry.anchor: entry.sha256 for entry in gallery.entries}
    return {"sha256": gallery.sha256, "entries": entries}


def compare(gallery: Gallery, old: Manifest) -> Changes:
    """What a reader of the old one has not read."""
    state = {}
    for entry in gallery.entries:
        before = old.entries.get(entry.anchor)
        state[entry.anchor] = "new" if before is None else "same" if before == entry.sha256 else "changed"
    removed = tuple(anchor for anchor in old.entries if anchor not in state)
    return Changes(since=old.sha256, state=state, removed=removed)


def read_manifest(path: Path) -> Manifest:
    """The hashes of a gallery (.html) or of its list (.json); raises ``NotReadable``."""
    try:
        text = path.read_text(encoding="utf-8")
        if text.lstrip().startswith("{"):
            data = json.loads(text)
            found = Manifest(data["sha256"], dict(data["entries"]))
        else:
            page = _Page()
            page.feed(text)
            found = Manifest(page.sha256, page.entries)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise NotReadable(str(path)) from problem
    hashes = (found.sha256, *found.entries.values())
    if not found.entries or not all(isinstance(one, str) and _HASH.fullmatch(one) for one in hashes):
        raise NotReadable(str(path))
    return found


class _Page(HTMLParser):
    """The hashes that stand in a page of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.sha256 = ""
        self.entries: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        sha256 = found.get("data-sha256")
        if sha256 and tag == "main":
            self.sha256 = sha256
        elif sha256 and (anchor := found.get("id")):
            self.entries[anchor] = sha256
