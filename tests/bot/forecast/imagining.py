"""A small imagined bank for the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from bot.forecast.assumptions import read_assumptions
from bot.forecast.bank import Plan
from bot.forecast.talking import Played
from bot.forecast.world import Task
from bot.outreach.cadence import Cadence
from bot.outreach.ladder import shipped_ladder
from bot.settings import Settings

#: A conversation of each kind that goes through to its end, and one that a person takes over.
PLAYED = tuple(
    Played(
        form=form,
        persona=persona,
        outcome=outcome,
        question="" if outcome == "completed" else "name",
        turns=30,
        seconds=200.0,
    )
    for form in ("individual", "corporate")
    for persona in ("hurried", "careful", "unsure", "worried")
    for outcome in ("completed", "completed", "left", "person")
)


def task(folder: Path, **changes: Any) -> Task:
    """A part of a bank; the changes are those of ``Task``."""
    made = Task(
        settings=Settings(),
        assumptions=read_assumptions(),
        plan=Plan(ladder=shipped_ladder(), cadence=Cadence()),
        before=Cadence(),
        numbers=(0, 60),
        seed=7,
        first=date(2026, 12, 1),
        months=2,
        played=PLAYED,
        folder=folder,
    )
    return replace(made, **changes)
