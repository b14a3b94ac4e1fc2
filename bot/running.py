"""``serve``: the chosen roles of the service, on their two ports, until a signal ends them."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from contextlib import AsyncExitStack, suppress

import structlog
from aiohttp import web

from bot.console.application import make_console
from bot.content_sources import live_drafts, publish_all
from bot.headers import add_plain_headers
from bot.logs import configure
from bot.metrics import add_metrics
from bot.problems import SettingsProblem
from bot.reconciling import make_reconciler
from bot.service import Service, make_service
from bot.settings import Settings
from bot.timers import reconcile_for_ever
from bot.webhooks import add_health, make_webhooks
from storage import publishing
from storage.database import Database

log = structlog.get_logger("kakunin.serve")


async def run_service(database: Database, settings: Settings, roles: tuple[str, ...]) -> None:
    """Run until SIGINT or SIGTERM; raises ``SettingsProblem`` or ``StoreProblem`` where it must not start."""
    configure(logging.INFO, settings.log_format)
    stop = _signalled()
    with database.serve_lock():
        _publish_first(database, settings)
        name = f"{os.uname().nodename}:{os.getpid()}"
        service = make_service(database, settings, name=name)
        if not service.channels and "webhooks" in roles:
            log.warning("serve.no_channel")
        reconciler = make_reconciler(database, settings, service.live, service.rules)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(service.running(roles))
            if "webhooks" in roles:
                # The first customer need not wait for the dictionaries.
                await database.read(lambda conn: service.live.try_refresh(conn, database.universe.now()))
            await _open_ports(service, roles, stack)
            # What is loaded now stays: without this the collector walks through all of it while customers wait.
            gc.collect()
            gc.freeze()
            if "reconcile" in roles:
                worker = reconcile_for_ever(database, reconciler, name)
                stack.push_async_callback(_end, asyncio.create_task(worker))
            await stop.wait()


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for it: its thread may still use the store."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _publish_first(database: Database, settings: Settings) -> None:
    """What the first start publishes; refuses while a live answer is a draft."""
    first_start = database.run_read(lambda conn: not publishing.list_published(conn))
    if first_start:
        uni = database.universe
        database.run(lambda conn: publish_all(conn, uni, settings.content_dir, actor="first start"))
    drafts = database.run_read(live_drafts)
    if drafts and not settings.allow_drafts:
        raise SettingsProblem(
            f"{drafts} live FAQ answers are drafts; approve and publish them, or set KAKUNIN_ALLOW_DRAFTS=1."
        )


async def _open_ports(service: Service, roles: tuple[str, ...], stack: AsyncExitStack) -> None:
    settings = service.settings
    sites: list[tuple[web.Application, str, int]] = []
    if "webhooks" in roles:
        sites.append((make_webhooks(service), settings.host, settings.port))
    if "console" in roles:
        app = web.Application()
        app.on_response_prepare.append(add_plain_headers)
        console = make_console(
            service.database,
            service.desk,
            settings,
            service.database.universe,
            reviews=service.reviews,
            entries=service.entries,
        )
        app.add_subapp("/console/", console)
        add_health(app, service)
        add_metrics(app, service.metrics, service.database)
        sites.append((app, settings.console_host, settings.console_port))
    if settings.metrics_port:
        app = web.Application()
        app.on_response_prepare.append(add_plain_headers)
        add_health(app, service)
        add_metrics(app, service.metrics, service.database)
        sites.append((app, settings.console_host, settings.metrics_port))
    for app, host, port in sites:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            raise SettingsProblem(f"{host}:{port} cannot be used: is something else listening there?") from None
        log.info("serve.listening", host=host, port=port)


def _signalled() -> asyncio.Event:
    """Set by SIGINT or SIGTERM, from before the first port opens."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    return stop
