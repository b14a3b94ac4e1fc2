"""A questionnaire as the YAML file that people go on with.

Promise: what is written reads back as the same source, in one order and one layout, so that two
versions can be compared line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml

from dialogs.definition.source_tree import Plain, Tree, plain_of
from dialogs.definition.vocabulary import BOT_ORDER, CHOICE_ORDER, SETTINGS_ORDER, SURVEY_ORDER

_NEXT = re.compile(r"(?<!:)\n  (?=\S)")


class _Writer(yaml.SafeDumper):
    """Lists stand further in than their key, and wording of several lines as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def text(self, text: str) -> yaml.ScalarNode:
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _Writer.text)


def to_yaml(source_tree: Tree) -> str:
    """The text of a YAML file with this content."""
    plain = _ordered(plain_of(source_tree), ("settings", "survey", "choices"))
    assert isinstance(plain, dict)
    parts: list[str] = []
    for sheet, content in plain.items():
        if sheet == "settings":
            content = _ordered(content, SETTINGS_ORDER)
        elif sheet == "survey" and isinstance(content, list):
            content = [_survey_row(row) for row in content]
        elif isinstance(content, dict):
            content = {name: _choice_rows(rows) for name, rows in content.items()}
        text = yaml.dump({sheet: content}, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=10_000)
        # A blank line before each row but the first; whatever belongs to a row stands further in.
        parts.append(text if sheet == "settings" else _NEXT.sub("\n\n  ", text))
    return "\n".join(parts)


def _survey_row(row: Plain) -> Plain:
    row = _ordered(row, SURVEY_ORDER)
    if isinstance(row, dict) and "bot" in row:
        row["bot"] = _ordered(row["bot"], BOT_ORDER)
    return row


def _choice_rows(rows: Plain) -> Plain:
    return [_ordered(row, CHOICE_ORDER) for row in rows] if isinstance(rows, list) else rows


def _ordered(table: Plain, order: Iterable[str]) -> Plain:
    """The known keys in their order, then the rest as they stand."""
    if not isinstance(table, dict):
        return table
    return {key: table[key] for key in order if key in table} | table
