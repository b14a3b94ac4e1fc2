"""Telegram: where a questionnaire asks for a number, the phone can send its own; nobody else's is taken."""

from __future__ import annotations

from tests.e2e.house import Customer, House, half_way, say

MORI = "0000124"
OWN, FOREIGN = "819011112222", "819033334444"


async def at_the_number(house: House, channel: str = "telegram") -> Customer:
    """The registered number is wrong: it is asked for."""
    customer = house.on(channel)
    await half_way(customer, MORI)
    await customer.taps("same")
    assert customer.active().open_question == "phone"
    assert customer.person.share == "", "four digits are a proof: nothing was offered there"
    await customer.taps("diff")
    return customer


async def test_the_button_comes_with_the_question_and_goes_with_its_answer(house: House) -> None:
    customer = await at_the_number(house)
    assert customer.person.share == say("button.share_number")
    # Asked again after a side question, it is not offered anew.
    await customer.types("使い方")
    assert say("engine.share_number") not in customer.said
    await customer.does(house.telegram.send_contact(customer.user_id, OWN))
    assert "090-1111-2222" in customer.said
    assert say("engine.share_number_done") in customer.said
    assert customer.person.share == ""
    await customer.taps("yes")
    answer = house.conversation_of(MORI).state["answers"]
    assert "09011112222" in str(answer)


async def test_a_typed_number_puts_the_button_away_too(house: House) -> None:
    customer = await at_the_number(house)
    await customer.types("090-1111-2222")
    assert customer.person.share == ""


async def test_somebody_elses_contact_is_no_number(house: House) -> None:
    customer = await at_the_number(house)
    house.telegram.add_person()
    await customer.does(house.telegram.send_contact(customer.user_id, FOREIGN, of="5"))
    assert customer.active().open_question == "phone"
    assert "3333" not in customer.said
    assert say("engine.media_other") in customer.said


async def test_line_has_no_such_button(house: House) -> None:
    customer = await at_the_number(house, "line")
    assert say("engine.share_number") not in customer.everything()
