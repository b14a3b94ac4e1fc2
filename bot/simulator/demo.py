"""``kakunin demo``: the whole product on one port of this machine, with a fake bank and stand-ins of the platforms.

First one seeded customer is played from the letter to the export, through the real adapters and the real
platforms' SDKs; then everything is served.  Nothing leaves the machine, and the scratch folder goes with the end.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from bot.channels.report import Level
from bot.connecting import connect
from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.metrics import add_metrics
from bot.service import Service
from bot.settings import Settings, load_settings
from bot.simulator.bank_page import Bank, add_bank_page
from bot.simulator.phone import make_phone
from bot.simulator.phones import Letter, Login, Phones
from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_line_account_link import PATH
from bot.simulator.platform_telegram import TelegramPlatform
from bot.simulator.seed import SeededLetter, seed
from bot.simulator.stage.around import Stage
from bot.simulator.stage.clock import Clock, begin_in_office_hours
from bot.simulator.stage.inspector import Inspector
from bot.simulator.stage.mortal import MortalBot
from bot.simulator.stage.numbers import NumbersOfPhones
from bot.simulator.stage.personas import Personas
from bot.simulator.stage.troubles import Troubles
from bot.simulator.tour import PLAYED, play_one
from locales import load_catalogue
from storage import staff
from storage.database import Database
from storage.universe import ShiftedUniverse, Universe

log = structlog.get_logger("kakunin.demo")

HOST = "127.0.0.1"
_PLATFORMS = "/demo-platform"


class DemoRefused(Exception):
    """The demo cannot start; the sentence says why."""


@dataclass
class Demo:
    """The parts of a running demo."""

    universe: ShiftedUniverse
    bot: MortalBot
    #: That of the console: what it queues is found by whichever bot lives.
    service: Service
    line: LinePlatform
    telegram: TelegramPlatform
    letters: list[SeededLetter]
    folder: Path
    url: str
    logins: list[Login]
    #: With which customers log in at the made-up bank, by their numbers.
    passwords: dict[str, str] = field(default_factory=dict, repr=False)

    numbers: NumbersOfPhones | None = None

    def exchange(self, before: SeededLetter, after: SeededLetter) -> None:
        """Put a letter in the place of one."""
        self.letters[self.letters.index(before)] = after
        self.passwords[after.customer_no] = _bank_password(after)
        if self.numbers is not None:
            self.numbers.add(_letter(after))


async def run_demo(*, port: int, once: bool, say: Callable[[str], None]) -> None:
    """Play one customer, then serve until interrupted (``once``: end after the first part)."""
    with tempfile.TemporaryDirectory(prefix="kakunin-demo-") as scratch:
        async with AsyncExitStack() as stack:
            demo = await open_demo(Path(scratch), 0 if once else port, stack)
            item = next(item for item in demo.letters if item.customer_no == PLAYED)
            await play_one(demo.service, demo.line, item, demo.folder, say)
            if once:
                return
            stop = _interrupted()
            words = load_catalogue("ja")
            login = demo.logins[0]
            say(words.text("tour.phone", url=demo.url))
            say(words.text("tour.console", url=demo.url, login=login.login, password=login.password))
            say(words.text("tour.warning"))
            await stop.wait()


async def open_demo(folder: Path, port: int, stack: AsyncExitStack) -> Demo:
    """Start everything; it ends with the stack."""
    listener = await _listen(port, stack)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    uni = Universe.shifted()
    settings = _settings(folder, url, uni)
    begin_in_office_hours(uni, settings.office)
    database = Database.open(settings.database_url, keys=None, universe=uni)
    stack.callback(database.close)
    passwords = Passwords()
    # Hashing passwords takes its time by design: meanwhile the bank is made.
    logins, letters = await asyncio.gather(
        _make_logins(database, passwords), asyncio.to_thread(seed, database, settings, folder)
    )
    line, telegram = _platforms(settings, url, uni)
    bot = MortalBot(database, settings)
    demo = Demo(uni, bot, bot.service, line, telegram, letters, folder, url, logins)
    runner = web.AppRunner(_application(demo, passwords), access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, listener).start()
    await line.start()
    stack.push_async_callback(line.close)
    await telegram.start()
    stack.push_async_callback(telegram.close)
    await bot.start()
    stack.push_async_callback(bot.stop)
    # Drawing the menus takes a moment, for which nobody has to wait.
    await stack.enter_async_context(_meanwhile(_connect(demo.service, url)))
    return demo


async def _connect(service: Service, url: str) -> None:
    """What ``kakunin channels connect`` does, with the stand-ins."""
    for look in await connect(service.channels, service.settings, service.database, url):
        for remark in look.remarks:
            if remark.level is Level.FIX:
                log.warning("demo.not_connected", channel=look.channel, part=remark.part, **remark.params)


@asynccontextmanager
async def _meanwhile(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs beside; ends with the demo."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _listen(port: int, stack: AsyncExitStack) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    stack.callback(listener.close)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        raise DemoRefused(f"Port {port} is in use; choose another one: kakunin demo --port {port + 1}") from None
    return listener


def _settings(folder: Path, url: str, uni: Universe) -> Settings:
    return load_settings(
        database_url=f"sqlite:///{folder}/demo.db",
        bank_name=load_catalogue("ja").text("tour.bank_name"),
        allow_drafts=True,
        second_factor_roles=(),
        sensitive_channels=("line", "telegram"),
        line_channel_secret=uni.code(32),
        line_channel_access_token=uni.code(40),
        line_basic_id="@kakunin-demo",
        line_notifications=True,
        line_account_link_url=f"{url}/demo/bank",
        line_account_link_secret=uni.code(40),
        line_api_base=f"{url}{_PLATFORMS}/line",
        line_data_api_base=f"{url}{_PLATFORMS}/line",
        telegram_bot_token=f"1000001:{uni.code(35)}",
        telegram_bot_username="kakunin_demo_bot",
        telegram_secret_token=uni.code(32),
        telegram_api_base=f"{url}{_PLATFORMS}/telegram",
    )


def _platforms(settings: Settings, url: str, uni: Universe) -> tuple[LinePlatform, TelegramPlatform]:
    assert settings.line_channel_secret
    assert settings.line_channel_access_token
    assert settings.telegram_bot_token
    assert settings.telegram_secret_token
    line = LinePlatform(
        f"{url}/line/webhook",
        settings.line_channel_secret.get_secret_value(),
        settings.line_channel_access_token.get_secret_value(),
        now=uni.now,
        new_id=uni.new_id,
        account_name=settings.bank_name,
    )
    telegram = TelegramPlatform(
        settings.telegram_bot_token.get_secret_value(),
        settings.telegram_bot_username,
        now=uni.now,
        webhook_url=f"{url}/telegram/webhook",
        secret_token=settings.telegram_secret_token.get_secret_value(),
        account_name=settings.bank_name,
    )
    return line, telegram


def _application(demo: Demo, passwords: Passwords) -> web.Application:
    """Webhooks, console, phone page and the stand-ins, all on one port."""
    service, uni = demo.service, demo.universe
    app = demo.bot.make_application()
    console = make_console(
        service.database,
        service.desk,
        service.settings,
        uni,
        reviews=service.reviews,
        entries=service.entries,
        passwords=passwords,
        demo=True,
    )

    async def letters() -> list[Letter]:
        return [_letter(item) for item in demo.letters]

    async def home(_: web.Request) -> web.Response:
        raise web.HTTPFound("/demo/phone")

    app.router.add_get("/", home)
    add_metrics(app, service.metrics, service.database)
    app.add_subapp("/console/", console)
    phone = make_phone(
        demo.line,
        demo.telegram,
        letters,
        service.settings,
        logins=demo.logins,
        make_around=lambda phones: _stage(demo, phones),
    )
    add_bank_page(phone, _bank(demo))
    app.add_subapp("/demo/", phone)
    app.add_subapp(f"{_PLATFORMS}/line/", demo.line.app)
    app.add_subapp(f"{_PLATFORMS}/telegram/", demo.telegram.app)
    return app


def _stage(demo: Demo, phones: Phones) -> Stage:
    bot = demo.bot
    demo.numbers = NumbersOfPhones(demo.line, phones)
    for item in demo.letters:
        demo.numbers.add(_letter(item))
    return Stage(
        Clock(demo.universe, bot),
        Troubles(demo.line, demo.telegram, bot),
        Personas(phones, bot, demo.letters, demo.folder, demo.exchange),
        Inspector(bot),
        ZoneInfo(bot.settings.time_zone),
    )


def _bank(demo: Demo) -> Bank:
    settings, uni = demo.service.settings, demo.universe
    demo.line.after_account_link = "/demo/bank/back"
    demo.passwords.update({item.customer_no: _bank_password(item) for item in demo.letters})
    return Bank(
        settings=settings,
        passwords=demo.passwords,
        register_url=f"{demo.url}/line/account-link",
        link_url=f"{settings.line_api_base}{PATH}",
        now=uni.now,
        code=uni.code,
    )


def _bank_password(item: SeededLetter) -> str:
    """Made up, and different for each customer, so that a wrong one is noticed."""
    return f"demo-{item.check_number}"


#: Who can be signed in as, from the counter to the audit.
_MEMBERS = (("sato", "operator"), ("suzuki", "back_office"), ("kato", "approver"), ("kimura", "auditor"))


async def _make_logins(database: Database, passwords: Passwords) -> list[Login]:
    uni = database.universe
    logins: list[Login] = []
    words = load_catalogue("ja")
    for login, role in _MEMBERS:
        password = uni.code(12)
        hashed = await passwords.hash(password)
        await database.transact(
            lambda conn, n=login, r=role, h=hashed: staff.add_staff(  # type: ignore[misc]
                conn, uni, n, r, None, h, must_change=False, display_name=words.text(f"tour.staff_{n}")
            )
        )
        logins.append(Login(login=login, password=password, role=role))
    return logins


def _letter(item: SeededLetter) -> Letter:
    master = item.master
    return Letter(
        key=item.case_id,
        salutation=master["name"],
        kind=master["kind"],
        code=item.code,
        check_number=item.check_number,
        expires_on=date.fromisoformat(item.expires_on),
        line_url=item.line_url,
        telegram_url=item.telegram_url,
        birth_date=date.fromisoformat(master["birth_date"]) if master.get("birth_date") else None,
        phone=master.get("phone", ""),
        customer_no=item.customer_no,
        bank_password=_bank_password(item),
        language=master.get("locale") or "ja",
    )


def _interrupted() -> asyncio.Event:
    """Set by Ctrl+C or a request to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    return stop
