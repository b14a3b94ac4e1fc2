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


def coded(codes: Mapping[str, str], *, many: bool) -> Comparator[Any]:
    """The comparator of a column; ``codes`` names the choices by folded label."""

    def canonical(value: str) -> tuple[Any, tuple[str, ...]] | None:
        steps = Steps(value).to(unify_width(value), "width").to(unify_width(value).casefold(), "case")
        parts = parts_of(steps.text) if many else [steps.text.strip()]
        if many and len(parts) == 1 and _SEVERAL.fullmatch(parts[0]) and parts[0] not in codes:
            parts = parts[0].split()
        named = [codes.get(without_spaces(part), without_spaces(part)) for part in parts]
        rules = list(steps.rules)
        if named != parts:
            rules.append("label")
        if named != sorted(set(named)):
            rules.append("order")
        return (tuple(sorted(set(named))), tuple(rules)) if named else None

    return Comparator(canonical=canonical, fold=never, explain=never)
