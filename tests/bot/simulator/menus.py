"""Stand-ins that have been told of the menus, without a service that does it."""

from __future__ import annotations

from functools import cache

from bot.channels.line.menu_drawing import draw_menu
from bot.channels.line.menus import request_of
from bot.channels.menus import MenuKind, MenuState, listed_commands
from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_telegram import TelegramPlatform
from bot.simulator.platform_telegram_desk import PRIVATE_CHATS
from locales import load_catalogue

#: Drawing takes a third of a second: for tests that connect again and again.
draw_once = cache(draw_menu)
#: Everybody's menu on LINE.
NEW = MenuKind(state=MenuState.NOT_LINKED, locale="ja")
WORDS = load_catalogue("ja")


def tell(line: LinePlatform, telegram: TelegramPlatform) -> None:
    """Give everybody on LINE a menu, and everybody on Telegram the list of commands."""
    menu_id = line.menus.make(request_of(NEW, WORDS).to_dict())["richMenuId"]
    line.menus.upload(menu_id, "image/png", draw_menu(NEW, WORDS))
    line.menus.set_default(menu_id)
    commands = [{"command": name, "description": text} for name, text in listed_commands(WORDS)]
    telegram.desk.menus[PRIVATE_CHATS, ""] = commands
