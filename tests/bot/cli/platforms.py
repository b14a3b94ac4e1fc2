"""Both platforms' stand-ins in a thread of their own, for commands that run a loop themselves.

The service's public address leads to a webhook on this machine, so that LINE's test of it can be answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_telegram import TelegramPlatform
from tests.bot.simulator.stands import Clock
from tests.specs import Witness, line_spec, specs_at_hand, telegram_spec

PUBLIC = "https://kakunin.example.co.jp"
LINE_SECRET = "line-channel-secret"
LINE_TOKEN = "line-access-token"
BOT_TOKEN = "123456:telegram-bot-token"
BOT_SECRET = "telegram_secret-1"


class _Line(LinePlatform):
    """Reaches the public address where it really is."""

    near = ""

    async def post_webhook(self, url: str, events: list[dict[str, Any]]) -> int:
        return await super().post_webhook(url.replace(PUBLIC, self.near), events)


@dataclass
class Platforms:
    line: LinePlatform
    telegram: TelegramPlatform
    line_calls: Witness
    telegram_calls: Witness
    clock: Clock
    api_base: str = ""
    #: What the service's webhook answers.
    webhook_status: int = 200
    tested: list[str] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """Both channels on, at these stand-ins."""
        return {
            "LINE_CHANNEL_SECRET": LINE_SECRET,
            "LINE_CHANNEL_ACCESS_TOKEN": LINE_TOKEN,
            "LINE_BASIC_ID": self.line.account.basic_id,
            "LINE_API_BASE": f"{self.api_base}/line",
            "LINE_DATA_API_BASE": f"{self.api_base}/line",
            "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
            "TELEGRAM_BOT_USERNAME": self.telegram.username,
            "TELEGRAM_SECRET_TOKEN": BOT_SECRET,
            "TELEGRAM_API_BASE": f"{self.api_base}/telegram",
            "PUBLIC_URL": PUBLIC,
        }

    def calls(self, name: str) -> list[Any]:
        """Bodies of the calls to a path (LINE) or method (Telegram) that ends so."""
        every = (*self.line_calls.calls, *self.telegram_calls.calls)
        return [body for method, path, body in every if f"{method} {path}".endswith(name)]


@contextmanager
def platforms() -> Iterator[Platforms]:
    """Started, and stopped at the end; every call is checked against the official descriptions."""
    ready: Future[tuple[Platforms, Callable[[], object]]] = Future()

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        async with _serving() as made:
            ready.set_result((made, lambda: loop.call_soon_threadsafe(stop.set)))
            await stop.wait()

    with ThreadPoolExecutor(1) as thread:
        served = thread.submit(asyncio.run, serve())
        made, stop = ready.result(timeout=10)
        try:
            yield made
        finally:
            stop()
        served.result(timeout=10)
    made.line_calls.verify()
    made.telegram_calls.verify()


@asynccontextmanager
async def _serving() -> AsyncIterator[Platforms]:
    clock = Clock()
    line_calls = Witness(line_spec().observe if specs_at_hand() else None)
    telegram_calls = Witness(telegram_spec().observe if specs_at_hand() else None)
    line = _Line("", LINE_SECRET, LINE_TOKEN, now=clock.now, new_id=clock.new_id, observer=line_calls)
    telegram = TelegramPlatform(BOT_TOKEN, "kakunin_bot", now=clock.now, observer=telegram_calls)
    made = Platforms(line, telegram, line_calls, telegram_calls, clock)

    async def webhook(request: web.Request) -> web.Response:
        made.tested.append(request.path)
        return web.Response(status=made.webhook_status)

    app = web.Application()
    app.router.add_post("/line/webhook", webhook)
    app.add_subapp("/line", line.app)
    app.add_subapp("/telegram", telegram.app)
    async with TestServer(app) as server:
        made.api_base = line.near = str(server.make_url("")).rstrip("/")
        await line.start()
        await telegram.start()
        try:
            yield made
        finally:
            await line.close()
            await telegram.close()
