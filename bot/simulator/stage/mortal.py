"""The demo's bot, which can be killed while it works and started again.

Promise: what is killed is the whole bot (webhooks, sending, timers, comparing) at whatever it was doing: open
requests break off without an answer, messages on their way are recorded nowhere, nothing in memory is carried over.
The console stays, as a process of its own would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

from aiohttp import web

from bot.headers import add_plain_headers
from bot.reconciling import make_reconciler
from bot.service import Service, make_service
from bot.settings import Settings
from bot.timers import reconcile_for_ever
from bot.webhooks import MAX_BODY, make_webhooks
from storage.database import Database

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: Method and path.
_Route = tuple[str, str]


class MortalBot:
    """One bot after another over the same store."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self._numbers = count(1)
        #: The one that lives, and the last one where none does.
        self.service = self._make()
        self.is_alive = False
        self._handlers: dict[_Route, _Handler] = {}
        self._worker: asyncio.Task[None] | None = None
        self._open: set[asyncio.Task[object]] = set()

    def _make(self) -> Service:
        # A lease of the one before is not its own.
        self._name = f"demo-{next(self._numbers)}"
        return make_service(self.database, self.settings, name=self._name)

    def make_application(self) -> web.Application:
        """The application with the bot's own routes, whichever bot lives."""
        app = web.Application(client_max_size=MAX_BODY)
        app.on_response_prepare.append(add_plain_headers)
        self._handlers = _routes_of(self.service)
        for method, path in self._handlers:
            app.router.add_route(method, path, self._hand_on(path))
        return app

    def _hand_on(self, path: str) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not self.is_alive:
                # What stands before a bot answers where the bot does not.
                raise web.HTTPBadGateway
            task = asyncio.current_task()
            assert task is not None
            self._open.add(task)
            try:
                return await self._handlers[request.method, path](request)
            except asyncio.CancelledError:
                if not self.is_alive and request.transport is not None:
                    request.transport.abort()
                raise
            finally:
                self._open.discard(task)

        return handle

    async def start(self) -> None:
        """Let the bot live."""
        service = self.service
        await service.start()
        reconciler = make_reconciler(self.database, self.settings, service.live, service.rules)
        self._worker = asyncio.create_task(reconcile_for_ever(self.database, reconciler, self._name))
        self.is_alive = True

    async def kill(self) -> None:
        """End it in the middle of its work."""
        if not self.is_alive:
            return
        self.is_alive = False
        for task in tuple(self._open):
            task.cancel()
        await self._end_worker()
        await self.service.abandon()

    async def restart(self) -> None:
        """Start another one; its dictionaries are read before it is reachable."""
        if self.is_alive:
            return
        self.service = self._make()
        self._handlers = _routes_of(self.service)
        uni, live = self.database.universe, self.service.live
        await self.database.read(lambda conn: live.try_refresh(conn, uni.now()))
        await self.start()

    async def stop(self) -> None:
        """End it as one should: what is on its way is finished."""
        if self.is_alive:
            self.is_alive = False
            await self._end_worker()
            await self.service.stop()

    async def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker


def _routes_of(service: Service) -> dict[_Route, _Handler]:
    found: dict[_Route, _Handler] = {}
    for route in make_webhooks(service).router.routes():
        assert route.resource is not None
        found[route.method, route.resource.canonical] = route.handler
    return found
