"""A message that the customer took back is in no row of the store, in whatever order that was told.

The store is opened for the search: every sealed value of every table, beside all that stands in clear.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.simulator.platform_line import Event
from storage import content
from storage.database import Database
from storage.tables.base import Stored
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

#: Employed, so that his employer is asked.
SATO = "0000114"
#: Read as an employer, echoed nowhere; and as an address, which is read back.
EMPLOYER, ADDRESS = "金糸雀醸造株式会社", "東京都葛飾区金糸雀町9-88"

#: What is asked behind them.
OTHERS = {"employer_kana": "カナリアジョウゾウ", "postal_code": "124-0012"}


def opened(database: Database) -> Iterator[tuple[str, str]]:
    """Every row of every table as text, its sealed value opened."""

    def read(conn: Connection) -> list[tuple[str, str]]:
        found = []
        for table in Stored.metadata.sorted_tables:
            for row in conn.execute(table.select()):
                columns: dict[str, Any] = dict(row._mapping)
                blob = columns.pop("sealed", None)
                if blob is not None:
                    place = ":".join(str(columns[key.name]) for key in table.primary_key)
                    columns["sealed"] = database.vault.open(table.name, place, blob)
                found.append((table.name, json.dumps(columns, ensure_ascii=False, default=str)))
        return found

    yield from database.run_read(read)


def tables_with(house: House, words: str) -> set[str]:
    return {name for name, row in opened(house.database) if words in row}


async def at(house: House, question: str) -> Customer:
    """A customer of whom this question is asked outright."""
    customer = house.on_line()
    await customer.links(SATO)
    for _ in range(40):
        options = customer.options()
        if customer.active().open_question == question:
            if "diff" in options:
                await customer.taps("diff")
            return customer
        await customer.answers()
    raise AssertionError(f"{question} is not asked")


def unsend_event(house: House, customer: Customer, message: Event) -> Event:
    return house.line.event(customer.user_id, "unsend", unsend={"messageId": message["message"]["id"]})


@on_both
@pytest.mark.parametrize(("question", "words"), [("employer", EMPLOYER), ("address", ADDRESS)])
async def test_taken_back_after_it_was_read(house: House, question: str, words: str) -> None:
    customer = await at(house, question)
    message = house.line.text_event(customer.user_id, words)
    await customer.does(house.line.deliver(message))
    # The control: the search finds it everywhere that it went.
    places = {"content", "conversation", "conversation_event"}
    assert tables_with(house, words[-6:]) == places
    await customer.does(house.line.deliver(unsend_event(house, customer, message)))
    assert tables_with(house, words[-6:]) == set()
    assert say("engine.taken_back") in customer.said
    assert customer.active().open_question == question
    # Coming again brings nothing back, nor does saying again that it is gone.
    await customer.does(house.line.deliver(message, redelivery=True))
    await customer.does(house.line.deliver(unsend_event(house, customer, message)))
    assert tables_with(house, words[-6:]) == set()
    assert customer.heard == []
    assert house.audited().count("content.unsent") == 1
    house.check_folds()
    await customer.types(words)
    if "yes" in customer.options():
        await customer.taps("yes")
    await customer.answers_all(**OTHERS)
    assert house.conversation_of(SATO).phase == "completed"


@on_both
@pytest.mark.parametrize("together", [False, True], ids=["apart", "in one request"])
async def test_taken_back_before_it_came(house: House, together: bool) -> None:
    customer = await at(house, "employer")
    message = house.line.text_event(customer.user_id, EMPLOYER)
    gone = unsend_event(house, customer, message)
    if together:
        await customer.does(house.line.deliver(gone, message))
    else:
        await customer.does(house.line.deliver(gone))
        await customer.does(house.line.deliver(message))
    assert tables_with(house, EMPLOYER) == set()
    assert customer.active().open_question == "employer"
    for event in (message, gone, message):
        await customer.does(house.line.deliver(event, redelivery=True))
    assert tables_with(house, EMPLOYER) == set()
    lines = house.database.run_read(
        lambda conn: content.transcript(conn, house.database.vault, house.conversation_of(SATO).id)
    )
    assert [line.is_taken_back for line in lines if line.direction == "in"][-1:] == [True]
    house.check_folds()


async def test_under_another_event_id_it_stays_gone(house: House) -> None:
    """Duplicates occur without redelivery too; the message's own id is what counts."""
    customer = await at(house, "employer")
    message = house.line.text_event(customer.user_id, EMPLOYER)
    await customer.does(house.line.deliver(message))
    await customer.does(house.line.deliver(unsend_event(house, customer, message)))
    again = {**message, "webhookEventId": house.line.event(customer.user_id, "follow")["webhookEventId"]}
    await customer.does(house.line.deliver(again))
    assert tables_with(house, EMPLOYER) == set()
    assert customer.active().open_question == "employer"


async def test_a_reading_back_that_is_still_queued_is_not_sent(house: House) -> None:
    customer = await at(house, "address")
    message = house.line.text_event(customer.user_id, ADDRESS)
    await customer.does(house.line.deliver(message), settle=False)
    assert "content" in tables_with(house, "金糸雀町")
    await customer.does(house.line.deliver(unsend_event(house, customer, message)))
    assert "金糸雀" not in customer.everything()
    assert tables_with(house, "金糸雀") == set()
    assert ("question", "dropped") in house.outgoing(house.conversation_of(SATO).id)
    assert customer.active().open_question == "address"


@on_both
async def test_a_submitted_answer_stays_where_it_was_submitted(house: House) -> None:
    customer = await at(house, "employer")
    message = house.line.text_event(customer.user_id, EMPLOYER)
    await customer.does(house.line.deliver(message))
    await customer.answers_all(**OTHERS)
    await customer.does(house.line.deliver(unsend_event(house, customer, message)))
    assert customer.heard == []
    # The record of what was submitted, and the answer in the conversation that led to it; no words of the chat.
    assert tables_with(house, EMPLOYER) == {"submission", "conversation", "conversation_event"}
    assert house.audited().count("content.unsent") == 1
    (audited,) = [row for name, row in opened(house.database) if name == "audit_entry" and "content.unsent" in row]
    assert "submitted" in audited
    house.check_folds()


async def test_a_person_sees_that_it_was_taken_back_and_the_bot_stays_silent(house: House) -> None:
    customer = await at(house, "employer")
    message = house.line.text_event(customer.user_id, EMPLOYER)
    await customer.does(house.line.deliver(message))
    await customer.taps("staff")
    sato, conversation = house.staff_member(), house.conversation_of(SATO)
    await house.service.desk.claim(conversation.id, sato)
    await house.settle()
    await customer.does(house.line.deliver(unsend_event(house, customer, message)))
    assert customer.heard == []
    assert tables_with(house, EMPLOYER) == set()
    lines = house.database.run_read(lambda conn: content.transcript(conn, house.database.vault, conversation.id))
    assert [line.is_taken_back for line in lines].count(True) == 1
    await house.service.desk.hand_back(conversation.id, sato, "")
    await house.settle()
    assert customer.active().open_question == "employer"
    house.check_folds()


async def test_in_the_lobby_the_words_go_too(house: House) -> None:
    customer = house.on_line()
    message = house.line.text_event(customer.user_id, "金糸雀について教えて")
    await customer.does(house.line.deliver(message))
    assert tables_with(house, "金糸雀") == {"content"}
    await customer.does(house.line.deliver(unsend_event(house, customer, message)))
    assert tables_with(house, "金糸雀") == set()


async def test_somebody_elses_message_cannot_be_taken_back(house: House) -> None:
    customer, other = await at(house, "employer"), house.on_line()
    message = house.line.text_event(customer.user_id, EMPLOYER)
    await customer.does(house.line.deliver(message))
    await other.does(house.line.deliver(unsend_event(house, other, message)))
    assert "conversation_event" in tables_with(house, EMPLOYER)
