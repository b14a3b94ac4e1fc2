"""Delivering the messages for the bank's system, at least once each.

Promise: a message is tried until it arrives or its three days are over, ever more rarely and never all at one moment;
where nothing arrives, one message at a time finds out whether the other side is back, and somebody hears of it.  After
a crash between the other side's answer and our note of it the message comes again, under the same id.  Several senders
may run on one store.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.chores import Chore
from bot.metrics import Metrics
from bot.outlet_settings import read_hook_secrets
from bot.outlets.posting import Posted, Poster
from bot.outreach.wording import program
from bot.settings import Settings
from storage import audit
from storage.database import Database
from storage.leases import Lease, fence
from storage.outlets.faring import ALARM_AFTER, load_outlet, note_failure_of_many, note_gone, note_success
from storage.outlets.hooks import (
    GIVEN_UP,
    HOOKS,
    SENT,
    HookMessage,
    bring_forward,
    claim_messages,
    forget_messages,
    give_up_all,
    is_any_due,
    is_any_old,
    put_off_message,
    settle_message,
)

log = structlog.get_logger("kakunin.hooks")

#: Longer than a try may take.
LEASE = timedelta(seconds=60)
_AT_ONCE = 20
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=12)
#: By which each wait is longer than the one before.
_LONGER = 4.0
_LOOK_EVERY = 1.0
_AFTER_TROUBLE = 0.5
#: How often it is tried to record how a try ended: a store that changes over is outlasted.
_RECORD_TRIES = 60
_FORGET_AT_ONCE = 500


def wait_after(message_id: str, attempts: int) -> timedelta:
    """How long a message waits after that many tries: four times as long each time, and up to a fifth more or less.

    The share follows from id and try, so that those that failed together do not come back together.
    """
    most = min(_FIRST_WAIT * _LONGER ** min(attempts - 1, 10), _LONGEST_WAIT)
    drawn: int = hashlib.sha256(f"{message_id}:{attempts}".encode()).digest()[0]
    return most * (0.8 + 0.4 * drawn / 255)


class HookSender:
    """One sender of a process; several may run on one store."""

    def __init__(self, database: Database, settings: Settings, name: str, metrics: Metrics) -> None:
        self._database = database
        self._settings = settings
        self._name = name
        self._metrics = metrics
        self._stopping = asyncio.Event()

    def finish(self) -> None:
        """Take nothing more; ``run`` ends when what is on its way has been recorded."""
        self._stopping.set()

    async def run(self) -> None:
        """Deliver until told to finish; a failed round is logged and the next one tries again."""
        poster = make_poster(self._settings)
        try:
            while not self._stopping.is_set():
                try:
                    done = await self.deliver_due(poster)
                except Exception as error:
                    log.exception("hooks.round_failed", error=type(error).__name__)
                    done = 0
                if not done:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_EVERY):
                            await self._stopping.wait()
        finally:
            await poster.close()

    async def deliver_due(self, poster: Poster) -> int:
        """Try what is due now; returns how many messages that were."""
        now = self._database.universe.now()
        if not await self._database.read(lambda conn: is_any_due(conn, now)):
            return 0
        messages = await self._database.transact(self._claim)
        await asyncio.gather(*(self._deliver(poster, message) for message in messages))
        return len(messages)

    def _claim(self, conn: Connection) -> list[HookMessage]:
        outlet = load_outlet(conn, HOOKS)
        if outlet is None or outlet.state != "on":
            return []
        uni, limit = self._database.universe, _AT_ONCE
        if outlet.is_alarming:
            # One finds out for all whether the other side is back; the others keep their tries.
            limit = 1
            if outlet.not_before is not None and uni.now() < outlet.not_before:
                return []
        return claim_messages(conn, uni, owner=self._name, lease=LEASE, limit=limit)

    async def _deliver(self, poster: Poster, message: HookMessage) -> None:
        posted = await poster.post(message.id, message.body, self._database.universe.now())
        self._metrics.hook_calls.labels("ok" if posted.arrived else "gone" if posted.is_gone else "failed").inc()
        for _ in range(_RECORD_TRIES):
            try:
                await self._database.transact(lambda conn: self._record(conn, message, posted))
                return
            except SQLAlchemyError as error:
                log.warning("hooks.not_recorded_yet", error=type(error).__name__)
                await asyncio.sleep(_AFTER_TROUBLE)

    def _record(self, conn: Connection, message: HookMessage, posted: Posted) -> None:
        """Write down how a try ended."""
        uni, owner = self._database.universe, self._name
        if posted.arrived:
            if note_success(conn, uni, HOOKS):
                bring_forward(conn, uni)
            settle_message(conn, uni, message.id, owner=owner, outcome=SENT, detail="ok")
            return
        if posted.is_gone:
            if note_gone(conn, HOOKS):
                log.error("hooks.gone", advice="kakunin hooks test")
                waiting = {"messages": str(give_up_all(conn, uni, "gone"))}
                audit.record(conn, uni, "hooks.gone", actor_kind="system", actor_id=HOOKS, detail=waiting)
            return
        now = uni.now()
        due_at = now + max(posted.wish or timedelta(0), wait_after(message.id, message.attempts))
        outlet = note_failure_of_many(conn, uni, HOOKS, posted.detail)
        tell = log.error if outlet is not None and outlet.failures == ALARM_AFTER else log.warning
        tell("hooks.failed", message=message.id, why=posted.detail, attempts=message.attempts)
        if due_at < message.ends_at:
            put_off_message(conn, message.id, owner=owner, due_at=due_at, detail=posted.detail)
        else:
            settle_message(conn, uni, message.id, owner=owner, outcome=GIVEN_UP, detail=posted.detail)


def make_poster(settings: Settings) -> Poster:
    """What posts to the address of the settings; inside a running loop."""
    assert settings.hook_secret is not None
    return Poster(settings.hook_url, read_hook_secrets(settings.hook_secret.get_secret_value()), program())


def forget_old_messages(database: Database, days: int) -> Chore:
    """Take away what was settled long ago."""
    uni, keep = database.universe, timedelta(days=days)

    def step(lease: Lease) -> bool:
        def forget(conn: Connection) -> int:
            fence(conn, lease)
            return forget_messages(conn, uni.now() - keep, _FORGET_AT_ONCE)

        return database.run(forget) == _FORGET_AT_ONCE

    return Chore("hooks.over", lambda conn: is_any_old(conn, uni.now() - keep), step)
