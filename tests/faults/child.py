"""One process of the service, as ``kakunin serve`` runs it, that can be told to die at a point.

It is forked from a server that has read the dictionaries once.  What the tests add: the injected clock, the
points, and three routes beside the webhooks that step the sender, the timers and the desk where no background
task of the process shall do so by itself.
"""

from __future__ import annotations

import os

# The server that forks must not have threads of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import asyncio
import faulthandler
import resource
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

from bot import running
from bot.channels.base import Inbound, InboundKind
from bot.content_sources import publish_all
from bot.live_content import LiveContent
from bot.service import Service
from bot.settings import load_settings
from dialogs.personal import Personal
from storage import staff
from storage.database import Database
from storage.encryption import Keyring
from storage.universe import Universe
from tests.faults.clock import SharedUniverse
from tests.faults.points import Points
from tests.faults.sabotage import spoil


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one process is told."""

    database_url: str
    keys: str
    #: The file of the shared clock.
    clock: Path
    seed: int
    settings: dict[str, Any] = field(default_factory=dict)
    roles: tuple[str, ...] = ("webhooks",)
    #: Where the passed points and the log are written.
    points: Path
    log: Path
    #: Kill this process at the n-th point or the first one of this name, or stop it there.
    die_at: int | str | None = None
    stop_at: str | None = None
    #: Protections that are switched off, to see that the checks notice.
    sabotage: tuple[str, ...] = ()


@cache
def warm_content() -> LiveContent:
    """What is published, read once; the server that forks takes a turn, so that nothing is left to be loaded."""
    uni = Universe.real()
    settings = load_settings(
        allow_drafts=True,
        # Nothing here depends on how well a question is understood, and every child has its copy.
        encoder="off",
        line_channel_secret="-",
        line_channel_access_token="-",
        line_api_base="http://127.0.0.1:9",
        telegram_bot_token="1:-",
        telegram_secret_token="-",
        telegram_api_base="http://127.0.0.1:9",
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        Database.open(f"sqlite:///{folder}/warm.db", keys=None, universe=uni, sqlite_synchronous="normal") as database,
    ):
        database.run(lambda conn: publish_all(conn, uni, None, actor="warm"))
        service = running.make_service(database, settings, name="warm")
        asyncio.run(_take_a_turn(service))
        return service.live


async def _take_a_turn(service: Service) -> None:
    now = service.database.universe.now()
    async with service.running(()):
        for channel in service.channels:
            user = Personal("U" + "0" * 32 if channel == "line" else "1")
            words = Personal("こんにちは")
            event = Inbound(
                channel=channel, event_key="1", kind=InboundKind.TEXT, user_id=user, occurred_at=now, text=words
            )
            await service.turns.handle([event])
        await service.sender.send_due()


def run(plan: Plan) -> None:
    """The whole life of the process; SIGTERM ends it as it ends ``serve``."""
    log = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable()
    universe = SharedUniverse(plan.clock, plan.seed)
    points = Points(plan.points, plan.die_at, plan.stop_at)
    spoil(plan.sabotage)
    database = Database.open(plan.database_url, keys=Keyring.parse(plan.keys), universe=universe)
    make_service, make_webhooks = running.make_service, running.make_webhooks

    def make(*arguments: Any, **options: Any) -> Service:
        service = make_service(*arguments, **options)
        faq = warm_content()._faq
        assert faq is not None
        # Read, but not looked up in this store yet.
        service.live._faq = replace(faq, looked_at=universe.now() - timedelta(hours=1))
        points.watch(database, list(service.channels.values()))
        return service

    def make_stepped(service: Service) -> web.Application:
        app = make_webhooks(service)
        app.middlewares.append(_arming(points))
        _add_steps(app, service)
        return app

    running.make_service, running.make_webhooks = make, make_stepped
    try:
        asyncio.run(running.run_service(database, load_settings(**plan.settings), plan.roles))
    finally:
        database.close()
        sys.stdout.flush()


def _arming(points: Points) -> Any:
    @web.middleware
    async def arm(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Any:
        points.armed = points.armed or not request.path.startswith("/health")
        return await handler(request)

    return arm


def _add_steps(app: web.Application, service: Service) -> None:
    async def send(_: web.Request) -> web.Response:
        return web.json_response(await service.sender.send_due())

    async def tick(_: web.Request) -> web.Response:
        await service.timers.tick()
        await asyncio.to_thread(service.chores.tick)
        return web.json_response(None)

    # The largest file that this process may write: a disk that is full.
    async def disk(request: web.Request) -> web.Response:
        size = (await request.json())["size"] or resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        return web.json_response(None)

    async def desk(request: web.Request) -> web.Response:
        asked = await request.json()
        member = service.database.run_read(lambda conn: staff.load_staff(conn, asked["staff"]))
        assert member is not None
        deed = getattr(service.desk, asked["deed"])
        return web.json_response({"done": await deed(asked["conversation"], member, *asked["words"])})

    app.router.add_post("/step/send", send)
    app.router.add_post("/step/tick", tick)
    app.router.add_post("/step/disk", disk)
    app.router.add_post("/step/desk", desk)
