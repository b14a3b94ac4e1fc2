"""Comparing lists of owners: person by person, in any order.

Promise: an owner who came, left or is held by another share is a change; how the list is ordered and how its names,
days and addresses are written is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from storage.reconciliation.verdict import SETTLED, Comparator, Verdict, VerdictCode

#: Key of an owner -> kind of field; others are text.
_KINDS: Mapping[str, str] = {
    "name": "name",
    "name_kana": "kana",
    "birth_date": "date",
    "address": "address",
    "nationality": "country",
    "share": "percentage",
}
_Owner = Mapping[str, str]
_Owners = tuple[tuple[tuple[str, str], ...], ...]
#: Kind of field, master, answer -> verdict.
_Compare = Callable[[str, str, str], Verdict]
#: From what nobody needs to see to what a person must.
_WORST = tuple(VerdictCode)


def _owners(value: str) -> tuple[_Owners, tuple[str, ...]] | None:
    """The owners as they stand; anything but the JSON list of the contract is for a person to read."""
    try:
        owners = json.loads(value)
    except ValueError:
        return None
    if not isinstance(owners, list) or not all(isinstance(owner, dict) for owner in owners):
        return None
    told = [
        tuple(sorted((str(name), str(item)) for name, item in owner.items() if str(item).strip())) for owner in owners
    ]
    return tuple(sorted(told)), ("order",)


def owners_comparator(compare: _Compare) -> Comparator[Any]:
    """The comparator of a list; ``compare`` is that of a single field."""

    def explain(left: _Owners, right: _Owners) -> Verdict | None:
        rest = [dict(owner) for owner in right]
        verdicts: list[Verdict] = []
        for owner in map(dict, left):
            found = _closest(compare, owner, rest)
            if found is None:
                return Verdict(verdict=VerdictCode.CHANGED, reason="owner_left")
            rest.remove(found)
            verdicts.extend(
                compare(_KINDS.get(name, "text"), owner.get(name, ""), found.get(name, ""))
                for name in sorted(owner.keys() | found.keys())
            )
        if rest:
            return Verdict(verdict=VerdictCode.CHANGED, reason="owner_added")
        worst = max(verdicts, key=lambda one: _WORST.index(one.verdict), default=None)
        if worst is None or worst.verdict is VerdictCode.SAME:
            return Verdict(verdict=VerdictCode.SAME_NORMALISED, reason="notation", rules=("order",))
        if worst.verdict in SETTLED or worst.verdict is VerdictCode.UNREADABLE:
            return worst
        slip = worst.verdict is VerdictCode.SUSPECTED_SLIP
        # What an owner's record lacks or has more of is a change of the list as a whole.
        return worst if slip else Verdict(verdict=VerdictCode.CHANGED, reason="owner_differs")

    return Comparator(canonical=_owners, fold=lambda _left, _right: None, explain=explain)


def _closest(compare: _Compare, owner: _Owner, others: list[dict[str, str]]) -> dict[str, str] | None:
    """The same person in the other list: by name, where two have one also by the day of birth."""

    def likeness(other: _Owner) -> int:
        return sum(
            compare(_KINDS[name], owner[name], other[name]).verdict in SETTLED
            for name in ("name", "birth_date", "share")
            if name in owner and name in other
        )

    named = [
        other
        for other in others
        if compare("name", owner.get("name", ""), other.get("name", "")).verdict
        in (*SETTLED, VerdictCode.SUSPECTED_SLIP, VerdictCode.UNREADABLE)
    ]
    return max(named, key=likeness, default=None)
