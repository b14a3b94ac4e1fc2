"""Small counts are hidden, and cannot be worked out from what stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, strategies as st

from bot.console.few import LEAST, days_without_few, steps_without_few, whole, without_few

counts = st.integers(0, 30)
tables = st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(counts, min_size=width, max_size=width), max_size=5))


def hidden_in(shown: Sequence[int | None], true: Sequence[int]) -> list[int]:
    return [count for mark, count in zip(shown, true, strict=True) if mark is None]


@given(tables)
def test_nothing_small_is_shown(table: list[list[int]]) -> None:
    found = without_few(table)
    for line in (*found.cells, found.totals):
        assert not any(0 < count < LEAST for count in line if count is not None)


@given(tables)
def test_what_is_shown_is_true(table: list[list[int]]) -> None:
    found = without_few(table)
    for shown, true in zip(found.cells, table, strict=True):
        assert all(count in (None, one) for count, one in zip(shown, true, strict=True))
    assert all(total in (None, sum(row)) for total, row in zip(found.totals, table, strict=True))


@given(tables)
def test_no_total_gives_a_hidden_count_away(table: list[list[int]]) -> None:
    """Subtracting what is shown from a total leaves five people or more in two cells or more, or nobody."""
    found = without_few(table)
    for shown, total, true in zip(found.cells, found.totals, table, strict=True):
        gone = hidden_in(shown, true)
        if total is not None and gone:
            assert len(gone) > 1
            assert sum(gone) >= LEAST
        # And a hidden total does not follow from its cells.
        if total is None:
            assert gone


@given(tables)
def test_the_sum_of_a_column_gives_nothing_away_where_others_can_hide_it(table: list[list[int]]) -> None:
    """It is not shown here, but may be known from another chart."""
    found = without_few(table)
    for x in range(len(table[0]) if table else 0):
        true = [row[x] for row in table]
        gone = hidden_in([row[x] for row in found.cells], true)
        left = [count for count, row in zip(true, found.cells, strict=True) if row[x] is not None and count]
        assert not gone or (len(gone) > 1 and sum(gone) >= LEAST) or not left or sum(true) < LEAST


def test_examples() -> None:
    # One small cell would follow from the total: the next smallest goes with it.
    found = without_few([[100, 3, 40, 60], [50, 0, 70, 80]])
    assert found.cells[0] == (100, None, None, 60)
    assert found.cells[1] == (50, None, None, 80)
    assert found.totals == (203, 200)
    # A row of few has no total, and takes the next smallest total with it.
    found = without_few([[2, 0], [30, 40], [50, 60]])
    assert found.totals == (None, None, 110)
    assert found.cells[0] == (None, 0)
    assert None in found.cells[1]
    assert without_few([]) == whole([])


def test_who_may_sees_everything() -> None:
    assert whole([[1, 2], [0, 9]]).cells == ((1, 2), (0, 9))
    assert whole([[1, 2], [0, 9]]).totals == (3, 9)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=6).map(lambda found: sorted(found, reverse=True)))
def test_steps_hide_counts_and_falls_of_few(true: list[int]) -> None:
    shown = steps_without_few(true)
    kept = [count for count in shown if count is not None]
    assert all(count in (None, one) for count, one in zip(shown, true, strict=True))
    assert not any(0 < count < LEAST for count in kept)
    assert not any(0 < one - other < LEAST for one, other in pairwise(kept))


def test_a_fall_of_few() -> None:
    assert steps_without_few([100, 98, 60, 3]) == [100, None, 60, None]
    assert steps_without_few([100, 100, 60, 0]) == [100, 100, 60, 0]


@given(st.lists(st.integers(0, 20), max_size=30))
def test_days_of_few_are_joined_and_nobody_is_lost(came: list[int]) -> None:
    found = days_without_few(list(enumerate(came)))
    assert all(count >= LEAST for _, count in found)
    assert sum(count for _, count in found) == (sum(came) if sum(came) >= LEAST else 0)
    assert [day for day, _ in found] == sorted({day for day, _ in found})
