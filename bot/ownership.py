"""Who may speak in a conversation, and how staff take it over and hand it back.

Exactly one party owns a conversation: the bot, the waiting line, one member of staff, or nobody once it is
closed.  Every change raises ``epoch`` by one, and what the bot wrote under an older epoch is never sent.
Without this rule the bot and a person answer at the same time.

    BOT --asks for a person--> WAITING --claim--> STAFF
     ^                            |                 |
     +--------- hand back --------+-----------------+

``StaffDesk`` is what the console calls; each deed checks ownership, changes the conversation and leaves its
audit row in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from bot.console.desk import ConversationView, Damaged, NotOwner, SecretTyped
from bot.conversing import apply_input
from bot.live_content import LiveContent
from bot.staff_view import view_conversation
from bot.talk import Rules, Talk
from dialogs.conversation import inputs as inp
from dialogs.conversation.events import Owner
from dialogs.guard import find_secret
from storage import accounts, audit, content, conversations
from storage.conversations import Conversation
from storage.database import Database
from storage.problems import KeyMissing, SealBroken
from storage.staff import StaffMember

T = TypeVar("T")


class StaffDesk:
    """``bot.console.desk.Desk`` over the store."""

    def __init__(
        self, database: Database, live: LiveContent, rules: Rules, on_queued: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self._live = live
        self._rules = rules
        self._on_queued = on_queued

    async def view(self, conversation_id: str) -> ConversationView:
        """What stands beside the transcript; raises ``KeyError`` where there is no such conversation."""
        return await self._database.read(lambda conn: view_conversation(self._talk(conn), conversation_id))

    async def claim(self, conversation_id: str, staff: StaffMember) -> bool:
        """Take the conversation over by one conditional update; the customer is told who speaks."""

        def deed(talk: Talk) -> bool:
            if not self._has_customer(talk, talk.lock(conversation_id)):
                return False
            epoch = conversations.claim_conversation(talk.conn, talk.uni, conversation_id, staff.id)
            if epoch is None:
                return False
            self._bring_forward(talk, talk.lock(conversation_id))
            apply_input(talk, talk.lock(conversation_id), inp.StaffTook(staff_id=staff.id, epoch=epoch))
            talk.introduce_staff(talk.lock(conversation_id), staff)
            self._record(talk, "handoff.claimed", staff, conversation_id)
            return True

        return await self._do(deed)

    async def say(self, conversation_id: str, staff: StaffMember, text: str, *, epoch: int | None = None) -> None:
        """Answer the customer; raises ``NotOwner``, or ``SecretTyped`` before anything is written.

        ``epoch`` is that of the page on which it was typed: what is left of an earlier takeover is not sent in another.
        """
        self._refuse_secret(text)

        def deed(talk: Talk) -> None:
            conversation = self._owned(talk, conversation_id, staff, epoch)
            if not self._has_customer(talk, conversation):
                raise NotOwner
            talk.say_as_staff(conversation, staff, text)
            self._record(talk, "handoff.replied", staff, conversation_id)

        await self._do(deed)

    async def hand_back(self, conversation_id: str, staff: StaffMember, note: str, *, epoch: int | None = None) -> None:
        """The bot goes on at the same question; raises ``NotOwner``."""
        self._refuse_secret(note)

        def deed(talk: Talk) -> None:
            conversation = self._owned(talk, conversation_id, staff, epoch)
            self._note(talk, conversation, staff, note)
            apply_input(talk, talk.lock(conversation_id), inp.HandedBack(staff_id=staff.id))
            self._record(talk, "handoff.handed_back", staff, conversation_id)

        await self._do(deed)

    async def release(self, conversation_id: str, staff: StaffMember, reason: str, *, epoch: int | None = None) -> None:
        """Back into the waiting line; raises ``NotOwner``."""
        self._refuse_secret(reason)

        def deed(talk: Talk) -> None:
            conversation = self._owned(talk, conversation_id, staff, epoch)
            self._note(talk, conversation, staff, reason)
            apply_input(talk, talk.lock(conversation_id), inp.StaffReleased(staff_id=staff.id, reason="staff"))
            self._record(talk, "handoff.released", staff, conversation_id)

        await self._do(deed)

    # How it is done -----------------------------------------------------------------------------

    def _talk(self, conn: Connection) -> Talk:
        uni = self._database.universe
        return Talk(conn, self._database.vault, uni, self._live, self._rules, uni.new_id())

    async def _do(self, deed: Callable[[Talk], T]) -> T:
        try:
            done = await self._database.transact(lambda conn: deed(self._talk(conn)))
        except (SealBroken, KeyMissing) as problem:
            raise Damaged from problem
        self._on_queued()
        return done

    @staticmethod
    def _bring_forward(talk: Talk, conversation: Conversation) -> None:
        """What the customer says from here on reaches the person who speaks, wherever the bot had led him."""
        account = talk.account(conversation.account_id)
        active = account.active_conversation_id
        if active is None or talk.lock(active).owner != Owner.STAFF.value:
            accounts.set_active_conversation(talk.conn, account.id, conversation.id)

    @staticmethod
    def _owned(talk: Talk, conversation_id: str, staff: StaffMember, epoch: int | None = None) -> Conversation:
        conversation = talk.lock(conversation_id)
        if conversation.owner != Owner.STAFF.value:
            raise NotOwner
        if conversation.owner_staff_id != staff.id:
            raise NotOwner
        if epoch is not None and conversation.epoch != epoch:
            raise NotOwner
        return conversation

    @staticmethod
    def _has_customer(talk: Talk, conversation: Conversation) -> bool:
        """Whether the account still acts for the case's customer: nobody else may hear about the case."""
        linked = {link.case_id for link in accounts.live_links(talk.conn, conversation.account_id)}
        return conversation.case_id is None or conversation.case_id in linked

    @staticmethod
    def _refuse_secret(text: str) -> None:
        secret = find_secret(text, expected=None)
        if secret is not None:
            raise SecretTyped(secret.kind.value)

    @staticmethod
    def _note(talk: Talk, conversation: Conversation, staff: StaffMember, text: str) -> None:
        """What staff write for each other stands in the transcript and is never sent."""
        if text.strip():
            content.save_content(
                talk.conn,
                talk.vault,
                talk.uni,
                conversation.id,
                direction="note",
                body={"text": text},
                staff_id=staff.id,
            )

    @staticmethod
    def _record(talk: Talk, action: str, staff: StaffMember, conversation_id: str, **subjects: str) -> None:
        audit.record(
            talk.conn,
            talk.uni,
            action,
            actor_kind="staff",
            actor_id=staff.id,
            subjects={"conversation": conversation_id, **subjects},
            detail={},
        )
