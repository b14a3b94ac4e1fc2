"""One submission against one master record: a finding for every answer that has a master column.

Promise: pure and complete: each compared question that was part of the conversation yields exactly one
finding, and a rule that spans two fields never hides a finding on one of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from dialogs.definition.model import Questionnaire, QuestionType
from storage.reconciliation.comparators import FIELD_KINDS, compare
from storage.reconciliation.crossing import cross
from storage.reconciliation.finding import Finding
from storage.reconciliation.verdict import Verdict, VerdictCode

#: ``bot.compare`` of a question in the repeat of the owners: a key of an entry of that column.
_OF_OWNERS = "owners."
#: A choice is compared by its code whatever the column holds.
_KIND_OF_CHOICES = MappingProxyType({QuestionType.SELECT_ONE: "code", QuestionType.SELECT_MULTIPLE: "codes"})


def find(
    questionnaire: Questionnaire,
    answers: Sequence[Mapping[str, Any]],
    master: Mapping[str, str] | None,
    on: date,
) -> tuple[Finding, ...]:
    """The findings on a submission of the day ``on``; without a master record a single one that says so."""
    if master is None:
        missing = Verdict(verdict=VerdictCode.UNREADABLE, reason="no_record")
        return (Finding(field="customer_no", verdict=missing, master="", answer=""),)
    found: dict[str, Finding] = {}
    marked: list[Finding] = []
    columns = {question.name: question.bot.compare for question in questionnaire.questions if question.bot.compare}
    chosen = {question.name: question.type for question in questionnaire.questions if question.is_select}
    owners: dict[int, dict[str, str]] = {}
    for answer in answers:
        name, value = str(answer["name"]), str(answer["value"] if answer["value"] is not None else "")
        column = columns.get(name)
        instance = int(answer.get("instance") or 0)
        # A repeat has no single column to stand against; its instances are compared as the list they make.
        if column is not None and instance == 0:
            kind = _KIND_OF_CHOICES[chosen[name]] if name in chosen else FIELD_KINDS.get(column, "text")
            found[column] = _finding(column, kind, master.get(column, ""), value, str(answer["state"]))
        elif column is not None and column.startswith(_OF_OWNERS) and value:
            owners.setdefault(instance, {})[column.removeprefix(_OF_OWNERS)] = value
        if answer.get("marked"):
            conflict = Verdict(verdict=VerdictCode.CONFLICT, reason="marked")
            marked.append(Finding(field=f"{name}.check", verdict=conflict, master="", answer=value))
    if owners:
        found["owners"] = _owners(owners, found, master)
    cross(found, master, on)
    return (*found.values(), *marked)


def _owners(owners: Mapping[int, dict[str, str]], found: Mapping[str, Finding], master: Mapping[str, str]) -> Finding:
    """The owners that were answered one by one, as the list that the master file has of them."""
    representative = found.get("representative_name")
    for owner in owners.values():
        # An owner of whom no name was asked is the representative.
        if "name" not in owner and representative is not None:
            owner["name"] = representative.answer
    listed = json.dumps([owners[number] for number in sorted(owners)], ensure_ascii=False, separators=(",", ":"))
    return _finding("owners", "owners", master.get("owners", ""), listed, "answered")


def _finding(column: str, kind: str, master: str, value: str, state: str) -> Finding:
    if state == "unchanged":
        same = Verdict(verdict=VerdictCode.SAME, reason="unchanged")
        return Finding(field=column, verdict=same, master=master, answer=value or master)
    if state in ("declined", "other_channel"):
        verdict = VerdictCode.MISSING if master.strip() else VerdictCode.SAME
        return Finding(field=column, verdict=Verdict(verdict=verdict, reason=state), master=master, answer="")
    verdict_found = compare(kind, master, value)
    return Finding(field=column, verdict=verdict_found, master=master, answer=value)
