"""The store goes away: restarted, locked, full. No 200 without a commit, no half of a turn, no repair by hand."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.e2e.house import Customer
from tests.faults.bank import Bank, Process
from tests.faults.conftest import At
from tests.faults.invariants import Violated, check
from tests.faults.points import BEGIN
from tests.postgres import PostgresServer

on_postgresql = pytest.mark.parametrize("kind", ["postgresql"])


async def status(bank: Bank, event: dict[str, Any]) -> int:
    return (await bank.house.line.deliver(event)).statuses[-1]


async def answered_once(bank: Bank, customer: Customer, process: Process, before: int, *events: dict[str, Any]) -> None:
    """All is well again: every event is worked off, and each answer was shown once."""
    await bank.let_pass(process)
    check(bank.house, accepted=[event["webhookEventId"] for event in events])
    shown = [bubble.text for bubble in customer.person.received()[before:]]
    assert len(shown) == len(set(shown)) == len(events)


# PostgreSQL restarted -------------------------------------------------------------------------------


async def restarted(
    bank: Bank, at: At, server: PostgresServer, how: signal.Signals, sabotage: tuple[str, ...] = ()
) -> None:
    customer = await at("line", "answering")
    before = len(customer.person.received())
    with psycopg.connect(bank.url, autocommit=True) as connection:
        # A server for tests saves itself this; without it a crash takes turns with it that were acknowledged.
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET synchronous_commit = on".encode())
        connection.execute("CHECKPOINT")
    process = await bank.start(channel="line", sabotage=sabotage)
    first = bank.house.line.tap_event(customer.user_id, customer.button("c0")[1])
    assert await status(bank, first) == 200
    server.halt(how)
    try:
        second = bank.house.line.text_event(customer.user_id, "もしもし")
        away = await status(bank, second)
        assert await bank.step(process, "send") is None
    finally:
        server.start()
    if away == 200:
        check(bank.house, accepted=[second["webhookEventId"]])
    assert away == 503
    # The same process, without a restart of its own, and at the first try.
    assert await status(bank, second) == 200
    await answered_once(bank, customer, process, before, first, second)


@on_postgresql
@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGQUIT, marks=pytest.mark.slow)])
async def test_a_restart_costs_no_event(
    bank: Bank, at: At, postgres_server: PostgresServer, how: signal.Signals
) -> None:
    await restarted(bank, at, postgres_server, how)


@pytest.mark.slow
@on_postgresql
async def test_an_event_that_was_acknowledged_and_not_stored_is_noticed(
    bank: Bank, at: At, postgres_server: PostgresServer
) -> None:
    """The control."""
    with pytest.raises(Violated):
        await restarted(bank, at, postgres_server, signal.SIGINT, ("always_200",))


@on_postgresql
async def test_a_restart_between_two_events_is_not_even_seen(
    bank: Bank, at: At, postgres_server: PostgresServer
) -> None:
    """The pool still holds connections to the server of before."""
    customer = await at("line", "answering")
    before = len(customer.person.received())
    process = await bank.start(channel="line")
    first = bank.house.line.tap_event(customer.user_id, customer.button("c0")[1])
    assert await status(bank, first) == 200
    postgres_server.halt()
    postgres_server.start()
    second = bank.house.line.text_event(customer.user_id, "もしもし")
    assert await status(bank, second) == 200
    await answered_once(bank, customer, process, before, first, second)


@pytest.mark.slow
@on_postgresql
async def test_what_was_sent_while_the_store_went_away_is_recorded_when_it_is_back(
    bank: Bank, at: At, postgres_server: PostgresServer
) -> None:
    """Telegram has taken a receipt; without patience it would become a doubt, and a task for staff."""
    customer = await at("telegram", "submitting")
    process = await bank.start(channel="telegram", stop_at="ANSWERED receipt")
    bubble, tappable = customer.button("submit")
    assert (await customer.platform.tap(customer.user_id, bubble.message_id, tappable.data)).ok

    async def send() -> None:
        for _ in range(6):
            await bank.step(process, "send")
            bank.universe.advance(timedelta(seconds=2))

    sending = asyncio.create_task(send())
    await bank.stops(process)
    postgres_server.halt()
    process.send(signal.SIGCONT)
    await bank.logs(process, "delivery.not_recorded_yet")
    postgres_server.start()
    await sending
    (row,) = bank.house.rows("SELECT state FROM outgoing_message WHERE kind = 'receipt'")
    assert row.state == "sent"


# SQLite ---------------------------------------------------------------------------------------------


async def test_a_full_disk_takes_nothing_and_spoils_nothing(bank: Bank, at: At) -> None:
    customer = await at("line", "answering")
    before = len(customer.person.received())
    process = await bank.start(channel="line")
    store = Path(bank.url.removeprefix("sqlite:///"))
    first = bank.house.line.tap_event(customer.user_id, customer.button("c0")[1])
    assert await status(bank, first) == 200
    # No file of this process may grow any more: neither the store nor its log of changes.
    await bank.step(process, "disk", {"size": store.with_name(store.name + "-wal").stat().st_size})
    second = bank.house.line.text_event(customer.user_id, "もしもし")
    assert await status(bank, second) == 503
    assert await status(bank, second) == 503
    assert await bank.step(process, "send") is None
    await bank.step(process, "disk", {"size": None})
    assert await status(bank, second) == 200
    await answered_once(bank, customer, process, before, first, second)
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_store_locked_by_another_process_is_waited_for(bank: Bank, at: At) -> None:
    customer = await at("line", "answering")
    before = len(customer.person.received())
    process = await bank.start(channel="line")
    event = bank.house.line.tap_event(customer.user_id, customer.button("c0")[1])
    with closing(sqlite3.connect(bank.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        delivering = asyncio.create_task(status(bank, event))
        await bank.passes(process, BEGIN)
        other.execute("COMMIT")
    assert await delivering == 200
    await answered_once(bank, customer, process, before, event)


@pytest.mark.slow
async def test_a_store_locked_for_too_long_is_answered_with_503(bank: Bank, at: At) -> None:
    customer = await at("line", "answering")
    before = len(customer.person.received())
    process = await bank.start(channel="line", sabotage=("little_patience",))
    event = bank.house.line.tap_event(customer.user_id, customer.button("c0")[1])
    with closing(sqlite3.connect(bank.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await status(bank, event) == 503
        other.execute("COMMIT")
    assert await status(bank, event) == 200
    await answered_once(bank, customer, process, before, event)


async def test_a_second_serve_on_a_sqlite_store_says_why_it_ends(bank: Bank, at: At) -> None:
    await at("line", "answering")
    await bank.start(channel="line")
    with pytest.raises(AssertionError, match="AlreadyServing"):
        await bank.start(channel="line")


# The end of a process -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
async def test_sigterm_in_mid_turn_finishes_the_turn_and_its_answer(bank: Bank, at: At) -> None:
    customer = await at("line", "answering")
    before = len(customer.person.received())
    # It stops over the commit of the turn, so that the signal finds it there.
    process = await bank.start(channel="line", roles=("webhooks", "sender"), stop_at="inbound_event SET")
    event = bank.house.line.tap_event(customer.user_id, customer.button("c0")[1])
    delivering = asyncio.create_task(status(bank, event))
    await bank.stops(process)
    process.send(signal.SIGTERM)
    process.send(signal.SIGCONT)
    assert await delivering == 200
    assert await process.ended() == 0, process.log()
    assert await status(bank, bank.house.line.text_event(customer.user_id, "もしもし")) == 0
    check(bank.house, accepted=[event["webhookEventId"]])
    assert len(customer.person.received()) == before + 1
