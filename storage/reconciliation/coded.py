"""Comparing codes of choice lists: by name or label, one or several.

Promise: two codes are one only where they name the same choice; a purpose that was added or left out is a change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from storage.reconciliation.notation import Steps, unify_width, without_spaces
from storage.reconciliation.readable import never, parts_of
from storage.reconciliation.verdict import Comparator

_SEVERAL = re.compile(r"[a-z0-9_-]+( [a-z0-9_-]+)+")


def _joined(part: str, codes: Mapping[str, str]) -> list[str]:
    """給与受取・生計費決済 is two labels where it is none itself."""
    members = part.split("・")
    whole = without_spaces(part) in codes
    return [part] if whole or not all(without_spaces(member) in codes for member in members) else members


def with_parts_of_labels(codes: Mapping[str, str]) -> Mapping[str, str]:
    """Also 会社員 for 会社員・団体職員, where no other choice is called so."""
    found: dict[str, set[str]] = {}
    for label, code in codes.items():
        for part in label.split("・"):
            found.setdefault(part, set()).add(code)
    parts = {part: next(iter(of)) for part, of in found.items() if part and len(of) == 1}
    return {**parts, **codes}


def coded(codes: Mapping[str, str], *, many: bool) -> Comparator[Any]:
    """The comparator of a column; ``codes`` names the choices by folded label."""

    def canonical(value: str) -> tuple[Any, tuple[str, ...]] | None:
        steps = Steps(value).to(unify_width(value), "width").to(unify_width(value).casefold(), "case")
        parts = parts_of(steps.text) if many else [steps.text.strip()]
        if many and len(parts) == 1 and _SEVERAL.fullmatch(parts[0]) and parts[0] not in codes:
            parts = parts[0].split()
        if many:
            parts = [one for part in parts for one in _joined(part, codes)]
        named = [codes.get(without_spaces(part), without_spaces(part)) for part in parts]
        rules = list(steps.rules)
        if named != parts:
            rules.append("label")
        if named != sorted(set(named)):
            rules.append("order")
        return (tuple(sorted(set(named))), tuple(rules)) if named else None

    return Comparator(canonical=canonical, fold=never, explain=never)
