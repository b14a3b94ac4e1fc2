"""``kakunin channels connect`` and ``status``: what is told to the platforms, and what they are asked.

Promise: doing it again changes nothing.  New menus are in place, and the accounts marked for them, before an
old one goes; a menu that somebody is still shown goes later, by the sender (``bot.menus``).  A platform that is
away or refuses is a remark, never an exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.channels.base import Channel, Outcome
from bot.channels.menus import MenuKind, MenuState, WordsTooLong, listed_commands
from bot.channels.report import Level, Look, NotDone, Unauthorized, Unreachable
from bot.problems import SettingsProblem
from bot.settings import Settings
from locales import SHIPPED_LANGUAGES, VOICES, Catalogue, load_catalogue
from storage import menus
from storage.database import Database

if TYPE_CHECKING:
    from bot.channels.line.adapter import LineChannel
    from bot.channels.line.menus import LineMenus
    from bot.channels.telegram.adapter import TelegramChannel

#: Where Telegram sends webhooks to.
_TELEGRAM_PORTS = frozenset({None, 443, 80, 88, 8443})
#: What LINE takes as the address of a webhook.
_LONGEST_URL = 500
_GONE = frozenset({Outcome.SENT, Outcome.ACCEPTED_BEFORE})


def public_base(settings: Settings) -> str:
    """The public address without its final slash, or nothing; raises ``SettingsProblem`` where no platform takes it."""
    url = settings.public_url.strip().rstrip("/")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsProblem("KAKUNIN_PUBLIC_URL is no address, for example https://kakunin.example.co.jp.") from None
    if parts.scheme != "https" or not parts.hostname:
        raise SettingsProblem("KAKUNIN_PUBLIC_URL must begin with https://: the platforms take nothing else.")
    if parts.query or parts.fragment or parts.username is not None:
        raise SettingsProblem("KAKUNIN_PUBLIC_URL must end with the host or a path, without name, ? or #.")
    if settings.telegram_is_on and settings.telegram_mode == "webhook" and port not in _TELEGRAM_PORTS:
        raise SettingsProblem("KAKUNIN_PUBLIC_URL has a port to which Telegram does not send: 443, 80, 88 or 8443.")
    if len(url) > _LONGEST_URL - len("/telegram/webhook"):
        raise SettingsProblem("KAKUNIN_PUBLIC_URL is too long.")
    return url


def needs_public_url(settings: Settings) -> bool:
    """Whether a platform has to be told where to send webhooks."""
    return settings.line_is_on or (settings.telegram_is_on and settings.telegram_mode == "webhook")


async def connect(
    channels: Mapping[str, Channel], settings: Settings, database: Database, base: str, *, time_out: float = 15.0
) -> list[Look]:
    """Set webhook, menus and commands on every platform that is on; the channels are started."""
    from bot.channels.line.adapter import LineChannel
    from bot.channels.telegram.adapter import TelegramChannel

    looks = []
    for name, channel in channels.items():
        look = Look(channel=name)
        looks.append(look)
        if isinstance(channel, LineChannel):
            await _guarded(_connect_line(channel, settings, database, base, look, time_out), look)
        elif isinstance(channel, TelegramChannel):
            await _guarded(_connect_telegram(channel, settings, base, look, time_out), look)
    return looks


async def status(
    channels: Mapping[str, Channel], settings: Settings, *, test: bool, time_out: float = 10.0
) -> list[Look]:
    """Ask every platform that is on what it knows; the channels are started.  ``test`` has LINE call the webhook."""
    from bot.channels.line.adapter import LineChannel
    from bot.channels.line.status import look_at_line
    from bot.channels.telegram.adapter import TelegramChannel
    from bot.channels.telegram.status import look_at_telegram

    base = public_base(settings)
    looks = []
    asked = []
    for name, channel in channels.items():
        look = Look(channel=name)
        expected = f"{base}/{name}/webhook" if base else ""
        looks.append(look)
        if isinstance(channel, LineChannel):
            asking = look_at_line(
                channel, look, expected_url=expected, basic_id=settings.line_basic_id, test=test, time_out=time_out
            )
            asked.append(_guarded(asking, look))
        elif isinstance(channel, TelegramChannel):
            asking = look_at_telegram(
                channel,
                look,
                expected_url=expected,
                username=settings.telegram_bot_username,
                polling=settings.telegram_mode == "polling",
                commands=_commands(settings),
                time_out=time_out,
            )
            asked.append(_guarded(asking, look))
    await asyncio.gather(*asked)
    return looks


async def _guarded(doing: Awaitable[None], look: Look) -> None:
    """A platform that does not do what was asked is something to be put right, and the others go on."""
    try:
        await doing
    except Unauthorized as problem:
        look.say(Level.FIX, "reach", "channel.token_refused", detail=problem)
    except Unreachable as problem:
        look.say(Level.FIX, "reach", "channel.unreachable", detail=problem)
    except NotDone as problem:
        look.say(Level.FIX, "reach", "channel.refused", detail=problem)


def _words(settings: Settings, locale: str) -> Catalogue:
    return load_catalogue(locale, settings.content_dir and settings.content_dir / "locales")


# Telegram -----------------------------------------------------------------------------------


def _commands(settings: Settings) -> dict[str | None, list[tuple[str, str]]]:
    """The commands menus: each language's, and the bank's own language for everybody else."""
    wanted: dict[str | None, list[tuple[str, str]]] = {None: listed_commands(_words(settings, settings.default_locale))}
    return wanted | {locale: listed_commands(_words(settings, locale)) for locale in SHIPPED_LANGUAGES}


async def _connect_telegram(
    channel: TelegramChannel, settings: Settings, base: str, look: Look, time_out: float
) -> None:
    from bot.channels.telegram.connecting import connect_commands, connect_webhook, disconnect_webhook

    if settings.telegram_mode == "polling":
        await disconnect_webhook(channel, look, time_out=time_out)
    else:
        assert settings.telegram_secret_token is not None
        secret = settings.telegram_secret_token.get_secret_value()
        await connect_webhook(channel, f"{base}/telegram/webhook", secret, look, time_out=time_out)
    await connect_commands(channel, _commands(settings), look, time_out=time_out)


# LINE ---------------------------------------------------------------------------------------


async def _connect_line(
    channel: LineChannel, settings: Settings, database: Database, base: str, look: Look, time_out: float
) -> None:
    from bot.channels.line.connecting import connect_webhook
    from bot.channels.line.menus import LineMenus

    await _connect_menus(LineMenus(channel, time_out=time_out), settings, database, look)
    await connect_webhook(channel, f"{base}/line/webhook", look, time_out=time_out)
    look.say(Level.HINT, "redelivery", "channel.line.redelivery")


async def _connect_menus(board: LineMenus, settings: Settings, database: Database, look: Look) -> None:
    from bot.channels.line.menus import name_of

    kinds = [MenuKind(state=state, locale=locale) for state in MenuState for locale in VOICES]
    names = {kind: name_of(kind, _words(settings, kind.locale)) for kind in kinds}
    listed = await board.listed()
    # One that is not in the store may have been left without its picture: it is made anew.
    known = {menu.menu_id for menu in await database.read(lambda conn: menus.load_menus(conn, "line"))}
    there = {menu.name: menu.menu_id for menu in listed if menu.menu_id in known}
    missing = [kind for kind in kinds if names[kind] not in there]
    # Drawing is work for another core, and LINE takes its time as well.
    making = (board.make(kind, _words(settings, kind.locale)) for kind in missing)
    made = await asyncio.gather(*making, return_exceptions=True)
    for problem in made:
        if isinstance(problem, WordsTooLong):
            look.say(Level.FIX, "menus", "connect.menu_words_too_long", words=problem)
            return
        if isinstance(problem, BaseException):
            raise problem
    new = dict(zip(missing, map(str, made), strict=True))
    live = {kind.encode(): new.get(kind) or there[names[kind]] for kind in kinds}
    if new:
        look.say(Level.CHANGED, "menus", "connect.menus_made", count=len(new), all=len(live))
    else:
        look.say(Level.OK, "menus", "connect.menus_kept", count=len(live))
    default = live[MenuKind(state=MenuState.NOT_LINKED, locale=settings.default_locale).encode()]
    if await board.default() != default:
        await board.set_default(default)
        look.say(Level.CHANGED, "default_menu", "connect.menu_default_set")
    await _mark(database, live)
    waiting = await database.read(lambda conn: menus.count_due_menus(conn, "line"))
    if waiting:
        look.say(Level.HINT, "accounts", "connect.menus_due", count=waiting)
    await _remove_old(board, database, [menu.menu_id for menu in listed if menu.menu_id not in live.values()], look)


async def _mark(database: Database, live: Mapping[str, str]) -> None:
    """Note the menus, and go through the accounts for those that are shown another."""
    uni = database.universe
    known = await database.read(lambda conn: menus.load_menus(conn, "line"))
    if {menu.kind: menu.menu_id for menu in known if menu.state == "live"} == live:
        return
    await database.transact(lambda conn: menus.set_live_menus(conn, uni, "line", live))
    after: str | None = ""
    while after is not None:
        after = await database.transact(lambda conn, a=after: menus.mark_behind(conn, "line", after=a))  # type: ignore[misc]


async def _remove_old(board: LineMenus, database: Database, old: list[str], look: Look) -> None:
    """Delete what nobody is shown; the rest goes when the last account has its new menu."""
    later = 0
    for menu_id in old:
        if await database.read(lambda conn, m=menu_id: menus.is_shown(conn, m)):  # type: ignore[misc]
            later += 1
            continue
        sent = await board.remove(menu_id)
        if sent.outcome not in _GONE:
            raise NotDone(sent)
        await database.transact(lambda conn, m=menu_id: menus.forget_menu(conn, m))  # type: ignore[misc]
    if later:
        look.say(Level.HINT, "old_menus", "connect.menus_old", count=later)
