"""An event made ready before its transaction: where the conversation stands, what must not be kept, what is meant.

Promise: nothing is written here; a secret is found before anything could be, and the heavy reading of a text
holds no lock.  The turn decides by what it finds under its own locks.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.base import Inbound, InboundKind
from bot.kept_words import is_letter_code
from bot.live_content import LiveContent
from bot.talk import Rules
from dialogs.conversation.answering import Taken, is_free_text, read_reply, reader_kind
from dialogs.conversation.events import Key
from dialogs.conversation.form import Position, Slot
from dialogs.conversation.state import State
from dialogs.conversation.understanding import Reading
from dialogs.definition.model import Question, Questionnaire
from dialogs.guard import Secret, find_secret
from dialogs.japanese.municipalities import make_ready
from locales import SHIPPED_LANGUAGES
from storage import accounts, conversations
from storage.database import Database

log = structlog.get_logger("kakunin.turns")

#: Replies of these kinds are read with the list of municipalities; no transaction waits for it.
_OF_PLACES = frozenset(("address", "postal_code"))


@dataclass(frozen=True)
class Look:
    """What the read-only look found out."""

    locale: str
    #: Kind of the open question, or the lobby's step.
    expected: str | None
    #: The open question and its form, where it is one of a form.
    asked: tuple[Questionnaire, Question] | None = field(default=None, repr=False)
    #: The text is the code of a letter.
    is_code: bool = False
    #: The conversation that was active, and the name that its buttons carry.
    active_id: str | None = None
    active_ref: str | None = None


@dataclass
class Prepared:
    """An event made ready outside the transaction."""

    event: Inbound
    look: Look
    secret: Secret | None = None
    reading: Reading | None = field(default=None, repr=False)


class Preparer:
    """Makes events ready; one object per process."""

    def __init__(self, database: Database, live: LiveContent, rules: Rules) -> None:
        self._database = database
        self._live = live
        self._rules = rules
        #: One thread, so that its dictionaries are loaded once.
        self._reader = ThreadPoolExecutor(1, "kakunin-understanding")

    async def prepare(self, event: Inbound) -> Prepared:
        """The event with all that can be known of it without writing."""
        look = await self._database.read(lambda conn: self._look(conn, event))
        prepared = Prepared(event, look)
        if look.expected in _OF_PLACES:
            await asyncio.to_thread(make_ready)
        if event.text is not None and event.tap is not None and self._live.can_understand:
            # A day that was picked, in the one shape that the platform gives it: nothing to guard against.
            prepared.reading = await self._read(event.text.reveal(), look)
        elif event.kind is InboundKind.TEXT and event.text is not None:
            # One code in a thousand looks like "pw" and a password; what a letter bore is no secret of the customer.
            if not look.is_code:
                prepared.secret = find_secret(event.text.reveal(), expected=look.expected)
            if prepared.secret is None and self._live.can_understand:
                prepared.reading = await self._read(event.text.reveal(), look)
        elif event.sticker is not None and event.sticker.written is not None:
            prepared.secret = find_secret(event.sticker.written.reveal(), expected=None)
        return prepared

    async def _read(self, text: str, look: Look) -> Reading:
        # Some milliseconds, in which webhooks and deliveries of all the others go on.
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reader, self._understand, text, look)

    def _understand(self, text: str, look: Look) -> Reading:
        reading = self._live.understanding.read(text, look.locale, topics=False)
        is_answer = look.asked is not None and self._is_answer(reading, look.locale, *look.asked)
        if not (look.is_code or is_answer or reading.exact is not None):
            _ = reading.match  # now, and not in the transaction
        return reading

    def _is_answer(self, reading: Reading, locale: str, form: Questionnaire, question: Question) -> bool:
        """Whether the text by itself reads as an answer to the open question, which is then what it will be."""
        now = self._database.universe.now().astimezone(self._rules.zone)
        nothing_yet = Position(form, State(locale=locale), now)
        return not is_free_text(question) and isinstance(
            read_reply(nothing_yet, Slot(Key(question.name), question), reading), Taken
        )

    def _look(self, conn: Connection, event: Inbound) -> Look:
        is_code = event.text is not None and is_letter_code(conn, self._database.vault, event.text.reveal())
        return replace(self._look_at_conversation(conn, event), is_code=is_code)

    def _look_at_conversation(self, conn: Connection, event: Inbound) -> Look:
        self._live.try_refresh(conn, self._database.universe.now())
        account = accounts.find_account(conn, self._database.vault, event.channel, event.user_id)
        if account is None or account.active_conversation_id is None:
            return Look(locale_of(event, self._rules), "link_code")
        # For reading, what stands in clear is enough; the turn opens the state and decides.
        conversation = conversations.look_at_conversation(conn, account.active_conversation_id)
        assert conversation is not None
        look = Look(conversation.locale, None, active_id=conversation.id, active_ref=conversation.ref)
        if conversation.kind == "lobby":
            step = conversation.open_question or "code"
            return replace(look, expected={"code": "link_code", "birth_date": "date"}.get(step, step))
        if conversation.open_question is not None and conversation.questionnaire_sha256 is not None:
            asked = self._asked(conn, conversation.questionnaire_sha256, conversation.open_question)
            return look if asked is None else replace(look, expected=reader_kind(asked[1]), asked=asked)
        return look

    def _asked(self, conn: Connection, sha256: str, question: str) -> tuple[Questionnaire, Question] | None:
        try:
            definition = self._live.definition(conn, sha256)
        except SQLAlchemyError:
            raise
        except Exception as error:
            # The event is stored all the same: the step fails on this too, and then a person takes over.
            log.error("turn.questionnaire_not_readable", version=sha256[:12], error=type(error).__name__)
            return None
        found = definition.by_name.get(question)
        return None if found is None else (definition, found)


def locale_of(event: Inbound, rules: Rules) -> str:
    """The language in which a new account is spoken to."""
    hint = (event.locale or "")[:2]
    return hint if hint in SHIPPED_LANGUAGES else rules.default_locale
