"""The universe: ordered ids, codes without look-alikes, a clock that is moved by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from storage.universe import CODE_ALPHABET, Universe

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def test_ids_are_uuid_version_7_and_sort_in_the_order_they_were_made() -> None:
    uni = Universe.real()
    ids = [uni.new_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))
    assert {(UUID(one).version, UUID(one).variant) for one in ids[:100]} == {(7, "specified in RFC 4122")}


def test_ids_keep_their_order_when_one_millisecond_is_full() -> None:
    uni = Universe.frozen(START)
    ids = [uni.new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("uni", [Universe.real(), Universe.frozen(START)], ids=["real", "frozen"])
def test_ids_that_are_made_together_are_ids_like_any_other(uni: Universe) -> None:
    ids = [uni.new_id(), *uni.new_ids(10_000), uni.new_id(), *uni.new_ids(0), *uni.new_ids(1), uni.new_id()]
    assert len(ids) == 10_004
    assert ids == sorted(set(ids))
    assert {(str(UUID(one)), UUID(one).version, UUID(one).variant) for one in ids} == {
        (one, 7, "specified in RFC 4122") for one in ids
    }
    # Chance in every place: no two share the end.
    assert len({one[-12:] for one in ids}) == len(ids)


def test_ids_are_made_one_by_one_where_somebody_else_makes_them() -> None:
    numbers = iter("abc")
    uni = replace(Universe.real(), new_id=lambda: next(numbers))
    assert uni.new_ids(3) == ["a", "b", "c"]


def test_an_id_tells_its_time() -> None:
    assert int(Universe.frozen(START).new_id().replace("-", "")[:12], 16) == START.timestamp() * 1000


def test_a_frozen_universe_repeats_itself_and_another_seed_does_not() -> None:
    def draw(seed: int) -> list[str]:
        uni = Universe.frozen(START, seed)
        return [uni.new_id(), uni.code(12), uni.new_id()]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_time_stands_until_it_is_moved_and_never_goes_back() -> None:
    uni = Universe.frozen(START)
    assert (uni.now(), uni.now()) == (START, START)
    assert uni.advance(timedelta(hours=1)) == uni.now() == START + timedelta(hours=1)
    with pytest.raises(ValueError, match="back"):
        uni.advance(timedelta(seconds=-1))


def test_a_universe_does_not_start_at_a_naive_time() -> None:
    with pytest.raises(ValueError, match="aware"):
        Universe.frozen(datetime(2026, 1, 1))


def test_codes_have_no_look_alikes_and_carry_five_bits_a_sign() -> None:
    assert len(set(CODE_ALPHABET)) == 32
    assert not set(CODE_ALPHABET) & set("01IO")
    uni = Universe.real()
    codes = {uni.code(12) for _ in range(500)}
    assert len(codes) == 500
    assert set("".join(codes)) == set(CODE_ALPHABET)


def test_the_real_clock_is_aware_and_in_utc() -> None:
    assert Universe.real().now().utcoffset() == timedelta(0)
