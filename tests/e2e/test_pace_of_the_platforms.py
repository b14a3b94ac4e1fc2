"""All senders together keep to what a platform takes; a refusal to one is heard by all."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.channels.limits import LINE, TELEGRAM
from bot.service import Service
from bot.simulator.faults import Fault, Trouble
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House
from tests.e2e.pace import wait_for_pace

_CROWD = 24


async def crowd(house: House) -> list[Customer]:
    """Everybody writes at the same moment: two messages wait for each."""
    people = [house.on_telegram() for _ in range(_CROWD)]
    for person in people:
        await person.types("こんにちは", settle=False)
    return people


async def send_with(house: House, services: list[Service], rounds: int = 200) -> None:
    for _ in range(rounds):
        sent = await asyncio.gather(*(service.sender.send_due() for service in services))
        if not any(sent) and not wait_for_pace(house.database, house.universe):
            return
    raise AssertionError("the senders do not come to rest")


@on_both
async def test_two_senders_share_one_budget_and_lose_no_time(house: House) -> None:
    people = await crowd(house)
    other = house.make(house.database)
    await other.start(roles=())
    began = house.universe.now()
    try:
        await send_with(house, [house.service, other])
    finally:
        await other.stop()
    assert house.telegram.flood.refused == 0
    messages = sum(len(person.person.received()) for person in people)
    assert messages == 2 * _CROWD
    took = house.universe.now() - began
    # Thirty in a second after a burst of fifteen, and not slower than that (the clock turns in tenths).
    assert took <= timedelta(seconds=(messages - 15) / 30 + 0.5)
    for person in people:
        assert [bubble.text for bubble in person.person.received()] == [
            bubble.text for bubble in people[0].person.received()
        ]


async def test_without_a_budget_telegram_would_refuse(house: House) -> None:
    """Negative control of the test above."""
    await crowd(house)
    house.service.sender._paces = {}
    for _ in range(20):
        await house.service.sender.send_due()
    assert house.telegram.flood.refused > 0


async def test_one_chat_gets_one_message_a_second_after_a_burst(house: House) -> None:
    customer, sato, desk = house.on_telegram(), house.staff_member(), house.service.desk
    await customer.links("0000124")
    await customer.taps("staff")
    conversation = house.conversation_of("0000124")
    await desk.claim(conversation.id, sato)
    house.advance(minutes=1)
    await house.settle()
    heard, began = len(customer.person.received()), house.universe.now()
    for number in range(12):
        await desk.say(conversation.id, sato, f"{number}番")
    await house.settle()
    texts = [bubble.text for bubble in customer.person.received()[heard:]]
    assert [text.split("\n")[-1] for text in texts] == [f"{number}番" for number in range(12)]
    assert house.telegram.flood.refused == 0
    assert timedelta(seconds=6) < house.universe.now() - began < timedelta(seconds=9)


async def test_a_refused_chat_waits_and_the_others_do_not(house: House) -> None:
    first, second = house.on_telegram(), house.on_telegram()
    house.telegram.faults.add(Fault(trouble=Trouble.RATE, retry_after=9))
    await first.types("こんにちは", settle=False)
    await house.service.sender.send_due()
    assert first.heard == []
    await second.types("こんにちは", settle=False)
    await house.service.sender.send_due()
    assert len(second.heard) == 2
    # What the first one writes elsewhere in the same chat waits as well.
    await first.types("もしもし", settle=False)
    assert await house.service.sender.send_due() == 0
    house.advance(seconds=9)
    await house.settle()
    assert len(first.person.received()) >= 2


async def test_a_second_refused_chat_stops_the_channel_and_no_other(house: House) -> None:
    people = [house.on_telegram() for _ in range(3)]
    house.telegram.faults.add(*[Fault(trouble=Trouble.RATE, retry_after=5)] * 2)
    for person in people[:2]:
        await person.types("こんにちは", settle=False)
        await house.service.sender.send_due()
    await people[2].types("こんにちは", settle=False)
    line = house.on_line()
    await line.types("こんにちは", settle=False)
    await house.service.sender.send_due()
    assert [len(person.heard) for person in people] == [0, 0, 0]
    assert line.heard
    house.advance(seconds=5)
    await house.settle()
    assert all(len(person.heard) == 2 for person in people)


async def test_line_that_refuses_one_call_gets_no_other_meanwhile(house: House) -> None:
    first, second = house.on_line(), house.on_line()
    house.line.faults.add(Trouble.RATE)
    await first.types("こんにちは", settle=False)
    await house.service.sender.send_due()
    await second.types("こんにちは", settle=False)
    assert await house.service.sender.send_due() == 0
    house.advance(seconds=1)
    await house.settle()
    assert first.heard
    assert second.heard


async def test_a_message_after_many_tries_does_not_hold_the_others_for_minutes(house: House) -> None:
    first, second = house.on_line(), house.on_line()
    house.line.faults.add(*[Trouble.SERVER_ERROR] * 6, Trouble.RATE)
    await first.types("こんにちは", settle=False)
    house.advance(seconds=61)  # a push may be tried again
    while len(house.line.faults):
        house.advance(minutes=1)
        await house.service.sender.send_due()
    house.advance(seconds=2)
    await second.types("こんにちは", settle=False)
    await house.service.sender.send_due()
    assert second.heard


def test_the_numbers_are_those_of_the_platforms() -> None:
    assert (LINE.calls_per_second, TELEGRAM.calls_per_second, TELEGRAM.chat_seconds) == (2000, 30, 1)
