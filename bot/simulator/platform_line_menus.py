"""The stand-in's rich menus: made, given a picture, shown to everybody or to one person, deleted.

Promise: what LINE refuses is refused in its words (sizes, areas outside the picture, a picture of another
size or a second one, a menu that is shown before it has a picture, too many calls in an hour), and each
person is shown what this person would see.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.channels.limits import grapheme_count
from bot.simulator.faults import Faults
from bot.simulator.people import Tappable
from bot.simulator.platform_line_rules import USER_ID, Finding, check_action

RATE_WORDS = "The API rate limit has been exceeded. Try again later."
_MOST_MENUS = 1000
_MOST_AREAS = 20
_MOST_BYTES = 1024 * 1024
_BULK = 500
#: Calls an hour that make a menu, and that delete one.
_AN_HOUR = 100
#: Calls a second that list the menus.
_LISTS_A_SECOND = 10


class MenuRefused(Exception):
    """What LINE answers instead."""

    def __init__(self, status: int, message: str, findings: list[Finding] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.findings = findings or []


@dataclass(kw_only=True)
class Menu:
    """A menu as it was asked for, and its picture once it has one."""

    menu_id: str
    asked: dict[str, Any]
    picture: bytes = b""
    content_type: str = ""

    @property
    def areas(self) -> list[tuple[dict[str, int], Tappable]]:
        """Where it can be tapped, and what a tap does."""
        return [(area["bounds"], _tappable(area["action"])) for area in self.asked["areas"]]


class RichMenus:
    """All menus of the account."""

    def __init__(self, *, now: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._now = now
        self._new_id = new_id
        self.menus: dict[str, Menu] = {}
        self.default_id: str | None = None
        self.links: dict[str, str] = {}
        #: Each call about menus takes the next one.
        self.faults = Faults()
        #: How many people each call showed a menu to.
        self.linked_in_calls: list[int] = []
        self._made: deque[datetime] = deque()
        self._deleted: deque[datetime] = deque()
        self._listed: deque[datetime] = deque()

    def shown_to(self, user_id: str) -> Menu | None:
        """What this person sees beside the chat: his own menu, else the one for everybody."""
        return self.menus.get(self.links.get(user_id, "")) or self.menus.get(self.default_id or "")

    # What the calls do --------------------------------------------------------------------------

    def make(self, asked: Any) -> dict[str, Any]:
        self._limit(self._made, _AN_HOUR, timedelta(hours=1))
        self.check(asked)
        if len(self.menus) >= _MOST_MENUS:
            raise MenuRefused(400, "The maximum number of rich menus has been reached")
        menu_id = "richmenu-" + self._new_id().replace("-", "")
        self.menus[menu_id] = Menu(menu_id=menu_id, asked=asked)
        return {"richMenuId": menu_id}

    def check(self, asked: Any) -> None:
        """Refuse what cannot be a menu."""
        findings = list(_findings(asked))
        if findings:
            raise MenuRefused(400, f"The request body has {len(findings)} error(s)", findings)

    def upload(self, menu_id: str, content_type: str, picture: bytes) -> None:
        menu = self._get(menu_id)
        if content_type not in ("image/png", "image/jpeg"):
            raise MenuRefused(415, "Unsupported Media Type")
        if menu.picture:
            raise MenuRefused(400, "An image has already been uploaded to the richmenu")
        if len(picture) > _MOST_BYTES:
            raise MenuRefused(413, "Request Entity Too Large")
        size = menu.asked["size"]
        if content_type == "image/png" and png_size(picture) != (size["width"], size["height"]):
            raise MenuRefused(400, "The image size does not match the size of the richmenu")
        menu.picture, menu.content_type = picture, content_type

    def picture(self, menu_id: str) -> Menu:
        menu = self._get(menu_id)
        if not menu.picture:
            raise MenuRefused(404, "Not found")
        return menu

    def list(self) -> dict[str, Any]:
        self._limit(self._listed, _LISTS_A_SECOND, timedelta(seconds=1))
        return {"richmenus": [{"richMenuId": menu.menu_id, **menu.asked} for menu in self.menus.values()]}

    def delete(self, menu_id: str) -> None:
        self._limit(self._deleted, _AN_HOUR, timedelta(hours=1))
        self._get(menu_id)
        del self.menus[menu_id]
        if self.default_id == menu_id:
            self.default_id = None
        self.links = {user: shown for user, shown in self.links.items() if shown != menu_id}

    def get_default(self) -> dict[str, Any]:
        if self.default_id is None:
            raise MenuRefused(404, "no default richmenu")
        return {"richMenuId": self.default_id}

    def set_default(self, menu_id: str) -> None:
        self.default_id = self._showable(menu_id)

    def cancel_default(self) -> None:
        self.default_id = None

    def link(self, user_id: str, menu_id: str) -> None:
        if not USER_ID.fullmatch(user_id):
            raise MenuRefused(400, "The value for the 'userId' parameter is invalid")
        self.links[user_id] = self._showable(menu_id)
        self.linked_in_calls.append(1)

    def link_of(self, user_id: str) -> dict[str, Any]:
        if user_id not in self.links:
            raise MenuRefused(404, "the user has no richmenu")
        return {"richMenuId": self.links[user_id]}

    def unlink(self, user_id: str) -> None:
        self.links.pop(user_id, None)

    def bulk_link(self, asked: Any) -> None:
        users = asked.get("userIds") if isinstance(asked, dict) else None
        if not isinstance(users, list) or not 1 <= len(users) <= _BULK:
            raise MenuRefused(400, "The request body has 1 error(s)", [("userIds", "Size must be between 1 and 500")])
        if any(not USER_ID.fullmatch(str(user)) for user in users):
            raise MenuRefused(400, "The request body has 1 error(s)", [("userIds", "Invalid user ID")])
        menu_id = self._showable(str(asked.get("richMenuId")))
        self.links.update(dict.fromkeys(users, menu_id))
        self.linked_in_calls.append(len(users))

    def _get(self, menu_id: str) -> Menu:
        if menu_id not in self.menus:
            raise MenuRefused(404, "richmenu not found")
        return self.menus[menu_id]

    def _showable(self, menu_id: str) -> str:
        if not self._get(menu_id).picture:
            raise MenuRefused(400, "must upload richmenu image before applying it to user")
        return menu_id

    def _limit(self, calls: deque[datetime], most: int, span: timedelta) -> None:
        now = self._now()
        while calls and now - calls[0] >= span:
            calls.popleft()
        calls.append(now)
        if len(calls) > most:
            raise MenuRefused(429, RATE_WORDS)


def png_size(picture: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG; nothing for anything else."""
    if picture[:8] != b"\x89PNG\r\n\x1a\n" or picture[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", picture[16:24])
    return int(width), int(height)


def _findings(asked: Any) -> Iterator[Finding]:
    if not isinstance(asked, dict):
        yield "", "Must be an object"
        return
    size = asked.get("size") or {}
    width, height = size.get("width", 0), size.get("height", 0)
    if not 800 <= width <= 2500:
        yield "size.width", "Must be between 800 and 2500"
    if height < 250 or width < 1.45 * height:
        yield "size.height", "The aspect ratio must be 1.45 or more"
    for name, most in (("name", 300), ("chatBarText", 14)):
        if not isinstance(asked.get(name), str) or not 1 <= grapheme_count(asked[name]) <= most:
            yield name, f"Length must be between 1 and {most}"
    if not isinstance(asked.get("selected"), bool):
        yield "selected", "May not be null"
    areas = asked.get("areas")
    if not isinstance(areas, list) or len(areas) > _MOST_AREAS:
        yield "areas", f"Size must be between 0 and {_MOST_AREAS}"
        return
    for at, area in enumerate(areas):
        bounds = area.get("bounds") or {}
        x, y, wide, high = (bounds.get(name, -1) for name in ("x", "y", "width", "height"))
        if min(x, y) < 0 or min(wide, high) < 1 or x + wide > width or y + high > height:
            yield f"areas[{at}].bounds", "The bounds are outside of the size of the richmenu"
        yield from check_action(f"areas[{at}].action", area.get("action"))


def _tappable(action: dict[str, Any]) -> Tappable:
    return Tappable(label=action.get("label", ""), data=action.get("data", ""), said=action.get("displayText", ""))
