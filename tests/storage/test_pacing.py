"""One budget of calls for all senders: never more than the platform takes, and never less."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
from sqlalchemy import Connection

from storage.database import Database
from storage.pacing import Grant, Pace, Wish, exhausted, free_calls, grant, hold_back
from storage.universe import FrozenUniverse

CHATS = Pace(
    each=timedelta(milliseconds=100), burst=4, chat_each=timedelta(seconds=1), chat_burst=2, messages_per_call=1
)
BULK = Pace(each=timedelta(milliseconds=100), burst=4, chat_each=None, chat_burst=0, messages_per_call=5)
PACES = {"chats": CHATS, "bulk": BULK}


def ask(database: Database, uni: FrozenUniverse, *wishes: tuple[str, str, int]) -> list[Grant]:
    wanted = [Wish(channel=channel, account_id=account, messages=messages) for channel, account, messages in wishes]
    return database.run(lambda conn: grant(conn, uni.now(), PACES, wanted))


def granted(database: Database, uni: FrozenUniverse, *wishes: tuple[str, str, int]) -> list[int]:
    return [one.messages for one in ask(database, uni, *wishes)]


def test_a_burst_and_then_the_long_run(database: Database, universe: FrozenUniverse) -> None:
    everybody = [("chats", f"a{at}", 1) for at in range(6)]
    assert granted(database, universe, *everybody) == [1, 1, 1, 1, 0, 0]
    assert database.run_read(lambda conn: exhausted(conn, universe.now(), PACES)) == ["chats"]
    universe.advance(timedelta(milliseconds=250))
    assert granted(database, universe, ("chats", "b", 1), ("chats", "c", 1), ("chats", "d", 1)) == [1, 1, 0]
    universe.advance(timedelta(hours=1))
    assert granted(database, universe, *[("chats", f"e{at}", 1) for at in range(5)]) == [1, 1, 1, 1, 0]


def test_a_chat_has_a_budget_of_its_own_and_says_when_it_is_free(database: Database, universe: FrozenUniverse) -> None:
    first, other = ask(database, universe, ("chats", "a", 3), ("chats", "b", 1))
    assert (first.messages, other.messages) == (2, 1)
    (held,) = ask(database, universe, ("chats", "a", 1))
    assert held == Grant(messages=0, chat_free_at=universe.now() + timedelta(seconds=1))
    universe.advance(timedelta(seconds=1))
    assert granted(database, universe, ("chats", "a", 3)) == [1]


def test_a_call_of_five_messages_costs_one(database: Database, universe: FrozenUniverse) -> None:
    assert granted(database, universe, *[("bulk", "a", 5)] * 5) == [5, 5, 5, 5, 0]


def test_a_channel_without_a_pace_waits_for_nothing(database: Database, universe: FrozenUniverse) -> None:
    assert granted(database, universe, *[("post", "a", 50)] * 3) == [50, 50, 50]
    assert database.run_read(lambda conn: exhausted(conn, universe.now(), {})) == []


def test_a_refused_chat_waits_alone_and_a_second_one_stops_the_channel(
    database: Database, universe: FrozenUniverse
) -> None:
    def refuse(account: str) -> None:
        wait = timedelta(seconds=7)
        database.run(lambda conn: hold_back(conn, universe.now(), "chats", account, CHATS, wait))

    refuse("a")
    assert ask(database, universe, ("chats", "a", 1))[0].chat_free_at == universe.now() + timedelta(seconds=7)
    assert granted(database, universe, ("chats", "b", 1)) == [1]
    refuse("a")
    assert granted(database, universe, ("chats", "c", 1)) == [1]
    universe.advance(timedelta(seconds=2))
    refuse("b")
    assert granted(database, universe, ("chats", "d", 1)) == [0]
    assert database.run_read(lambda conn: exhausted(conn, universe.now(), PACES)) == ["chats"]
    universe.advance(timedelta(seconds=7))
    assert granted(database, universe, ("chats", "d", 1), ("chats", "e", 1)) == [1, 0], "and then slowly"


def test_where_chats_are_not_counted_a_refusal_stops_the_channel(database: Database, universe: FrozenUniverse) -> None:
    database.run(lambda conn: hold_back(conn, universe.now(), "bulk", "a", BULK, timedelta(seconds=1)))
    assert granted(database, universe, ("bulk", "b", 1)) == [0]
    universe.advance(timedelta(seconds=1))
    assert granted(database, universe, ("bulk", "b", 1)) == [1]


async def test_two_senders_at_once_share_it(database: Database, universe: FrozenUniverse) -> None:
    def take(name: str) -> int:
        def run(conn: Connection) -> int:
            wishes = [Wish(channel="chats", account_id=f"{name}{at}", messages=1) for at in range(3)]
            return sum(one.messages for one in grant(conn, universe.now(), PACES, wishes))

        return database.run(run)

    taken = await asyncio.gather(*(asyncio.to_thread(take, name) for name in "abcdef"))
    assert sum(taken) == CHATS.burst


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9)), max_size=30))
def test_no_window_holds_more_than_a_burst_and_its_time(steps: list[tuple[int, int]]) -> None:
    """What the formula allows, without a store: any stretch of time holds at most a burst and what it earns."""
    paid = now = datetime(2026, 1, 1, tzinfo=UTC)
    calls: list[tuple[datetime, int]] = []
    for wait, wanted in steps:
        now += timedelta(milliseconds=wait)
        free = min(wanted, free_calls(paid, now, CHATS.each, CHATS.burst))
        paid = max(paid, now) + free * CHATS.each
        calls.append((now, free))
    for at, (begin, _) in enumerate(calls):
        for end, _ in calls[at:]:
            inside = sum(count for when, count in calls if begin <= when <= end)
            assert inside <= CHATS.burst + (end - begin) / CHATS.each
