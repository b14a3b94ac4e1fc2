"""Customers who need a person, and the clock that runs while nobody comes."""

from __future__ import annotations

import asyncio
from typing import Any

from dialogs.conversation.state import State, from_json
from storage import hand_overs
from storage.content import transcript
from storage.hand_overs import HandOver
from tests.e2e.house import Customer, House

MORI, HANAKO, TARO = "0000124", "0000100", "0000103"


async def in_the_form(house: House, channel: str, number: str = MORI) -> Customer:
    """A customer at a question with buttons."""
    customer = house.on(channel)
    await customer.links(number)
    await customer.answers()
    assert customer.active().open_question == "respondent"
    return customer


async def rather_goes_on(customer: Customer) -> None:
    """Whoever was given to a person goes on without one."""
    if customer.active().owner == "waiting":
        await customer.taps("resume")


async def ticks(house: House, **parts: float) -> None:
    """Time passes, and what is due is done."""
    house.advance(**parts)
    await asyncio.to_thread(house.service.chores.tick)
    await house.settle()


def hand_over(house: House, number: str = MORI) -> HandOver | None:
    """The open hand-over of a customer's conversation."""
    conversation = house.conversation_of(number)
    return house.database.run_read(lambda conn: hand_overs.open_hand_over(conn, conversation.id))


def state_of(house: House, number: str = MORI) -> State:
    return from_json(house.conversation_of(number).state)


def typed(house: House, number: str = MORI) -> list[str]:
    """What the customer wrote, as staff read it."""
    conversation, vault = house.conversation_of(number), house.database.vault
    lines: list[Any] = house.database.run_read(lambda conn: transcript(conn, vault, conversation.id))
    return [str(line.body.get("text", "")) for line in lines if line.direction == "in" and line.body]
