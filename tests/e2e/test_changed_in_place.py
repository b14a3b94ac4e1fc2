"""Telegram: an answered question shows its answer, a tick changes where it stands; trouble with either does no harm."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.simulator.faults import Fault, Trouble
from bot.simulator.people import Bubble
from storage.undelivered import count_undelivered
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, half_way, new_letter, say

MORI = "0000124"


def with_buttons(customer: Customer) -> list[Bubble]:
    return [bubble for bubble in customer.person.received() if bubble.rows]


def edits(house: House) -> int:
    observer: Any = house.telegram.observer
    return sum(path.lower().startswith("/editmessage") for _, path, _ in observer.calls)


def settled(house: House) -> list[str]:
    return [state for kind, state in house.outgoing(house.conversation_of(MORI).id) if kind == "settled"]


async def at_purposes(house: House) -> tuple[Customer, Bubble]:
    """At the choice of several, asked outright."""
    customer = house.on_telegram()
    await customer.links(MORI)
    for _ in range(30):
        if customer.active().open_question == "purposes":
            break
        await customer.answers()
    if "diff" in customer.options():
        await customer.taps("diff")
    return customer, customer.button("c0")[0]


@on_both
async def test_an_answered_question_shows_what_was_chosen_and_one_keyboard_is_left(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    question = customer.button("c0")[0]
    asked, label = question.text, customer.button("c0")[1].label
    await customer.taps("c0")
    assert question.text == f"{asked}\n\n{say('engine.chosen', value=label)}"
    assert question.edited
    assert with_buttons(customer) == [customer.heard[-1]]
    assert settled(house) == ["sent"]


async def test_an_offered_value_stays_masked_whether_it_is_tapped_or_typed(house: House) -> None:
    customer = house.on_telegram()
    await half_way(customer, MORI)
    address = house.letter(MORI).master["address"]
    question = customer.button("same")[0]
    label = customer.button("same")[1].label
    await customer.taps("same")
    assert question.text.endswith(say("engine.chosen", value=label))
    phone = customer.button("same")[0]
    number = house.letter(MORI).master["phone"]
    await customer.types(number)
    assert phone.edited
    assert number not in phone.text
    assert address not in question.text
    assert with_buttons(customer) == [customer.heard[-1]]


async def test_a_typed_answer_closes_the_question_too(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    question = customer.button("c0")[0]
    await customer.types("同意する")
    assert question.rows == ()
    assert question.text.endswith(say("engine.chosen", value="同意する"))
    again = customer.heard[-1]
    # A side question asks the same again below: above, only the keyboard goes.
    before = again.text
    await customer.types("使い方")
    assert (again.rows, again.text) == ((), before)
    assert with_buttons(customer)[-1] is customer.heard[-1]


async def test_the_second_factor_is_never_repeated(house: House) -> None:
    customer = house.on_telegram()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    await customer.proves(MORI)
    master = house.letter(MORI).master
    for secret in (master["birth_date"], master["phone"][-4:]):
        assert secret not in customer.everything()
    assert with_buttons(customer)[-1] is customer.heard[-1]


async def test_ticks_change_in_the_same_message(house: House) -> None:
    customer, bubble = await at_purposes(house)
    count = len(customer.person.received())
    for option in ("c0", "c2", "c0"):
        await customer.taps(option)
    assert len(customer.person.received()) == count
    ticked = [button.label for button in bubble.buttons if "☑" in button.label]
    assert len(ticked) == 1
    await customer.taps("ok")
    assert bubble.text.endswith(say("engine.chosen", value=ticked[0].split("☑ ")[1]))
    assert bubble.rows == ()
    assert len(customer.person.received()) == count + 1


async def test_ticks_that_wait_together_end_in_the_same_message(house: House) -> None:
    """The second takes the place of a change that itself has no id yet."""
    customer, bubble = await at_purposes(house)
    count = len(customer.person.received())
    (_, first), (_, second) = customer.button("c0"), customer.button("c1")
    for tap in (first, second):
        deed = house.telegram.tap_late(customer.user_id, bubble.message_id, tap.data)
        await customer.does(deed, settle=False)
    await house.settle()
    assert sum("☑" in button.label for button in bubble.buttons) == 2
    assert len(customer.person.received()) == count


async def test_a_chat_that_was_emptied_gets_the_question_anew(house: House) -> None:
    customer, bubble = await at_purposes(house)
    await customer.taps("c1", settle=False)
    customer.person.bubbles.remove(bubble)
    await house.settle()
    anew = customer.button("c1")[0]
    assert "☑" in anew.buttons[1].label
    # An answer to it finds it, and one to what has gone is no trouble of anybody.
    await customer.taps("ok", settle=False)
    customer.person.bubbles.remove(anew)
    await house.settle()
    assert settled(house)[-1] == "dropped"
    assert lost(house) == 0


def lost(house: House) -> int:
    return house.database.run_read(count_undelivered)


@pytest.mark.parametrize(
    "trouble", [Trouble.TIME_OUT_AFTER, Trouble.DISCONNECT_AFTER, Trouble.BROKEN_ANSWER, Trouble.BAD_GATEWAY]
)
async def test_an_uncertain_change_is_made_again(house: House, trouble: Trouble) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    question = customer.button("c0")[0]
    for pool in house.service.channels["telegram"]._pools:  # type: ignore[attr-defined]
        pool._limits = aiohttp.ClientTimeout(total=0.3)
    house.telegram.hang = 1.0
    house.telegram.edit_faults.add(trouble)
    await customer.taps("c0")
    house.advance(seconds=2)
    await house.settle()
    assert question.rows == ()
    assert settled(house) == ["sent"]
    assert edits(house) >= 2
    assert len(customer.heard) == 1


async def test_a_change_that_never_gets_through_is_given_up_and_nobodys_work(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    house.telegram.edit_faults.add(*[Trouble.SERVER_ERROR] * 20)
    await customer.taps("c0")
    assert len(customer.heard) == 1, "the next question does not wait for it"
    for _ in range(16):
        house.advance(minutes=5)
        await house.settle()
    assert settled(house) == ["dropped"]
    assert lost(house) == 0
    await customer.answers()


async def test_a_storm_of_refusals_ends_in_one_message_each(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    question = customer.button("c0")[0]
    storm = [Fault(trouble=Trouble.RATE, retry_after=2)] * 3
    house.telegram.faults.add(*storm)
    house.telegram.edit_faults.add(*storm)
    await customer.taps("c0")
    for _ in range(10):
        house.advance(seconds=3)
        await house.settle()
    assert len(customer.heard) == 1
    assert question.rows == ()
    assert settled(house) == ["sent"]


async def test_a_change_written_before_a_person_took_over_is_dropped(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    question = customer.button("c0")[0]
    await customer.taps("c0", settle=False)
    sato = house.staff_member()
    await house.service.desk.claim(house.conversation_of(MORI).id, sato)
    await house.settle()
    assert question.rows
    assert set(settled(house)) <= {"dropped", "cancelled"}


async def test_another_chat_is_never_changed(house: House) -> None:
    """Ids of messages are numbers of one chat: in the new one they name something else."""
    first, second = house.on_telegram(), house.on_telegram()
    await first.links(MORI)
    old = first.button("c0")[0]
    shown = [(bubble.message_id, bubble.text) for bubble in first.person.received()]
    await second.opens(new_letter(house, MORI))
    await second.taps("same")
    await second.proves(MORI)
    await second.answers()
    assert [(bubble.message_id, bubble.text) for bubble in first.person.received()][: len(shown)] == shown
    assert old.rows, "the old chat keeps its last question: nothing of the case goes there any more"
    assert with_buttons(second)[-1] is second.heard[-1]


async def test_line_is_never_asked_to_change_anything(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers()
    assert settled(house) == []
    assert {row.token for row in house.rows("SELECT token FROM outgoing_message")} == {None}
