"""YAML into the source tree: every scalar stays the text that was written, with its line.

Built from the parser's events rather than by a loader: no type guessing (``yes``, ``01`` and dates
stay text), no aliases that could blow up, no tags, no duplicate keys, bounded nesting.
"""

from __future__ import annotations

from typing import Any

import yaml

from dialogs.definition.issues import Issue, Place, UnreadableSource
from dialogs.definition.source_tree import MAX_CHARACTERS, MAX_NESTING, Rows, Table, Tree, cell

#: The C parser where it was built, for speed; both give the same events.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml_tree(source: bytes | str, *, origin: str) -> Tree:
    """The tree of a YAML text; raises ``UnreadableSource``."""
    text = _decoded(source, origin)
    if len(text) > MAX_CHARACTERS:
        raise _unreadable("too_large", 0, origin, limit=str(MAX_CHARACTERS))
    try:
        return _Reader(origin).read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise _unreadable("syntax", line, origin, column=str(column)) from error
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise _unreadable("bad_character", 0, origin) from error


def _decoded(source: bytes | str, origin: str) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable("not_utf8", source[: error.start].count(b"\n") + 1, origin) from error


def _unreadable(code: str, line: int, origin: str, **params: str) -> UnreadableSource:
    return UnreadableSource([Issue(code=code, place=Place(line=line), params=params)], origin=origin)


class _Open:
    """A list or mapping whose end has not come yet."""

    def __init__(self, *, mapping: bool, line: int) -> None:
        self.mapping = mapping
        self.line = line
        self.items: list[Tree] = []
        self.entries: dict[str, Tree] = {}
        self.key: str | None = None


class _Reader:
    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._open: list[_Open] = []
        self._root: Tree | None = None

    def read(self, text: str) -> Tree:
        for event in yaml.parse(text, Loader=_LOADER):
            self._take(event)
        if self._root is None:
            raise _unreadable("not_a_questionnaire", 0, self._origin)
        return self._root

    def _take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _unreadable("alias", line, self._origin)
        if getattr(event, "tag", None) is not None:
            raise _unreadable("tag", line, self._origin, tag=str(event.tag))
        if isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
            raise _unreadable("several_documents", line, self._origin)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event.value, plain=event.implicit[0], line=line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(self._open) >= MAX_NESTING:
                raise _unreadable("too_deep", line, self._origin, limit=str(MAX_NESTING))
            self._refuse_as_key(line)
            self._open.append(_Open(mapping=isinstance(event, yaml.MappingStartEvent), line=line))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = self._open.pop()
            self._add(Table(done.entries, done.line) if done.mapping else Rows(tuple(done.items), done.line))

    def _scalar(self, value: str, *, plain: bool, line: int) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.mapping and top.key is None:
            key = cell(value, line).text
            if key in top.entries:
                raise _unreadable("duplicate_key", line, self._origin, written=key)
            top.key = key
            return
        # ``~`` and ``null`` written bare are YAML's empty values; as text they must be quoted.
        empty = plain and value in ("~", "null", "Null", "NULL")
        self._add(cell("" if empty else value, line))

    def _refuse_as_key(self, line: int) -> None:
        if self._open and self._open[-1].mapping and self._open[-1].key is None:
            raise _unreadable("wrong_shape", line, self._origin, expected="text")

    def _add(self, tree: Tree) -> None:
        if not self._open:
            self._root = tree
            return
        top = self._open[-1]
        if not top.mapping:
            top.items.append(tree)
            return
        if top.key is None:
            raise _unreadable("wrong_shape", tree.line, self._origin, expected="text")
        top.entries[top.key] = tree
        top.key = None
