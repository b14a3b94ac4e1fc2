"""What a comparison makes of the labelled cells: missed changes, false alarms, wrong verdicts, by column."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.storage.reconciliation.labelled.cells import SETTLED, Cell

#: Column, master, answer -> verdict.
Compare = Callable[[str, str, str], str]


@dataclass
class Score:
    changes: int = 0
    #: Changes that were found settled.
    missed: list[Cell] = field(default_factory=list)
    notations: int = 0
    #: Other notations that were found anything but settled.
    alarms: list[Cell] = field(default_factory=list)
    cells: int = 0
    wrong: list[tuple[Cell, str]] = field(default_factory=list)

    @property
    def missed_share(self) -> float:
        return len(self.missed) / max(self.changes, 1)

    @property
    def alarm_share(self) -> float:
        return len(self.alarms) / max(self.notations, 1)

    @property
    def right_share(self) -> float:
        return 1 - len(self.wrong) / max(self.cells, 1)


def score(cells: Iterable[Cell], compare: Compare) -> dict[str, Score]:
    """By column, and all together under the empty name."""
    found: dict[str, Score] = {"": Score()}
    for cell in cells:
        verdict = compare(cell.column, cell.master, cell.answer)
        for one in (found[""], found.setdefault(cell.column, Score())):
            one.cells += 1
            one.changes += cell.changed
            one.notations += cell.same and cell.master != cell.answer
            if cell.changed and verdict in SETTLED:
                one.missed.append(cell)
            if cell.same and verdict not in SETTLED:
                one.alarms.append(cell)
            if verdict not in cell.right:
                one.wrong.append((cell, verdict))
    return found


def by_nfkc(column: str, master: str, answer: str) -> str:
    """What a script usually does: one width, no blanks, equal or not."""
    left, right = ("".join(unicodedata.normalize("NFKC", text).split()) for text in (master, answer))
    return "same_normalised" if left == right else "changed"
