"""The verdict on one cell of a file, remembered: the same three values are never compared twice in a row of thousands.

Promise: a verdict depends on column, master value and answer alone, so files give the same verdicts in any order,
on any machine and with any number of processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from storage.reconciliation.comparators import FIELD_KINDS, compare
from storage.reconciliation.verdict import VerdictCode

KEY = "customer_no"
#: Column -> folded label -> code.
Codes = Mapping[str, Mapping[str, str]]
#: Distinct cells that are remembered; a file has few of its codes and many of its addresses.
_REMEMBERED = 100_000
_NO_CODES: Mapping[str, str] = {}


class Judge:
    """Compares cells by column; ``codes`` are the choices of coded columns."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self.verdict = lru_cache(maxsize=_REMEMBERED)(self._verdict)

    def _verdict(self, column: str, master: str, answer: str) -> tuple[str, str]:
        """Verdict and reason of two values that are not equal."""
        if column == KEY:
            return (
                (VerdictCode.NEW.value, "not_in_master") if not master else (VerdictCode.MISSING.value, "not_answered")
            )
        found = compare(FIELD_KINDS.get(column, "text"), master, answer, codes=self._codes.get(column, _NO_CODES))
        return found.verdict.value, reason_code(found.reason, found.rules)


def reason_code(reason: str, rules: Sequence[str]) -> str:
    """The reason as one code: ``notation:width+space``."""
    return f"{reason}:{'+'.join(rules)}" if rules else reason
