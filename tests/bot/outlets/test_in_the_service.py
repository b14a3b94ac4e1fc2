"""The outlets as a process runs them: by their roles, from the settings alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.service import make_service
from bot.settings import Settings
from storage.database import Database
from storage.exports.sendings import list_sendings
from storage.outlets.hooks import list_messages
from storage.universe import FrozenUniverse
from tests.bot.outlets.conftest import answers
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
