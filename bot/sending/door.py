"""What may leave at this very moment of what a sender holds.

Promise: what the bot wrote under an older ownership epoch is dropped and recorded; who blocked us is sent nothing, and
who is held by another system nothing yet; a campaign's message is asked for again, whoever approved it and when.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from bot.channels.base import Channel
from bot.second_tries import wait_after
from bot.sending.records import Records
from bot.together import Looks
from dialogs.conversation.prompts import MessageKind
from storage.database import Database
from storage.outgoing import OutgoingBatch, OutgoingRow

_INVITATION = MessageKind.INVITATION.value
#: Kinds that the bot writes and that a takeover silences.
_BY_BOT = frozenset({MessageKind.QUESTION.value, MessageKind.NOTICE.value, MessageKind.SETTLED.value, _INVITATION})
#: Which of a campaign's messages must not leave at this moment, and why.
Gate = Callable[[Connection, Sequence[str]], Mapping[str, str]]
#: A batch, and what of it is still to leave.
Held = tuple[OutgoingBatch, list[OutgoingRow]]


class Door:
    """The door of one sender."""

    def __init__(self, database: Database, channels: Mapping[str, Channel], records: Records, gate: Gate) -> None:
        self._channels = channels
        self._records = records
        self._gate = Looks(database, gate)

    async def sendable(self, batch: OutgoingBatch) -> list[OutgoingRow]:
        """What of a batch may leave as far as its conversation and its account are concerned."""
        stale = [m for m in batch.messages if m.kind in _BY_BOT and m.epoch < batch.epoch_now]
        if stale:
            await self._records.drop(batch, stale)
        messages = [m for m in batch.messages if m not in stale]
        if batch.channel not in self._channels:
            await self._records.settle(batch, messages, "failed", "channel_off")
            return []
        if batch.account_state == "standby":
            await self._records.hold(messages)
            return []
        if batch.account_state == "blocked":
            # LINE takes a push for who has blocked us and says so to nobody: it would count as sent.
            await self._records.settle(batch, messages, "failed", "blocked")
            return []
        return messages

    async def let_go(self, held: Sequence[Held]) -> list[Held]:
        """The same without the messages of campaigns that must not leave any more."""
        ids = [message.id for _, messages in held for message in messages if message.kind == _INVITATION]
        try:
            refused = await self._gate.ask(ids) if ids else {}
        except Exception:
            # What has not left the house would count as perhaps sent, were it left to its lease.
            still_here = [m for _, messages in held for m in messages if m.interrupted_lease is None]
            if still_here:
                await self._records.again(still_here, wait_after(still_here[0].attempts))
            raise
        for batch, messages in held:
            for message in messages:
                if message.id in refused:
                    # Where another sender died with it in hand it may have left the house before.
                    state = "dropped" if message.interrupted_lease is None else "unknown"
                    await self._records.settle(batch, [message], state, refused[message.id])
        return [(batch, [m for m in messages if m.id not in refused]) for batch, messages in held]
