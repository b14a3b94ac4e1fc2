"""What reviewers have to do, by a file and not by code: on which fields a second person has to agree.

Promise: a file that says something else than it can is refused with the place and what is wrong there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

#: The name of the file, as shipped and in a bank's content folder.
FILE = "review.yaml"
_CHECKED = ".check"


class ReviewRulesProblem(Exception):
    """The file of review rules cannot be used."""


@dataclass(frozen=True, kw_only=True)
class ReviewRules:
    """The rules as read from YAML."""

    second_person: frozenset[str]

    def needs_two(self, field: str) -> bool:
        """Whether two people have to agree on this field, or on the check that speaks against it."""
        return field.removesuffix(_CHECKED) in self.second_person


def read_rules(text: str) -> ReviewRules:
    """Rules from YAML; ``ReviewRulesProblem`` where they are none."""
    try:
        loaded: Any = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise ReviewRulesProblem(f"it is no YAML: {problem}") from None
    if not isinstance(loaded, dict) or set(loaded) != {"second_person"}:
        raise ReviewRulesProblem("it has the key second_person and no other")
    fields = loaded["second_person"]
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise ReviewRulesProblem("second_person is a list of names")
    return ReviewRules(second_person=frozenset(fields))


@lru_cache(maxsize=4)
def load_rules(folder: Path | None = None) -> ReviewRules:
    """The bank's own file in its content folder, else the shipped one; raises ``ReviewRulesProblem``."""
    own = None if folder is None else folder / FILE
    if own is not None and own.is_file():
        return read_rules(own.read_text(encoding="utf-8"))
    return read_rules((files("storage.reconciliation") / FILE).read_text(encoding="utf-8"))
