"""One inbound event, one transaction, outgoing messages.

The order is the promise (architecture, "One turn"): a read-only look at the conversation; the never-ask
guard **before anything is written**; the heavy reading of the text outside the write transaction; then one
transaction that stores the event under its unique key, locks the conversation, drains all its undone events
in platform time through the pure step, and queues what is said.  A duplicate is a no-op.  If the step raises,
the event stays undone, a person takes over, and the customer hears so once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from bot.bank_login import login_payload, take_login
from bot.channels.base import Inbound, InboundKind
from bot.conversing import apply_code, apply_input, fall_to_staff, was_away
from bot.edited import mention_edit
from bot.kept_words import FACTOR_STEPS, code_in, keep, words_of
from bot.leaving import forget, reachable, unreachable
from bot.live_content import LiveContent
from bot.meaning import input_of
from bot.preparing import Prepared, Preparer, locale_of
from bot.talk import ReplyRight, Rules, Talk
from bot.unreadable import give_to_person, keep_for_person, lock_mended, unless_damaged
from dialogs.conversation import inputs as inp
from dialogs.personal import Personal
from storage import accounts, audit, conversations, inbound as inbox
from storage.accounts import Account
from storage.conversations import Conversation, Times
from storage.database import Database
from storage.inbound import InboundRow
from storage.notifying.queue import note_delivered
from storage.problems import StaleConversation
from storage.unreadable import Unreadable, is_damage, lacks_key, record_unreadable

log = structlog.get_logger("kakunin.turns")

#: LINE's reply token lives for a minute from the event; what is sent later goes as a push.
_REPLY_LIFE = timedelta(seconds=50)
#: Kinds of events that the bot records and never answers.
_SILENT = frozenset({InboundKind.OTHER})
#: An event that lies undone for so long was left by a process that is gone.
LEFT_OVER = timedelta(seconds=10)
#: The store is in trouble, or another transaction was quicker: nothing is wrong with the turn, so it is run
#: again (storage.database) or delivered again by the platform.
STORE_TROUBLE = (OperationalError, InterfaceError, InternalError, StaleConversation)


#: The events at which a step raised, by their keys, and what it raised.
_Failed = Mapping[str, Exception]


class _StepFailed(Exception):
    """The step of one event raised: what the transaction did so far must not be kept."""

    def __init__(self, event_key: str, error: Exception) -> None:
        super().__init__(event_key)
        self.event_key = event_key
        self.error = error


class Turns:
    """Takes events of customers; one object per process."""

    def __init__(self, database: Database, live: LiveContent, rules: Rules) -> None:
        self._database = database
        self._live = live
        self._rules = rules
        self._prepare = Preparer(database, live, rules).prepare

    async def handle(self, events: Sequence[Inbound]) -> None:
        """Store and answer the events of one request; when this returns, all are committed.

        Raises what the store raised for any of them: the caller then answers 503 and the platform delivers again.
        One customer's trouble stops his own later events, which must not overtake, and nobody else's.
        """
        trouble: dict[tuple[str, str], Exception] = {}
        for event in sorted(events, key=lambda event: event.occurred_at):
            if event.kind is InboundKind.DELIVERY:
                await self._note_delivery(event.tag or "")
                continue
            who = (event.channel, event.user_id.reveal())
            if event.kind is InboundKind.GROUP or not event.user_id or who in trouble:
                continue  # a group is nobody's conversation: a bank's bot does not speak there
            try:
                prepared = await self._prepare(event)
                await self._transact(
                    lambda conn, failed, p=prepared: self._turn(conn, p, failed),  # type: ignore[misc]
                    lambda conn, problem, p=prepared: self._keep(conn, p, problem),  # type: ignore[misc]
                )
            except Exception as error:
                trouble[who] = error
        for first in trouble.values():
            raise first

    async def _note_delivery(self, tag: str) -> None:
        """The platform says that a message to a telephone number arrived; told twice, it changes nothing."""
        uni = self._database.universe
        await self._database.transact(lambda conn: note_delivered(conn, uni, tag))

    async def sweep(self) -> int:
        """Drain what a crash left behind; returns how many conversations were touched."""
        older = self._database.universe.now() - LEFT_OVER
        stale = await self._database.read(lambda conn: inbox.stale_undone(conn, older))
        for conversation_id in stale:
            await self._transact(
                lambda conn, failed, c=conversation_id: self._drain(self._talk(conn), c, {}, failed),  # type: ignore[misc]
                lambda conn, problem, c=conversation_id: give_to_person(self._talk(conn), c, problem),  # type: ignore[misc]
            )
        return len(stale)

    # The transaction ----------------------------------------------------------------------------

    async def _transact(
        self, deed: Callable[[Connection, _Failed], None], otherwise: Callable[[Connection, Unreadable], None]
    ) -> None:
        """Run ``deed`` as one transaction; an event at which it raises is told to the next run, which leaves it alone.

        A savepoint around each event would keep the first run, and cost every turn two statements for it.
        """
        failed: dict[str, Exception] = {}
        while True:
            try:
                await unless_damaged(self._database, lambda conn: deed(conn, failed), otherwise)
            except _StepFailed as stopped:
                failed[stopped.event_key] = stopped.error
            else:
                return

    def _turn(self, conn: Connection, prepared: Prepared, failed: _Failed) -> None:
        database, event = self._database, prepared.event
        uni = database.universe
        account = accounts.upsert_account(
            conn, database.vault, uni, event.channel, event.user_id, locale_of(event, self._rules)
        )
        talk = self._talk(conn)
        account = lock_mended(talk, account)
        conversation = self._conversation_for(talk, account, prepared)
        # Taken back before it came: nothing of it is kept, nor read.
        gone = event.kind is not InboundKind.UNSEND and inbox.is_taken_back(conn, account.id, event.message_id)
        words = {} if gone else words_of(talk, conversation, event, prepared.secret)
        content_id = uni.new_id() if words is not None else None
        inbound_id = inbox.insert_inbound(
            conn,
            database.vault,
            uni,
            channel=event.channel,
            event_key=event.event_key,
            account_id=account.id,
            conversation_id=conversation.id,
            kind=event.kind.value,
            occurred_at=event.occurred_at,
            content_id=content_id,
            message_id=event.message_id,
            payload=self._payload(prepared) | {"taken_back": gone} | login_payload(database.vault, event),
        )
        if inbound_id is None:
            return
        if conversation.id != account.active_conversation_id:
            accounts.set_active_conversation(conn, account.id, conversation.id)
        if words is not None and content_id is not None:
            keep(talk, conversation, event, words, content_id)
        # What happened before and comes late says nothing about now.
        if event.occurred_at >= (conversation.last_occurred_at or event.occurred_at):
            if event.kind is InboundKind.UNFOLLOW:
                unreachable(talk, account)
            else:
                reachable(talk, account, may_answer=event.may_answer, answers=event.kind not in _SILENT)
        self._drain(talk, conversation.id, {inbound_id: prepared}, failed)

    def _conversation_for(self, talk: Talk, account: Account, prepared: Prepared) -> Conversation:
        """The conversation the event belongs to: the one its button is from, else the active one."""
        tap, seen = prepared.event.tap, (prepared.look.active_id, prepared.look.active_ref)
        # A conversation keeps its name, so a button of the one that was seen active needs no look-up.
        if tap is not None and seen != (account.active_conversation_id, tap.conversation_ref):
            tapped = conversations.find_conversation_ref(talk.conn, tap.conversation_ref)
            if tapped is not None and tapped != account.active_conversation_id:
                conversation = talk.lock(tapped)
                if conversation.account_id == account.id and conversation.kind == "case":
                    linked = {link.case_id for link in accounts.live_links(talk.conn, account.id)}
                    if conversation.case_id in linked and not self._lobby_verifies(talk, account):
                        return conversation
        if account.active_conversation_id is not None:
            return talk.lock(account.active_conversation_id)
        return talk.lobby_of(account)

    @staticmethod
    def _lobby_verifies(talk: Talk, account: Account) -> bool:
        """Whether the second factor is being asked: no old button may lead past it."""
        if account.active_conversation_id is None:
            return False
        active = talk.lock(account.active_conversation_id)
        return active.kind == "lobby" and active.open_question in FACTOR_STEPS

    @staticmethod
    def _payload(prepared: Prepared) -> dict[str, Any]:
        event = prepared.event
        return {
            "secret": None if prepared.secret is None else prepared.secret.kind.value,
            "tap": None if event.tap is None else [event.tap.conversation_ref, event.tap.token, event.tap.option],
            "media": event.media,
            "message_id": event.message_id,
            "reply_token": None if event.reply_token is None else event.reply_token.reveal(),
            "may_answer": event.may_answer,
            "after_blocking": event.after_blocking,
        }

    def _keep(self, conn: Connection, prepared: Prepared, problem: Unreadable) -> None:
        talk, event = self._talk(conn), prepared.event
        locale = locale_of(event, self._rules)
        account = accounts.upsert_account(conn, talk.vault, talk.uni, event.channel, event.user_id, locale)
        keep_for_person(talk, account, event, prepared.secret, self._payload(prepared), problem)

    def _talk(self, conn: Connection) -> Talk:
        uni = self._database.universe
        return Talk(conn, self._database.vault, uni, self._live, self._rules, uni.new_id())

    def _drain(self, talk: Talk, conversation_id: str, prepared: dict[str, Prepared], failed: _Failed) -> None:
        """All undone events of a conversation, in the order in which they happened."""
        talk.lock(conversation_id)
        for row in inbox.undone_inbound(talk.conn, talk.vault, conversation_id):
            if row.event_key in failed:
                self._give_up(talk, conversation_id, row, failed[row.event_key])
            else:
                self._one(talk, conversation_id, row, prepared.get(row.id))

    def _one(self, talk: Talk, conversation_id: str, row: InboundRow, prepared: Prepared | None) -> None:
        talk.begin_reply(_reply_right(row))
        before = talk.lock(conversation_id)
        seen = conversations.hold_times(talk.conn, before, self._times(talk, before, row))
        try:
            self._apply(talk, seen, row, prepared)
        except STORE_TROUBLE:
            raise
        except Exception as error:
            raise _StepFailed(row.event_key, error) from error
        inbox.mark_done(talk.conn, talk.uni, row.id)
        after = talk.lock(conversation_id)
        times = self._times(talk, after, row)
        if after.version == seen.version or times != after.times:
            conversations.touch_conversation(talk.conn, after, times)

    def _give_up(self, talk: Talk, conversation_id: str, row: InboundRow, error: Exception) -> None:
        """Whatever a defect raised: nothing of it is kept, the customer is not left alone."""
        if lacks_key(error, talk.conn):
            raise error  # another process has the key: the platform delivers again
        if is_damage(error, talk.conn):
            record_unreadable(talk.conn, talk.uni, error)
        name = type(error).__name__
        log.error("turn.failed", conversation=conversation_id, inbound=row.id, error=name, exc_info=error)
        talk.begin_reply(_reply_right(row))
        inbox.count_attempt(talk.conn, row.id, name)
        self._apologise(talk, conversation_id)
        audit.record(
            talk.conn,
            talk.uni,
            "turn.failed",
            actor_kind="system",
            actor_id=None,
            subjects={"conversation": conversation_id, "inbound": row.id},
            detail={"error": name},
        )

    @staticmethod
    def _apologise(talk: Talk, conversation_id: str) -> None:
        """A person takes over and the customer hears so; where not even that can be said, the person still does."""
        savepoint = talk.conn.begin_nested()
        try:
            apply_input(talk, talk.lock(conversation_id), inp.BotFailed())
        except STORE_TROUBLE:
            raise
        except Exception as error:
            savepoint.rollback()
            log.exception("turn.apology_failed", conversation=conversation_id, error=type(error).__name__)
            fall_to_staff(talk, talk.lock(conversation_id))
            return
        savepoint.commit()

    @staticmethod
    def _times(talk: Talk, conversation: Conversation, row: InboundRow) -> Times:
        """The times of a conversation after an event that is worked off."""
        # A clock that went ahead must not make everything late that comes after.
        latest = max(filter(None, (conversation.last_occurred_at, min(row.occurred_at, talk.now))))
        # Only who was known a moment ago stays known: that the second factor was asked must not count as given.
        verified_at = conversation.verified_at if was_away(talk, conversation) else talk.now
        return Times(last_inbound_at=talk.now, last_occurred_at=latest, verified_at=verified_at)

    def _apply(self, talk: Talk, conversation: Conversation, row: InboundRow, prepared: Prepared | None) -> None:
        kind = InboundKind(row.kind)
        if kind is InboundKind.UNSEND:
            forget(talk, conversation, row)
            return
        silent = kind in _SILENT or kind is InboundKind.UNFOLLOW or not row.payload.get("may_answer", True)
        if silent or row.payload.get("taken_back"):
            return
        if kind is InboundKind.EDITED:
            mention_edit(talk, conversation, row)
            return
        if kind is InboundKind.BANK_LOGIN:
            take_login(talk, conversation, row)
            return
        code = None if prepared is None else code_in(talk, conversation, prepared.event)
        if code is not None:
            apply_code(talk, conversation, code)
            return
        what = talk.heard = input_of(talk, conversation, row, prepared)
        if what is not None:
            apply_input(talk, conversation, what)


def _reply_right(row: InboundRow) -> ReplyRight | None:
    token = row.payload.get("reply_token")
    return None if token is None else ReplyRight(token=Personal(token), until=row.occurred_at + _REPLY_LIFE)
