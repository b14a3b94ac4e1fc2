"""Rules of the sender: how fast a platform may be called, when again, and when that could show a message twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.channels.base import Channel, Limits
from dialogs.conversation.prompts import MessageKind
from storage.outgoing import OutgoingRow
from storage.pacing import Pace
from storage.sending.alike import to_many

#: Longer than any send may take, so that a lease only ends when its owner is gone.
LEASE = timedelta(seconds=60)
#: How often a question goes out whose first try may have arrived.
QUESTION_TRIES = 2
#: Tries before a message that the platform keeps putting off is given up: an outage of three hours is outlasted.
_MAX_TRIES = 45
#: A change that says nothing new is given up sooner, and nobody need look after it.
_SETTLED_TRIES = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=5)


def paces_of(channels: Mapping[str, Channel]) -> dict[str, Pace]:
    """The paces of those platforms that count calls; calls to many people have one of their own."""
    counting = {name: one.limits for name, one in channels.items() if one.limits.calls_per_second}
    many = {to_many(name): _pace_to_many(limits) for name, limits in counting.items() if limits.many_per_second}
    return {name: _pace_of(limits) for name, limits in counting.items()} | many


def _pace_to_many(limits: Limits) -> Pace:
    each, at_once = timedelta(seconds=1 / limits.many_per_second), limits.many_per_second
    return Pace(each=each, burst=at_once, chat_each=None, chat_burst=0, messages_per_call=limits.messages_per_call)


def _pace_of(limits: Limits) -> Pace:
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


def most_tries(message: OutgoingRow) -> int:
    """After how many tries a message is given up."""
    return _SETTLED_TRIES if message.kind == MessageKind.SETTLED.value else _MAX_TRIES


def wait_after(tries: int) -> timedelta:
    """How long a message waits that was tried so often."""
    return min(_FIRST_WAIT * (1 << min(tries - 1, 9)), _LONGEST_WAIT)


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
