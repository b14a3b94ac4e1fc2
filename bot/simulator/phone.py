"""The demo's phone page: a person plays a customer, on either platform, beside the letter.

The page talks JSON to ``/demo/api/``; what it does goes through the stand-ins of the platforms and
so through signed webhooks into the real adapters.  Only invented people live here, and every page
says so.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import segno
from aiohttp import web
from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.console.headers import Assets, add_headers
from bot.settings import Settings
from bot.simulator.people import People, Person
from bot.simulator.phone_chat import as_contact, chat_of
from bot.simulator.phone_menu import (
    WithCommands,
    WithRichMenus,
    add_menu_pictures,
    command_at,
    line_menu,
    telegram_menu,
)
from bot.simulator.pictures import draw_picture
from locales import SHIPPED_LANGUAGES, load_catalogue

#: Seconds between two looks at a chat; it lies in memory.
EVERY = 0.15
#: A comment after so many quiet looks keeps the stream open.
KEEP_ALIVE = 100

#: What both platforms take in one message, with room to spare.
LONGEST_TEXT = 4000

STOPPING = web.AppKey("phone_stopping", asyncio.Event)


class Delivered(Protocol):
    """How an event fared: the statuses of its tries; none where the bot fetches its updates itself."""

    statuses: list[int]

    @property
    def ok(self) -> bool: ...


class Phone(Protocol):
    """What the page needs of either stand-in: to act as a person and to read the person's chat."""

    @property
    def people(self) -> People: ...

    def add_person(self, name: str = ..., *, language: str = ..., friend: bool = ...) -> Person: ...

    async def type_text(self, user_id: str, text: str) -> Delivered: ...

    async def tap(self, user_id: str, message_id: str, choice: int | str) -> Delivered: ...

    async def send_sticker(self, user_id: str) -> Delivered: ...


class LinePhone(Phone, WithRichMenus, Protocol):
    """LINE: one follows and unfollows, taps the rich menu, takes messages back, and calendars open."""

    async def tap(self, user_id: str, message_id: str, choice: int | str, day: str | None = ...) -> Delivered: ...

    async def follow(self, user_id: str) -> Delivered: ...

    async def unfollow(self, user_id: str) -> Delivered: ...

    async def unsend(self, user_id: str, message_id: str) -> Delivered: ...

    async def send_image(self, user_id: str) -> Delivered: ...

    async def tap_menu(self, user_id: str, place: int) -> Delivered: ...


class TelegramPhone(Phone, WithCommands, Protocol):
    """Telegram: one presses Start, with the code where a letter's link opened the chat, and picks commands."""

    async def begin(self, user_id: str, payload: str = ...) -> Delivered: ...

    async def block(self, user_id: str) -> Delivered: ...

    async def unblock(self, user_id: str) -> Delivered: ...

    async def send_photo(self, user_id: str) -> Delivered: ...

    async def send_contact(self, user_id: str, phone_number: str) -> Delivered: ...


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A letter of the seeded bank, and what whoever plays its customer has to know."""

    #: Names the letter in the page's addresses: short, invented, no customer number.
    key: str
    #: The name to address; what politeness adds to it comes from the catalogue.
    salutation: str
    #: individual, corporate
    kind: str
    code: str
    check_number: str
    expires_on: date
    line_url: str
    telegram_url: str
    #: As a customer would say them at the second factor.
    birth_date: date | None = None
    phone: str = ""
    #: With which the customer logs in at the made-up bank.
    customer_no: str = field(default="", repr=False)
    bank_password: str = field(default="", repr=False)
    #: What is special about this customer, in the page's language.
    about: Mapping[str, str] = field(default_factory=dict)
    language: str = "ja"


@dataclass(frozen=True, kw_only=True)
class Login:
    """A member of the seeded bank's staff, for the console beside the phone."""

    login: str
    password: str = field(repr=False)
    role: str


Letters = Callable[[], Awaitable[Sequence[Letter]]]


class Phones:
    """The phones of the customers: one person for each letter and platform, made when first picked up."""

    def __init__(self, line: LinePhone, telegram: TelegramPhone, letters: Letters) -> None:
        self.line = line
        self.telegram = telegram
        self.letters = letters
        self._owners: dict[tuple[str, str], str] = {}

    async def letter(self, key: str) -> Letter:
        """The letter by its key; raises 404."""
        for letter in await self.letters():
            if letter.key == key:
                return letter
        raise web.HTTPNotFound

    def platform(self, name: str) -> Phone:
        """The stand-in; raises 404 for another name."""
        if name == "line":
            return self.line
        if name == "telegram":
            return self.telegram
        raise web.HTTPNotFound

    def person(self, letter: Letter, platform: str) -> Person:
        """Who holds this phone."""
        phone = self.platform(platform)
        owner = self._owners.get((letter.key, platform))
        if owner is None:
            owner = phone.add_person(letter.salutation, language=letter.language).user_id
            self._owners[letter.key, platform] = owner
        return phone.people[owner]


def make_phone(
    line: LinePhone,
    telegram: TelegramPhone,
    letters: Letters,
    settings: Settings,
    *,
    logins: Sequence[Login] = (),
    console_url: str = "/console/",
    export_url: str = "/console/exports",
) -> web.Application:
    """The application to mount with ``add_subapp("/demo/", ...)``."""
    phones = Phones(line, telegram, letters)
    assets = Assets("bot.simulator")
    console_assets = Assets("bot.console")
    zone = ZoneInfo(settings.time_zone)
    app = web.Application(client_max_size=64 * 1024)
    app[STOPPING] = asyncio.Event()

    async def page(request: web.Request) -> web.StreamResponse:
        locale = request.query.get("locale", settings.default_locale)
        locale = locale if locale in SHIPPED_LANGUAGES else settings.default_locale
        catalogue = load_catalogue(locale, settings.content_dir and settings.content_dir / "locales")
        body = (
            _environment()
            .get_template("phone.html")
            .render(
                t=catalogue.text,
                locale=locale,
                other_locale="en" if locale == "ja" else "ja",
                zone=settings.time_zone,
                bank=settings.bank_name,
                bank_phone=settings.bank_phone,
                letters=await letters(),
                logins=logins,
                console_url=console_url,
                export_url=export_url,
                day=lambda on: format_date(on, "long", locale=locale),
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
        platform = request.query.get("platform", "")
        person = phones.person(letter, platform)

        def state() -> dict[str, Any]:
            menu = line_menu(line, person) if platform == "line" else telegram_menu(telegram, person)
            return {**chat_of(person, zone), "menu": menu}

        return await _stream(request, state)

    async def act(request: web.Request) -> web.StreamResponse:
        wish = await _read_wish(request)
        letter = await phones.letter(str(wish.get("letter", "")))
        platform = str(wish.get("platform", ""))
        person = phones.person(letter, platform)
        try:
            ok = await _act(phones, platform, person, letter, wish)
        except LookupError:
            # The button has gone with a newer message, as on a real phone.
            return web.json_response({"ok": False, "why": "gone"}, status=409)
        return web.json_response({"ok": ok})

    app.router.add_get("/phone", page)
    app.router.add_get("/static/{name}", static)
    app.router.add_get("/qr/{platform}/{key}.svg", qr)
    app.router.add_get("/picture.jpg", picture)
    add_menu_pictures(app, line)
    app.router.add_get("/api/live", live)
    app.router.add_post("/api/act", act)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_stop_streams)
    return app


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.simulator"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def _read_wish(request: web.Request) -> dict[str, Any]:
    # JSON from our own page only: another site's form can neither send this type nor these headers.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden
    try:
        wish = await request.json()
    except ValueError:
        raise web.HTTPBadRequest from None
    if not isinstance(wish, dict):
        raise web.HTTPBadRequest
    return wish


async def _act(phones: Phones, platform: str, person: Person, letter: Letter, wish: Mapping[str, Any]) -> bool:
    """Do what a finger did; raises ``LookupError`` where the bubble or button is not there any more."""
    what, message = str(wish.get("do", "")), str(wish.get("message", ""))
    phone, user_id = phones.platform(platform), person.user_id
    if what in ("text", "sticker", "picture", "tap", "menu") and (person.blocked or not person.friend):
        return False
    if what == "text":
        text = str(wish.get("text", "")).strip()[:LONGEST_TEXT]
        return bool(text) and _arrived(await phone.type_text(user_id, text))
    if what == "tap":
        choice, day = wish.get("choice"), wish.get("day")
        if not isinstance(choice, int):
            return False
        if platform == "line" and isinstance(day, str):
            return _arrived(await phones.line.tap(user_id, message, choice, day))
        return _arrived(await phone.tap(user_id, message, choice))
    if what == "menu":
        place = wish.get("choice")
        return isinstance(place, int) and _arrived(await _tap_menu(phones, platform, person, place))
    if what == "sticker":
        return _arrived(await phone.send_sticker(user_id))
    done = await _act_on_line(phones.line, what, user_id, message) if platform == "line" else None
    if platform == "telegram":
        done = await _act_on_telegram(phones.telegram, what, person, letter)
    if done is None:
        raise web.HTTPBadRequest
    return _arrived(done)


async def _tap_menu(phones: Phones, platform: str, person: Person, place: int) -> Delivered:
    if platform == "line":
        return await phones.line.tap_menu(person.user_id, place)
    return await phones.telegram.type_text(person.user_id, command_at(phones.telegram, person, place))


def _arrived(done: Delivered) -> bool:
    return done.ok or not done.statuses


async def _act_on_line(line: LinePhone, what: str, user_id: str, message: str) -> Delivered | None:
    if what in ("add", "scan", "unblock"):
        return await line.follow(user_id)
    if what == "block":
        return await line.unfollow(user_id)
    if what == "unsend":
        return await line.unsend(user_id, message)
    if what == "picture":
        return await line.send_image(user_id)
    return None


async def _act_on_telegram(telegram: TelegramPhone, what: str, person: Person, letter: Letter) -> Delivered | None:
    user_id = person.user_id
    if what in ("add", "scan"):
        # The letter's link carries the code into the start button.
        return await telegram.begin(user_id, letter.code if what == "scan" else "")
    if what == "contact" and person.share:
        return await telegram.send_contact(user_id, as_contact(letter.phone))
    if what == "block":
        return await telegram.block(user_id)
    if what == "unblock":
        return await telegram.unblock(user_id)
    if what == "picture":
        return await telegram.send_photo(user_id)
    return None


async def _stream(request: web.Request, state: Callable[[], dict[str, Any]]) -> web.StreamResponse:
    stopping = request.app[STOPPING]
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    shown, quiet = "", 0
    try:
        while not stopping.is_set():
            chat = json.dumps(state(), ensure_ascii=False)
            fingerprint = hashlib.sha256(chat.encode()).hexdigest()[:16]
            quiet += 1
            if fingerprint != shown:
                await response.write(f"id: {fingerprint}\nevent: chat\ndata: {chat}\n\n".encode())
                shown, quiet = fingerprint, 0
            elif quiet >= KEEP_ALIVE:
                await response.write(b": still here\n\n")
                quiet = 0
            try:
                await asyncio.wait_for(stopping.wait(), EVERY)
            except TimeoutError:
                continue
    except ConnectionResetError:
        # The browser has gone; there is nobody to tell.
        return response
    return response


async def _stop_streams(app: web.Application) -> None:
    app[STOPPING].set()
