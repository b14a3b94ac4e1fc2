"""Sending what the turns have queued: in order, once where the platform can tell, and never against ownership.

A message is claimed with a lease and acknowledged only while that lease is ours.  What may leave is asked at the door
(bot.sending.door); the same message for many people leaves in one call (bot.sending.many).  Where the outcome is
uncertain a question is asked once more (same token: harmless); receipts and staff texts become ``unknown`` and go to
staff.  No message ever blocks its conversation once it is settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.channels.base import Channel, Outcome, Recipient, Sent
from bot.metrics import Metrics
from bot.second_tries import (
    LEASE,
    QUESTION_TRIES,
    may_have_gone,
    most_tries,
    paces_of,
    right_to_reply,
    wait_after,
)
from bot.sending.door import Door, Gate
from bot.sending.many import send_to_many
from bot.sending.records import Records, Slower
from dialogs.conversation import wording
from dialogs.conversation.prompts import MessageKind
from storage import claims
from storage.database import Database
from storage.outgoing import OutgoingBatch, OutgoingRow

log = structlog.get_logger("kakunin.delivery")

#: No call begins later than this after its lease did: one call never outlasts it.
_BEGIN_WITHIN = LEASE - timedelta(seconds=20)
#: Batches of one claim, and people whose messages are on their way at a time: a platform that takes its time must not
#: make the others wait.
_CLAIM, _ON_THEIR_WAY = 50, 200
#: The same of people who share calls, on top of these.
_CROWD, _CROWD_ON_ITS_WAY = 500, 4000
#: Seconds in which messages that nobody has asked for gather for the next call.
_GATHER = 0.1
#: Seconds between two looks where nobody says that something was queued.
_LOOK_EVERY = 0.5
#: The same where something was, and the pace of a platform may have held back the rest.
_LOOK_AGAIN = 0.05
#: Seconds of rest after a round that the store did not let through.
_AFTER_TROUBLE = 0.5
#: Batches that are sent one after another: those of one person, or those that share a call.
_Errand = list[OutgoingBatch]


class Sender:
    """One sender of a process; several may run on one store."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        name: str,
        metrics: Metrics,
        gate: Gate = lambda conn, ids: {},
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._channels = channels
        self._paces = paces_of(channels)
        #: People of one call, on a platform that takes several and the same call only once.
        self._people = {
            name: one.limits.people_per_call
            for name, one in channels.items()
            if one.limits.people_per_call > 1 and one.pushes_once
        }
        #: Who holds the leases: unique per sender.
        self._name = name
        self._woken = asyncio.Event()
        self._stopping = False
        self._records = Records(database, name, self.wake)
        self._door = Door(database, channels, self._records, gate)
        #: The newest sending to each account, whose end the next one to the same account awaits.
        self._latest: dict[str, asyncio.Task[None]] = {}
        #: People on whose way a call to many is.
        self._crowd = 0
        #: Whether more people may still come to the next call.
        self._gathering = False

    def wake(self) -> None:
        """Something was queued just now; without this the next look is half a second away."""
        self._woken.set()

    def finish(self) -> None:
        """Claim nothing more; ``run`` ends when what is on its way has been recorded."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Send until told to finish; a failed round is logged and the next one tries again.

        Nobody waits for another one's slow platform: each errand is a task of its own.
        """
        on_their_way: set[asyncio.Task[None]] = set()
        try:
            while not self._stopping:
                self._woken.clear()
                try:
                    claimed, is_all = await self._claim()
                except Exception as error:
                    # The store is away for a moment; a sender that ended here would leave everybody without answers.
                    log.exception("delivery.round_failed", error=type(error).__name__)
                    claimed, is_all = [], True
                    await asyncio.sleep(_AFTER_TROUBLE)
                for errand in claimed:
                    task = self._start(errand)
                    on_their_way.add(task)
                    task.add_done_callback(on_their_way.discard)
                if is_all:
                    if any(errand[0].is_shared for errand in claimed):
                        self._gather()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_AGAIN if claimed else _LOOK_EVERY):
                            await self._woken.wait()
            if on_their_way:
                await asyncio.wait(on_their_way)
        finally:
            for task in on_their_way:
                task.cancel()

    def _gather(self) -> None:
        """Claim nothing for a moment that nobody waits for: a campaign's messages share fewer calls and records."""

        def gathered() -> None:
            self._gathering = False
            self.wake()

        self._gathering = True
        asyncio.get_running_loop().call_later(_GATHER, gathered)

    def _start(self, errand: _Errand) -> asyncio.Task[None]:
        """Send after all that is on its way to the same people already."""
        people = {batch.account_id for batch in errand}
        many = len(people) if errand[0].is_shared else 0
        earlier = {self._latest[one] for one in people if one in self._latest}
        task = asyncio.create_task(self._send_all(errand, earlier), name="sending")
        self._latest |= dict.fromkeys(people, task)
        self._crowd += many
        task.add_done_callback(lambda done: self._arrived(people, many, done))
        return task

    def _arrived(self, people: set[str], many: int, done: asyncio.Task[None]) -> None:
        limit, crowd = self._room()
        if limit == 0 or (self._people and crowd == 0):
            self.wake()  # there is room again
        self._crowd -= many
        for one in people:
            if self._latest.get(one) is done:
                del self._latest[one]

    def _room(self) -> tuple[int, int]:
        """How many more batches may be claimed, and how many people in calls to many."""
        alone = max(0, _ON_THEIR_WAY - (len(self._latest) - self._crowd))
        return min(_CLAIM, alone), min(_CROWD, max(0, _CROWD_ON_ITS_WAY - self._crowd)) if self._people else 0

    async def send_due(self) -> int:
        """Send what is due now; returns how many batches were claimed."""
        claimed, _ = await self._claim()
        await asyncio.gather(*map(self._start, claimed))
        return sum(map(len, claimed))

    async def _claim(self) -> tuple[list[_Errand], bool]:
        """Lease what is due, as far as there is room; and whether that was all."""
        limit, crowd = self._room()
        if limit == 0:
            return [], True
        database = self._database
        answers_only = self._gathering or (bool(self._people) and crowd == 0)
        # Who is being sent something already shares no call: what comes to him next must not wait for the others.
        apart = frozenset(self._latest)
        batches = await database.transact(
            lambda conn: claims.claim_outgoing(
                conn,
                database.vault,
                database.universe,
                owner=self._name,
                lease=LEASE,
                limit=limit,
                paces=self._paces,
                people_per_call=self._people,
                apart=apart,
                crowd=crowd,
                answers_only=answers_only,
            )
        )
        errands: dict[tuple[bool, str], _Errand] = {}
        for batch in batches:
            whose = batch.retry_key if batch.is_shared else batch.account_id
            errands.setdefault((batch.is_shared, whose), []).append(batch)
        many = sum(batch.is_shared for batch in batches)
        return list(errands.values()), len(batches) - many < limit and (many < crowd or crowd == 0 or answers_only)

    async def _send_all(self, errand: _Errand, earlier: set[asyncio.Task[None]]) -> None:
        """The batches of one person, one after another, so that he reads them in order; or those of one call."""
        begin_by = self._database.universe.now() + _BEGIN_WITHIN
        if earlier:
            await asyncio.wait(earlier)
        if errand[0].is_shared:
            await self._try(errand[0], self._send_shared(errand, begin_by))
            return
        for batch in errand:
            await self._try(batch, self._send(batch, begin_by))

    @staticmethod
    async def _try(batch: OutgoingBatch, sending: Coroutine[Any, Any, None]) -> None:
        try:
            await sending
        except Exception as error:
            # A defect here must not stop the others; the lease ends by itself and the batch is tried again.
            log.exception("delivery.failed", conversation=batch.conversation_id, error=type(error).__name__)

    async def _send_shared(self, errand: _Errand, begin_by: datetime) -> None:
        channel, uni = self._channels.get(errand[0].channel), self._database.universe
        await send_to_many(channel, errand, self._door, self._records, self._metrics, self._paces, uni, begin_by)

    async def _send(self, batch: OutgoingBatch, begin_by: datetime) -> None:
        messages = await self._door.sendable(batch)
        if not messages:
            return
        channel = self._channels[batch.channel]
        ((_, messages),) = await self._door.let_go([(batch, messages)])
        unsure = [m for m in messages if may_have_gone(m, channel)]
        if unsure:
            await self._records.settle(batch, unsure, "unknown", "interrupted")
            messages = [m for m in messages if m not in unsure]
        size = channel.limits.messages_per_call
        #: Ids that the platform gave just now: what follows may take the place of what went before.
        known: dict[str, str] = {}
        for start in range(0, len(messages), size):
            part = messages[start : start + size]
            if self._database.universe.now() > begin_by:
                # The lease may end before a call does, and then somebody else sends the same.
                await self._records.again(messages[start:], timedelta(0))
                return
            sent, free_until = await self._call(channel, batch, part, known)
            known |= {m.id: at for m, at in zip(part, sent.provider_ids, strict=False)}
            if not await self._outcome(batch, part, sent, free_until):
                # What comes after keeps its place behind what is tried again, or is of an epoch that is over.
                rest = messages[start + size :]
                if rest:
                    await self._records.again(rest, timedelta(0))
                return

    async def _call(
        self, channel: Channel, batch: OutgoingBatch, messages: Sequence[OutgoingRow], known: Mapping[str, str]
    ) -> tuple[Sent, datetime | None]:
        head = messages[0]
        if head.replaces is not None:
            changed = await self._change(channel, batch, head, head.replaced_id or known.get(head.replaces))
            if changed.outcome is not Outcome.GONE or head.kind == MessageKind.SETTLED.value:
                return changed, None
        free_until = right_to_reply(head, self._database.universe.now())
        sent = await channel.send(
            Recipient(user_id=batch.user_id, conversation_ref=batch.ref),
            [wording.from_json(message.body) for message in messages],
            reply_token=None if free_until is None else head.reply_token,
            retry_key=batch.retry_key,
        )
        self._metrics.sends.labels(channel.name, sent.outcome.value).inc()
        return sent, free_until

    @staticmethod
    async def _change(channel: Channel, batch: OutgoingBatch, row: OutgoingRow, provider_id: str | None) -> Sent:
        if provider_id is None:
            return Sent(outcome=Outcome.GONE, detail="never arrived")
        recipient = Recipient(user_id=batch.user_id, conversation_ref=batch.ref)
        return await channel.change(recipient, wording.from_json(row.body), provider_id)

    async def _outcome(
        self, batch: OutgoingBatch, messages: Sequence[OutgoingRow], sent: Sent, free_until: datetime | None
    ) -> bool:
        """Record how a call ended; true when the messages are settled and the next may follow: nobody took over."""
        tries = messages[0].attempts
        match sent.outcome:
            case Outcome.SENT | Outcome.ACCEPTED_BEFORE:
                how = sent.outcome.value
                return await self._records.settle(batch, messages, "sent", how, sent.provider_ids, free_until)
            case Outcome.REPLY_EXPIRED:
                await self._records.again(messages, timedelta(0), clear_reply=True)
                return False
            case Outcome.RETRY if tries < most_tries(messages[0]):
                wait = sent.retry_after or wait_after(tries)
                # The others wait as long as the platform says, not as long as this message after many tries.
                pace = self._paces.get(batch.channel) if sent.too_fast else None
                slower = None
                if pace is not None:
                    pause = sent.retry_after or wait_after(1)
                    slower = Slower(channel=batch.channel, account_id=batch.account_id, pace=pace, pause=pause)
                await self._records.again(messages, wait, detail=sent.detail, slower=slower)
                return False
            case Outcome.UNCERTAIN:
                questions = [
                    m for m in messages if m.kind == MessageKind.QUESTION.value and m.attempts < QUESTION_TRIES
                ]
                others = [m for m in messages if m not in questions]
                follows = await self._records.settle(batch, others, "unknown", sent.detail)
                if questions:
                    await self._records.again(questions, wait_after(1), clear_reply=True)
                return follows and not questions
            case Outcome.BLOCKED:
                follows = await self._records.settle(batch, messages, "failed", "blocked")
                await self._records.blocked(batch)
                return follows
            case Outcome.GONE:
                return await self._records.settle(batch, messages, "failed", sent.detail)
            case Outcome.QUOTA:
                await self._records.used_up(batch.channel)
                return await self._records.settle(batch, messages, "failed", "quota")
            case _:
                log.warning("delivery.refused", conversation=batch.conversation_id, outcome=sent.outcome.value)
                return await self._records.settle(batch, messages, "failed", sent.outcome.value)
