"""Helpers: a stand-in of a platform on a real port, a bot's webhook beside it, a clock to turn."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.base import Channel, Inbound, Recipient, UnreadableBody, WrongSignature
from bot.channels.line.adapter import LineChannel
from bot.channels.telegram.adapter import TelegramChannel
from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_telegram import TelegramPlatform
from dialogs.conversation.prompts import Message, MessageKind, ShownButton
from dialogs.personal import Personal
from tests.specs import Witness, line_spec, specs_at_hand, telegram_spec

SECRET = "channel-secret"
TOKEN = "channel-access-token"
BOT_TOKEN = "123456:telegram-bot-token"
BOT_SECRET = "telegram_secret-1"
KEY = "0198a000-0000-7000-8000-00000000000a"


class Clock:
    """A clock that stands still until it is turned, and ids in a row."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self._ids = itertools.count(1)

    def now(self) -> datetime:
        return self.time

    def advance(self, **parts: float) -> None:
        self.time += timedelta(**parts)

    def new_id(self) -> str:
        return f"0198a000-0000-7000-8000-{next(self._ids):012x}"


@dataclass
class Bot:
    """What a webhook route does: receive, hand on, 200; ``refuse`` is the statuses of the next requests."""

    received: list[Inbound] = field(default_factory=list)
    refuse: list[int] = field(default_factory=list)
    channel: Channel | None = None

    async def webhook(self, request: web.Request) -> web.Response:
        assert self.channel is not None
        try:
            events = self.channel.receive(request.headers, await request.read())
        except WrongSignature:
            return web.Response(status=401)
        except UnreadableBody:
            return web.Response(status=400)
        self.received.extend(events)
        return web.Response(status=self.refuse.pop(0) if self.refuse else 200)

    def last(self) -> Inbound:
        return self.received[-1]


@dataclass
class LineStand:
    clock: Clock
    platform: LinePlatform
    channel: LineChannel
    bot: Bot
    api_base: str
    calls: Witness
    webhooks: Witness


@dataclass
class TelegramStand:
    clock: Clock
    platform: TelegramPlatform
    channel: TelegramChannel
    bot: Bot
    api_base: str
    calls: Witness
    webhooks: Witness


def _served(handler: Callable[[web.Request], object]) -> web.Application:
    app = web.Application()
    app.router.add_post("/webhook", handler)  # type: ignore[arg-type]
    return app


@asynccontextmanager
async def line_stand(*, quota: int | None = None, time_out: float = 5.0) -> AsyncIterator[LineStand]:
    """LINE's stand-in under a prefix, as in the demo; every call and webhook is checked where the specs are."""
    clock, bot = Clock(), Bot()
    spec = line_spec() if specs_at_hand() else None
    calls = Witness(spec.observe if spec else None)
    webhooks = Witness(spec.observe_webhook if spec else None)
    async with TestServer(_served(bot.webhook)) as bot_server:
        platform = LinePlatform(
            str(bot_server.make_url("/webhook")),
            SECRET,
            TOKEN,
            now=clock.now,
            new_id=clock.new_id,
            observer=calls,
            webhook_observer=webhooks,
            quota=quota,
            redelivery_pause=0,
            hang=time_out * 3,
        )
        outer = web.Application()
        outer.add_subapp("/demo/line", platform.app)
        async with TestServer(outer) as server:
            api_base = str(server.make_url("/demo/line"))
            channel = LineChannel(SECRET, TOKEN, api_base, api_base, now=clock.now, time_out=time_out)
            bot.channel = channel
            await platform.start()
            await channel.start()
            try:
                yield LineStand(clock, platform, channel, bot, api_base, calls, webhooks)
                calls.verify()
                webhooks.verify()
            finally:
                await channel.close()
                await platform.close()


@asynccontextmanager
async def telegram_stand(*, webhook: bool = True, time_out: float = 5.0) -> AsyncIterator[TelegramStand]:
    """Telegram's stand-in under a prefix."""
    clock, bot = Clock(), Bot()
    spec = telegram_spec() if specs_at_hand() else None
    calls = Witness(spec.observe if spec else None)
    webhooks = Witness(spec.observe_webhook if spec else None)
    async with TestServer(_served(bot.webhook)) as bot_server:
        platform = TelegramPlatform(
            BOT_TOKEN,
            "kakunin_bot",
            webhook_url=str(bot_server.make_url("/webhook")) if webhook else "",
            secret_token=BOT_SECRET if webhook else "",
            now=clock.now,
            observer=calls,
            webhook_observer=webhooks,
            redelivery_pause=0,
            hang=time_out * 3,
        )
        outer = web.Application()
        outer.add_subapp("/demo/telegram", platform.app)
        async with TestServer(outer) as server:
            api_base = str(server.make_url("/demo/telegram"))
            channel = TelegramChannel(BOT_TOKEN, "kakunin_bot", BOT_SECRET, api_base, now=clock.now, time_out=time_out)
            bot.channel = channel
            await platform.start()
            await channel.start()
            try:
                yield TelegramStand(clock, platform, channel, bot, api_base, calls, webhooks)
                calls.verify()
                webhooks.verify()
            finally:
                await channel.close()
                await platform.close()


def notice(text: str = "ありがとうございます。") -> Message:
    """Something said that waits for nothing."""
    return Message(kind=MessageKind.NOTICE, text=text)


def question(*labels: str, text: str = "ご職業を教えてください。", shortcuts: tuple[str, ...] = ("もどる",)) -> Message:
    """A question with buttons ``o1``, ``o2``, ... and shortcuts ``s1``, ..."""
    return Message(
        kind=MessageKind.QUESTION,
        text=text,
        buttons=tuple(ShownButton(option=f"o{at}", label=label) for at, label in enumerate(labels, 1)),
        shortcuts=tuple(ShownButton(option=f"s{at}", label=label) for at, label in enumerate(shortcuts, 1)),
        token="tok1",
        alt="質問が届いています。",
    )


def to(user_id: str) -> Recipient:
    """The recipient behind a person of the stand-in."""
    return Recipient(user_id=Personal(user_id), conversation_ref="abcd2345")
