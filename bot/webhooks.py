"""The web side that is open to the world: webhooks and health.

Promise: 200 only after everything of the request is committed; nothing is read of a body whose signature does
not fit, that is too large, too slow or holds too many events; and one account that floods costs the others
nothing.  Too much of one account is answered with 200 all the same: any other answer makes the platform
deliver it again, and (Telegram) hold back everybody behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import perf_counter

import structlog
from aiohttp import web

from bot.account_link import AccountLink
from bot.buckets import Buckets
from bot.channels.base import Channel, Inbound, InboundKind, UnreadableBody, WrongSignature
from bot.headers import add_plain_headers
from bot.service import Service

log = structlog.get_logger("kakunin.webhooks")

#: LINE's and Telegram's webhooks stay far below this.
MAX_BODY = 1024 * 1024
#: Seconds in which a body must be here; the platforms give up on us sooner.
_BODY_WITHIN = 10.0
#: A platform puts a handful of events into one request.
MAX_EVENTS = 500
#: What one account may send at once, and how often after that: far more than thumbs can do.
BURST = 120
REFILL = timedelta(seconds=1)


def make_webhooks(service: Service) -> web.Application:
    """Webhooks and health: what may be reached from outside."""
    app = web.Application(client_max_size=MAX_BODY)
    app.on_response_prepare.append(add_plain_headers)
    allowance = Buckets(burst=BURST, refill=REFILL, now=service.database.universe.now)
    for channel in service.channels.values():
        app.router.add_post(f"/{channel.name}/webhook", _Webhook(service, channel, allowance).receive)
    if service.settings.account_link_is_on:
        app.router.add_post("/line/account-link", AccountLink(service).receive)
    add_health(app, service)
    return app


class _Webhook:
    """The webhook of one channel."""

    def __init__(self, service: Service, channel: Channel, allowance: Buckets) -> None:
        self._service = service
        self._channel = channel
        self._allowance = allowance

    async def receive(self, request: web.Request) -> web.Response:
        began = perf_counter()
        status = await self._status(request)
        meter = self._service.metrics.webhooks.labels(self._channel.name, str(status))
        meter.observe(perf_counter() - began)
        return web.Response(status=status)

    async def _status(self, request: web.Request) -> int:
        channel = self._channel
        try:
            async with asyncio.timeout(_BODY_WITHIN):
                body = await request.read()
            events = channel.receive(request.headers, body)
        except WrongSignature:
            log.warning("webhook.wrong_signature", channel=channel.name)
            return 401
        except UnreadableBody:
            return 400
        except web.HTTPRequestEntityTooLarge:
            return 413
        except TimeoutError:
            return 408
        if len(events) > MAX_EVENTS:
            log.warning("webhook.too_many_events", channel=channel.name, events=len(events))
            return 413
        try:
            await self._service.take(channel, self._within_allowance(events))
        except Exception as error:
            # Not stored, so not acknowledged: the platform delivers again.
            log.exception("webhook.not_stored", channel=channel.name, error=type(error).__name__)
            return 503
        return 200

    def _takes(self, event: Inbound) -> bool:
        # That a message was taken back is never left unread: its words would stay.
        return self._allowance.take(f"{event.channel}:{event.user_id.reveal()}") or event.kind is InboundKind.UNSEND

    def _within_allowance(self, events: list[Inbound]) -> list[Inbound]:
        kept = [event for event in events if self._takes(event)]
        flood = len(events) - len(kept)
        if flood:
            self._service.metrics.floods.labels(self._channel.name).inc(flood)
            log.warning("webhook.flood", channel=self._channel.name, events=flood)
        return kept


def add_health(app: web.Application, service: Service) -> None:
    """Whether the process lives, and whether it can work."""
    app.router.add_get("/health/live", _alive)
    app.router.add_get("/health/ready", _ready(service))


async def _alive(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def _ready(service: Service) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def ready(_: web.Request) -> web.Response:
        try:
            await service.database.read(lambda conn: service.live.refresh(conn, service.database.universe.now()))
        except Exception as error:
            log.exception("health.not_ready", error=type(error).__name__)
            return web.json_response({"status": "not ready", "store": False}, status=503)
        return web.json_response({"status": "ok", "store": True, "channels": sorted(service.channels)})

    return ready
