"""What a finger does on the demo's phone: every deed goes through a stand-in and so through a signed webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.simulator.people import Person
from bot.simulator.phone_chat import as_contact
from bot.simulator.phone_menu import command_at
from bot.simulator.phones import Delivered, Letter, LinePhone, Phones, TelegramPhone

#: What both platforms take in one message, with room to spare.
LONGEST_TEXT = 4000


async def act(phones: Phones, platform: str, person: Person, letter: Letter, wish: Mapping[str, Any]) -> bool:
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
