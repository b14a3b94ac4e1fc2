"""The verdict on one column of one submission, with both values."""

from __future__ import annotations

import dataclasses
from typing import Any

from storage.reconciliation.verdict import COMPARATOR_VERSION, Verdict


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on one column, with both values."""

    #: Column of the master file, or the question's name where the finding is about the answer alone.
    field: str
    verdict: Verdict
    master: str = dataclasses.field(repr=False)
    answer: str = dataclasses.field(repr=False)

    def as_row(self, severity: str) -> dict[str, Any]:
        """The finding as the store keeps it."""
        return {
            "field": self.field,
            "verdict": self.verdict.verdict.value,
            "severity": severity,
            "reason": self.verdict.reason,
            "rules": self.verdict.rules,
            "master": self.master,
            "answer": self.answer,
            "comparator_version": COMPARATOR_VERSION,
        }
