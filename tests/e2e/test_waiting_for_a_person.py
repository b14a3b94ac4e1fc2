"""What a customer hears who waits for a person, and what happens when nobody comes or answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.simulator.platform_telegram import TelegramPlatform
from storage.cases import CaseStatus
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say
from tests.e2e.people import HANAKO, MORI, hand_over, in_the_form, state_of, ticks, typed

both_channels = pytest.mark.parametrize("channel", ["line", "telegram"])


@on_both
@both_channels
async def test_nobody_comes_and_the_form_goes_on(house: House, channel: str) -> None:
    customer = await in_the_form(house, channel)
    asked = house.conversation_of(MORI).open_question
    await customer.taps("staff")
    assert say("handover.waiting") in customer.said
    await ticks(house, minutes=4)
    assert house.conversation_of(MORI).owner == "waiting"
    heard = len(customer.person.received())

    await ticks(house, minutes=1, seconds=1)
    (told,) = customer.person.received()[heard:]
    assert say("handover.waited_long") in told.text
    assert {"wait", "resume", "phone"} <= set(customer.options())
    await customer.taps("phone")
    assert say("handover.phone") in customer.said
    await customer.taps("wait")
    assert say("handover.still_waiting") in customer.said
    assert house.conversation_of(MORI).owner == "waiting"

    heard = len(customer.person.received())
    await ticks(house, minutes=10)
    new = "\n".join(bubble.text for bubble in customer.person.received()[heard:])
    assert say("handover.nobody_came") in new
    # Tomorrow is a holiday.
    assert say("handover.reply_on", day="11月4日(水) 9:00") in new
    assert say("handover.form_goes_on") in new
    conversation = house.conversation_of(MORI)
    assert (conversation.owner, conversation.open_question, conversation.waiting_since) == ("bot", asked, None)
    assert house.case(MORI).status is CaseStatus.ANSWERING
    assert house.audited().count("handoff.nobody_came") == 1
    assert "c0" in customer.options()
    owed = hand_over(house)
    assert owed is not None
    assert (owed.state, owed.timer, owed.reason) == ("later", None, "customer_asked")
    await ticks(house, days=2)
    assert len(customer.person.received()) == heard + 1, "nothing more comes by itself"

    sato = house.staff_member()
    assert await house.service.desk.claim(conversation.id, sato)
    await house.service.desk.hand_back(conversation.id, sato, "")
    assert hand_over(house) is None
    house.check_folds()


async def test_who_asks_hears_his_place_and_how_long_it_takes(house: House) -> None:
    first = await in_the_form(house, "line", HANAKO)
    await first.taps("staff")
    house.advance(seconds=1)
    second = await in_the_form(house, "telegram")
    await second.taps("staff")
    assert say("handover.place", ahead="1") in second.said
    sato, desk = house.staff_member(), house.service.desk
    for _ in range(3):
        house.advance(minutes=3)
        conversation = house.conversation_of(HANAKO)
        await desk.claim(conversation.id, sato)
        await desk.hand_back(conversation.id, sato, "")
        await house.settle()
        await first.taps("staff")
        assert f"\n{say('handover.place', ahead='0')}" not in first.said
    assert say("handover.place_minutes", ahead="1", minutes="3") in first.said
    await desk.claim(house.conversation_of(MORI).id, sato)
    await house.settle()
    await first.taps("resume")
    await first.taps("staff")
    assert say("handover.next_minutes", minutes="4") in first.said


@on_both
@both_channels
async def test_a_tap_on_the_open_question_is_an_answer_and_the_bot_says_so_once(house: House, channel: str) -> None:
    customer = await in_the_form(house, channel)
    question = next(bubble for bubble in reversed(customer.person.received()) if len(bubble.buttons) > 2)
    first, second = (button.data for button in question.buttons[:2])
    await customer.taps("staff")
    await customer.does(customer.platform.tap(customer.user_id, question.message_id, first))
    assert customer.said.count(say("handover.answer_taken")) == 1
    given = {key.question: answer.value for key, answer in state_of(house).answers.items()}
    assert given["respondent"] == "self"
    assert state_of(house).owner.value == "waiting"
    # Another tap on the same bubble, and words, change nothing and are answered by nothing.
    heard = len(customer.person.received())
    platform = customer.platform
    late = platform.tap_late if isinstance(platform, TelegramPlatform) else platform.tap
    await customer.does(late(customer.user_id, question.message_id, second))
    await customer.types("はい、お願いします")
    assert len(customer.person.received()) == heard
    assert {key.question: answer.value for key, answer in state_of(house).answers.items()} == given
    assert typed(house)[-1] == "はい、お願いします"
    await customer.taps("resume")
    assert customer.active().open_question not in (None, "respondent")
    house.check_folds()


async def test_what_is_typed_to_the_person_is_no_answer(house: House) -> None:
    customer = await in_the_form(house, "line")
    before = state_of(house).answers
    await customer.taps("staff")
    await customer.types("はい、お願いします")
    assert say("handover.still_waiting") in customer.said
    assert state_of(house).answers == before


@on_both
async def test_who_leaves_a_customer_without_an_answer_loses_him_to_the_line(house: House) -> None:
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    house.advance(minutes=10)
    await desk.say(conversation.id, sato, "少々お待ちください")
    await ticks(house, minutes=1)
    await customer.types("まだでしょうか")
    await ticks(house, minutes=13)
    assert house.conversation_of(MORI).owner == "staff", "the reply began the time anew"
    heard = len(customer.person.received())
    await ticks(house, minutes=2)
    assert (house.conversation_of(MORI).owner, house.conversation_of(MORI).owner_staff_id) == ("waiting", None)
    assert say("handover.other_staff") in customer.person.received()[heard].text
    assert house.audited().count("handoff.idle") == 1
    assert await desk.claim(conversation.id, house.staff_member("suzuki"))
    house.check_folds()


async def test_a_customer_who_is_silent_himself_stays_with_his_person_for_a_day(house: House) -> None:
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    conversation, sato = house.conversation_of(MORI), house.staff_member()
    await house.service.desk.claim(conversation.id, sato)
    await house.settle()
    heard = len(customer.person.received())
    for _ in range(4):
        await ticks(house, minutes=16)
        assert house.conversation_of(MORI).owner_staff_id == sato.id
    await ticks(house, hours=24)
    assert house.conversation_of(MORI).owner == "bot"
    assert len(customer.person.received()) == heard, "at night nobody is disturbed"
    await customer.types("もしもし")
    assert say("lobby.verify_again") in customer.said
    house.check_folds()


async def put_off(house: House, until: timedelta | None) -> Customer:
    """A customer whose word is unanswered, put off by who has him."""
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    house.advance(minutes=1)
    await customer.types("確認をお願いします")
    house.advance(minutes=1)
    epoch = house.conversation_of(MORI).epoch
    due = None if until is None else house.universe.now() + until
    await desk.snooze(conversation.id, sato, due, epoch=epoch)
    return customer


@on_both
async def test_who_is_put_off_stays_with_his_person_until_it_is_due(house: House) -> None:
    await put_off(house, timedelta(hours=1))
    for _ in range(7):
        await ticks(house, minutes=9)
        assert house.conversation_of(MORI).owner == "staff"
    await ticks(house, minutes=6)
    assert house.conversation_of(MORI).owner == "staff", "the owner has his time to answer"
    await ticks(house, minutes=16)
    assert house.conversation_of(MORI).owner == "waiting"
    assert house.audited().count("handoff.idle") == 1
    house.check_folds()


@on_both
async def test_who_was_put_off_and_writes_is_not_left_alone_again(house: House) -> None:
    customer = await put_off(house, None)
    for _ in range(4):
        await ticks(house, minutes=16)
        assert house.conversation_of(MORI).owner == "staff"
    await customer.types("まだでしょうか")
    await ticks(house, minutes=16)
    assert house.conversation_of(MORI).owner == "staff"
    await ticks(house, minutes=16)
    assert house.conversation_of(MORI).owner == "waiting"
    house.check_folds()


async def test_who_is_put_off_until_he_writes_and_does_not_goes_back_to_the_bot_after_a_day(house: House) -> None:
    await put_off(house, None)
    await ticks(house, hours=23)
    assert house.conversation_of(MORI).owner == "staff"
    await ticks(house, hours=1)
    assert house.conversation_of(MORI).owner == "bot"
    house.check_folds()


async def test_past_an_answer_that_calls_for_a_person_the_form_does_not_go_by_itself(house: House) -> None:
    customer = await in_the_form(house, "line")
    await customer.taps("c1")
    assert say("handover.by_answer") in customer.said
    assert house.conversation_of(MORI).owner == "waiting"
    await ticks(house, minutes=6)
    heard = len(customer.person.received())
    await ticks(house, minutes=10)
    assert say("handover.nobody_came") in customer.person.received()[heard].text
    assert house.conversation_of(MORI).owner == "waiting"
    await ticks(house, minutes=60)
    assert len(customer.person.received()) == heard + 1
    house.check_folds()


async def test_nobody_comes_to_who_is_not_linked_yet(house: House) -> None:
    customer = house.on_telegram()
    await customer.types("こんにちは")
    await customer.taps("staff")
    await ticks(house, minutes=6)
    assert say("handover.waited_long") in customer.person.last().text
    await customer.taps("phone")
    assert say("handover.phone") in customer.said
    await customer.taps("wait")
    assert say("handover.still_waiting") in customer.said
    await ticks(house, minutes=10)
    texts = "\n".join(bubble.text for bubble in customer.person.received()[-2:])
    assert say("handover.nobody_came") in texts
    assert say("lobby.ask_code") in texts
    assert customer.active().owner == "bot"
    await customer.links(MORI)
    house.check_folds()
