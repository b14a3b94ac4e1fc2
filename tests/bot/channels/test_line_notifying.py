"""LINE notification messages on the wire: as LINE describes them, and what each refusal means."""

from __future__ import annotations

import hashlib

import pytest

from bot.channels.base import InboundKind, Outcome
from bot.simulator.faults import Trouble
from dialogs.personal import Personal
from tests.bot.simulator.stands import line_stand

TAG = "0190a0b0-0000-7000-8000-000000000001"
HASH = hashlib.sha256(b"+819012345678").hexdigest()


async def test_a_message_goes_to_a_hash_and_its_delivery_is_told() -> None:
    async with line_stand() as stand:
        person = stand.platform.add_person(friend=False)
        stand.platform.numbers.known[HASH] = person.user_id
        sent = await stand.channel.notify(Personal(HASH), "お願いします。", tag=TAG)
        assert sent.outcome is Outcome.SENT
        ((to, tag, messages),) = stand.platform.numbers.taken
        assert (to, tag, [one["text"] for one in messages]) == (HASH, TAG, ["お願いします。"])
        await stand.platform.arrived_by_number(TAG)
        event = stand.bot.last()
        assert (event.kind, event.tag) == (InboundKind.DELIVERY, TAG)
        assert not event.user_id


@pytest.mark.parametrize(
    ("number", "approved", "starts"), [("f" * 64, True, "422"), ("0" * 63, True, "400"), (HASH, False, "403")]
)
async def test_what_line_refuses_is_refused_for_good(number: str, approved: bool, starts: str) -> None:
    async with line_stand() as stand:
        stand.platform.numbers.known[HASH] = None
        stand.platform.numbers.approved = approved
        sent = await stand.channel.notify(Personal(number), "お願いします。", tag=TAG)
        assert (sent.outcome, sent.detail[:3]) == (Outcome.REJECTED, starts)
        assert HASH not in sent.detail


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (Trouble.RATE, Outcome.RETRY),
        (Trouble.SERVER_ERROR, Outcome.UNCERTAIN),
        (Trouble.DISCONNECT_AFTER, Outcome.UNCERTAIN),
    ],
)
async def test_trouble_that_may_have_sent_it_is_uncertain(trouble: Trouble, outcome: Outcome) -> None:
    async with line_stand() as stand:
        stand.platform.numbers.known[HASH] = None
        stand.platform.faults.add(trouble)
        sent = await stand.channel.notify(Personal(HASH), "お願いします。", tag=TAG)
        assert sent.outcome is outcome
