"""Updates without a public address: long polling in the place of a webhook.

Promise: an update counts as taken only after the handler has committed it; a crash in between
brings it again, under the same event key.  An update that can never be stored is given up after a few
tries, so that it does not hold up everybody else's.  One poller a bot; Telegram refuses a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from telegram.error import TelegramError

from bot.channels.base import Inbound
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.inbound import ALLOWED_UPDATES, read_update

log = structlog.get_logger(__name__)

#: Tries of one update before it is given up.
TRIES = 5

Handler = Callable[[list[Inbound]], Awaitable[None]]


async def poll(
    channel: TelegramChannel,
    handler: Handler,
    stop: asyncio.Event,
    *,
    wait: int = 25,
    pause: float = 1.0,
    longest_pause: float = 60.0,
    passing: tuple[type[Exception], ...] = (),
) -> None:
    """Fetch updates until ``stop`` is set; ``handler`` commits the events of one update or raises.

    Errors of the kinds in ``passing`` (the store is away) say nothing about the update and never give it up.
    """
    offset: int | None = None
    tries: dict[int, int] = {}
    delay = pause
    while not stop.is_set():
        try:
            updates = await _fetch_unless(stop, channel, offset, wait)
        except TelegramError as problem:
            log.warning("telegram.polling_failed", problem=type(problem).__name__)
            delay = await _rest(stop, delay, longest_pause)
            continue
        for update in updates:
            try:
                await handler([read_update(update, channel.bot_id, channel.now())])
            except Exception as problem:
                # It could not be stored (database away, disk full): Telegram keeps it, and it comes
                # again.  The error may quote the update, so only its kind is logged.
                number = int(update["update_id"])
                tries[number] = tries.get(number, 0) + (not isinstance(problem, passing))
                log.error("telegram.update_not_stored", update_id=number, problem=type(problem).__name__)
                if tries[number] < TRIES:
                    delay = await _rest(stop, delay, longest_pause)
                    break
                log.error("telegram.update_given_up", update_id=number, tries=tries[number])
            offset = int(update["update_id"]) + 1
            tries.clear()
        else:
            delay = pause
            if not updates:
                # All is confirmed by now.  After a week without updates Telegram goes on at any number, perhaps a
                # lower one, and an old offset would throw away everything below it.
                offset = None


async def _fetch_unless(stop: asyncio.Event, channel: TelegramChannel, offset: int | None, wait: int) -> list[Any]:
    """The next updates; none as soon as ``stop`` is set, without waiting for Telegram."""
    fetch = asyncio.ensure_future(_fetch(channel, offset, wait))
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({fetch, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return fetch.result() if fetch.done() else []
    finally:
        stopped.cancel()
        fetch.cancel()
        await asyncio.gather(fetch, stopped, return_exceptions=True)


async def _fetch(channel: TelegramChannel, offset: int | None, wait: int) -> list[Any]:
    # The raw call: the library's get_updates reads a batch as a whole, so that one update of a new
    # shape would hold back all others for ever.  Method names are case-insensitive to Telegram;
    # spelt as usual the library warns that it has a method of its own.
    arguments: dict[str, Any] = {"timeout": wait, "allowed_updates": list(ALLOWED_UPDATES)}
    if offset is not None:
        arguments["offset"] = offset
    updates = await channel.bot.do_api_request("GetUpdates", arguments, read_timeout=wait + 10)
    return updates if isinstance(updates, list) else []


async def _rest(stop: asyncio.Event, delay: float, longest: float) -> float:
    """Wait, but not longer than until ``stop``; the next rest is twice as long."""
    try:
        await asyncio.wait_for(stop.wait(), delay)
    except TimeoutError:
        return min(longest, delay * 2)
    return delay
