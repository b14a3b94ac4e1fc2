"""Two rules of the sender: how fast a platform may be called, and when a second try could show a message twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.channels.base import Channel, Limits
from dialogs.conversation.prompts import MessageKind
from storage.outgoing import OutgoingRow
from storage.pacing import Pace

#: Longer than any send may take, so that a lease only ends when its owner is gone.
LEASE = timedelta(seconds=60)
#: How often a question goes out whose first try may have arrived.
QUESTION_TRIES = 2


def pace_of(limits: Limits) -> Pace:
    """The pace that fits the limits of a channel."""
    return Pace(
        each=timedelta(seconds=1 / limits.calls_per_second),
        burst=limits.calls_at_once,
        chat_each=timedelta(seconds=limits.chat_seconds) or None,
        chat_burst=limits.chat_at_once,
        messages_per_call=limits.messages_per_call,
    )


def right_to_reply(message: OutgoingRow, at: datetime) -> datetime | None:
    """Until when the message's reply token makes it free; nothing where it leaves as a push at that time."""
    until = None if message.reply_token is None else message.reply_until
    return until if until is not None and until > at else None


def may_have_gone(message: OutgoingRow, channel: Channel) -> bool:
    """Whether another sender died with this message in hand, and sending it again could show it twice.

    A push under a retry key is taken once only; a question may stand there twice, with the same token.
    """
    if message.interrupted_lease is None or message.replaces is not None:
        return False
    began = message.interrupted_lease - LEASE
    if channel.pushes_once and right_to_reply(message, began) is None:
        return False
    return message.kind != MessageKind.QUESTION.value or message.attempts > QUESTION_TRIES
