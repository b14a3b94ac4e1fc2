"""Rich menus on LINE: made once, found again, shown to people.

Promise: a menu is known by its name, which carries a digest of all that it is made of (entries, words,
drawing), so the same menu is made only once whoever asks; a change of any of it is another menu.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from linebot.v3.messaging import (
    AsyncMessagingApi,
    AsyncMessagingApiBlob,
    PostbackAction,
    RichMenuArea,
    RichMenuBounds,
    RichMenuBulkLinkRequest,
    RichMenuRequest,
    RichMenuSize,
)

from bot.channels.base import Outcome, Sent
from bot.channels.line.adapter import LineChannel
from bot.channels.line.asking import ask
from bot.channels.menus import MenuKind, entries_of
from bot.channels.report import NotDone
from dialogs.conversation.wording import Translator
from dialogs.personal import Personal

#: People whom one call can show a menu.
BULK = 500
#: Other menus of the account are nobody's business here.
NAME_PREFIX = "kakunin/"
#: A call of the background may take this long.
_TIME_OUT = 15.0


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A menu that stands at LINE."""

    menu_id: str
    name: str


def name_of(kind: MenuKind, words: Translator) -> str:
    """The name of a menu as it is now: ``kakunin/open-ja/<digest>``."""
    drawing = (files("bot.channels.line") / "menu_drawing.py").read_bytes()
    parts = [[entry.text, entry.data, *entry.lines(words)] for entry in entries_of(kind)]
    made_of = json.dumps([words.text("menu.bar"), parts], ensure_ascii=False).encode()
    return f"{NAME_PREFIX}{kind.encode()}/{hashlib.sha256(drawing + made_of).hexdigest()[:16]}"


class LineMenus:
    """The rich menus of one account."""

    limit = BULK

    def __init__(self, channel: LineChannel, *, time_out: float = _TIME_OUT) -> None:
        self._channel = channel
        self._time_out = time_out

    # Showing ------------------------------------------------------------------------------------

    async def show(self, menu_id: str, users: Sequence[Personal]) -> Sent:
        """Show a menu to up to ``limit`` people; never raises for LINE's answers."""
        ids = [user.reveal() for user in users]
        try:
            if len(ids) == 1:
                await ask(self._api.link_rich_menu_id_to_user, ids[0], menu_id, time_out=self._time_out)
            else:
                request = RichMenuBulkLinkRequest(rich_menu_id=menu_id, user_ids=ids)
                await ask(self._api.link_rich_menu_id_to_users, request, time_out=self._time_out)
        except NotDone as problem:
            return problem.sent
        return Sent(outcome=Outcome.SENT)

    async def remove(self, menu_id: str) -> Sent:
        """Delete a menu; one that is not there any more is as good as deleted."""
        try:
            await ask(self._api.delete_rich_menu, menu_id, time_out=self._time_out)
        except NotDone as problem:
            gone = problem.sent.detail.startswith("404")
            return Sent(outcome=Outcome.ACCEPTED_BEFORE) if gone else problem.sent
        return Sent(outcome=Outcome.SENT)

    # Making -------------------------------------------------------------------------------------

    async def listed(self) -> list[Listed]:
        """Our menus that stand at LINE; raises ``NotDone``."""
        answer = await ask(self._api.get_rich_menu_list, time_out=self._time_out)
        found = [Listed(menu_id=menu.rich_menu_id, name=menu.name or "") for menu in answer.richmenus]
        return [menu for menu in found if menu.name.startswith(NAME_PREFIX)]

    async def default(self) -> str | None:
        """The menu of who has none of his own; raises ``NotDone``."""
        try:
            answer = await ask(self._api.get_default_rich_menu_id, time_out=self._time_out)
        except NotDone as problem:
            if problem.sent.detail.startswith("404"):
                return None
            raise
        return str(answer.rich_menu_id)

    async def set_default(self, menu_id: str) -> None:
        """Show this menu to who has none of his own; raises ``NotDone``."""
        await ask(self._api.set_default_rich_menu, menu_id, time_out=self._time_out)

    async def make(self, kind: MenuKind, words: Translator) -> str:
        """Make a menu with its picture; its id.  Raises ``NotDone``, and then leaves nothing half made."""
        from bot.channels.line.menu_drawing import draw_menu

        picture = await asyncio.to_thread(draw_menu, kind, words)
        answer = await ask(self._api.create_rich_menu, request_of(kind, words), time_out=self._time_out)
        menu_id = str(answer.rich_menu_id)
        client = self._channel.data_client()
        try:
            await ask(
                AsyncMessagingApiBlob(client).set_rich_menu_image,
                menu_id,
                bytearray(picture),
                _headers={"Content-Type": "image/png"},
                time_out=self._time_out,
            )
        except NotDone:
            # Without a picture it can be shown to nobody, and the next try must not find it by its name.
            await self.remove(menu_id)
            raise
        finally:
            await client.close()
        return menu_id

    @property
    def _api(self) -> AsyncMessagingApi:
        return self._channel.api


def request_of(kind: MenuKind, words: Translator) -> RichMenuRequest:
    """A menu as LINE is asked to make it: the areas are the cells of the picture."""
    from bot.channels.line.menu_drawing import HEIGHT, WIDTH, cells

    entries = entries_of(kind)
    return RichMenuRequest(
        size=RichMenuSize(width=WIDTH, height=HEIGHT),
        # Open from the beginning: who is not at home with menus would not find it.
        selected=True,
        name=name_of(kind, words),
        chat_bar_text=words.text("menu.bar"),
        areas=[
            RichMenuArea(
                bounds=RichMenuBounds(x=x, y=y, width=width, height=height),
                action=PostbackAction(label=entry.label(words), data=entry.data, display_text=entry.label(words)),
            )
            for entry, (x, y, width, height) in zip(entries, cells(len(entries)), strict=True)
        ],
    )
