"""The demo's phone page: a person plays a customer, on either platform, beside the letter.

The page talks JSON to ``/demo/api/``; what it does goes through the stand-ins of the platforms and
so through signed webhooks into the real adapters.  Only invented people live here, and every page
says so.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import segno
from aiohttp import web
from babel.dates import format_date

from bot.console.headers import Assets, add_headers
from bot.settings import Settings
from bot.simulator.page import STOPPING, Part, environment, read_wish, stop_streams, stream
from bot.simulator.people import Person
from bot.simulator.phone_acts import act as do
from bot.simulator.phone_chat import chat_of
from bot.simulator.phone_menu import add_menu_pictures, line_menu, telegram_menu
from bot.simulator.phones import Delivered, Letter, Letters, LinePhone, Login, Phone, Phones, TelegramPhone
from bot.simulator.pictures import draw_picture
from locales import SHIPPED_LANGUAGES, load_catalogue

__all__ = ["Delivered", "Letter", "Login", "Phone", "make_phone"]

#: Rounds between two looks at what lies in the store.
_SELDOM = 4


class Around(Protocol):
    """What stands around the phone in the demo: its clock, its troubles, its people, a look into the bot."""

    @property
    def is_bot_away(self) -> bool:
        """Whether what is sent stays with the platform for the time being."""

    def shown(self, locale: str) -> Mapping[str, Any]:
        """What the page needs of it to be drawn."""

    def state(self, locale: str) -> Mapping[str, Any]:
        """What of it changes."""

    async def inspect(self, person: Person, platform: str, locale: str) -> str:
        """A look into the bot, as a part of the page."""

    def add_routes(self, app: web.Application) -> None:
        """What its buttons ask for."""


def make_phone(
    line: LinePhone,
    telegram: TelegramPhone,
    letters: Letters,
    settings: Settings,
    *,
    logins: Sequence[Login] = (),
    console_url: str = "/console/",
    export_url: str = "/console/exports",
    make_around: Callable[[Phones], Around] | None = None,
) -> web.Application:
    """The application to mount with ``add_subapp("/demo/", ...)``."""
    phones = Phones(line, telegram, letters)
    around = None if make_around is None else make_around(phones)
    assets = Assets("bot.simulator")
    console_assets = Assets("bot.console")
    zone = ZoneInfo(settings.time_zone)
    app = web.Application(client_max_size=64 * 1024)
    app[STOPPING] = asyncio.Event()

    def locale_of(request: web.Request) -> str:
        locale = request.query.get("locale", settings.default_locale)
        return locale if locale in SHIPPED_LANGUAGES else settings.default_locale

    async def page(request: web.Request) -> web.StreamResponse:
        locale = locale_of(request)
        catalogue = load_catalogue(locale, settings.content_dir and settings.content_dir / "locales")
        held = await letters()
        wanted = request.query.get("letter", "")
        body = (
            environment()
            .get_template("phone.html")
            .render(
                t=catalogue.text,
                locale=locale,
                other_locale="en" if locale == "ja" else "ja",
                zone=settings.time_zone,
                bank=settings.bank_name,
                bank_phone=settings.bank_phone,
                letters=held,
                chosen=next((letter for letter in held if letter.key == wanted), held[0] if held else None),
                platform="telegram" if request.query.get("platform") == "telegram" else "line",
                logins=logins,
                console_url=console_url,
                export_url=export_url,
                day=lambda on: format_date(on, "long", locale=locale),
                around=None if around is None else around.shown(locale),
            )
        )
        return web.Response(text=body, content_type="text/html", charset="utf-8")

    async def static(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        return (console_assets if name in ("console.css", "icon.svg") else assets).respond(request, name)

    async def qr(request: web.Request) -> web.StreamResponse:
        letter = await phones.letter(request.match_info["key"])
        url = letter.line_url if request.match_info["platform"] == "line" else letter.telegram_url
        drawing = io.BytesIO()
        segno.make(url, error="m", micro=False).save(drawing, kind="svg", border=2, scale=4, xmldecl=False)
        return web.Response(body=drawing.getvalue(), content_type="image/svg+xml")

    async def picture(_: web.Request) -> web.StreamResponse:
        return web.Response(body=draw_picture(), content_type="image/jpeg")

    async def live(request: web.Request) -> web.StreamResponse:
        letter = await phones.letter(request.query.get("letter", ""))
        platform, locale = request.query.get("platform", ""), locale_of(request)
        person = phones.person(letter, platform)

        async def chat() -> dict[str, Any]:
            menu = line_menu(line, person) if platform == "line" else telegram_menu(telegram, person)
            return {**chat_of(person, zone), "menu": menu}

        parts = [Part("chat", chat)]
        if around is not None:
            there = around

            async def stage() -> Mapping[str, Any]:
                return there.state(locale)

            async def inspect() -> str:
                return await there.inspect(person, platform, locale)

            parts += [Part("stage", stage), Part("inspector", inspect, each=_SELDOM)]
        return await stream(request, parts)

    async def act(request: web.Request) -> web.StreamResponse:
        wish = await read_wish(request)
        letter = await phones.letter(str(wish.get("letter", "")))
        platform = str(wish.get("platform", ""))
        person = phones.person(letter, platform)
        try:
            ok = await do(phones, platform, person, letter, wish)
        except LookupError:
            # The button has gone with a newer message, as on a real phone.
            return web.json_response({"ok": False, "why": "gone"}, status=409)
        if not ok and around is not None and around.is_bot_away:
            return web.json_response({"ok": False, "why": "away"})
        return web.json_response({"ok": ok})

    app.router.add_get("/phone", page)
    app.router.add_get("/static/{name}", static)
    app.router.add_get("/qr/{platform}/{key}.svg", qr)
    app.router.add_get("/picture.jpg", picture)
    add_menu_pictures(app, line)
    app.router.add_get("/api/live", live)
    app.router.add_post("/api/act", act)
    if around is not None:
        around.add_routes(app)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(stop_streams)
    return app
