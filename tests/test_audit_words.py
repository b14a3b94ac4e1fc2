"""Every deed that the program can write into the audit record has its sentence, in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from locales import SHIPPED_LANGUAGES, load_catalogue

ROOT = Path(__file__).resolve().parents[1]
_ACTION = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]*[a-z0-9])+", re.ASCII)
#: What writes an entry, or hands its first words on to what does.
_WRITERS = re.compile(r"(?:\w*_)?(?:record|note)(?:_\w+)?|count_failure")


def actions(source: str) -> Iterator[str]:
    """The deeds that a module names; of one that is put together what it begins with, and a star."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        # A step of the lobby collects its deeds, which are written when it is saved.
        if ast.unparse(node.func).endswith("audit.append") or _WRITERS.fullmatch(name):
            given = [*node.args, *(word.value for word in node.keywords)]
            yield from (found for one in given for part in ast.walk(one) for found in _named(part))


def _named(part: ast.AST) -> Iterator[str]:
    if isinstance(part, ast.Constant) and isinstance(part.value, str) and _ACTION.fullmatch(part.value):
        yield part.value
    elif isinstance(part, ast.JoinedStr) and isinstance(part.values[0], ast.Constant):
        start = str(part.values[0].value)
        if re.fullmatch(r"[a-z]+\.[a-z_]*", start):
            yield f"{start}*"


@cache
def written() -> dict[str, str]:
    """Every deed and where it is named."""
    paths = [path for folder in ("bot", "storage") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = {action: path.name for path in paths for action in actions(path.read_text(encoding="utf-8"))}
    return {action: place for action, place in found.items() if not action.startswith(("console.problem", "kakunin."))}


def test_the_search_finds_deeds() -> None:
    assert {"console.claim", "handoff.claimed", "link.code_refused", "staff.added", "link.login_*"} <= written().keys()
    assert list(actions("audit.record(conn, uni, 'a.b' if x else 'a.c')")) == ["a.b", "a.c"]
    assert list(actions("self._record(talk, f'handoff.{how}')")) == ["handoff.*"]


@pytest.mark.parametrize("locale", SHIPPED_LANGUAGES)
def test_every_deed_has_its_sentence(locale: str) -> None:
    catalogue = load_catalogue(locale)
    known = {key.removeprefix("audit.") for key in catalogue.keys() if key.startswith("audit.")}  # noqa: SIM118
    mute = {
        action: place
        for action, place in written().items()
        if action not in known and not (action.endswith("*") and any(one.startswith(action[:-1]) for one in known))
    }
    assert mute == {}
