"""Sending: in order, once where the platform can tell, and what happens when it fails."""

from __future__ import annotations

import asyncio
import inspect
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError

from bot.simulator.faults import Fault, Trouble
from dialogs.conversation.prompts import MessageKind
from storage.undelivered import undelivered
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say, until

MORI = "0000124"


def calls(house: House, name: str) -> int:
    """How many calls of this kind LINE saw; the witness of the house stands at its door."""
    observer: Any = house.line.observer
    return sum(path.endswith(name) for _, path, _ in observer.calls)


def states(house: House, number: str = MORI) -> list[tuple[str, str]]:
    """What was said; that an answered question changed on the phone is told in test_changed_in_place."""
    return [(kind, state) for kind, state in house.outgoing(house.conversation_of(number).id) if kind != "settled"]


async def at_the_review(house: House, channel: str) -> Customer:
    customer = house.on(channel)
    await customer.links(MORI)
    for _ in range(40):
        if "submit" in customer.options():
            return customer
        await customer.answers()
    raise AssertionError("no review")


async def test_a_fresh_event_is_answered_for_free(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers()
    assert calls(house, "/push") == 0
    assert house.line.pushed == 0


async def test_an_old_reply_token_becomes_a_push(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    replies = calls(house, "/reply")
    await customer.taps("c0", settle=False)
    house.advance(seconds=61)
    await house.settle()
    assert (calls(house, "/reply"), house.line.pushed) == (replies, 1)
    assert len(customer.heard) == 1


async def test_a_reply_token_that_line_refuses_becomes_a_push_at_once(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.taps("c0", settle=False)
    for token in house.line.reply_tokens.values():
        token.used = True
    await house.settle()
    assert house.line.pushed == 1
    assert len(customer.heard) == 1


async def test_every_push_of_one_message_bears_the_same_key(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.taps("c0", settle=False)
    house.advance(seconds=61)
    house.line.faults.add(Trouble.TIME_OUT_AFTER, Trouble.SERVER_ERROR)

    _quick(house, "line")
    for _ in range(4):
        await house.settle()
        house.advance(seconds=5)
    # Shown at the first try; the third was answered with 409: as good as sent, and shown once.
    assert len(customer.heard) == 1
    assert house.line.pushed == 1
    assert {state for _, state in states(house)} == {"sent"}


@pytest.mark.parametrize("channel", ["line", "telegram"])
@pytest.mark.parametrize("trouble", [Trouble.RATE, Trouble.SERVER_ERROR, Trouble.BAD_GATEWAY, Trouble.UNAUTHORIZED])
async def test_what_the_platform_puts_off_comes_later_and_once(house: House, channel: str, trouble: Trouble) -> None:
    customer = house.on(channel)
    await customer.links(MORI)
    platform = customer.platform
    platform.faults.add(*[Fault(trouble=trouble, retry_after=3)] * 3)
    await customer.taps("c0")
    for _ in range(8):
        house.advance(seconds=6)
        await house.settle()
    assert len(customer.heard) == 1, states(house)
    assert customer.active().open_question == "respondent"
    await customer.answers()


async def test_an_outage_of_hours_loses_nothing(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    house.telegram.faults.add(*[Trouble.SERVER_ERROR] * 24)
    await customer.taps("c0")
    for _ in range(30):
        house.advance(minutes=5)
        await house.settle()
    assert len(customer.heard) == 1, states(house)


async def test_a_used_up_quota_is_not_tried_again_and_not_hidden(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    house.line.quota = 0
    await customer.taps("c0", settle=False)
    house.advance(seconds=61)
    await house.settle()
    assert customer.heard == []
    assert states(house)[-1] == ("question", "failed")
    (lost,) = house.database.run_read(undelivered)
    assert (lost.kind, lost.state, lost.detail) == ("question", "failed", "quota")
    before = calls(house, "/push")
    house.advance(hours=1)
    await house.settle()
    assert calls(house, "/push") == before
    # A free reply still works, and the lost question blocks nothing.
    await customer.types("こんにちは")
    assert customer.heard


@pytest.mark.parametrize("trouble", [Trouble.TIME_OUT_AFTER, Trouble.DISCONNECT_AFTER])
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_an_uncertain_question_is_asked_once_more(house: House, channel: str, trouble: Trouble) -> None:
    customer = house.on(channel)
    await customer.links(MORI)
    _quick(house, channel)
    customer.platform.faults.add(trouble)
    await customer.taps("c0")
    for _ in range(4):
        house.advance(seconds=5)
        await house.settle()
    texts = [bubble.text for bubble in customer.heard]
    assert len(texts) == 2
    assert texts[0] == texts[1]
    # Both buttons are good: the token is the same.
    old = customer.heard[0]
    await customer.does(customer.platform.tap(customer.user_id, old.message_id, 0))
    assert len(house.conversation_of(MORI).state["answers"]) == 2


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_an_uncertain_receipt_is_never_sent_twice(house: House, channel: str) -> None:
    customer = await at_the_review(house, channel)
    _quick(house, channel)
    customer.platform.faults.add(Trouble.TIME_OUT_AFTER)
    await customer.taps("submit")
    for _ in range(4):
        house.advance(minutes=2)
        await house.settle()
    assert len(customer.heard) == 1
    assert states(house)[-1] == ("receipt", "unknown")
    (lost,) = house.database.run_read(undelivered)
    assert (lost.kind, lost.state) == ("receipt", "unknown")


async def test_an_uncertain_text_of_staff_is_unknown_and_blocks_nothing(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    heard = len(customer.person.received())
    _quick(house, "telegram")
    house.telegram.faults.add(Trouble.TIME_OUT_BEFORE)
    await desk.say(conversation.id, sato, "一つめ")
    await desk.say(conversation.id, sato, "二つめ")
    await house.settle()
    assert states(house)[-2:] == [("staff", "unknown"), ("staff", "sent")]
    texts = [bubble.text for bubble in customer.person.received()[heard:]]
    assert len(texts) == 1
    assert "二つめ" in texts[0]


async def test_who_blocked_us_gets_nothing_and_may_come_back(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    await customer.taps("c0", settle=False)
    customer.person.blocked = True
    await house.settle()
    assert states(house)[-1] == ("question", "failed")
    assert customer.account().state == "blocked"
    customer.person.blocked = False
    await customer.does(house.telegram.begin(customer.user_id))
    assert customer.account().state == "active"
    assert customer.active().open_question == "respondent"
    assert len(customer.heard) == 1


async def test_unblocking_alone_opens_the_chat_again(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    await customer.does(house.telegram.block(customer.user_id))
    assert customer.account().state == "blocked"
    await customer.does(house.telegram.unblock(customer.user_id))
    assert customer.account().state == "active"
    await customer.types("つづける")
    assert customer.heard


async def test_after_unfollowing_nothing_is_sent_until_the_return(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.taps("c0", settle=False)
    await customer.does(house.line.unfollow(customer.user_id))
    assert customer.heard == []
    assert states(house)[-1][1] == "cancelled"
    await customer.does(house.line.follow(customer.user_id))
    assert customer.active().open_question == "respondent"
    assert len(customer.heard) == 1
    await customer.answers_all()


@on_both
async def test_two_senders_send_everything_once_and_in_order(house: House) -> None:
    customers = [house.on_line() for _ in range(4)]
    numbers = ["0000124", "0000100", "0000101", "0000102"]
    others = [house.make(house.database) for _ in range(2)]
    for service in others:
        await service.start(roles=())
    try:
        for customer, number in zip(customers, numbers, strict=True):
            await customer.types(house.letter(number).code, settle=False)
            await customer.types("はい", settle=False)
        for _ in range(6):
            await asyncio.gather(*(s.sender.send_due() for s in (house.service, *others)))
    finally:
        for service in others:
            await service.stop()
    for customer in customers:
        texts = [bubble.text for bubble in customer.person.received()]
        assert len(texts) == len(set(texts)) == 3
        assert say("lobby.ask_birth_date") in texts[-1]


@pytest.mark.slow
async def test_the_sender_outlives_trouble_of_the_store(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    real, failures = house.database.transact, 3

    async def transact(fn: Any) -> Any:
        nonlocal failures
        if failures and "claim_outgoing" in getattr(fn, "__qualname__", "") + repr(fn.__code__.co_names):
            failures -= 1
            raise OperationalError("SELECT", {}, Exception("no connection"))
        return await real(fn)

    monkeypatch.setattr(house.database, "transact", transact)
    await house.restart(roles=("sender",))
    customer._read = len(customer.person.received())
    await customer.taps("c0", settle=False)
    await until(lambda: len(customer.heard) == 1, patience=10)
    assert failures == 0


async def test_stopping_waits_for_the_message_on_its_way(house: House) -> None:
    """A process that is stopped between sending and recording would send a receipt again."""
    customer = await at_the_review(house, "telegram")
    house.advance(seconds=10)  # the clock stands still: what the chat takes at once must last
    await house.restart(roles=("sender",))
    channel: Any = house.service.channels["telegram"]
    send, on_its_way = channel.send, asyncio.Event()

    async def slow(*arguments: Any, **options: Any) -> Any:
        sent = await send(*arguments, **options)
        on_its_way.set()
        await asyncio.sleep(0.2)
        return sent

    channel.send = slow
    await customer.taps("submit", settle=False)
    await asyncio.wait_for(on_its_way.wait(), 5)
    await house.restart()
    house.advance(minutes=2)
    await house.settle()
    assert states(house)[-1] == ("receipt", "sent")
    assert len([bubble for bubble in customer.heard if "受付番号" in bubble.text]) == 1


async def die_before_recording(house: House) -> None:
    """The platform has taken the message, and the process is gone before it could write that down.

    The answered question is changed in its place before that, and that is recorded.
    """
    sender = house.service.sender
    recorded, died = sender._outcome, False
    with pytest.MonkeyPatch.context() as patch:

        async def die(batch: Any, messages: Any, *rest: Any) -> bool:
            nonlocal died
            if messages[0].kind == MessageKind.SETTLED.value:
                return await recorded(batch, messages, *rest)
            died = True
            raise ConnectionAbortedError

        patch.setattr(sender, "_outcome", die)
        while not died:
            house.advance(seconds=2)  # one message a second to a chat
            assert await sender.send_due()
    await house.restart()
    house.advance(seconds=61)
    await house.settle()


async def test_dying_between_push_and_record_shows_nothing_twice(house: House) -> None:
    customer = await at_the_review(house, "line")
    await customer.taps("submit", settle=False)
    house.advance(seconds=61)
    await die_before_recording(house)
    assert len(customer.heard) == 1
    assert states(house)[-1] == ("receipt", "sent")


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_dying_between_sending_and_record_asks_a_question_again_at_most(house: House, channel: str) -> None:
    customer = house.on(channel)
    await customer.links(MORI)
    await customer.taps("c0", settle=False)
    await die_before_recording(house)
    assert len({bubble.text for bubble in customer.heard}) == 1
    assert len(customer.heard) <= 2
    await customer.answers()


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_dying_between_sending_and_record_repeats_no_receipt(house: House, channel: str) -> None:
    """Neither a free reply nor anything on Telegram can be deduplicated: such a receipt is unknown."""
    customer = await at_the_review(house, channel)
    house.advance(seconds=10)  # the chat takes the next message at once
    await customer.taps("submit", settle=False)
    await die_before_recording(house)
    assert len(customer.heard) == 1
    assert states(house)[-1] == ("receipt", "unknown")


async def test_a_slow_phone_does_not_hold_up_the_others(house: House) -> None:
    slow, quick = house.on_telegram(), house.on_line()
    await house.restart(roles=("sender",))
    channel: Any = house.service.channels["telegram"]
    send, gate = channel.send, asyncio.Event()

    async def hang(*arguments: Any, **options: Any) -> Any:
        await gate.wait()
        return await send(*arguments, **options)

    channel.send = hang
    await slow.types("こんにちは", settle=False)
    await asyncio.sleep(0.1)
    await quick.types("こんにちは", settle=False)
    await until(lambda: bool(quick.heard), patience=3)
    assert slow.person.received() == []
    gate.set()
    await until(lambda: bool(slow.person.received()))


def _quick(house: House, channel: str) -> None:
    """Let the adapter lose its patience soon."""
    adapter: Any = house.service.channels[channel]
    limits = aiohttp.ClientTimeout(total=0.3)
    if channel == "line":
        adapter._time_out = limits
    else:
        for pool in adapter._pools:
            pool._limits = limits
    house.line.hang = house.telegram.hang = 1.0


def test_lease_outlasts_the_longest_call() -> None:
    from bot.channels.line.adapter import LineChannel
    from bot.delivery import LEASE

    time_out = inspect.signature(LineChannel).parameters["time_out"].default
    assert timedelta(seconds=5 * time_out) < LEASE
