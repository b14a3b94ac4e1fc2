"""A date is picked from LINE's calendar or typed; a calendar that is scrolled back to answers nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.simulator.people import Tappable
from dialogs.conversation.events import Key
from dialogs.conversation.state import from_json
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

MORI, FOREIGN = "0000124", "0000106"


def calendar(customer: Customer) -> tuple[str, Tappable]:
    """The newest calendar in the chat."""
    for bubble in reversed(customer.person.received()):
        for button in bubble.buttons:
            if button.days is not None:
                return bubble.message_id, button
    raise AssertionError("there is no calendar")


async def pick(customer: Customer, day: str | None = None, at: tuple[str, Tappable] | None = None) -> None:
    message_id, button = at or calendar(customer)
    await customer.does(customer.house.line.tap(customer.user_id, message_id, button.data, day))


@on_both
async def test_the_second_factor_is_picked_and_kept_nowhere(house: House) -> None:
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    _, button = calendar(customer)
    assert button.days == ("1960-01-01", "1900-01-01", house.universe.now().date().isoformat())
    master = house.letter(MORI).master
    await pick(customer, master["birth_date"])
    await customer.types(master["phone"][-4:])
    assert house.conversation_of(MORI).account_id == customer.account().id
    from tests.e2e.test_unsending import opened

    # The master record and the state that a case begins with hold it; nothing of the chat does.
    places = {name for name, row in opened(house.database) if master["birth_date"] in row}
    assert "content" not in places
    assert "inbound_event" not in places


@on_both
@pytest.mark.parametrize("how", ["picked", "typed"])
async def test_a_date_question_of_the_form(house: House, how: str) -> None:
    customer = house.on_line()
    await customer.links(FOREIGN)
    for _ in range(60):
        if customer.active().open_question == "residence_expiry":
            break
        await customer.answers()
    if "diff" in customer.options():
        await customer.taps("diff")
    today = house.universe.now().date()
    assert calendar(customer)[1].days == (
        today.isoformat(),
        "1900-01-01",
        (today + timedelta(days=1827)).isoformat(),
    )
    if how == "picked":
        await pick(customer, "2029-05-06")
    else:
        await customer.types("2029年5月6日")
    # Read back like what is typed, then taken.
    assert "2029-05-06" in customer.said
    await customer.taps("yes")
    answers = from_json(house.conversation_of(FOREIGN).state).answers
    assert answers[Key("residence_expiry")].value == "2029-05-06"
    house.check_folds()


async def test_an_old_calendar_answers_nothing(house: House) -> None:
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    old = calendar(customer)
    await customer.proves(MORI)
    question = house.conversation_of(MORI).open_question
    answers = from_json(house.conversation_of(MORI).state).answers
    await pick(customer, "1970-02-03", old)
    assert house.conversation_of(MORI).open_question == question
    assert from_json(house.conversation_of(MORI).state).answers == answers
    assert customer.heard


async def test_a_day_outside_the_calendar_is_no_tap(house: House) -> None:
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    with pytest.raises(LookupError):
        await pick(customer, "2100-01-01")


async def test_what_no_calendar_gives_is_recorded_and_not_read(house: House) -> None:
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    _, button = calendar(customer)
    for params in ({"date": "tomorrow"}, {"date": "1960-01-01; drop"}, {"time": "10:00"}, {}):
        event = house.line.event(customer.user_id, "postback", token=True)
        event["postback"] = {"data": button.data, "params": params}
        house.line.webhook_observer = None
        await customer.does(house.line.deliver(event))
        assert customer.active().open_question == "birth_date"


async def test_telegram_has_no_calendar_and_asks_all_the_same(house: House) -> None:
    customer = house.on_telegram()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    assert say("lobby.ask_birth_date") in customer.said
    assert all(button.days is None for bubble in customer.person.received() for button in bubble.buttons)
