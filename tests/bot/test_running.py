"""``run_service``: what it refuses before anything is open, and which role opens which port."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot import running
from bot.content_sources import publish_all
from bot.problems import SettingsProblem
from bot.settings import Settings, load_settings
from storage.database import Database
from storage.problems import AlreadyServing
from storage.publishing import list_published

ALL = ("webhooks", "console", "sender", "timers", "reconcile")


@pytest.fixture(autouse=True)
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The service sets up the logs of its process; here that is the process of all tests."""
    levels: list[int] = []
    monkeypatch.setattr(running, "configure", lambda level, form: levels.append(level))
    yield
    # Once, at the level at which its deeds are named.
    assert set(levels) == {logging.INFO}


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    sqlite_database.run(lambda conn: publish_all(conn, sqlite_database.universe, None, actor="test"))
    return sqlite_database


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings(**overrides: object) -> Settings:
    return load_settings(**{"port": free_port(), "console_port": free_port(), "allow_drafts": True} | overrides)


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What ends the service in the place of a signal."""
    stopped = asyncio.Event()

    monkeypatch.setattr(running, "_signalled", lambda: stopped)
    return stopped.set


@asynccontextmanager
async def served(
    database: Database, chosen: Settings, roles: tuple[str, ...], stop: Callable[[], None]
) -> AsyncIterator[None]:
    task = asyncio.ensure_future(running.run_service(database, chosen, roles))
    port = chosen.metrics_port or (chosen.console_port if "console" in roles else chosen.port)
    for _ in range(500):
        if task.done() or await status(port, "/") is not None:
            break
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        stop()
        await asyncio.wait_for(task, 5)


async def status(port: int, path: str) -> int | None:
    """What a port answers; ``None`` where nobody listens."""
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}{path}", allow_redirects=False) as answer,
        ):
            return answer.status
    except aiohttp.ClientConnectionError:
        return None


@pytest.mark.parametrize(
    ("roles", "webhooks", "console"),
    [(ALL, 200, 200), (("webhooks",), 200, None), (("console",), None, 200), (("webhooks", "sender"), 200, None)],
)
async def test_each_role_opens_its_own_port(
    database: Database,
    stop: Callable[[], None],
    roles: tuple[str, ...],
    webhooks: int | None,
    console: int | None,
) -> None:
    chosen = settings()
    async with served(database, chosen, roles, stop):
        assert await status(chosen.port, "/health/ready") == webhooks
        assert await status(chosen.console_port, "/console/sign-in") == console
        # Neither answers for the other.
        assert await status(chosen.port, "/console/sign-in") == (404 if webhooks else None)
    # Both are closed again.
    assert await status(chosen.port, "/health/live") is None
    assert await status(chosen.console_port, "/console/sign-in") is None


@pytest.mark.parametrize("roles", [("sender",), ("timers",), ("reconcile",), ALL])
async def test_a_process_of_any_role_can_be_watched(
    database: Database, stop: Callable[[], None], roles: tuple[str, ...]
) -> None:
    chosen = settings(metrics_port=free_port())
    async with served(database, chosen, roles, stop):
        assert await status(chosen.metrics_port, "/health/ready") == 200
        assert await status(chosen.metrics_port, "/metrics") == 200
        assert await status(chosen.metrics_port, "/console/sign-in") == 404


async def test_drafts_are_refused_before_a_port_opens(database: Database, stop: Callable[[], None]) -> None:
    stop()
    with pytest.raises(SettingsProblem, match=r"drafts.*KAKUNIN_ALLOW_DRAFTS=1"):
        await running.run_service(database, settings(allow_drafts=False), ALL)


async def test_the_first_start_publishes_and_a_later_one_does_not(
    sqlite_database: Database, stop: Callable[[], None]
) -> None:
    stop()
    await running.run_service(sqlite_database, settings(), ("webhooks",))
    first = sqlite_database.run_read(list_published)
    assert {(row.kind, row.actor, row.is_live) for row in first} == {
        ("questionnaire", "first start", True),
        ("faq", "first start", True),
    }
    await running.run_service(sqlite_database, settings(), ("webhooks",))
    assert sqlite_database.run_read(list_published) == first


@pytest.mark.parametrize("taken", ["port", "console_port"])
async def test_a_port_that_is_taken_is_named_and_everything_is_closed_again(
    database: Database, stop: Callable[[], None], taken: str
) -> None:
    stop()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        chosen = settings(**{taken: port})
        with pytest.raises(SettingsProblem, match=f"127.0.0.1:{port} cannot be used"):
            await running.run_service(database, chosen, ALL)
    free = chosen.console_port if taken == "port" else chosen.port
    assert await status(free, "/health/live") is None
    # Nor is the right to serve kept.
    with database.serve_lock():
        pass
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name() in ("sender", "timers")] == []


async def test_a_store_that_is_served_already(database: Database, stop: Callable[[], None]) -> None:
    stop()
    chosen = settings()
    with database.serve_lock(), pytest.raises(AlreadyServing):
        await running.run_service(database, chosen, ALL)
    assert await status(chosen.port, "/health/live") is None


async def test_a_store_that_goes_away_is_not_ready(
    database: Database, stop: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings()
    async with served(database, chosen, ("webhooks",), stop):
        assert await status(chosen.port, "/health/ready") == 200

        async def gone(*_: object) -> None:
            raise ConnectionError

        monkeypatch.setattr(database, "read", gone)
        assert await status(chosen.port, "/health/ready") == 503
        # The process itself is alive: it must not be killed for that.
        assert await status(chosen.port, "/health/live") == 200
