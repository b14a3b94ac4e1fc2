"""Who holds which phone in the demo, and what belongs to each: the letter, and what its customer has to know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from aiohttp import web

from bot.simulator.people import People, Person
from bot.simulator.phone_menu import WithCommands, WithRichMenus


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
