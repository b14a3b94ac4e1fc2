"""How serious a difference is and whether a person must look, by a table and not by code.

Promise: every verdict on every field has a severity; the table ships as package data, and a bank puts its own into
its content folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from storage.reconciliation.verdict import SETTLED, VerdictCode

#: The name of the table, as shipped and in a bank's content folder.
FILE = "severity.yaml"
#: From nothing to look at to the most serious.
SEVERITIES = ("none", "low", "medium", "high")


class SeverityTableProblem(Exception):
    """The table of severities names something that does not exist."""


@dataclass(frozen=True, kw_only=True)
class ValueRule:
    """A difference of a field is as serious as this where the answer gains one of these codes."""

    field: str
    gains: frozenset[str]
    severity: str

    def fits(self, field: str, master: str, answer: str) -> bool:
        return field == self.field and bool(self.gains & (_codes(answer) - _codes(master)))


@dataclass(frozen=True, kw_only=True)
class SeverityTable:
    """The table as read from YAML."""

    person: frozenset[VerdictCode]
    verdicts: Mapping[VerdictCode, str]
    fields: Mapping[str, str]
    values: tuple[ValueRule, ...] = ()

    def severity(self, field: str, verdict: VerdictCode, master: str = "", answer: str = "") -> str:
        """``none`` where the values are the same in any notation, else low, medium or high."""
        if verdict in SETTLED:
            return "none"
        found = self._of_field(field, verdict)
        gained = [rule.severity for rule in self.values if rule.fits(field, master, answer)]
        return max((found, *gained), key=SEVERITIES.index)

    def _of_field(self, field: str, verdict: VerdictCode) -> str:
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
    if not isinstance(loaded, dict) or set(loaded) - {"values"} != {"person", "verdicts", "fields"}:
        raise SeverityTableProblem("the table has the keys person, verdicts and fields, and may have values")
    try:
        person = frozenset(VerdictCode(name) for name in loaded["person"])
        verdicts = {VerdictCode(name): str(value) for name, value in loaded["verdicts"].items()}
    except ValueError as problem:
        raise SeverityTableProblem(str(problem)) from None
    fields = {str(name): str(value) for name, value in loaded["fields"].items()}
    values = tuple(_value_rule(entry) for entry in loaded.get("values") or ())
    for value in (*verdicts.values(), *fields.values(), *(rule.severity for rule in values)):
        if value not in SEVERITIES[1:]:
            raise SeverityTableProblem(f"{value!r} is no severity; they are low, medium and high")
    if missing := set(VerdictCode) - SETTLED - set(verdicts):
        raise SeverityTableProblem(f"no severity for {', '.join(sorted(missing))}")
    return SeverityTable(person=person, verdicts=verdicts, fields=fields, values=values)


def _value_rule(entry: Any) -> ValueRule:
    if not isinstance(entry, dict) or set(entry) != {"field", "gains", "severity"} or not entry["gains"]:
        raise SeverityTableProblem("each of the values has the keys field, gains and severity")
    gains = frozenset(str(code) for code in entry["gains"])
    return ValueRule(field=str(entry["field"]), gains=gains, severity=str(entry["severity"]))


def _codes(text: str) -> frozenset[str]:
    return frozenset(re.split("[; ]+", text))


def load_table(folder: Path | None) -> SeverityTable:
    """The bank's own table in its content folder, else the shipped one; raises ``SeverityTableProblem``."""
    own = None if folder is None else folder / FILE
    if own is None or not own.is_file():
        return shipped_table()
    try:
        return read_table(own.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise SeverityTableProblem(f"it cannot be read: {problem}") from None


@lru_cache(maxsize=1)
def shipped_table() -> SeverityTable:
    """The table that ships with the program."""
    return read_table((files("storage.reconciliation") / FILE).read_text(encoding="utf-8"))
