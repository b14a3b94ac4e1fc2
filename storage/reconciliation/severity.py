"""How serious a difference is and whether a person must look, by a table and not by code.

Promise: every verdict on every field has a severity; the table ships as package data, so a bank
can see and argue about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from storage.reconciliation.verdict import SETTLED, VerdictCode

#: From nothing to look at to the most serious.
SEVERITIES = ("none", "low", "medium", "high")


class SeverityTableProblem(Exception):
    """The table of severities names something that does not exist."""


@dataclass(frozen=True, kw_only=True)
class SeverityTable:
    """The table as read from YAML."""

    person: frozenset[VerdictCode]
    verdicts: Mapping[VerdictCode, str]
    fields: Mapping[str, str]

    def severity(self, field: str, verdict: VerdictCode) -> str:
        """``none`` where the values are the same in any notation, else low, medium or high."""
        if verdict in SETTLED:
            return "none"
        base = self.verdicts[verdict]
        by_field = self.fields.get(field, "low")
        if verdict in (VerdictCode.CHANGED, VerdictCode.SUSPECTED_SLIP):
            return max(base, by_field, key=SEVERITIES.index)
        if verdict in (VerdictCode.MISSING, VerdictCode.NEW, VerdictCode.UNREADABLE) and by_field == "high":
            return "medium"
        return base

    def needs_person(self, verdict: VerdictCode) -> bool:
        return verdict in self.person


def read_table(text: str) -> SeverityTable:
    """A table from YAML; ``SeverityTableProblem`` where it is not one."""
    loaded: Any = yaml.safe_load(text)
    if not isinstance(loaded, dict) or set(loaded) != {"person", "verdicts", "fields"}:
        raise SeverityTableProblem("the table has the keys person, verdicts and fields")
    try:
        person = frozenset(VerdictCode(name) for name in loaded["person"])
        verdicts = {VerdictCode(name): str(value) for name, value in loaded["verdicts"].items()}
    except ValueError as problem:
        raise SeverityTableProblem(str(problem)) from None
    fields = {str(name): str(value) for name, value in loaded["fields"].items()}
    for value in (*verdicts.values(), *fields.values()):
        if value not in SEVERITIES[1:]:
            raise SeverityTableProblem(f"{value!r} is no severity; they are low, medium and high")
    if missing := set(VerdictCode) - SETTLED - set(verdicts):
        raise SeverityTableProblem(f"no severity for {', '.join(sorted(missing))}")
    return SeverityTable(person=person, verdicts=verdicts, fields=fields)


@lru_cache(maxsize=1)
def shipped_table() -> SeverityTable:
    """The table that ships with the program."""
    return read_table((files("storage.reconciliation") / "severity.yaml").read_text(encoding="utf-8"))
