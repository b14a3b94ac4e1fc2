"""Composition root: from settings and a store to the parts of a running process and their background tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.channels.base import Channel, Inbound, InboundKind
from bot.chores import Chores, keeping_chores
from bot.delivery import Sender
from bot.entering import EntryRules, StoreEntryDesk
from bot.fetching import Fetcher, expire_pictures
from bot.live_content import LiveContent
from bot.menus import MenuKeeper
from bot.metrics import Metrics
from bot.outlets.hooks import HookSender, forget_old_messages
from bot.outlets.sending import ExportSender
from bot.outlets.setting_up import set_up_outlets
from bot.outreach.climbing import Climbing, Gate, Setting
from bot.outreach.export_jobs import ExportJobs, end_old_exports
from bot.outreach.notifying import Notifier
from bot.outreach.promises import PromiseReminders
from bot.panel import PanelDesk
from bot.quota import Allowance, QuotaWatch
from bot.reconciling import reassess_in_time
from bot.reviewing import StoreReviewDesk, review_rules, severity_table
from bot.settings import Settings
from bot.talk import Rules
from bot.time_outs import TimeOuts
from bot.timers import Timers, sweep
from bot.turns import STORE_TROUBLE, Turns
from bot.waiting_line import Patience
from locales import load_catalogue
from storage.database import Database

if TYPE_CHECKING:
    from bot.channels.line.tokens import AccessTokens

#: Seconds for the messages on their way when the service is stopped: longer than one call takes.
_FINISH_WITHIN = 15.0
#: Seconds of reading and storing after which the customer is shown that an answer is coming.
WAIT_SHOWN_AFTER = 1.0
#: Of a crowd that waits nobody is shown it: the calls would make everybody wait still longer.
_SHOWN_AMONG = 50
#: Requests with the store at a time, which keep it busy; the others wait before it. Each thread of the store takes
#: what came first, so that behind a thousand of them nothing would be sent, and who gets no answer asks again.
_AT_THE_STORE = 8
_ANSWERED = frozenset({InboundKind.TEXT, InboundKind.CHOICE})


@dataclass
class Service:
    """The parts of one running process."""

    database: Database
    settings: Settings
    live: LiveContent
    rules: Rules
    turns: Turns
    desk: PanelDesk
    reviews: StoreReviewDesk
    entries: StoreEntryDesk
    sender: Sender
    fetcher: Fetcher
    timers: Timers
    chores: Chores
    exports: ExportJobs
    channels: Mapping[str, Channel]
    metrics: Metrics
    quota: QuotaWatch
    sftp: ExportSender
    hooks: HookSender
    menus: Sequence[MenuKeeper] = ()
    #: Where the bank may write to telephone numbers.
    notifier: Notifier | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _acknowledging: set[asyncio.Task[None]] = field(default_factory=set)
    _at_the_store: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_THE_STORE))
    #: Requests that are not answered yet.
    _waiting: int = 0

    async def start(self, roles: Iterable[str] = ("sender", "timers")) -> None:
        """Open the channels' pools and start the background tasks of ``roles``."""
        await set_up_outlets(self.database, self.settings, roles)
        for channel in self.channels.values():
            await channel.start()
        if "sender" in roles:
            self._tasks.append(asyncio.create_task(self.sender.run(), name="sender"))
            self._tasks += [asyncio.create_task(keeper.run(), name="menus") for keeper in self.menus]
            self._tasks.append(asyncio.create_task(self.fetcher.run(), name="fetcher"))
            self._tasks.append(asyncio.create_task(self.quota.run(), name="quota"))
            if self.settings.hook_url:
                self._tasks.append(asyncio.create_task(self.hooks.run(), name="hooks"))
            if self.notifier is not None:
                self._tasks.append(asyncio.create_task(self.notifier.run(), name="notifier"))
        if "timers" in roles:
            self._tasks.append(asyncio.create_task(self.timers.run(), name="timers"))
            self._tasks.append(asyncio.create_task(self.exports.run(), name="exports"))
            self._tasks.append(asyncio.create_task(self.chores.run(), name="chores"))
            if self.settings.sftp_url:
                self._tasks.append(asyncio.create_task(self.sftp.run(), name="sftp"))
        if "webhooks" in roles and self.settings.telegram_mode == "polling" and "telegram" in self.channels:
            self._tasks.append(asyncio.create_task(self._poll_telegram(), name="telegram"))

    async def take(self, channel: Channel, events: list[Inbound]) -> None:
        """Store and answer events, then tell the platform what it waits to hear; raises where nothing was stored."""
        waiting = asyncio.get_running_loop().call_later(WAIT_SHOWN_AFTER, self._show_waiting, channel, events)
        self._waiting += 1
        try:
            async with self._at_the_store:
                await self.turns.handle(events)
        finally:
            self._waiting -= 1
            waiting.cancel()
        self.sender.wake()
        if any(event.image is not None for event in events):
            self.fetcher.wake()
        for event in events:
            # A tap stops spinning; a group or room is left.  The platform's answer must not wait for that.
            if event.callback_id is not None or event.kind is InboundKind.GROUP:
                self._beside(channel.acknowledge(event))

    def _show_waiting(self, channel: Channel, events: Sequence[Inbound]) -> None:
        """The answer takes longer than usual: who waits for it sees that something is being done."""
        if self._waiting > _SHOWN_AMONG:
            return
        asked = [event for event in events if event.kind in _ANSWERED and event.may_answer]
        for user in {event.user_id.reveal(): event.user_id for event in asked}.values():
            self._beside(channel.show_waiting(user))

    def _beside(self, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(call, name="beside")
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    async def _poll_telegram(self) -> None:
        """Fetch Telegram's updates where it cannot reach us; an update counts only once it is committed."""
        from bot.channels.telegram.adapter import TelegramChannel
        from bot.channels.telegram.polling import poll

        channel = self.channels["telegram"]
        assert isinstance(channel, TelegramChannel)

        async def handle(events: list[Inbound]) -> None:
            await self.take(channel, events)

        await poll(channel, handle, asyncio.Event(), passing=STORE_TROUBLE)

    async def stop(self) -> None:
        """Stop the tasks and close the pools; the store stays open.

        What is on its way to a platform is waited for: its outcome must be recorded, or it is sent again.
        """
        self.sender.finish()
        self.fetcher.finish()
        self.hooks.finish()
        if self.notifier is not None:
            self.notifier.finish()
        finishing = {task for task in self._tasks if task.get_name() in ("sender", "fetcher", "hooks", "notifier")}
        if finishing:
            await asyncio.wait(finishing, timeout=_FINISH_WITHIN)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()
        if self._acknowledging:
            await asyncio.wait(self._acknowledging, timeout=_FINISH_WITHIN)
        for channel in self.channels.values():
            await channel.close()

    async def abandon(self) -> None:
        """End as a killed process does: nothing is finished and nothing recorded; what it held, its leases tell."""
        tasks = (*self._tasks, *self._acknowledging)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        for channel in self.channels.values():
            await channel.close()

    @asynccontextmanager
    async def running(self, roles: Iterable[str] = ("sender", "timers")) -> AsyncIterator[Service]:
        await self.start(roles)
        try:
            yield self
        finally:
            await self.stop()


def make_channels(settings: Settings, now: Callable[[], datetime]) -> dict[str, Channel]:
    """The channels whose secrets are set; a channel without them is off."""
    channels: dict[str, Channel] = {}
    words = load_catalogue(settings.default_locale)
    if settings.line_is_on:
        from bot.channels.line.adapter import LineChannel

        assert settings.line_channel_secret is not None
        channels["line"] = LineChannel(
            settings.line_channel_secret.get_secret_value(),
            _line_access(settings, now),
            settings.line_api_base,
            settings.line_data_api_base,
            now=now,
            alt_if_none=words.text("alt.notice"),
            bank_page=settings.line_account_link_url if settings.account_link_is_on else "",
        )
    if settings.telegram_is_on:
        from bot.channels.telegram.adapter import TelegramChannel

        assert settings.telegram_bot_token is not None
        secret = settings.telegram_secret_token
        channels["telegram"] = TelegramChannel(
            settings.telegram_bot_token.get_secret_value(),
            settings.telegram_bot_username,
            "" if secret is None else secret.get_secret_value(),
            settings.telegram_api_base,
            now=now,
            text_if_none=words.text("alt.notice"),
            calls_per_second=settings.telegram_calls_per_second,
        )
    return channels


def _line_access(settings: Settings, now: Callable[[], datetime]) -> str | AccessTokens:
    """The long-lived token, or the means to issue short-lived ones."""
    from bot.channels.line.tokens import IssuedTokens, read_assertion_key

    assert settings.line_channel_secret is not None
    if not settings.line_issues_tokens:
        assert settings.line_channel_access_token is not None
        return settings.line_channel_access_token.get_secret_value()
    assert settings.line_assertion_key_file is not None
    return IssuedTokens(
        settings.line_channel_id,
        settings.line_channel_secret.get_secret_value(),
        read_assertion_key(settings.line_assertion_key_file),
        settings.line_api_base,
        now=now,
    )


def _menu_keepers(database: Database, channels: Mapping[str, Channel], name: str) -> list[MenuKeeper]:
    """One for each platform on which an account has a menu of its own."""
    if "line" not in channels:
        return []
    from bot.channels.line.adapter import LineChannel
    from bot.channels.line.menus import LineMenus

    line = channels["line"]
    assert isinstance(line, LineChannel)
    return [MenuKeeper(database, line.name, LineMenus(line), name)]


def _notifier(setting: Setting, channels: Mapping[str, Channel]) -> Notifier | None:
    """The sender of messages to telephone numbers, where the bank may send some."""
    if "line" not in channels or not setting.settings.line_notifications:
        return None
    from bot.channels.line.adapter import LineChannel

    line = channels["line"]
    assert isinstance(line, LineChannel)
    return Notifier(setting, line)


def _allowances(channels: Mapping[str, Channel]) -> dict[str, Allowance]:
    """The platforms that count messages by the month."""
    if "line" not in channels:
        return {}
    from bot.channels.line.adapter import LineChannel

    line = channels["line"]
    assert isinstance(line, LineChannel)
    return {line.name: line}


def make_service(database: Database, settings: Settings, *, name: str) -> Service:
    """All parts over one opened store; ``name`` distinguishes this process's leases."""
    rules = Rules(
        zone=ZoneInfo(settings.time_zone),
        default_locale=settings.default_locale,
        sensitive_channels=frozenset(settings.sensitive_channels),
        login_channels=frozenset({"line"} if settings.account_link_is_on else ()),
        erasure_file=settings.erasure_file,
        office=settings.office,
        patience=Patience(
            told=timedelta(minutes=settings.wait_told_minutes),
            most=timedelta(minutes=settings.wait_most_minutes),
            idle=timedelta(minutes=settings.staff_idle_minutes),
        ),
    )
    live = LiveContent(
        facts={"bank_name": settings.bank_name, "bank_phone": settings.bank_phone},
        overlay=settings.content_dir,
        encoder=settings.encoder,
    )
    channels = make_channels(settings, database.universe.now)
    turns = Turns(database, live, rules)
    metrics = Metrics()
    speeds = {channel: float(one.limits.calls_per_second) for channel, one in channels.items()}
    campaigns = Setting(database=database, settings=settings, channels=frozenset(channels), speeds=speeds)
    sender = Sender(database, channels, name, metrics, Gate(campaigns))
    return Service(
        database=database,
        settings=settings,
        live=live,
        rules=rules,
        turns=turns,
        desk=PanelDesk(database, live, rules, on_queued=sender.wake),
        reviews=StoreReviewDesk(
            database, live, rules, review_rules(settings), on_queued=sender.wake, table=severity_table(settings)
        ),
        entries=StoreEntryDesk(
            database, live, rules, EntryRules(doubled=frozenset(settings.double_entry), scan_no=settings.scan_number)
        ),
        sender=sender,
        fetcher=Fetcher(database, channels, name),
        timers=Timers(database),
        chores=Chores(
            database,
            name,
            [
                sweep(database, turns),
                TimeOuts(database, live, rules, metrics).chore(),
                PromiseReminders(database, live, rules).chore(),
                Climbing(campaigns, live, rules).chore(),
                *keeping_chores(database, settings),
                reassess_in_time(database, settings),
                expire_pictures(database, settings.image_days),
                end_old_exports(database),
                forget_old_messages(database, settings.hook_days),
            ],
        ),
        exports=ExportJobs(database, settings, name),
        sftp=ExportSender(database, settings, name),
        hooks=HookSender(database, settings, name, metrics),
        channels=channels,
        metrics=metrics,
        quota=QuotaWatch(database, _allowances(channels), name),
        menus=_menu_keepers(database, channels, name),
        notifier=_notifier(campaigns, channels),
    )
