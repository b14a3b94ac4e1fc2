"""The levels of accuracy, held on labelled sets that no rule was developed with."""

from __future__ import annotations

import pytest

from storage.reconciliation.comparators import FIELD_KINDS, compare
from tests.storage.reconciliation.labelled import DEVELOPED_WITH, HELD_ON
from tests.storage.reconciliation.labelled.cells import Cell, cells
from tests.storage.reconciliation.labelled.scoring import Score, by_nfkc, score

PER_COLUMN = 250
#: Of these no change may be missed at all.
NONE_MISSED = ("birth_date", "nationality", "residence_expiry", "occupation", "purposes", "corporate_number")


@pytest.fixture(scope="module")
def held() -> list[Cell]:
    assert not set(HELD_ON) & set(DEVELOPED_WITH)
    return [cell for seed in HELD_ON for cell in cells(seed, PER_COLUMN)]


@pytest.fixture(scope="module")
def scores(held: list[Cell]) -> dict[str, Score]:
    return score(
        held, lambda column, master, answer: str(compare(FIELD_KINDS.get(column, column), master, answer).verdict)
    )


def test_hardly_any_change_is_missed(scores: dict[str, Score]) -> None:
    assert scores[""].changes > 2000
    assert scores[""].missed_share <= 0.001, scores[""].missed
    assert {column: scores[column].missed for column in NONE_MISSED} == {column: [] for column in NONE_MISSED}


def test_hardly_any_notation_is_reported(scores: dict[str, Score]) -> None:
    assert scores[""].notations > 4000
    assert scores[""].alarm_share <= 0.005, scores[""].alarms


def test_the_verdict_is_right(scores: dict[str, Score]) -> None:
    assert scores[""].right_share >= 0.97, scores[""].wrong[:20]
    assert {column: one.right_share for column, one in scores.items() if one.right_share < 0.95} == {}


def test_what_a_script_usually_does_is_not_enough(held: list[Cell]) -> None:
    """The set is worth its name: one width and no blanks would report most notations."""
    assert score(held, by_nfkc)[""].alarm_share > 0.3
