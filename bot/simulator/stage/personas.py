"""Five customers of the made-up bank, one click away: each where a conversation with somebody like this begins.

Promise: they are customers like all others, and are led to their start through the real chat, by a finger that is
quick.  Who begins anew is another customer with the same data: what was said before stays in the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from bot.simulator.people import Person, Speaker
from bot.simulator.phones import Delivered, Letter, Phones
from bot.simulator.robot import Robot
from bot.simulator.seed import SeededLetter, copy_customer
from bot.simulator.stage.mortal import MortalBot
from dialogs.personal import Personal
from locales import load_catalogue
from storage import accounts, conversations
from storage.tables import OutgoingRow, table_of
from storage.tables.messages import OPEN_STATES

_outgoing = table_of(OutgoingRow)
#: Their own language, in which they say what is suggested.
_LANGUAGE = "ja"
#: Numbers of those who begin anew; the bank's own are lower.
_FIRST_COPY = 90_000


@dataclass(frozen=True, kw_only=True)
class Persona:
    """Somebody, and where his conversation begins; the words are in the catalogue under ``demo.persona.<key>``."""

    key: str
    customer_no: str
    #: With the letter linked; otherwise it is still in hand.
    is_linked: bool = True
    #: Reads large text.
    large: bool = False
    #: What he says first, once he is linked: a key of the catalogue.
    begins: str = ""
    #: Replies that are suggested.
    says: int = 4


PERSONAS = (
    Persona(key="elderly", customer_no="0000128", large=True),
    Persona(key="foreign", customer_no="0000107", begins="demo.persona.foreign.begins"),
    Persona(key="company", customer_no="0009002"),
    Persona(key="wary", customer_no="0000120", is_linked=False),
    Persona(key="variant", customer_no="0000104"),
)


class Personas:
    """Who of them has which letter now."""

    def __init__(
        self, phones: Phones, bot: MortalBot, letters: Sequence[SeededLetter], folder: Path, replace: Replace
    ) -> None:
        self._phones = phones
        self._bot = bot
        self._folder = folder
        self._replace = replace
        held = {letter.customer_no: letter for letter in letters}
        self._letters = {one.key: held[one.customer_no] for one in PERSONAS if one.customer_no in held}
        self._copies = _FIRST_COPY
        self._one_at_a_time = asyncio.Lock()

    def listed(self) -> list[tuple[Persona, str]]:
        """Everybody whose letter is there, with the letter's key."""
        return [(one, self._letters[one.key].case_id) for one in PERSONAS if one.key in self._letters]

    def of(self, letter_key: str) -> Persona | None:
        """Whose letter this is."""
        return next((one for one, key in self.listed() if key == letter_key), None)

    def is_begun(self, letter: Letter, platform: str) -> bool:
        """Whether this phone was used."""
        person = self._phones.person(letter, platform)
        # That the bank wrote to the number of somebody is nothing that he did.
        return person.friend or person.blocked or any(one.speaker is Speaker.PERSON for one in person.bubbles)

    async def begin(self, key: str, platform: str, *, anew: bool) -> str:
        """Put the phone at the start of this person; the letter's key.  Raises ``LookupError`` for nobody."""
        persona = next(one for one in PERSONAS if one.key == key) if key in self._letters else None
        if persona is None:
            raise LookupError(key)
        async with self._one_at_a_time:
            letter = await self._phones.letter(self._letters[key].case_id)
            if anew and any(self.is_begun(letter, name) for name in ("line", "telegram")):
                await self._copy(persona)
                letter = await self._phones.letter(self._letters[key].case_id)
            if not self.is_begun(letter, platform):
                await self._lead(persona, letter, platform)
            return letter.key

    async def _copy(self, persona: Persona) -> None:
        self._copies += 1
        before = self._letters[persona.key]
        fresh = await asyncio.to_thread(
            copy_customer,
            self._bot.database,
            self._bot.settings,
            self._folder,
            persona.customer_no,
            as_number=f"{self._copies:07d}",
        )
        self._letters[persona.key] = fresh
        self._replace(before, fresh)

    async def _lead(self, persona: Persona, letter: Letter, platform: str) -> None:
        person, phone = self._phones.person(letter, platform), self._phones.platform(platform)
        database, live = self._bot.database, self._bot.service.live
        definition = await database.read(lambda conn: live.live_definition(conn, letter.kind))
        robot = Robot(
            phone,
            person,
            definition,
            asked=lambda: None,
            answered=lambda: database.run_read(lambda conn: self._is_answered(conn, platform, person)),
        )
        if not persona.is_linked:
            await robot.does(self._open_chat(person, platform))
            return
        assert letter.birth_date is not None
        await robot.link(lambda: self._send_code(person, platform, letter.code), letter.birth_date, letter.phone)
        if persona.begins:
            await robot.say(load_catalogue(_LANGUAGE).text(persona.begins))

    async def _open_chat(self, person: Person, platform: str) -> Delivered:
        if platform == "line":
            return await self._phones.line.follow(person.user_id)
        return await self._phones.telegram.begin(person.user_id)

    async def _send_code(self, person: Person, platform: str, code: str) -> Delivered:
        if platform == "line":
            await self._phones.line.follow(person.user_id)
            return await self._phones.line.type_text(person.user_id, code)
        return await self._phones.telegram.begin(person.user_id, code)

    def _is_answered(self, conn: Connection, platform: str, person: Person) -> bool:
        """Whether all that the bot had to say to this person has left."""
        account = accounts.find_account(conn, self._bot.database.vault, platform, Personal(person.user_id))
        if account is None:
            return True
        its = _outgoing.c.conversation_id.in_(conversations.conversations_of_account(conn, account.id))
        query = select(_outgoing.c.id).where(its, _outgoing.c.state.in_(OPEN_STATES))
        return conn.execute(query.limit(1)).first() is None


#: Puts a fresh letter in the place of one.
Replace = Callable[[SeededLetter, SeededLetter], None]
