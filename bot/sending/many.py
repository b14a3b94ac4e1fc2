"""One call that takes the same message to many people.

Promise: all of them have it or none has.  A call whose outcome is unknown is made again under its key for all who are
still to have it; one that the platform refuses is parted, so that nobody goes without for another's sake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from bot.channels.base import Channel, Outcome, Sent
from bot.metrics import Metrics
from bot.second_tries import most_tries, wait_after
from bot.sending.door import Door
from bot.sending.records import Records, Slower
from dialogs.conversation import wording
from storage.outgoing import OutgoingBatch
from storage.pacing import Pace
from storage.sending.alike import to_many
from storage.universe import Universe

log = structlog.get_logger("kakunin.delivery")


async def send_to_many(
    channel: Channel | None,
    batches: Sequence[OutgoingBatch],
    door: Door,
    records: Records,
    metrics: Metrics,
    paces: Mapping[str, Pace],
    uni: Universe,
    begin_by: datetime,
) -> None:
    """Send what these batches, of one message each, have in common."""
    held = [(batch, messages) for batch in batches if (messages := await door.sendable(batch))]
    going = [batch for batch, messages in await door.let_go(held) if messages]
    if not going:
        return
    assert channel is not None, "nothing goes through the door to a platform that is off"
    if uni.now() > begin_by:
        # The lease may end before the call does, and then somebody else sends the same.
        await records.again([batch.messages[0] for batch in going], wait_after(1))
        return
    message = wording.from_json(going[0].messages[0].body)
    sent = await channel.send_to_many([batch.user_id for batch in going], message, retry_key=going[0].retry_key)
    metrics.sends.labels(channel.name, sent.outcome.value).inc(len(going))
    await _record(records, going, sent, paces)


async def _record(records: Records, going: Sequence[OutgoingBatch], sent: Sent, paces: Mapping[str, Pace]) -> None:
    first, outcome = going[0], sent.outcome
    tries = first.messages[0].attempts
    if outcome in (Outcome.SENT, Outcome.ACCEPTED_BEFORE):
        await records.settle_call(going, "sent", outcome.value)
    elif outcome not in (Outcome.RETRY, Outcome.UNCERTAIN):
        log.warning("delivery.parted", people=len(going), outcome=outcome.value, detail=sent.detail)
        await records.part_call(going, sent.detail)
    elif tries < most_tries(first.messages[0]):
        pace = paces.get(to_many(first.channel)) if sent.too_fast else None
        slower = None
        if pace is not None:
            pause = sent.retry_after or wait_after(1)
            slower = Slower(channel=to_many(first.channel), account_id=first.account_id, pace=pace, pause=pause)
        messages = [batch.messages[0] for batch in going]
        await records.again(messages, sent.retry_after or wait_after(tries), detail=sent.detail, slower=slower)
    else:
        log.warning("delivery.refused", people=len(going), outcome=outcome.value)
        await records.settle_call(going, "failed", outcome.value)
