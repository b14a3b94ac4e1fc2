"""Sending what the turns have queued: in order, once where the platform can tell, and never against ownership.

A message is claimed with a lease and acknowledged only while that lease is ours.  What the bot wrote under an
older ownership epoch is dropped and recorded.  Where the outcome is uncertain a question is asked once more
(same token: harmless); receipts and staff texts become ``unknown`` and go to staff.  No message ever blocks
its conversation once it is settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.base import Channel, Outcome, Recipient, Sent
from bot.metrics import Metrics
from bot.second_tries import LEASE, QUESTION_TRIES, may_have_gone, most_tries, pace_of, right_to_reply, wait_after
from bot.together import Looks, Together
from dialogs.conversation import wording
from dialogs.conversation.prompts import MessageKind
from storage import accounts, audit, claims, holding, outgoing, quota
from storage.database import Database
from storage.outgoing import OutgoingBatch, OutgoingRow
from storage.pacing import hold_back

log = structlog.get_logger("kakunin.delivery")

#: No call begins later than this after its lease did: one call never outlasts it.
_BEGIN_WITHIN = LEASE - timedelta(seconds=20)
#: Batches of one claim, and people whose messages are on their way at a time: a platform that takes its time must not
#: make the others wait.
_CLAIM, _ON_THEIR_WAY = 50, 200
#: How often messages are looked at that wait for a chat which another system holds.
_STANDBY_LOOK = timedelta(minutes=5)
#: Seconds between two looks where nobody says that something was queued.
_LOOK_EVERY = 0.5
#: The same where something was, and the pace of a platform may have held back the rest.
_LOOK_AGAIN = 0.05
#: Seconds of rest after a round that the store did not let through.
_AFTER_TROUBLE = 0.5
#: How often it is tried to record how a call ended: a store that changes over is outlasted.
_RECORD_TRIES = 60
#: Kinds that the bot writes and that a takeover silences.
_INVITATION = MessageKind.INVITATION.value
_BY_BOT = frozenset({MessageKind.QUESTION.value, MessageKind.NOTICE.value, MessageKind.SETTLED.value, _INVITATION})
#: States that put a message on the worklist of staff.
_LOST = frozenset({"unknown", "failed"})
T = TypeVar("T")
#: Channel and user id.
_Person = tuple[str, str]
#: Which of a campaign's messages must not leave at this moment, and why.
Gate = Callable[[Connection, Sequence[str]], Mapping[str, str]]


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
        self._gate = Looks(database, gate)
        self._metrics = metrics
        self._channels = channels
        self._paces = {name: pace_of(one.limits) for name, one in channels.items() if one.limits.calls_per_second}
        #: Who holds the leases: unique per sender.
        self._name = name
        self._woken = asyncio.Event()
        self._stopping = False
        self._records = Together(database)
        #: The newest sending to each person, whose end the next one to the same person awaits.
        self._latest: dict[_Person, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Something was queued just now; without this the next look is half a second away."""
        self._woken.set()

    def finish(self) -> None:
        """Claim nothing more; ``run`` ends when what is on its way has been recorded."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Send until told to finish; a failed round is logged and the next one tries again.

        Nobody waits for another one's slow platform: each person's messages are a task of their own.
        """
        on_their_way: set[asyncio.Task[None]] = set()
        try:
            while not self._stopping:
                self._woken.clear()
                room = min(_CLAIM, _ON_THEIR_WAY - len(on_their_way))
                try:
                    claimed = await self._claim(room)
                except Exception as error:
                    # The store is away for a moment; a sender that ended here would leave everybody without answers.
                    log.exception("delivery.round_failed", error=type(error).__name__)
                    claimed = {}
                    await asyncio.sleep(_AFTER_TROUBLE)
                for person, batches in claimed.items():
                    task = asyncio.create_task(self._send_all(batches, self._latest.get(person)), name="sending")
                    self._latest[person] = task
                    on_their_way.add(task)
                    task.add_done_callback(lambda done, person=person: self._arrived(person, done, on_their_way))  # type: ignore[misc]
                if not claimed or sum(map(len, claimed.values())) < room:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_AGAIN if claimed else _LOOK_EVERY):
                            await self._woken.wait()
            if on_their_way:
                await asyncio.wait(on_their_way)
        finally:
            for task in on_their_way:
                task.cancel()

    def _arrived(self, person: _Person, done: asyncio.Task[None], on_their_way: set[asyncio.Task[None]]) -> None:
        if len(on_their_way) >= _ON_THEIR_WAY:
            self.wake()  # there is room again
        on_their_way.discard(done)
        if self._latest.get(person) is done:
            del self._latest[person]

    async def send_due(self) -> int:
        """Send what is due now; returns to how many people something was claimed."""
        claimed = await self._claim(_CLAIM)
        await asyncio.gather(*(self._send_all(batches, None) for batches in claimed.values()))
        return len(claimed)

    async def _claim(self, limit: int) -> dict[_Person, list[OutgoingBatch]]:
        """Lease what is due, by person."""
        people: dict[_Person, list[OutgoingBatch]] = {}
        if limit <= 0:
            return people
        database = self._database
        batches = await database.transact(
            lambda conn: claims.claim_outgoing(
                conn,
                database.vault,
                database.universe,
                owner=self._name,
                lease=LEASE,
                limit=limit,
                paces=self._paces,
            )
        )
        for batch in batches:
            people.setdefault((batch.channel, batch.user_id.reveal()), []).append(batch)
        return people

    async def _send_all(self, batches: Sequence[OutgoingBatch], earlier: asyncio.Task[None] | None) -> None:
        """The batches of one person, one after another, so that he reads them in order."""
        begin_by = self._database.universe.now() + _BEGIN_WITHIN
        if earlier is not None:
            await asyncio.wait({earlier})
        for batch in batches:
            try:
                await self._send(batch, begin_by)
            except Exception as error:
                # A defect here must not stop the others; the lease ends by itself and the batch is tried again.
                log.exception("delivery.failed", conversation=batch.conversation_id, error=type(error).__name__)

    async def _send(self, batch: OutgoingBatch, begin_by: datetime) -> None:
        stale = [m for m in batch.messages if m.kind in _BY_BOT and m.epoch < batch.epoch_now]
        if stale:
            await self._drop(batch, stale)
        messages = [m for m in batch.messages if m not in stale]
        channel = self._channels.get(batch.channel)
        if channel is None:
            await self._settle(batch, messages, "failed", "channel_off")
            return
        if batch.account_state == "standby":
            await self._hold(messages)
            return
        if batch.account_state == "blocked":
            # LINE takes a push for who has blocked us and says so to nobody: it would count as sent.
            await self._settle(batch, messages, "failed", "blocked")
            return
        messages = await self._let_go(batch, messages)
        unsure = [m for m in messages if may_have_gone(m, channel)]
        if unsure:
            await self._settle(batch, unsure, "unknown", "interrupted")
            messages = [m for m in messages if m not in unsure]
        size = channel.limits.messages_per_call
        #: Ids that the platform gave just now: what follows may take the place of what went before.
        known: dict[str, str] = {}
        for start in range(0, len(messages), size):
            part = messages[start : start + size]
            if self._database.universe.now() > begin_by:
                # The lease may end before a call does, and then somebody else sends the same.
                await self._again(messages[start:], timedelta(0))
                return
            sent, free_until = await self._call(channel, batch, part, known)
            known |= {m.id: at for m, at in zip(part, sent.provider_ids, strict=False)}
            if not await self._outcome(batch, part, sent, free_until):
                # What comes after keeps its place behind what is tried again, or is of an epoch that is over.
                rest = messages[start + size :]
                if rest:
                    await self._again(rest, timedelta(0))
                return

    async def _let_go(self, batch: OutgoingBatch, messages: list[OutgoingRow]) -> list[OutgoingRow]:
        """What may leave at this very moment: a campaign's message is asked again, whoever approved it and when."""
        ids = [message.id for message in messages if message.kind == _INVITATION]
        try:
            refused = await self._gate.ask(ids) if ids else {}
        except Exception:
            # What has not left the house would count as perhaps sent, were it left to its lease.
            still_here = [message for message in messages if message.interrupted_lease is None]
            await self._again(still_here, wait_after(messages[0].attempts))
            raise
        for message in messages:
            if message.id in refused:
                # Where another sender died with it in hand it may have left the house before.
                state = "dropped" if message.interrupted_lease is None else "unknown"
                await self._settle(batch, [message], state, refused[message.id])
        return [message for message in messages if message.id not in refused]

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
                return await self._settle(batch, messages, "sent", sent.outcome.value, sent.provider_ids, free_until)
            case Outcome.REPLY_EXPIRED:
                await self._again(messages, timedelta(0), clear_reply=True)
                return False
            case Outcome.RETRY if tries < most_tries(messages[0]):
                wait = sent.retry_after or wait_after(tries)
                # The others wait as long as the platform says, not as long as this message after many tries.
                slower = (batch, sent.retry_after or wait_after(1)) if sent.too_fast else None
                await self._again(messages, wait, detail=sent.detail, slower=slower)
                return False
            case Outcome.UNCERTAIN:
                questions = [
                    m for m in messages if m.kind == MessageKind.QUESTION.value and m.attempts < QUESTION_TRIES
                ]
                others = [m for m in messages if m not in questions]
                follows = await self._settle(batch, others, "unknown", sent.detail)
                if questions:
                    await self._again(questions, wait_after(1), clear_reply=True)
                return follows and not questions
            case Outcome.BLOCKED:
                follows = await self._settle(batch, messages, "failed", "blocked")
                await self._database.transact(lambda conn: self._blocked(conn, batch))
                return follows
            case Outcome.GONE:
                return await self._settle(batch, messages, "failed", sent.detail)
            case Outcome.QUOTA:
                await self._used_up(batch.channel)
                return await self._settle(batch, messages, "failed", "quota")
            case _:
                log.warning("delivery.refused", conversation=batch.conversation_id, outcome=sent.outcome.value)
                return await self._settle(batch, messages, "failed", sent.outcome.value)

    # The store ----------------------------------------------------------------------------------

    async def _keep(self, record: Callable[[Connection], T]) -> T:
        """Write down how a call ended: what is known must not become a doubt because the store is away for a moment."""
        for _ in range(_RECORD_TRIES):
            try:
                return await self._records.transact(record)
            except SQLAlchemyError as error:
                log.warning("delivery.not_recorded_yet", error=type(error).__name__)
                await asyncio.sleep(_AFTER_TROUBLE)
        return await self._records.transact(record)

    async def _settle(
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
            self.wake()
        return epoch == batch.epoch_now

    async def _again(
        self,
        messages: Sequence[OutgoingRow],
        wait: timedelta,
        *,
        clear_reply: bool = False,
        detail: str = "",
        slower: tuple[OutgoingBatch, timedelta] | None = None,
    ) -> None:
        """Put messages back; after a refusal for being too fast all senders are ``slower`` to that chat for a while."""
        now = self._database.universe.now()
        due_at = now + wait
        ids = [message.id for message in messages]

        def put_back(conn: Connection) -> None:
            outgoing.retry_outgoing(conn, ids, owner=self._name, due_at=due_at, clear_reply=clear_reply, detail=detail)
            if slower is not None and slower[0].channel in self._paces:
                batch, pause = slower
                hold_back(conn, now, batch.channel, batch.account_id, self._paces[batch.channel], pause)

        await self._keep(put_back)
        if not wait:
            self.wake()

    async def _hold(self, messages: Sequence[OutgoingRow]) -> None:
        """Another system holds the chat: nothing is sent, and nothing is lost, until it is ours again."""
        until = self._database.universe.now() + _STANDBY_LOOK
        ids = [message.id for message in messages]
        await self._database.transact(lambda conn: holding.hold_outgoing(conn, ids, owner=self._name, until=until))

    async def _drop(self, batch: OutgoingBatch, messages: Sequence[OutgoingRow]) -> None:
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
        self.wake()

    async def _used_up(self, channel: str) -> None:
        """The month's allowance is used up: said once; the messages are on the staff's list."""
        universe = self._database.universe
        if await self._database.transact(lambda conn: quota.note_refusal(conn, universe, channel)):
            log.error("quota.refused", channel=channel)

    def _blocked(self, conn: Connection, batch: OutgoingBatch) -> None:
        account = accounts.find_account(conn, self._database.vault, batch.channel, batch.user_id)
        if account is not None:
            accounts.set_account_state(conn, account.id, "blocked")
