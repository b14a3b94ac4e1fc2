"""What a sender writes down of the messages it holds.

Promise: how a call ended is recorded though the store be away for a while, and only by whoever still holds the lease;
where a message waits behind one that was settled, the sender is woken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.together import Together
from dialogs.conversation.prompts import MessageKind
from storage import accounts, audit, holding, outgoing, quota
from storage.database import Database
from storage.outgoing import OutgoingBatch, OutgoingRow
from storage.pacing import Pace, hold_back
from storage.sending import alike

log = structlog.get_logger("kakunin.delivery")

#: How often messages are looked at that wait for a chat which another system holds.
_STANDBY_LOOK = timedelta(minutes=5)
#: Seconds of rest where the store did not take a record, and how often it is tried: one that changes over is outlasted.
_AFTER_TROUBLE, _TRIES = 0.5, 60
#: States that put a message on the worklist of staff.
_LOST = frozenset({"unknown", "failed"})

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Slower:
    """After a refusal for being too fast: who waits, by the name of his pace, and how long."""

    channel: str
    account_id: str
    pace: Pace
    pause: timedelta


class Records:
    """The records of one sender, by the name under which it holds its leases."""

    def __init__(self, database: Database, name: str, wake: Callable[[], None]) -> None:
        self._database = database
        self._name = name
        self._wake = wake
        self._together = Together(database)

    async def _keep(self, record: Callable[[Connection], T]) -> T:
        """Write down how a call ended: what is known must not become a doubt because the store is away for a moment."""
        for _ in range(_TRIES):
            try:
                return await self._together.transact(record)
            except SQLAlchemyError as error:
                log.warning("delivery.not_recorded_yet", error=type(error).__name__)
                await asyncio.sleep(_AFTER_TROUBLE)
        return await self._together.transact(record)

    async def settle(
        self,
        batch: OutgoingBatch,
        messages: Sequence[OutgoingRow],
        state: str,
        detail: str,
        ids: Sequence[str] = (),
        free_until: datetime | None = None,
    ) -> bool:
        """Whether the conversation is still in the hands for which its messages were claimed."""
        if not messages:
            return True
        # That a change did not get through is nothing that somebody has to look after.
        quiet = [m.id for m in messages if state in _LOST and m.kind == MessageKind.SETTLED.value]
        loud = [m.id for m in messages if m.id not in quiet]

        def record(conn: Connection) -> tuple[int, bool]:
            for some, how in ((loud, state), (quiet, "dropped")):
                outgoing.ack_outgoing(
                    conn,
                    self._database.universe,
                    some,
                    owner=self._name,
                    state=how,
                    provider_ids=ids,
                    detail=detail,
                    free_until=free_until,
                )
            return outgoing.epoch_and_waiting(conn, batch.conversation_id, self._database.universe.now())

        epoch, waits = await self._keep(record)
        if waits:
            self._wake()
        return epoch == batch.epoch_now

    async def settle_call(self, batches: Sequence[OutgoingBatch], state: str, detail: str) -> None:
        """All of a call that took the same message to many people."""
        ids = [message.id for batch in batches for message in batch.messages]
        conversations = [batch.conversation_id for batch in batches]
        uni = self._database.universe

        def record(conn: Connection) -> bool:
            alike.settle_call(conn, uni, ids, owner=self._name, state=state, detail=detail)
            return alike.is_any_waiting(conn, conversations, uni.now())

        if await self._keep(record):
            self._wake()

    async def part_call(self, batches: Sequence[OutgoingBatch], detail: str) -> None:
        """Nobody has it from the call that was refused: each goes by himself."""
        ids = [message.id for batch in batches for message in batch.messages]
        uni = self._database.universe
        await self._keep(lambda conn: alike.part_call(conn, uni, ids, owner=self._name, detail=detail))
        self._wake()

    async def again(
        self,
        messages: Sequence[OutgoingRow],
        wait: timedelta,
        *,
        clear_reply: bool = False,
        detail: str = "",
        slower: Slower | None = None,
    ) -> None:
        """Put messages back; after a refusal for being too fast all senders are ``slower`` for a while."""
        now = self._database.universe.now()
        due_at = now + wait
        ids = [message.id for message in messages]

        def put_back(conn: Connection) -> None:
            outgoing.retry_outgoing(conn, ids, owner=self._name, due_at=due_at, clear_reply=clear_reply, detail=detail)
            if slower is not None:
                hold_back(conn, now, slower.channel, slower.account_id, slower.pace, slower.pause)

        await self._keep(put_back)
        if not wait:
            self._wake()

    async def hold(self, messages: Sequence[OutgoingRow]) -> None:
        """Another system holds the chat: nothing is sent, and nothing is lost, until it is ours again."""
        until = self._database.universe.now() + _STANDBY_LOOK
        ids = [message.id for message in messages]
        await self._database.transact(lambda conn: holding.hold_outgoing(conn, ids, owner=self._name, until=until))

    async def drop(self, batch: OutgoingBatch, messages: Sequence[OutgoingRow]) -> None:
        """The conversation changed hands since these were written."""
        ids = [message.id for message in messages]

        def drop(conn: Connection) -> None:
            uni = self._database.universe
            outgoing.ack_outgoing(conn, uni, ids, owner=self._name, state="dropped", detail="epoch")
            audit.record(
                conn,
                uni,
                "delivery.dropped",
                actor_kind="system",
                actor_id=None,
                subjects={"conversation": batch.conversation_id},
                detail={"messages": str(len(ids))},
            )

        await self._database.transact(drop)
        self._wake()

    async def used_up(self, channel: str) -> None:
        """The month's allowance is used up: said once; the messages are on the staff's list."""
        universe = self._database.universe
        if await self._database.transact(lambda conn: quota.note_refusal(conn, universe, channel)):
            log.error("quota.refused", channel=channel)

    async def blocked(self, batch: OutgoingBatch) -> None:
        """The platform says that the customer has blocked us."""
        vault = self._database.vault

        def note(conn: Connection) -> None:
            account = accounts.find_account(conn, vault, batch.channel, batch.user_id)
            if account is not None:
                accounts.set_account_state(conn, account.id, "blocked")

        await self._database.transact(note)
