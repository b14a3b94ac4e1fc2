"""Who cannot get in is given to a person after the third try, and what guards the door goes on counting."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from storage import hand_overs
from storage.cases import CaseStatus
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say
from tests.e2e.people import MORI

both_channels = pytest.mark.parametrize("channel", ["line", "telegram"])
WRONG_CODES = ("WRONGWRONGW2", "WRONGWRONGW3", "WRONGWRONGW4")


async def at_the_birth_date(house: House, channel: str) -> Customer:
    customer = house.on(channel)
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    return customer


async def types_all(customer: Customer, words: Sequence[str]) -> list[str]:
    """Who owns the conversation after each."""
    owners = []
    for one in words:
        await customer.types(one)
        owners.append(customer.active().owner)
    return owners


def reason(house: House, customer: Customer) -> str:
    conversation_id = customer.active().id
    found = house.database.run_read(lambda conn: hand_overs.open_hand_over(conn, conversation_id))
    return "" if found is None else found.reason


@on_both
@both_channels
async def test_a_date_that_cannot_be_read_three_times_calls_a_person_who_hands_back(house: House, channel: str) -> None:
    customer = await at_the_birth_date(house, channel)
    assert await types_all(customer, ("むかし", "八月", "ずっと前")) == ["bot", "bot", "waiting"]
    assert say("lobby.person_helps") in customer.said
    assert say("handover.waiting") in customer.said
    assert reason(house, customer) == "third_failure:birth_date"
    conversation, sato, desk = customer.active(), house.staff_member(), house.service.desk
    assert await desk.claim(conversation.id, sato)
    await desk.hand_back(conversation.id, sato, "西暦でと案内した")
    await house.settle()
    assert say("lobby.ask_birth_date") in customer.everything().rpartition(say("handover.returned"))[2]
    # Whoever was helped has three tries again.
    assert await types_all(customer, ("むかし", "八月", "ずっと前")) == ["bot", "bot", "waiting"]
    await customer.taps("resume")
    await customer.proves(MORI)
    assert house.case(MORI).status is CaseStatus.LINKED


@both_channels
async def test_the_third_wrong_code_calls_a_person_and_the_fifth_locks(house: House, channel: str) -> None:
    customer = house.on(channel)
    await customer.types("こんにちは")
    assert await types_all(customer, WRONG_CODES) == ["bot", "bot", "waiting"]
    assert say("lobby.code_refused") in customer.said
    assert reason(house, customer) == "third_failure:code"
    await customer.taps("resume")
    assert await types_all(customer, ("WRONGWRONGW5", "WRONGWRONGW6")) == ["bot", "bot"]
    assert say("lobby.locked") in customer.said


@both_channels
async def test_the_third_wrong_proof_calls_a_person_who_learns_nothing_of_the_customer(
    house: House, channel: str
) -> None:
    customer = await at_the_birth_date(house, channel)
    tries = ["1999-01-01", "0000"] * 3
    assert await types_all(customer, tries) == ["bot"] * 5 + ["waiting"]
    assert reason(house, customer) == "third_failure:birth_date"
    assert customer.account().failures == 3
    assert customer.active().case_id is None
    shown = await house.service.desk.view(customer.active().id)
    assert (shown.facts, shown.answers) == ((), ())
    await customer.taps("resume")
    await types_all(customer, ["1999-01-01", "0000"] * 2)
    assert say("lobby.locked") in customer.said


@both_channels
async def test_nobody_is_called_at_night_but_offered(house: House, channel: str) -> None:
    house.advance(hours=8)
    customer = await at_the_birth_date(house, channel)
    assert await types_all(customer, ("むかし", "八月", "ずっと前")) == ["bot"] * 3
    assert say("engine.offer_person") in customer.said
    assert "staff" in customer.options()
    await customer.proves(MORI)
    assert house.case(MORI).status is CaseStatus.LINKED


@both_channels
async def test_a_step_that_is_passed_begins_anew(house: House, channel: str) -> None:
    customer = house.on(channel)
    assert await types_all(customer, WRONG_CODES[:2]) == ["bot", "bot"]
    await customer.opens(house.letter(MORI).code)
    assert await types_all(customer, ("うーん", "えーと")) == ["bot", "bot"]
    await customer.taps("same")
    assert await types_all(customer, ("むかし", "八月")) == ["bot", "bot"]
    await customer.proves(MORI)
    assert house.case(MORI).status is CaseStatus.LINKED


@both_channels
async def test_what_must_be_said_at_once_is_heard_before_the_person_comes(house: House, channel: str) -> None:
    """Guard: the words are queued under the new epoch (bot.lobby_room); under the old one the sender drops them."""
    customer = house.on(channel)
    await customer.types("こんにちは")
    await customer.types("詐欺にあってお金を振り込んでしまいました")
    assert customer.active().owner == "waiting"
    assert reason(house, customer) == "danger"
    assert say("faq.danger") in customer.said
    assert say("handover.waiting") in customer.said
    assert "staff" not in customer.options(customer.heard)
    assert "delivery.dropped" not in house.audited()


async def test_whose_letter_is_not_ours_is_not_called_from_here(house: House) -> None:
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("other")
    assert await types_all(customer, ("うーん", "えーと", "あのう", "そうですね")) == ["bot"] * 4
    assert all(not bubble.buttons for bubble in customer.heard)


async def test_the_right_code_is_taken_from_who_waits_too(house: House) -> None:
    customer = house.on_line()
    assert await types_all(customer, WRONG_CODES) == ["bot", "bot", "waiting"]
    await customer.opens(house.letter(MORI).code)
    assert house.letter(MORI).check_number in customer.said
    assert customer.active().owner == "bot"
