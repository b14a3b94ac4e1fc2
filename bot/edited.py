"""A message that the customer changed after sending it (Telegram): what counts is what was read first.

The changed words are neither read nor kept.  So that nobody believes an answer to be corrected, the bot says
so, but not at every touch: once in an hour, and never into a conversation that a person leads.
"""

from __future__ import annotations

from datetime import timedelta

from bot.channels.base import InboundKind
from bot.talk import Talk
from dialogs.conversation.events import Owner
from dialogs.conversation.prompts import Phrase
from storage import inbound as inbox
from storage.conversations import Conversation
from storage.inbound import InboundRow

_QUIET_FOR = timedelta(hours=1)


def mention_edit(talk: Talk, conversation: Conversation, row: InboundRow) -> None:
    """Say that a changed message is not read and how an answer is corrected."""
    if conversation.owner != Owner.BOT.value or conversation.closed_at is not None:
        return
    since = row.received_at - _QUIET_FOR
    edited = InboundKind.EDITED.value
    if not inbox.came_before(talk.conn, row.id, conversation.account_id, conversation.id, edited, since):
        talk.say(conversation, Phrase(key="engine.edited"))
