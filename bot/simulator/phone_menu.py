"""What stands beside the chat on the demo's phone: LINE's rich menu, Telegram's list of commands."""

from __future__ import annotations

from typing import Any, Protocol

from aiohttp import web

from bot.simulator.people import Person
from bot.simulator.platform_line_menus import Menu, MenuRefused, RichMenus
from bot.simulator.platform_telegram_desk import BotDesk

#: The picture of a menu never changes: another picture is another menu.
_FOR_EVER = "private, max-age=31536000, immutable"


class WithRichMenus(Protocol):
    """The LINE stand-in, as far as its menus go."""

    @property
    def menus(self) -> RichMenus: ...


class WithCommands(Protocol):
    """The Telegram stand-in, as far as its commands go."""

    @property
    def desk(self) -> BotDesk: ...


def line_menu(line: WithRichMenus, person: Person) -> dict[str, Any] | None:
    """The picture and the areas to tap, in parts of a hundred of its size."""
    menu = line.menus.shown_to(person.user_id)
    return None if menu is None else {"picture": f"/demo/menu/{menu.menu_id}.png", **_drawn(menu)}


def _drawn(menu: Menu) -> dict[str, Any]:
    size = menu.asked["size"]
    areas = []
    for bounds, button in menu.areas:
        part = {name: 100 * bounds[name] / size["width"] for name in ("x", "width")}
        part |= {name: 100 * bounds[name] / size["height"] for name in ("y", "height")}
        areas.append({**part, "label": button.label})
    return {"bar": menu.asked["chatBarText"], "ratio": f"{size['width']} / {size['height']}", "areas": areas}


def telegram_menu(telegram: WithCommands, person: Person) -> dict[str, Any] | None:
    """The commands that the app lists for this person."""
    commands = telegram.desk.menu_for(person.language)
    return {"commands": commands} if commands else None


def command_at(telegram: WithCommands, person: Person, place: int) -> str:
    """The command as a tap in the list sends it; ``LookupError`` where there is none."""
    commands = telegram.desk.menu_for(person.language)
    if not 0 <= place < len(commands):
        raise LookupError("the list has no such command (any more)")
    return f"/{commands[place]['command']}"


def add_menu_pictures(app: web.Application, line: WithRichMenus) -> None:
    """The pictures, for the page."""

    async def picture(request: web.Request) -> web.StreamResponse:
        try:
            menu = line.menus.picture(request.match_info["menu"])
        except MenuRefused:
            raise web.HTTPNotFound from None
        headers = {"Cache-Control": _FOR_EVER}
        return web.Response(body=menu.picture, content_type=menu.content_type, headers=headers)

    app.router.add_get("/menu/{menu}.png", picture)
