"""The measured level of the reply readers on the evaluation sets: what is reached is kept.

No value is taken that a row does not allow, and of each kind at least the share that is in README.md is right.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dialogs.definition.yaml_format import load_shipped
from dialogs.replies import READERS
from dialogs.replies.measuring import CHOICES, Judged, Judgement, judge, read_row

FOLDER = Path(__file__).parent / "replies"
FORM = load_shipped("individual")

#: Per cent of the rows that are right, rounded down; every kind that is not named: all of them.
REACHED = {CHOICES: 99, "corporate_number": 99, "date": 99, "percentage": 99, "postal_code": 99, "yes_no": 99}
KINDS = sorted({*READERS, CHOICES} - {"text"})


def judged(kind: str) -> list[Judged]:
    lines = (FOLDER / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    return [judge(read_row(kind, json.loads(line), FORM), FORM) for line in lines if line.strip()]


def test_every_kind_is_measured() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.jsonl")) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_reached_is_kept(kind: str) -> None:
    rows = judged(kind)
    assert [row.row.text for row in rows if row.judgement is Judgement.WRONGLY_TAKEN] == []
    right = sum(row.judgement is Judgement.RIGHT for row in rows)
    assert 100 * right >= REACHED.get(kind, 100) * len(rows)
