"""A turn that meets a damaged value: the event is kept, a person takes over, and the customer hears so once.

Promise: what was changed or swapped in the store is never acted upon and never stops a conversation for good.
The platform hears 200 (delivering again would meet the same value), and every later message goes to the person too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Connection

from bot.channels.base import Inbound, InboundKind
from bot.kept_words import words_of
from bot.talk import Talk, notice
from dialogs.conversation import wording
from dialogs.conversation.prompts import Phrase
from dialogs.guard import Secret
from storage import accounts, content, conversations, hand_overs, inbound as inbox, outgoing
from storage.accounts import Account
from storage.conversations import Conversation
from storage.database import Database
from storage.problems import KeyMissing, SealBroken
from storage.unreadable import Unreadable, is_damage, record_unreadable

log = structlog.get_logger("kakunin.turns")


async def unless_damaged(
    database: Database, deed: Callable[[Connection], None], otherwise: Callable[[Connection, Unreadable], None]
) -> None:
    """Run ``deed`` as one transaction; where it meets a damaged value, ``otherwise`` in another one."""
    try:
        await database.transact(deed)
    except (SealBroken, KeyMissing) as error:
        problem = error
        if not await database.read(lambda conn: is_damage(problem, conn)):
            raise
        await database.transact(lambda conn: otherwise(conn, problem))


def lock_mended(talk: Talk, account: Account) -> Account:
    """The account, held; its user id is known from the event, so a damaged value is sealed again."""
    try:
        return accounts.lock_account(talk.conn, talk.vault, account.id) or account
    except SealBroken as problem:
        record_unreadable(talk.conn, talk.uni, problem)
        accounts.mend_account(talk.conn, talk.vault, account)
        return account


def keep_for_person(
    talk: Talk, account: Account, event: Inbound, secret: Secret | None, payload: dict[str, Any], problem: Unreadable
) -> None:
    """Store the event without working it off, and give its conversation to a person."""
    conversation = _conversation(talk, account, problem)
    content_id = talk.uni.new_id()
    inbound_id = inbox.insert_inbound(
        talk.conn,
        talk.vault,
        talk.uni,
        channel=event.channel,
        event_key=event.event_key,
        account_id=account.id,
        conversation_id=conversation.id,
        kind=event.kind.value,
        occurred_at=event.occurred_at,
        content_id=content_id,
        message_id=event.message_id,
        payload=payload,
    )
    if inbound_id is not None:
        content.save_content(
            talk.conn,
            talk.vault,
            talk.uni,
            conversation.id,
            direction="in",
            body=_words(talk, conversation, event, secret),
            content_id=content_id,
        )
    accounts.set_active_conversation(talk.conn, account.id, conversation.id)
    give_to_person(talk, conversation.id, problem)


def give_to_person(talk: Talk, conversation_id: str, problem: Unreadable) -> None:
    """Nothing of the conversation is worked off by the bot any more; said once."""
    inbox.set_aside(talk.conn, conversation_id, type(problem).__name__)
    log.error("turn.unreadable", conversation=conversation_id, table=problem.table, row=problem.row_id)
    stranded = conversations.strand(talk.conn, talk.uni, conversation_id)
    if stranded is None:
        return
    # Without a timer: nobody could take such a conversation back.
    waits = hand_overs.begin(
        talk.conn, talk.uni, conversation_id, reason="engine_error", topic=None, epoch=stranded.epoch
    )
    hand_overs.move(talk.conn, waits, hand_overs.State.WAITING, stranded.epoch, None, None)
    voice = talk.live.voice(stranded.locale)
    said = notice(Phrase(key="handover.bot_failed"))
    message = wording.render(said, None, voice)
    outgoing.insert_outgoing(
        talk.conn,
        talk.vault,
        talk.uni,
        conversation=stranded,
        kind=message.kind.value,
        body=wording.to_json(message),
        turn_id=talk.turn_id,
        epoch=stranded.epoch,
        reply_token=None,
        reply_until=None,
    )


def _conversation(talk: Talk, account: Account, problem: Unreadable) -> Conversation:
    """The conversation that the value belongs to if it is the account's, else the one that is active."""
    own = conversations.conversations_of_account(talk.conn, account.id)
    wanted = problem.row_id.partition(":")[0]
    place = wanted if wanted in own else account.active_conversation_id
    found = None if place is None else conversations.look_at_conversation(talk.conn, place)
    return found or talk.lobby_of(account)


def _words(talk: Talk, conversation: Conversation, event: Inbound, secret: Secret | None) -> dict[str, Any]:
    if event.kind is InboundKind.CHOICE and event.tap is not None:
        # Its label stands in what cannot be read.
        return {"option": event.tap.option}
    return words_of(talk, conversation, event, secret) or {"text": ""}
