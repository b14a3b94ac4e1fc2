"""How customers say what the bot should do, in whole sentences: ``said`` in ``locales/<language>/commands.yaml``.

To the matcher a command is one more thing that a text can be about, so that wordings which no list foresees are
understood, and so that a command and a question about it (stop, what if I stop) are told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from locales import language_of

#: The FAQ topic that a command says, or whose matter it settles.
TOPICS = MappingProxyType({"verify": "F08", "paper": "F13", "correct": "F38", "staff": "F51"})

#: Keys of the file that are no commands.
NO_COMMANDS = ("polite_endings", "polite_openings", "written_out", "requests")

#: Words of one or two signs (人, 前) say too little to be near to.
_SHORTEST = 3


@lru_cache(maxsize=8)
def said(locale: str) -> Mapping[str, tuple[str, ...]]:
    """The phrasings of each command; a language without its own uses those of its base (ja_easy: ja)."""
    folder = files("locales")
    resource = folder / locale / "commands.yaml"
    if not resource.is_file():
        resource = folder / language_of(locale) / "commands.yaml"
    text = resource.read_text(encoding="utf-8")
    # A safe loader: every scalar is text.
    data: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    for key in NO_COMMANDS:
        del data[key]
    return MappingProxyType(
        {
            name: (*words["said"], *(w for w in words["exact"] if w[0] != "/" and len(w) >= _SHORTEST))
            for name, words in data.items()
            if "said" in words
        }
    )
