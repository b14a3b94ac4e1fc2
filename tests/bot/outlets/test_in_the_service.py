"""The outlets as a process runs them: by their roles, from the settings alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.outlets import sending, sftp
from bot.outlets.setting_up import set_up_now
from bot.service import make_service
from bot.settings import Settings
from storage.audit import list_entries
from storage.database import Database
from storage.exports.sendings import list_sendings
from storage.outlets.faring import load_outlet, set_up
from storage.outlets.hooks import HOOKS, KINDS, list_messages, tell
from storage.universe import FrozenUniverse
from tests.bot.outlets.conftest import MakeSender, answers
from tests.bot.outlets.receiver import Receiver, receiving
from tests.bot.outlets.server import SftpHost
from tests.bot.outlets.test_hooks import OLD, secret
from tests.storage.exports.test_drop import picked_up


async def test_a_process_sends_and_tells_and_one_without_the_settings_does_not(
    sqlite_database: Database, universe: FrozenUniverse, host: SftpHost, temporary: Path
) -> None:
    async with receiving(Receiver(OLD, now=int(universe.now().timestamp()))) as receiver:
        settings = Settings(**host.settings(hook_url=receiver.url, hook_secret=secret(OLD)))
        async with make_service(sqlite_database, settings, name="one").running(("sender", "timers")):
            await asyncio.to_thread(answers, sqlite_database, "0001")
            await asyncio.wait_for(receiver.taken.acquire(), 20)
            while not [one for one, _ in await sqlite_database.read(list_sendings) if one.state == "sent"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert receiver.told()[0]["type"] == "submission"
        assert len(picked_up(host.there)) == 1
        async with make_service(sqlite_database, Settings(), name="two").running(("sender", "timers")):
            await asyncio.to_thread(answers, sqlite_database, "0002")
            told = await sqlite_database.read(list_messages)
        assert len(told) == 1


async def test_the_hook_is_switched_off_only_by_a_process_whose_work_it_is(sqlite_database: Database) -> None:
    await sqlite_database.transact(lambda conn: set_up(conn, HOOKS, "https://bank.example/hook", KINDS))
    uni = sqlite_database.universe

    async def happens() -> None:
        await sqlite_database.transact(lambda conn: tell(conn, uni, KINDS[0], case_id=None, facts={}, counts={}))

    async def open_messages() -> int:
        return len(await sqlite_database.read(lambda conn: list_messages(conn, outcome="open")))

    await happens()
    async with make_service(sqlite_database, Settings(), name="one").running(("webhooks",)):
        await happens()
    assert await open_messages() == 2
    with capture_logs() as logs:
        async with make_service(sqlite_database, Settings(), name="two").running(("sender",)):
            await happens()
    assert await open_messages() == 0
    assert [one["messages"] for one in logs if (one["event"], one["log_level"]) == ("hooks.off", "error")] == [2]
    (entry,) = [one for one in await sqlite_database.read(list_entries) if one.action == "hooks.off"]
    assert entry.detail == {"messages": "2"}


async def test_what_is_told_is_for_the_process_that_sends_to_say(sqlite_database: Database) -> None:
    hook = {"hook_url": "https://bank.invalid/hook", "hook_secret": secret(OLD)}
    narrow, wide = Settings(**hook, hook_kinds="hand_over"), Settings(**hook)

    async def starts(settings: Settings, *roles: str) -> str:
        async with make_service(sqlite_database, settings, name="one").running(roles):
            outlet = await sqlite_database.read(lambda conn: load_outlet(conn, HOOKS))
        assert outlet is not None
        return outlet.kinds

    assert await starts(wide, "webhooks") == ",".join(KINDS), "until the sender has come"
    assert await starts(narrow, "sender") == "hand_over"
    assert await starts(wide, "webhooks") == "hand_over"
    await asyncio.to_thread(set_up_now, sqlite_database, wide, HOOKS)
    assert await starts(wide, "webhooks") == "hand_over", "nor does a command say so"
    assert await starts(wide, "sender") == ",".join(KINDS)


async def test_a_service_stops_also_while_the_server_answers_nothing(
    sqlite_database: Database, host: SftpHost, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "_SILENT", 1.0)
    await asyncio.to_thread(answers, sqlite_database, "0001")
    host.hangs = "open"
    async with make_service(sqlite_database, Settings(**host.settings()), name="one").running(("timers",)):
        assert await asyncio.to_thread(host.is_hanging.wait, 20)
    outlet = await sqlite_database.read(lambda conn: load_outlet(conn, "sftp"))
    assert outlet is not None
    assert outlet.detail == "silent", "it was not waited until the server would answer"


async def test_a_store_that_is_away_for_a_moment_ends_no_sending(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_LOOK_EVERY", 0.01)
    await asyncio.to_thread(answers, sqlite_database, "0001")
    sender, looks = make_sender(sqlite_database), 0
    real = sender.is_due

    def is_due() -> bool:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise OperationalError("SELECT", {}, OSError("the disk is away"))
        return real()

    monkeypatch.setattr(sender, "is_due", is_due)
    running = asyncio.create_task(sender.run())
    try:
        async with asyncio.timeout(20):
            while not list(host.there.glob("*.done")) and not running.done():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert picked_up(host.there) == [["0001"]]
