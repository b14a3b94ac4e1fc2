"""Opening the house: stand-ins, settings and a running service over a seeded store."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from bot.service import Service, make_service
from bot.settings import load_settings
from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_telegram import TelegramPlatform
from bot.webhooks import make_webhooks
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.e2e.house import BANK_PHONE, BOT_SECRET, BOT_TOKEN, LINE_SECRET, LINE_TOKEN, House, Letters, say
from tests.specs import Witness, line_spec, specs_at_hand, telegram_spec

#: Seconds for a call on a busy machine.  The clock of the house stands: what is given up is tried again by that clock
#: alone, so a call that took too long would look as if nothing had been sent.
_PATIENCE = 120.0


def _patient(service: Service) -> Service:
    line: Any = service.channels["line"]
    telegram: Any = service.channels["telegram"]
    line._time_out = aiohttp.ClientTimeout(total=_PATIENCE)
    telegram._time_out = _PATIENCE
    return service


@asynccontextmanager
async def open_house(
    database: Database, universe: FrozenUniverse, letters: Letters, **overrides: Any
) -> AsyncIterator[House]:
    """The house over a seeded store; at the end no call may have broken the platforms' descriptions."""
    line_rules = line_spec() if specs_at_hand() else None
    telegram_rules = telegram_spec() if specs_at_hand() else None
    line_calls = Witness(line_rules.observe if line_rules else None)
    line_hooks = Witness(line_rules.observe_webhook if line_rules else None)
    telegram_calls = Witness(telegram_rules.observe if telegram_rules else None)
    telegram_hooks = Witness(telegram_rules.observe_webhook if telegram_rules else None)
    line = LinePlatform(
        "http://127.0.0.1:9/",
        LINE_SECRET,
        LINE_TOKEN,
        now=universe.now,
        new_id=universe.new_id,
        observer=line_calls,
        webhook_observer=line_hooks,
        redelivery_pause=0,
        redeliveries=0,
        hang=overrides.pop("hang", 2.0),
        webhook_time_out=_PATIENCE,
    )
    telegram = TelegramPlatform(
        BOT_TOKEN,
        "kakunin_e2e_bot",
        now=universe.now,
        secret_token=BOT_SECRET,
        observer=telegram_calls,
        webhook_observer=telegram_hooks,
        redelivery_pause=0,
        redeliveries=0,
        hang=2.0,
    )
    async with AsyncExitStack() as stack:

        async def serve(app: web.Application) -> str:
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.bind(("127.0.0.1", 0))
            await web.SockSite(runner, listener).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        platforms = web.Application()
        platforms.add_subapp("/line/", line.app)
        platforms.add_subapp("/telegram/", telegram.app)
        base = await serve(platforms)
        settings = load_settings(
            bank_name=say("tour.bank_name"),
            bank_phone=BANK_PHONE,
            allow_drafts=True,
            **{"sensitive_channels": ("line", "telegram")} | overrides,
            line_channel_secret=LINE_SECRET,
            line_channel_access_token=LINE_TOKEN,
            line_basic_id="@kakunin-e2e",
            line_api_base=f"{base}/line",
            line_data_api_base=f"{base}/line",
            telegram_bot_token=BOT_TOKEN,
            telegram_bot_username="kakunin_e2e_bot",
            telegram_secret_token=BOT_SECRET,
            telegram_api_base=f"{base}/telegram",
        )
        processes = 0

        def make(opened: Database) -> Service:
            nonlocal processes
            processes += 1
            return _patient(make_service(opened, settings, name=f"process-{processes}"))

        async def serve_webhooks(service: Service) -> str:
            return await serve(make_webhooks(service))

        house = House(
            database=database,
            universe=universe,
            letters=letters,
            line=line,
            telegram=telegram,
            settings=settings,
            service=make(database),
            webhooks_url="",
            make=make,
            serve=serve_webhooks,
        )
        await line.start()
        stack.push_async_callback(line.close)
        await telegram.start()
        stack.push_async_callback(telegram.close)

        async def stop() -> None:
            # Whichever process runs by then.
            await house.service.stop()

        stack.push_async_callback(stop)
        await house.restart()
        yield house
        for witness in (line_calls, line_hooks, telegram_calls, telegram_hooks):
            witness.verify()
