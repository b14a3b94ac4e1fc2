"""An allowance lets a burst through, then one in a while, and its memory stays bounded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from bot.buckets import Buckets
from storage.universe import FrozenUniverse, Universe
from tests.conftest import START

SECOND = timedelta(seconds=1)


def buckets(universe: FrozenUniverse, *, burst: int = 3, most_keys: int = 100) -> Buckets:
    return Buckets(burst=burst, refill=SECOND, now=universe.now, most_keys=most_keys)


def test_a_burst_and_then_one_in_a_while(universe: FrozenUniverse) -> None:
    allowance = buckets(universe)
    assert [allowance.take("a") for _ in range(5)] == [True, True, True, False, False]
    universe.advance(SECOND)
    assert [allowance.take("a") for _ in range(2)] == [True, False]
    universe.advance(60 * SECOND)
    assert [allowance.take("a") for _ in range(4)] == [True, True, True, False]


def test_asking_in_vain_costs_nothing(universe: FrozenUniverse) -> None:
    allowance = buckets(universe, burst=1)
    assert allowance.take("a")
    for _ in range(9):
        universe.advance(SECOND / 10)
        assert not allowance.take("a")
    universe.advance(SECOND / 10)
    assert allowance.take("a")


def test_everybody_has_his_own(universe: FrozenUniverse) -> None:
    allowance = buckets(universe, burst=1)
    assert allowance.take("a")
    assert not allowance.take("a")
    assert allowance.take("b")


def test_memory_stays_bounded(universe: FrozenUniverse) -> None:
    allowance = buckets(universe, burst=1, most_keys=10)
    for number in range(1000):
        assert allowance.take(str(number))
    assert len(allowance._full_at) == 10
    assert not allowance.take("999")


@given(burst=st.integers(1, 20), waits=st.lists(st.integers(0, 4000), max_size=60))
def test_never_more_than_the_burst_and_what_came_back(burst: int, waits: list[int]) -> None:
    universe = Universe.frozen(START)
    allowance = buckets(universe, burst=burst)
    allowed: list[int] = []
    at = 0
    for wait in waits:
        universe.advance(timedelta(milliseconds=wait))
        at += wait
        if allowance.take("a"):
            allowed.append(at)
    for first in range(len(allowed)):
        for last in range(first, len(allowed)):
            assert last - first + 1 <= burst + (allowed[last] - allowed[first]) // 1000 + 1


@pytest.mark.parametrize("wrong", [{"burst": 0}, {"most_keys": 0}])
def test_an_allowance_of_nothing_is_a_mistake(universe: FrozenUniverse, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        buckets(universe, **wrong)


def test_a_clock_that_is_put_back_locks_nobody_out() -> None:
    now = START
    allowance = Buckets(burst=2, refill=SECOND, now=lambda: now)
    assert allowance.take("a")
    now -= timedelta(days=1)
    assert [allowance.take("a") for _ in range(3)] == [True, True, False]
