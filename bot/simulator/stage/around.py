"""What stands around the phone of ``kakunin demo``, and what its buttons ask for.

Promise: these routes exist in the demo's application alone; they change the demo's clock, its stand-ins, its bot and
its invented people, and nothing of them is reachable from ``serve``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web
from babel.dates import format_datetime, format_timedelta

from bot.simulator.page import environment, read_wish
from bot.simulator.people import Person
from bot.simulator.robot import RobotStuck
from bot.simulator.stage.clock import Clock, Jump
from bot.simulator.stage.inspector import Inspector
from bot.simulator.stage.kept import transcript_of
from bot.simulator.stage.personas import Personas
from bot.simulator.stage.troubles import Switch, Troubles
from locales import load_catalogue

log = structlog.get_logger("kakunin.demo")
E = TypeVar("E", bound=StrEnum)
_Unit = Literal["day", "hour", "minute"]

#: Below this the clock is the real one.
_NOTICED = timedelta(minutes=1)


class Stage:
    """Clock, troubles, people and inspector of one demo."""

    def __init__(
        self, clock: Clock, troubles: Troubles, personas: Personas, inspector: Inspector, zone: ZoneInfo
    ) -> None:
        self._clock = clock
        self._troubles = troubles
        self._personas = personas
        self._inspector = inspector
        self._zone = zone

    @property
    def is_bot_away(self) -> bool:
        return self._troubles.is_bot_away

    def shown(self, locale: str) -> Mapping[str, Any]:
        return {
            "jumps": list(Jump),
            "people": self._personas.listed(),
            "of": self._personas.of,
            "theirs": load_catalogue("ja").text,
            **self.state(locale),
        }

    def state(self, locale: str) -> Mapping[str, Any]:
        """Clock and switches, in the words of the page."""
        time, text = self._clock.time, load_catalogue(locale).text
        return {
            "now": format_datetime(time.now.astimezone(self._zone), text("demo.clock.format"), locale=locale),
            "phone": time.now.astimezone(self._zone).strftime("%H:%M"),
            "ahead": text("demo.clock.ahead", by=length(time.ahead, locale))
            if time.ahead >= _NOTICED
            else text("demo.clock.real"),
            "hours": text("demo.clock.open" if time.is_open else "demo.clock.closed"),
            "is_open": time.is_open,
            "on": self._troubles.on(),
            "redelivered": text("demo.trouble.redelivered", count=str(self._troubles.redelivered))
            if self._troubles.redelivered
            else "",
        }

    async def inspect(self, person: Person, platform: str, locale: str) -> str:
        view = await self._inspector.look(person, platform)
        return (
            environment()
            .get_template("inspector.html")
            .render(t=load_catalogue(locale).text, view=view, clock=self._moment, day=self._day(locale))
        )

    def _moment(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime("%H:%M:%S")

    def _day(self, locale: str) -> Any:
        return lambda at: format_datetime(at.astimezone(self._zone), "M/d H:mm", locale=locale)

    # What the buttons ask for -------------------------------------------------------------------

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/api/clock", self._jump)
        app.router.add_post("/api/trouble", self._turn)
        app.router.add_post("/api/persona", self._begin)
        app.router.add_get("/transcript/{ref:[a-z0-9]{8}}.yaml", self._transcript)

    async def _transcript(self, request: web.Request) -> web.StreamResponse:
        return await transcript_of(self._inspector.bot, request.match_info["ref"])

    async def _jump(self, request: web.Request) -> web.StreamResponse:
        wish = await read_wish(request)
        await self._clock.jump(_one_of(Jump, wish.get("jump")))
        return web.json_response({"ok": True})

    async def _turn(self, request: web.Request) -> web.StreamResponse:
        wish = await read_wish(request)
        await self._troubles.turn(_one_of(Switch, wish.get("switch")), on=wish.get("on") is True)
        return web.json_response({"ok": True})

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        wish = await read_wish(request)
        platform = wish.get("platform")
        if platform not in ("line", "telegram"):
            raise web.HTTPBadRequest
        if self._troubles.on():
            return web.json_response({"ok": False, "why": "troubled"}, status=409)
        try:
            letter = await self._personas.begin(str(wish.get("persona")), platform, anew=wish.get("anew") is True)
        except LookupError:
            raise web.HTTPNotFound from None
        except RobotStuck as problem:
            # The chat is as far as it got: whoever plays goes on from there.
            log.warning("demo.persona_stuck", why=str(problem))
            return web.json_response({"ok": False, "why": "failed"}, status=503)
        return web.json_response({"ok": True, "letter": letter})


def length(time: timedelta, locale: str) -> str:
    """Days, hours and minutes in words, those that are none left out."""
    hours, minutes = divmod(time.seconds // 60, 60)
    parts: dict[_Unit, timedelta] = {
        "day": timedelta(days=time.days),
        "hour": timedelta(hours=hours),
        "minute": timedelta(minutes=minutes),
    }
    # A threshold that is never reached: a week of days is not said as one week.
    return " ".join(
        format_timedelta(part, granularity=unit, threshold=10_000, locale=locale)
        for unit, part in parts.items()
        if part
    )


def _one_of(kind: type[E], wanted: object) -> E:
    """The member of this name; anything else is no wish of our page."""
    try:
        return kind(str(wanted))
    except ValueError:
        raise web.HTTPBadRequest from None
