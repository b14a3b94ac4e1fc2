"""A FAQ written back as the file that a bank goes on with.

Promise: what is written reads back as the same topics, in the layout of the files that are shipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from dialogs.faq.topics import Topic

#: In the order of the shipped files; ``None`` stands for a key that is always written.
_KEYS: dict[str, Any] = {
    "id": None,
    "question": None,
    "variants": None,
    "short": "",
    "answer": None,
    "see_also": (),
    "handover": False,
    "source": None,
    "status": None,
    "approved_by": "",
    "approved_on": "",
}


class _Writer(yaml.SafeDumper):
    """Answers as blocks, short lists in one line, the rest as plain as it can be."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        # The phrasings of a topic stand further in than their key.
        super().increase_indent(flow, indentless and not self.indents)


class _Block(str):
    __slots__ = ()


class _Line(tuple[str, ...]):
    __slots__ = ()


_Writer.add_representer(_Block, lambda writer, text: writer.represent_scalar("tag:yaml.org,2002:str", text, style="|"))
_Writer.add_representer(
    _Line, lambda writer, texts: writer.represent_sequence("tag:yaml.org,2002:seq", texts, flow_style=True)
)


def to_yaml(topics: Sequence[Topic]) -> str:
    """The text of a FAQ file with these topics."""
    written = (
        yaml.dump([_fields(topic)], Dumper=_Writer, allow_unicode=True, sort_keys=False, width=10_000)
        for topic in topics
    )
    return "\n".join(written)


def _fields(topic: Topic) -> dict[str, Any]:
    fields = {key: getattr(topic, key) for key, default in _KEYS.items() if getattr(topic, key) != default}
    fields["variants"] = list(topic.variants)
    fields["answer"] = _Block(topic.answer + "\n")
    for key in fields.keys() & {"see_also", "source"}:
        fields[key] = _Line(fields[key])
    return fields
