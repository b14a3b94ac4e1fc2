"""The source of a questionnaire as a tree of texts with places, and its canonical form.

YAML, workbook and published JSON all become this tree.  Its canonical JSON (sorted keys, no empty
cells, no spaces) is the body that is published; the SHA-256 of that body is the identity of a
version, so the same questions always have the same identity whatever file they came from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dialogs.definition.issues import Issue, Place, UnreadableSource

#: Bounds of a source: characters, and nesting (survey row -> bot -> text by language is 5).
MAX_CHARACTERS = 2_000_000
MAX_NESTING = 8

Plain = str | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One text, without spaces around it."""

    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    items: tuple[Tree, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    entries: Mapping[str, Tree] = field(default_factory=lambda: MappingProxyType({}))
    line: int = 0


Tree = Cell | Rows | Table


def plain_of(tree: Tree) -> Plain:
    """The tree as plain lists and mappings, without the keys whose text or mapping is empty."""
    match tree:
        case Cell(text=text):
            return text
        case Rows(items=items):
            return [plain_of(item) for item in items]
        case Table(entries=entries):
            values = {key: plain_of(value) for key, value in entries.items()}
            return {key: value for key, value in values.items() if value or isinstance(value, list)}


def canonical_json(source_tree: Tree) -> str:
    """The body that is published: readable back by ``read_canonical``, equal for equal content."""
    return json.dumps(plain_of(source_tree), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(body: str) -> str:
    """The identity of a canonical body."""
    return hashlib.sha256(body.encode()).hexdigest()


def read_json_tree(body: str) -> Tree:
    """The tree of a published body; raises ``UnreadableSource``."""
    if len(body) > MAX_CHARACTERS:
        raise UnreadableSource([Issue(code="too_large", place=Place(), params={"limit": str(MAX_CHARACTERS)})])
    try:
        value = json.loads(body, object_pairs_hook=_unique)
    except _DuplicateKey as twice:
        raise UnreadableSource([Issue(code="duplicate_key", place=Place(), params={"written": twice.key})]) from twice
    except json.JSONDecodeError as error:
        place = Place(line=error.lineno)
        raise UnreadableSource([Issue(code="syntax", place=place, params={"column": str(error.colno)})]) from error
    except RecursionError as error:
        raise UnreadableSource([Issue(code="too_deep", place=Place(), params={"limit": str(MAX_NESTING)})]) from error
    except ValueError as error:
        # Numbers with thousands of digits; no value of ours is a JSON number.
        raise UnreadableSource([Issue(code="syntax", place=Place(), params={"column": "0"})]) from error
    return _tree_of(value, 0)


def cell(text: str, line: int = 0) -> Cell:
    """A cell of a text from outside; raises ``UnreadableSource`` for what is no text of people."""
    if any(_is_forbidden(character) for character in text):
        raise UnreadableSource([Issue(code="bad_character", place=Place(line=line))])
    return Cell(text.strip(), line)


def _is_forbidden(character: str) -> bool:
    """Control characters but tab and line ends, lone surrogates, and the two non-characters."""
    return (
        (character < " " and character not in "\t\n\r")
        or "\x7f" <= character <= "\x9f"
        or "\ud800" <= character <= "\udfff"
        or character in "\ufffe\uffff"
    )


def _tree_of(value: object, nesting: int) -> Tree:
    if nesting > MAX_NESTING:
        raise UnreadableSource([Issue(code="too_deep", place=Place(), params={"limit": str(MAX_NESTING)})])
    if isinstance(value, str):
        return cell(value)
    if isinstance(value, list):
        return Rows(tuple(_tree_of(item, nesting + 1) for item in value))
    if isinstance(value, dict):
        return Table({cell(key).text: _tree_of(item, nesting + 1) for key, item in value.items()})
    raise UnreadableSource([Issue(code="wrong_shape", place=Place(), params={"expected": "text"})])


class _DuplicateKey(Exception):
    def __init__(self, key: str) -> None:
        super().__init__("duplicate key")
        self.key = key


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key.strip() in found:
            raise _DuplicateKey(key.strip())
        found[key.strip()] = value
    return found
