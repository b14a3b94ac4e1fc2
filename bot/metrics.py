"""What an operator sees of a running process: counts and times by channel and outcome, in Prometheus' format.

Promise: no label and no value is about a person, and asking never fails: where the store is away, that is
what the page says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.logs import LINES
from storage.backlog import Backlog, backlog
from storage.database import Database
from storage.migrations import HEAD
from storage.outlets.faring import ALARM_AFTER, Outlet, list_outlets
from storage.quota import Quota, load_quotas

log = structlog.get_logger("kakunin.metrics")

#: What somebody is to look after; the others are the day's work.
_LEVELS = ("warning", "error", "critical")
#: LINE gives up on a webhook after two seconds.
_WEBHOOK_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)


class Metrics:
    """The meters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.webhooks = Histogram(
            "kakunin_webhook_seconds",
            "Seconds from a webhook's body to its answer; account_link is the bank's own.",
            ["channel", "status"],
            buckets=_WEBHOOK_BUCKETS,
            registry=self.registry,
        )
        self.floods = Counter(
            "kakunin_flood_events_total",
            "Events left unread because one account sent too many.",
            ["channel"],
            registry=self.registry,
        )
        self.sends = Counter(
            "kakunin_sends_total",
            "Calls to a platform by how they ended.",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.time_outs_failed = Counter(
            "kakunin_time_outs_failed_total",
            "Time-outs of the waiting line that could not be carried out; each is tried again.",
            registry=self.registry,
        )
        self.hook_calls = Counter(
            "kakunin_hook_calls_total",
            "Calls of the web hook by how they ended.",
            ["outcome"],
            registry=self.registry,
        )
        self._store_up = self._gauge("store_up", "1 while the store answers.")
        self._open = self._gauge("outgoing_open", "Messages that wait to be sent or are on their way.")
        self._due = self._gauge("outgoing_oldest_seconds", "For how long the oldest open message has been due.")
        self._undelivered = self._gauge("outgoing_undelivered", "Messages that did not or may not have arrived.")
        self._undelivered_for = self._gauge(
            "outgoing_undelivered_oldest_seconds", "For how long the first of them has waited for somebody."
        )
        self._undone = self._gauge("inbound_undone", "Stored events that were not worked off.")
        self._undone_for = self._gauge("inbound_oldest_seconds", "Age of the oldest event that was not worked off.")
        self._waiting = self._gauge("waiting_for_staff", "Customers who wait for a person.")
        self._waiting_for = self._gauge("waiting_longest_seconds", "How long the first of them has waited.")
        self._allowed = self._by_channel("quota_allowed", "Messages that the platform allows this month.")
        self._used = self._by_channel("quota_used", "Messages of this month that count, as the platform last said.")
        self._used_up = self._by_channel("quota_used_up", "1 while messages are or would be refused for the quota.")
        self._images = self._gauge("images_waiting", "Pictures that are not fetched yet.")
        self._images_for = self._gauge("images_oldest_seconds", "For how long the oldest of them has waited.")
        self._unreconciled = self._gauge("submissions_unreconciled", "Submissions that were not compared yet.")
        self._unreconciled_for = self._gauge("submissions_unreconciled_oldest_seconds", "Age of the first of them.")
        self._unchained = self._gauge("audit_unchained", "Audit entries that are not sealed into the chain yet.")
        self._unchained_for = self._gauge("audit_unchained_oldest_seconds", "Age of the first of them.")
        self._hooks = self._gauge("hook_messages_open", "Messages of the web hook that have not arrived yet.")
        self._hooks_for = self._gauge("hook_messages_oldest_seconds", "Age of the oldest of them.")
        self._hooks_lost = self._gauge("hook_messages_given_up", "Messages of the web hook that never arrived.")
        self._outlet_failures = self._by_outlet("outlet_failures", "Tries in a row that failed.")
        self._outlet_done = self._by_outlet("outlet_done_seconds", "How long ago it worked last.")
        about = Gauge("kakunin_build_info", "Always 1.", ["version", "schema"], registry=self.registry)
        about.labels(version("kakunin"), HEAD).set(1)
        self.registry.register(_LogLines())

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(f"kakunin_{name}", what, registry=self.registry)

    def _by_channel(self, name: str, what: str) -> Gauge:
        return Gauge(f"kakunin_{name}", what, ["channel"], registry=self.registry)

    def _by_outlet(self, name: str, what: str) -> Gauge:
        return Gauge(f"kakunin_{name}", what, ["outlet"], registry=self.registry)

    def _show_outlets(self, outlets: Sequence[Outlet], now: datetime) -> None:
        for one in outlets:
            # What the other side has switched off fails until somebody does something about it.
            failures = 0 if one.state == "off" else max(one.failures, ALARM_AFTER if one.is_alarming else 0)
            self._outlet_failures.labels(one.name).set(failures)
            if one.done_at is not None:
                self._outlet_done.labels(one.name).set(max(0.0, (now - one.done_at).total_seconds()))

    def _show_quotas(self, quotas: Sequence[Quota]) -> None:
        for one in quotas:
            # Without a limit there is nothing to compare with; infinity keeps "used / allowed" honest.
            self._allowed.labels(one.channel).set(math.inf if one.allowed is None else one.allowed)
            self._used.labels(one.channel).set(one.used)
            self._used_up.labels(one.channel).set(one.is_used_up)

    def _show(self, found: Backlog, now: datetime) -> None:
        for gauge, since in (
            (self._due, found.oldest_due_at),
            (self._undone_for, found.oldest_undone_at),
            (self._waiting_for, found.oldest_waiting_since),
            (self._images_for, found.oldest_image_at),
            (self._undelivered_for, found.oldest_undelivered_at),
            (self._unreconciled_for, found.oldest_submitted_at),
            (self._unchained_for, found.oldest_unchained_at),
            (self._hooks_for, found.oldest_hook_message_at),
        ):
            gauge.set(0 if since is None else max(0.0, (now - since).total_seconds()))
        self._open.set(found.open_messages)
        self._undelivered.set(found.undelivered)
        self._undone.set(found.undone_events)
        self._waiting.set(found.waiting)
        self._images.set(found.images)
        self._unreconciled.set(found.unreconciled)
        self._unchained.set(found.unchained)
        self._hooks.set(found.hook_messages)
        self._hooks_lost.set(found.hooks_given_up)

    async def page(self, database: Database) -> bytes:
        """The text that Prometheus reads."""
        try:
            found, quotas, outlets = await database.read(
                lambda conn: (backlog(conn), load_quotas(conn), list_outlets(conn))
            )
            self._show(found, database.universe.now())
            self._show_quotas(quotas)
            self._show_outlets(outlets, database.universe.now())
        except Exception as error:
            log.warning("metrics.store_away", error=type(error).__name__)
            self._store_up.set(0)
        else:
            self._store_up.set(1)
        return generate_latest(self.registry)


class _LogLines(Collector):
    """What the process logged; counted where lines are written, for all services of a process together."""

    def collect(self) -> Iterable[Metric]:
        lines = CounterMetricFamily("kakunin_log_lines", "Log lines of this process by level.", labels=["level"])
        for level in _LEVELS:
            lines.add_metric([level], LINES[level])
        return [lines]


def add_metrics(app: web.Application, metrics: Metrics, database: Database) -> None:
    """``GET /metrics``."""

    async def show(_: web.Request) -> web.Response:
        body = await metrics.page(database)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/metrics", show)
